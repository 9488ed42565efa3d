/**
 * A program of its own: makes the data directory that every local PostgreSQL starts from, and writes its image to standard
 * output. initdb takes some 600 MB, of which a process that lives on would keep a hundred.
 */
import { PGlite } from '@electric-sql/pglite'
import { CapturingFileSystem, encodeImage } from './data-directory-image.js'

const CONFIGURATION = `
shared_buffers = 4MB
wal_buffers = 64kB
max_connections = 5
max_locks_per_transaction = 512
wal_level = minimal
max_wal_senders = 0
max_replication_slots = 0
min_wal_size = 2MB
max_wal_size = 8MB
wal_recycle = off
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_stack_depth = 900kB
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, mdy'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'
default_text_search_config = 'pg_catalog.english'
stats_fetch_consistency = none
log_min_messages = panic
`

const capture = new CapturingFileSystem()
const postgres = await PGlite.create({
  fs: capture,
  initDbStartParams: [
    '--wal-segsize=1',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ],
  postgresqlconf: CONFIGURATION,
})
await postgres.exec('UPDATE pg_database SET datistemplate = false')
await postgres.exec('DROP DATABASE template0')
await postgres.exec('DROP DATABASE template1')
await postgres.exec('VACUUM FREEZE ANALYZE')
await postgres.exec('SELECT pg_switch_wal()')
await postgres.exec('CHECKPOINT')
await postgres.close()
if (capture.image === undefined) {
  throw new Error('The local PostgreSQL did not close its data directory')
}
process.stdout.write(encodeImage(capture.image))
