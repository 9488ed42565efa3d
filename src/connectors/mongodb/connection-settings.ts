/** What a source's `connection` block may say, checked and with defaults. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { connectTimeoutOf, connectTimeoutProblem } from '../connect-timeout.js'

export interface ConnectionSettings {
  readonly uri: string
  readonly database: string
  readonly user?: string
  readonly password?: string
  readonly readPreference: ReadPreference
  /** Most connections at a time. */
  readonly poolSize: number
  /** ms until a server must have been found. */
  readonly connectTimeout: number
  /** Hosts, for messages: the URI without what is secret. */
  readonly address: string
  /** ms; 0: none. */
  readonly statementTimeout: number
}

const READ_PREFERENCES = [
  'primary',
  'primaryPreferred',
  'secondary',
  'secondaryPreferred',
  'nearest',
] as const
export type ReadPreference = (typeof READ_PREFERENCES)[number]

const KEYS = new Set([
  'uri',
  'database',
  'user',
  'password',
  'read_preference',
  'pool',
  'connect_timeout',
])
const URI = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)(?:\/([^?]*))?/

/** Lists what is wrong in a connection block. */
export function connectionProblems(
  source: SourceDefinition,
): readonly { readonly key: string; readonly message: string }[] {
  const { connection } = source
  const problems: { key: string; message: string }[] = []
  const expect = (key: string, ok: boolean, what: string): void => {
    if (!ok) problems.push({ key, message: `Expected ${what}` })
  }
  for (const key of Object.keys(connection)) {
    if (!KEYS.has(key)) {
      problems.push({ key, message: `Unknown key; known are ${[...KEYS].join(', ')}` })
    }
  }
  const uri = typeof connection.uri === 'string' ? URI.exec(connection.uri) : null
  expect('uri', uri !== null, 'mongodb://host:port or mongodb+srv://host')
  const { database } = connection
  expect(
    'database',
    (typeof database === 'string' && database !== '') || (database === undefined && !!uri?.[2]),
    'the name of a database',
  )
  for (const key of ['user', 'password']) {
    const value = connection[key]
    expect(key, value === undefined || typeof value === 'string', 'a string')
  }
  const preference = connection.read_preference
  expect(
    'read_preference',
    preference === undefined || READ_PREFERENCES.some((known) => known === preference),
    READ_PREFERENCES.join(', '),
  )
  const { pool } = connection
  expect('pool', pool === undefined || isRecord(pool), 'a map')
  if (isRecord(pool) && pool.max !== undefined) {
    expect('pool.max', Number.isInteger(pool.max) && Number(pool.max) > 0, 'a positive number')
  }
  const timeout = connectTimeoutProblem(connection.connect_timeout)
  if (timeout !== undefined) problems.push({ key: 'connect_timeout', message: timeout })
  return problems
}

/** Reads a connection block that has no problems. */
export function connectionSettings(source: SourceDefinition): ConnectionSettings {
  const { uri, database, user, password, read_preference, pool, connect_timeout } =
    source.connection
  const text = typeof uri === 'string' ? uri : 'mongodb://127.0.0.1:27017'
  const parts = URI.exec(text)
  const preference = READ_PREFERENCES.find((known) => known === read_preference)
  return {
    uri: text,
    database: typeof database === 'string' ? database : (parts?.[2] ?? ''),
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof password === 'string' ? { password } : {}),
    readPreference: preference ?? 'primary',
    poolSize: isRecord(pool) && typeof pool.max === 'number' ? pool.max : 8,
    connectTimeout: connectTimeoutOf(connect_timeout),
    address: parts?.[1] ?? '',
    statementTimeout: source.limits.statementTimeout ?? 0,
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
