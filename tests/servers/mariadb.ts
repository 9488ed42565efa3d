/** A real MariaDB from the system's packages, on loopback, in a temporary directory. */
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import mysql from 'mysql2/promise'
import { freePort } from './free-port.js'

const DAEMONS = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/bin/mariadbd']

export interface MariadbServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly url: string
  readonly socket: string
  /** Runs SQL (several statements are fine). */
  execute(sql: string): Promise<void>
  /** Opens a client; the caller ends it. */
  connect(): Promise<mysql.Connection>
  stop(): Promise<void>
}

/** Tells whether a MariaDB server is installed. */
export function mariadbInstalled(): boolean {
  return DAEMONS.some((path) => existsSync(path))
}

/** Starts a server of its own with a database `shop` and a user `tributary` who may do anything there. */
export async function startMariadb(
  options: { port?: number; flags?: readonly string[] } = {},
): Promise<MariadbServer> {
  const daemon = DAEMONS.find((path) => existsSync(path))
  if (daemon === undefined) throw new Error('MariaDB is not installed: no mariadbd found')
  const directory = await mkdtemp(join(tmpdir(), 'tributary-mariadb-'))
  const dataDirectory = join(directory, 'data')
  // A server that starts deletes the temporary tables it finds: in a folder it shares, those of the other servers.
  const temporary = join(directory, 'tmp')
  await mkdir(temporary)
  const socket = join(directory, 'mariadb.sock')
  const port = options.port ?? (await freePort())
  const account = userInfo().username
  await promisify(execFile)('mariadb-install-db', [
    '--no-defaults',
    `--user=${account}`,
    `--datadir=${dataDirectory}`,
    `--tmpdir=${temporary}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--innodb-log-file-size=512M',
  ])
  const child = spawn(
    daemon,
    [
      '--no-defaults',
      `--user=${account}`,
      `--datadir=${dataDirectory}`,
      `--tmpdir=${temporary}`,
      `--port=${port}`,
      `--socket=${socket}`,
      `--pid-file=${join(directory, 'mariadb.pid')}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=512M',
      '--innodb-log-file-size=512M',
      '--innodb-flush-log-at-trx-commit=0',
      '--local-infile=1',
      ...(options.flags ?? []),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const killOnExit = (): void => void child.kill('SIGKILL')
  process.once('exit', killOnExit)
  const open = (user: string, password: string, database?: string): Promise<mysql.Connection> =>
    mysql.createConnection({
      host: '127.0.0.1',
      port,
      user,
      password,
      multipleStatements: true,
      charset: 'utf8mb4',
      timezone: 'Z',
      ...(database === undefined ? {} : { database }),
    })
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      const root = await open('root', '')
      await root.query(
        "CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER tributary@'%' IDENTIFIED BY 'secret';" +
          "GRANT ALL ON *.* TO tributary@'%'; SET GLOBAL time_zone='+00:00'",
      )
      await root.end()
      break
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) {
        child.kill('SIGKILL')
        throw new Error(`MariaDB did not start: ${String(error)}\n${log}`)
      }
      await sleep(50)
    }
  }
  const connect = (): Promise<mysql.Connection> => open('tributary', 'secret', 'shop')
  return {
    host: '127.0.0.1',
    port,
    user: 'tributary',
    password: 'secret',
    database: 'shop',
    url: `mysql://tributary:secret@127.0.0.1:${port}/shop`,
    socket,
    connect,
    async execute(sql) {
      const connection = await connect()
      try {
        await connection.query(sql)
      } finally {
        await connection.end()
      }
    },
    async stop() {
      process.removeListener('exit', killOnExit)
      child.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true, force: true })
    },
  }
}
