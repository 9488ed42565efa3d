/** Turns errors of the driver and the server into EngineErrors that name the source and say what to do. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { mismatchError } from '../mismatched-value.js'
import { ServerError } from './wire-protocol.js'

const REFUSED = new Set([1044, 1045, 1130, 1698, 1820, 1862, 3118, 4151])
const TOO_MANY = new Set([1040, 1203, 1226])
const NO_TABLE = new Set([1146, 1051, 1109])
const NO_COLUMN = new Set([1054])
const NO_DATABASE = new Set([1049])
const NO_PRIVILEGE = new Set([1142, 1143, 1227, 1370])
const TIMED_OUT = new Set([1969, 3024])
const INTERRUPTED = new Set([1317])
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
])

/** Wraps an error; an EngineError passes through. What the server said goes to the log. */
export function sourceError(error: unknown, source: string, address: string): EngineError {
  const mismatch = mismatchError(error, source)
  if (mismatch !== undefined) return mismatch
  if (error instanceof EngineError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const number = numberOf(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const { message } = cause
  const make = (state: string, text: string, hint: string): EngineError =>
    new EngineError(state, text, {
      ...{ source, cause, category: 'source', hint },
      detail: incidentDetail({ source, message, code: String(number ?? code) }),
    })
  if (number !== undefined) return serverError(number, message, source, make)
  if (UNREACHABLE.has(code)) {
    return make(
      SQLSTATE.sourceUnavailable,
      `Could not connect to source "${source}" at ${address} (${code})`,
      'Check that the server runs and that host and port are right',
    )
  }
  if (/ssl|tls|secure connection|certificate/i.test(`${code} ${message}`)) {
    return make(
      SQLSTATE.sourceUnavailable,
      `Could not agree on TLS with source "${source}" at ${address}`,
      'Check ssl in the connection of the source, and the certificate of the server',
    )
  }
  return make(
    SQLSTATE.connectionFailure,
    `Connection to source "${source}" at ${address} failed`,
    'The server closed the connection or does not answer: run the statement again when it does',
  )
}

function serverError(
  number: number,
  message: string,
  source: string,
  make: (state: string, text: string, hint: string) => EngineError,
): EngineError {
  const rediscover = `Run discover on source "${source}" to see what changed`
  if (REFUSED.has(number) || NO_DATABASE.has(number)) {
    return make(
      SQLSTATE.sourceRefusedConnection,
      `Source "${source}" refused the connection (error ${number})`,
      `Check user, password and database of source "${source}"`,
    )
  }
  if (TOO_MANY.has(number)) {
    return make(
      SQLSTATE.tooManyConnections,
      `Source "${source}" has too many connections`,
      'Lower pool.max of the source',
    )
  }
  // Names of tables and columns are in the catalog and may be said.
  const named = /'([^']+)'/.exec(message)?.[1]
  if (NO_TABLE.has(number)) {
    return make(
      SQLSTATE.sourceTableNotFound,
      `Source "${source}" does not have ${named === undefined ? 'the table' : `table ${named}`}`,
      rediscover,
    )
  }
  if (NO_COLUMN.has(number)) {
    const column = named?.split('.').at(-1)
    return make(
      SQLSTATE.sourceColumnNotFound,
      `Source "${source}" does not have ${column === undefined ? 'the column' : `column ${column}`}`,
      rediscover,
    )
  }
  if (NO_PRIVILEGE.has(number)) {
    return make(
      SQLSTATE.sourceError,
      `Source "${source}" denied access`,
      `Grant SELECT to the user of source "${source}"`,
    )
  }
  if (TIMED_OUT.has(number)) {
    return make(
      SQLSTATE.queryCanceled,
      `Source "${source}" stopped the statement at its time limit`,
      'Raise limits.statement_timeout of the source',
    )
  }
  if (INTERRUPTED.has(number)) {
    // Its words are always the same, and most often it was we who killed it: nothing for the log.
    return new EngineError(SQLSTATE.queryCanceled, `Source "${source}" stopped the statement`, {
      source,
      category: 'source',
      hint: 'See who killed it there, and run it again',
    })
  }
  return make(SQLSTATE.sourceError, `Source "${source}" failed with error ${number}`, rediscover)
}

function numberOf(error: Error): number | undefined {
  if (error instanceof ServerError) return error.number
  return 'errno' in error && typeof error.errno === 'number' && error.errno > 0
    ? error.errno
    : undefined
}
