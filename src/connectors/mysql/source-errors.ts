/** Turns errors of the driver and the server into EngineErrors that name the source and say what to do. */
import { EngineError, SQLSTATE } from '../../errors.js'
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

/** Wraps an error; an EngineError passes through (named for the source if it was not). */
export function sourceError(error: unknown, source: string, address: string): EngineError {
  if (error instanceof EngineError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const fields = { source, cause }
  const number = numberOf(cause)
  const message = cause.message
  if (number !== undefined) {
    if (REFUSED.has(number) || NO_DATABASE.has(number)) {
      return new EngineError(
        SQLSTATE.sourceRefusedConnection,
        `Source "${source}" refused the connection: ${message}`,
        { ...fields, hint: `Check user, password and database of source "${source}"` },
      )
    }
    if (TOO_MANY.has(number)) {
      return new EngineError(
        SQLSTATE.tooManyConnections,
        `Source "${source}" has too many connections: ${message}`,
        { ...fields, category: 'source', hint: 'Lower pool.max of the source' },
      )
    }
    if (NO_TABLE.has(number)) {
      return new EngineError(
        SQLSTATE.sourceTableNotFound,
        `Source "${source}" does not have the table: ${message}`,
        { ...fields, hint: `Run discover on source "${source}" to see what changed` },
      )
    }
    if (NO_COLUMN.has(number)) {
      return new EngineError(
        SQLSTATE.sourceColumnNotFound,
        `Source "${source}" does not have the column: ${message}`,
        { ...fields, hint: `Run discover on source "${source}" to see what changed` },
      )
    }
    if (NO_PRIVILEGE.has(number)) {
      return new EngineError(SQLSTATE.sourceError, `Source "${source}" denied access: ${message}`, {
        ...fields,
        hint: `Grant SELECT to the user of source "${source}"`,
      })
    }
    if (TIMED_OUT.has(number)) {
      return new EngineError(
        SQLSTATE.queryCanceled,
        `Source "${source}" stopped the statement at its time limit`,
        { ...fields, category: 'source', hint: 'Raise limits.statement_timeout of the source' },
      )
    }
    if (INTERRUPTED.has(number)) {
      return new EngineError(
        SQLSTATE.queryCanceled,
        `Source "${source}" stopped the statement: ${message}`,
        {
          ...fields,
          category: 'source',
        },
      )
    }
    return new EngineError(SQLSTATE.sourceError, `Source "${source}" failed: ${message}`, {
      ...fields,
      detail: `Server error ${number}`,
    })
  }
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (UNREACHABLE.has(code)) {
    return new EngineError(
      SQLSTATE.sourceUnavailable,
      `Could not connect to source "${source}" at ${address}: ${message || code}`,
      { ...fields, hint: 'Check that the server runs and that host and port are right' },
    )
  }
  return new EngineError(
    SQLSTATE.connectionFailure,
    `Connection to source "${source}" failed: ${message || code}`,
    { ...fields, category: 'source' },
  )
}

function numberOf(error: Error): number | undefined {
  if (error instanceof ServerError) return error.number
  return 'errno' in error && typeof error.errno === 'number' && error.errno > 0
    ? error.errno
    : undefined
}
