/** Reads and checks the `connection` block of a PostgreSQL source. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { connectTimeoutOf, connectTimeoutProblem } from '../connect-timeout.js'
import { FLAVOR_NAMES } from './flavors.js'

export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-full'

export interface PostgresConnection {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | undefined
  readonly tls: TlsMode
  /** PEM text of the authority that signed the server's certificate. */
  readonly ca: string | undefined
  readonly poolMaximum: number
  /** Connections over which one large table is read; 1: never in parts. */
  readonly parallelReads: number
  /** ms until connecting is given up. */
  readonly connectTimeout: number
}

const KEYS = new Set([
  ...['host', 'port', 'database', 'user', 'password', 'tls', 'ca', 'pool', 'connect_timeout'],
  ...['flavor', 'parallel_reads'],
])
const TLS_MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-full']

/** Lists what is wrong with a connection block. */
export function validateConnection(
  source: SourceDefinition,
): readonly { readonly key: string; readonly message: string }[] {
  const problems: { key: string; message: string }[] = []
  const { connection } = source
  const report = (key: string, message: string) => problems.push({ key, message })
  for (const key of Object.keys(connection)) {
    if (!KEYS.has(key)) report(key, `Unknown key "${key}"; known are ${[...KEYS].join(', ')}`)
  }
  for (const key of ['host', 'database', 'user'] as const) {
    const value = connection[key]
    if (value === undefined && key !== 'host') report(key, `"${key}" is missing`)
    else if (value !== undefined && (typeof value !== 'string' || value === '')) {
      report(key, `"${key}" must be a text`)
    }
  }
  const port = Number(connection['port'] ?? 5432)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    report('port', '"port" must be a number from 1 to 65535')
  }
  const tls = connection['tls']
  if (tls !== undefined && !TLS_MODES.includes(String(tls))) {
    report('tls', `"tls" must be one of ${TLS_MODES.join(', ')}`)
  }
  const flavor = connection['flavor']
  if (flavor !== undefined && !FLAVOR_NAMES.some((name) => name === flavor)) {
    report('flavor', `"flavor" must be one of ${FLAVOR_NAMES.join(', ')}`)
  }
  const maximum = poolMaximumOf(connection)
  if (!Number.isInteger(maximum) || maximum < 1) {
    report('pool', '"pool.max" must be a positive whole number')
  }
  const timeout = connectTimeoutProblem(connection['connect_timeout'])
  if (timeout !== undefined) report('connect_timeout', timeout)
  const reads = Number(connection['parallel_reads'] ?? 1)
  if (!Number.isInteger(reads) || reads < 1 || reads > 16) {
    report('parallel_reads', '"parallel_reads" must be a whole number from 1 to 16')
  }
  return problems
}

/** Reads a connection block that has been checked; what is missing gets its default. */
export function readConnection(source: SourceDefinition): PostgresConnection {
  const { connection } = source
  const text = (key: string, otherwise: string) => {
    const value = connection[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise
  }
  const optional = (key: string) => {
    const value = connection[key]
    return value === undefined || value === null ? undefined : String(value)
  }
  return {
    host: text('host', '127.0.0.1'),
    port: Number(text('port', '5432')),
    database: text('database', 'postgres'),
    user: text('user', 'postgres'),
    password: optional('password'),
    tls: text('tls', 'prefer') as TlsMode,
    ca: optional('ca'),
    poolMaximum: poolMaximumOf(connection),
    parallelReads: Number(connection['parallel_reads'] ?? DEFAULT_PARALLEL_READS),
    connectTimeout: connectTimeoutOf(connection['connect_timeout']),
  }
}

// One process of the server sends fewer rows a second than are read here; more than two are limited by the reader.
const DEFAULT_PARALLEL_READS = 2

function poolMaximumOf(connection: Readonly<Record<string, unknown>>): number {
  const pool = connection['pool'] as { readonly max?: unknown } | undefined
  return Number(pool?.max ?? 8)
}
