/** Turns Snowflake's errors into EngineErrors that name the source and say what to do; its words go to the log. */
import { EngineError, SQLSTATE, type ErrorFields } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { mismatchError } from '../mismatched-value.js'

/** An error that the service answered. */
export class RemoteError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'RemoteError'
    this.status = status
    this.code = code
  }
}

const REFUSED = /^39\d{4}$/
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']) // prettier-ignore

/** The SDK's own number for a server that it could not reach at all. */
const SDK_COULD_NOT_CONNECT = 401_001

/** Wraps an error; an EngineError passes through, named for the source. */
export function sourceError(
  error: unknown,
  source: string,
  url: string,
  requestId?: string,
): EngineError {
  const mismatch = mismatchError(error, source)
  if (mismatch !== undefined) return mismatch
  if (error instanceof EngineError) {
    if (error.source !== undefined || error.category === 'user') return error
    return new EngineError(error.code, `${error.message} (source "${source}")`, {
      category: error.category,
      source,
      hint: error.hint ?? 'Run the statement again',
      cause: error,
    })
  }
  const cause = (error instanceof Error ? error : new Error(String(error))) as Error & {
    code?: unknown
    cause?: { code?: unknown }
  }
  const code = String(cause.code ?? '')
  const detail = incidentDetail({ source, message: cause.message, code, remoteId: requestId })
  const make = (state: string, text: string, hint: string, fields: ErrorFields = {}): EngineError =>
    new EngineError(state, text, {
      source,
      hint,
      detail,
      ...fields,
    })
  const network = [code, String(cause.cause?.code ?? '')].find((text) => UNREACHABLE.has(text))
  if (network !== undefined || cause.code === SDK_COULD_NOT_CONNECT) {
    return make(
      SQLSTATE.sourceUnavailable,
      `Could not connect to source "${source}" at ${url}`,
      'Check account, url, network and proxy',
    )
  }
  if (REFUSED.test(code)) {
    return make(
      SQLSTATE.sourceRefusedConnection,
      `Source "${source}" refused the connection`,
      `Check account, user, credentials, role and warehouse of source "${source}"`,
    )
  }
  switch (code) {
    case '002003':
    case '002043':
      return make(
        SQLSTATE.sourceTableNotFound,
        `Source "${source}" does not have ${objectIn(cause.message)}, or its role may not see it`,
        `Run discover on source "${source}" to see what changed, and check role, database and schema`,
      )
    case '000904':
      return make(
        SQLSTATE.sourceColumnNotFound,
        `Source "${source}" does not have column ${columnIn(cause.message)}`,
        `Run discover on source "${source}" to see what changed`,
      )
    case '003001':
      return make(
        SQLSTATE.sourceError,
        `Source "${source}" denied access`,
        `Grant the role of source "${source}" SELECT on the tables and USAGE on the warehouse`,
      )
    case '000606':
    case '000610':
      return make(
        SQLSTATE.sourceError,
        `Source "${source}" has no warehouse to run statements`,
        'Give connection.warehouse, and see that it can be resumed',
      )
    case '000604':
    case '000630':
      return make(
        SQLSTATE.queryCanceled,
        `Source "${source}" stopped the statement`,
        'Raise limits.statement_timeout of the source, or see who cancelled the statement',
        { category: 'source' },
      )
    case '100051':
      return make(SQLSTATE.divisionByZero, 'division by zero', 'Guard the divisor', { category: 'user' }) // prettier-ignore
    case '100132':
    case '100039':
      return make(SQLSTATE.numericValueOutOfRange, 'value out of range', 'Use a wider type', { category: 'user' }) // prettier-ignore
  }
  if (error instanceof RemoteError && error.code !== '') {
    return make(
      SQLSTATE.sourceError,
      `Source "${source}" refused the statement (Snowflake error ${error.code})`,
      `Run discover on source "${source}": types there may have changed`,
    )
  }
  if (error instanceof RemoteError) {
    return make(
      SQLSTATE.sourceError,
      `Source "${source}" failed with HTTP status ${error.status}`,
      'Try again later',
    )
  }
  return make(
    SQLSTATE.connectionFailure,
    `Connection to source "${source}" was lost`,
    'Run the statement again',
    { category: 'source' },
  )
}

/** The table's name is in the catalog and may be said. */
function objectIn(message: string): string {
  const match = /Object '([^']+)'/.exec(message)
  return match ? `table ${match[1]}` : 'what the statement names'
}

function columnIn(message: string): string {
  const match = /invalid identifier '([^']+)'/.exec(message)
  return match ? match[1]! : 'that the catalog names'
}
