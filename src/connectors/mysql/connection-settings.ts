/** What a source's `connection` block may say, checked and with defaults. */
import type { ConnectionOptions } from 'mysql2'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { connectTimeoutOf, connectTimeoutProblem } from '../connect-timeout.js'

/** Longest text, in bytes, that the server compares whole when it sorts, groups or removes duplicates. */
export const SORTED_BYTES = 4096

export interface ConnectionSettings {
  readonly options: ConnectionOptions
  readonly database: string
  /** Most connections at a time. */
  readonly poolSize: number
  /** host:port or socket, for messages. */
  readonly address: string
  /** ms; 0: none. */
  readonly statementTimeout: number
}

const KEYS = new Set([
  'host',
  'port',
  'socket',
  'user',
  'password',
  'database',
  'ssl',
  'pool',
  'connect_timeout',
])

/** Lists what is wrong in a connection block. */
export function connectionProblems(
  source: SourceDefinition,
): readonly { readonly key: string; readonly message: string }[] {
  const connection = source.connection
  const problems: { key: string; message: string }[] = []
  const expect = (key: string, ok: boolean, what: string): void => {
    if (!ok) problems.push({ key, message: `Expected ${what}` })
  }
  for (const key of Object.keys(connection)) {
    if (!KEYS.has(key)) {
      problems.push({ key, message: `Unknown key; known are ${[...KEYS].join(', ')}` })
    }
  }
  for (const key of ['host', 'user', 'password', 'socket']) {
    expect(key, isOptionalString(connection[key]), 'a string')
  }
  expect(
    'host',
    connection.host !== undefined || connection.socket !== undefined,
    'a host or a socket',
  )
  expect('user', connection.user !== undefined, 'a user name')
  expect(
    'database',
    typeof connection.database === 'string' && connection.database !== '',
    'the name of a database',
  )
  expect('port', connection.port === undefined || portOf(connection.port) > 0, 'a port number')
  const ssl = connection.ssl
  expect(
    'ssl',
    ssl === undefined || typeof ssl === 'boolean' || isRecord(ssl),
    'true, false or a map',
  )
  const pool = connection.pool
  expect('pool', pool === undefined || isRecord(pool), 'a map')
  if (isRecord(pool) && pool.max !== undefined) {
    expect('pool.max', Number.isInteger(pool.max) && Number(pool.max) > 0, 'a positive number')
  }
  const timeout = connectTimeoutProblem(connection.connect_timeout)
  if (timeout !== undefined) problems.push({ key: 'connect_timeout', message: timeout })
  return problems
}

const known = new WeakMap<SourceDefinition, ConnectionSettings>()

/** Reads a connection block that has no problems. */
export function connectionSettings(source: SourceDefinition): ConnectionSettings {
  let settings = known.get(source)
  if (settings === undefined) {
    settings = readSettings(source)
    known.set(source, settings)
  }
  return settings
}

function readSettings(source: SourceDefinition): ConnectionSettings {
  const connection = source.connection
  const text = (key: string): string | undefined => {
    const value = connection[key]
    return typeof value === 'string' ? value : undefined
  }
  const host = text('host')
  const socket = text('socket')
  const port = connection.port === undefined ? 3306 : portOf(connection.port)
  const database = text('database') ?? ''
  const pool = isRecord(connection.pool) ? connection.pool : {}
  return {
    options: {
      ...(socket === undefined ? { host: host ?? '127.0.0.1', port } : { socketPath: socket }),
      user: text('user') ?? '',
      password: text('password') ?? '',
      database,
      charset: 'UTF8MB4_GENERAL_CI',
      connectTimeout: connectTimeoutOf(connection.connect_timeout),
      ...tls(connection.ssl),
    },
    database,
    poolSize: typeof pool.max === 'number' ? pool.max : 4,
    address: socket ?? `${host ?? '127.0.0.1'}:${port}`,
    statementTimeout: source.limits.statementTimeout ?? 0,
  }
}

/** `ssl: true` verifies the server's certificate; a map passes Node's TLS options (`ca`, `cert`, `rejectUnauthorized`). */
function tls(ssl: unknown): Pick<ConnectionOptions, 'ssl'> {
  if (ssl === true) return { ssl: { rejectUnauthorized: true, verifyIdentity: true } }
  return isRecord(ssl) ? { ssl } : {}
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function portOf(value: unknown): number {
  const port = Number(value)
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : 0
}
