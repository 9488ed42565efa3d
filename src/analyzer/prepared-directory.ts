/**
 * The data directory every local PostgreSQL starts from. Running initdb takes seconds and hundreds of megabytes, so
 * it happens once per machine; the result, slimmed, is kept in one file in a cache directory under a key of
 * PGlite's version and of the layout below. One database, UTF8, byte order, Unicode-aware upper and lower.
 */
import { MemoryFS, PGlite } from '@electric-sql/pglite'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Raise it when the configuration or the file's format changes: older cached files are then not used. */
const LAYOUT_VERSION = 3

/** Where PGlite expects the data directory inside its file system. */
const DATA_PATH = PGlite.paths.PGDATA

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

/** A file or directory of the image; directories have no `size`. Offsets follow from the order. */
interface Entry {
  readonly path: string
  readonly size?: number
}

interface Image {
  readonly entries: readonly Entry[]
  readonly bytes: Uint8Array
}

/** The part of Emscripten's file system that is used here. */
interface WasmFileSystem {
  readdir(path: string): string[]
  stat(path: string): { readonly mode: number }
  isDir(mode: number): boolean
  readFile(path: string): Uint8Array
  writeFile(path: string, data: Uint8Array, options?: { readonly canOwn?: boolean }): void
  mkdirTree(path: string): void
}

/** Gives the file system a new instance starts from, holding the prepared data directory. */
export async function preparedFileSystem(name: string): Promise<MemoryFS> {
  const file = join(cacheDirectory(), `${name}-${pgliteVersion()}-${LAYOUT_VERSION}.image`)
  const image = (await readImage(file)) ?? (await makeImage(file))
  return new LoadedFileSystem(image)
}

/** Finds where prepared files are cached: `TRIBUTARY_CACHE_DIR`, or the user's cache directory. */
export function cacheDirectory(): string {
  const chosen = process.env['TRIBUTARY_CACHE_DIR']
  if (chosen !== undefined && chosen !== '') return chosen
  const base = process.env['XDG_CACHE_HOME'] ?? (homedir() ? join(homedir(), '.cache') : tmpdir())
  return join(base, 'tributary')
}

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const manifest: unknown = JSON.parse(
    readFileSync(join(dirname(dirname(entry)), 'package.json'), 'utf8'),
  )
  return (manifest as { readonly version: string }).version
}

/** Reads a cached image. Absent or damaged: undefined, and it is made anew. */
async function readImage(file: string): Promise<Image | undefined> {
  try {
    const content = await readFile(file)
    const headerLength = content.readUInt32LE(0)
    const header: unknown = JSON.parse(content.toString('utf8', 8, 8 + headerLength))
    const bytes = content.subarray(8 + headerLength)
    const entries = header as readonly Entry[]
    const total = entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0)
    return total === bytes.length && content.readUInt32LE(4) === total
      ? { entries, bytes }
      : undefined
  } catch {
    return undefined
  }
}

/** Runs initdb, slims the result and stores it; a rename makes parallel first starts safe. */
async function makeImage(file: string): Promise<Image> {
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
  const image = capture.image
  if (image === undefined) throw new Error('The local PostgreSQL did not close its data directory')
  const header = Buffer.from(JSON.stringify(image.entries))
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(header.length, 0)
  sizes.writeUInt32LE(image.bytes.length, 4)
  const scratch = `${file}.${randomUUID()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(scratch, Buffer.concat([sizes, header, image.bytes]))
    await rename(scratch, file)
  } catch {
    // A read-only or full cache costs the next start its time, nothing else.
    await rm(scratch, { force: true }).catch(() => undefined)
  }
  return image
}

/** Takes a copy of the data directory at the moment the server has shut down cleanly. */
class CapturingFileSystem extends MemoryFS {
  image: Image | undefined

  override async closeFs(): Promise<void> {
    this.image = packDirectory(fileSystemOf(this.pg))
    await super.closeFs()
  }
}

/** Puts the image in place before the server looks for its data directory. Files share the image's memory. */
class LoadedFileSystem extends MemoryFS {
  readonly #image: Image

  constructor(image: Image) {
    super()
    this.#image = image
  }

  override async initialSyncFs(): Promise<void> {
    await super.initialSyncFs()
    const fileSystem = fileSystemOf(this.pg)
    fileSystem.mkdirTree(DATA_PATH)
    let offset = 0
    for (const { path, size } of this.#image.entries) {
      if (size === undefined) {
        fileSystem.mkdirTree(DATA_PATH + path)
        continue
      }
      const data = this.#image.bytes.subarray(offset, offset + size)
      fileSystem.writeFile(DATA_PATH + path, data, { canOwn: true })
      offset += size
    }
  }
}

function fileSystemOf(postgres: PGlite | undefined): WasmFileSystem {
  if (postgres === undefined) throw new Error('The local PostgreSQL has no file system yet')
  return postgres.Module.FS as unknown as WasmFileSystem
}

function packDirectory(fileSystem: WasmFileSystem): Image {
  const entries: Entry[] = []
  const contents: Uint8Array[] = []
  const walk = (directory: string): void => {
    for (const name of fileSystem.readdir(DATA_PATH + directory)) {
      if (name === '.' || name === '..' || name === 'postmaster.pid') continue
      const path = `${directory}/${name}`
      if (fileSystem.isDir(fileSystem.stat(DATA_PATH + path).mode)) {
        entries.push({ path })
        walk(path)
        continue
      }
      const data = fileSystem.readFile(DATA_PATH + path)
      entries.push({ path, size: data.length })
      contents.push(data)
    }
  }
  walk('')
  return { entries, bytes: Buffer.concat(contents) }
}
