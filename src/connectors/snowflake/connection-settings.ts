/** The `connection` block of a Snowflake source. */
import { isAbsolute, join } from 'node:path'
import type { SourceDefinition } from '../../catalog/catalog.js'

const KEYS = new Set([
  ...['account', 'url', 'user', 'password', 'private_key', 'private_key_file'],
  ...['private_key_passphrase', 'warehouse', 'role', 'database', 'schema', 'pool'],
])

const DEFAULT_SESSIONS = 4

export interface SnowflakeSettings {
  readonly account: string
  /** Where the account is served, without a final slash. */
  readonly url: string
  readonly user: string
  readonly password: string | undefined
  readonly privateKey: string | undefined
  readonly privateKeyFile: string | undefined
  readonly privateKeyPassphrase: string | undefined
  readonly warehouse: string | undefined
  readonly role: string | undefined
  readonly database: string
  readonly schema: string
  readonly sessions: number
  /** Seconds; undefined: the account's. */
  readonly statementTimeout: number | undefined
}

/** Reads the block; `connectionProblems` has found nothing. */
export function connectionSettings(source: SourceDefinition): SnowflakeSettings {
  const { connection, directory, limits } = source
  const text = (key: string): string | undefined =>
    typeof connection[key] === 'string' && connection[key] !== '' ? connection[key] : undefined
  const file = text('private_key_file')
  const account = text('account') ?? ''
  const pool = connection.pool as { readonly max?: number } | undefined
  const timeout = limits.statementTimeout ?? 0
  return {
    account,
    // Host names have no underscores.
    url: (
      text('url') ?? `https://${account.toLowerCase().replaceAll('_', '-')}.snowflakecomputing.com`
    ).replace(/\/+$/, ''),
    user: text('user') ?? '',
    password: text('password'),
    privateKey: text('private_key'),
    privateKeyFile: file === undefined || isAbsolute(file) ? file : join(directory, file),
    privateKeyPassphrase: text('private_key_passphrase'),
    warehouse: text('warehouse'),
    role: text('role'),
    database: text('database') ?? '',
    schema: text('schema') ?? 'PUBLIC',
    sessions: pool?.max ?? DEFAULT_SESSIONS,
    statementTimeout: timeout > 0 ? Math.ceil(timeout / 1000) : undefined,
  }
}

/** Problems of the block, each with the key at fault. */
export function connectionProblems(
  source: SourceDefinition,
): readonly { readonly key: string; readonly message: string }[] {
  const { connection } = source
  const found: { key: string; message: string }[] = []
  for (const key of Object.keys(connection)) {
    if (!KEYS.has(key)) {
      found.push({ key, message: `Unknown key; known are ${[...KEYS].join(', ')}` })
    }
  }
  const required = { account: 'account identifier, such as org-account', user: 'user', database: 'database' } // prettier-ignore
  for (const [key, what] of Object.entries(required)) {
    if (typeof connection[key] !== 'string' || connection[key] === '') {
      found.push({ key, message: `Expected the ${what}` })
    }
  }
  const ways = ['password', 'private_key', 'private_key_file'].filter((key) => connection[key] !== undefined) // prettier-ignore
  if (ways.length !== 1) {
    found.push({
      key: ways[1] ?? 'password',
      message: 'Expected one of password, private_key and private_key_file',
    })
  }
  if (connection.url !== undefined && !URL.canParse(String(connection.url))) {
    found.push({ key: 'url', message: 'Expected an address such as https://org-account.snowflakecomputing.com' }) // prettier-ignore
  }
  const pool = connection.pool as { readonly max?: unknown } | undefined
  if (pool !== undefined && !(Number.isInteger(pool.max) && Number(pool.max) > 0)) {
    found.push({ key: 'pool.max', message: 'Expected a number of sessions of at least 1' })
  }
  return found
}
