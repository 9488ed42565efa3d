/** Turns BigQuery's errors into EngineErrors that name the source and say what to do; its words go to the log. */
import { EngineError, SQLSTATE, type ErrorFields } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { mismatchError } from '../mismatched-value.js'

/** An error that the service answered. */
export class RemoteError extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.name = 'RemoteError'
    this.status = status
    this.reason = reason
  }

  /** Reads an answer that is not a success. */
  static of(status: number, bytes: Uint8Array): RemoteError {
    const text = Buffer.from(bytes).toString('utf8')
    try {
      const { error } = JSON.parse(text) as { error: { message: string; errors?: { reason?: string }[] } } // prettier-ignore
      return new RemoteError(status, error.errors?.[0]?.reason ?? '', error.message)
    } catch {
      return new RemoteError(status, '', text.slice(0, 500))
    }
  }
}

interface Failure {
  readonly status: number | undefined
  readonly reason: string
  readonly message: string
  /** Of the network: ECONNREFUSED and the like. */
  readonly code: string
}

/** What the SDK's and our own errors have in common. */
function failureOf(error: Error): Failure {
  const own = error as Error & {
    code?: unknown
    reason?: unknown
    status?: unknown
    errors?: { reason?: string; message?: string }[]
    cause?: { code?: unknown; message?: string }
  }
  const [first] = own.errors ?? []
  const numbers = [own.status, own.code].filter((value) => typeof value === 'number')
  const texts = [own.code, own.cause?.code].filter((value) => typeof value === 'string')
  return {
    status: numbers[0],
    reason: typeof own.reason === 'string' ? own.reason : (first?.reason ?? ''),
    message: first?.message ?? own.message,
    code: texts[0] ?? '',
  }
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']) // prettier-ignore

/** Tells whether the service itself said that a job failed: then nothing of it runs any more. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && failureOf(error).status !== undefined
}

/** Wraps an error; an EngineError passes through. */
export function sourceError(
  error: unknown,
  source: string,
  endpoint: string,
  jobId?: string,
): EngineError {
  const mismatch = mismatchError(error, source)
  if (mismatch !== undefined) return mismatch
  if (error instanceof EngineError) {
    return error.source === undefined && error.category !== 'user' ? named(error, source) : error
  }
  const cause = error instanceof Error ? error : new Error(String(error))
  const failure = failureOf(cause)
  const { reason, status, message } = failure
  const detail = incidentDetail({
    source,
    message,
    code: reason === '' ? (failure.code === '' ? String(status ?? '') : failure.code) : reason,
    remoteId: jobId,
  })
  const make = (code: string, text: string, hint: string, fields: ErrorFields = {}): EngineError =>
    new EngineError(code, text, {
      source,
      hint,
      detail,
      ...fields,
    })
  // What a value did is the statement's doing, as in PostgreSQL.
  if (/overflow/i.test(message) && /int64/i.test(message)) {
    return make(SQLSTATE.numericValueOutOfRange, 'bigint out of range', 'Use a wider type', { category: 'user' }) // prettier-ignore
  }
  if (/division by zero/i.test(message)) {
    return make(SQLSTATE.divisionByZero, 'division by zero', 'Guard the divisor', { category: 'user' }) // prettier-ignore
  }
  if (
    status === 401 ||
    reason === 'authError' ||
    /invalid_grant|Could not load the default credentials|DECODER routines|PEM/i.test(message)
  ) {
    // prettier-ignore
    return make(
      SQLSTATE.sourceRefusedConnection,
      `Source "${source}" refused the credentials`,
      `Check key_file, credentials or access_token of source "${source}"`,
    )
  }
  switch (reason) {
    case 'notFound':
      return make(
        SQLSTATE.sourceTableNotFound,
        `Source "${source}" does not have ${missingOf(message)}`,
        `Run discover on source "${source}" to see what changed, and check project, dataset and location`,
      )
    case 'accessDenied':
      return make(
        SQLSTATE.sourceError,
        `Source "${source}" denied access`,
        `Grant the account of source "${source}" BigQuery Data Viewer and Job User`,
      )
    case 'bytesBilledLimitExceeded':
      return make(
        SQLSTATE.sourceError,
        `Source "${source}" refused a statement that would read more than maximum_bytes_billed`,
        'Filter by the partition or clustering columns, or raise maximum_bytes_billed of the source',
        { category: 'resource' },
      )
    case 'quotaExceeded':
    case 'rateLimitExceeded':
      return make(
        SQLSTATE.tooManyConnections,
        `Source "${source}" is over its quota`,
        'Wait, or raise the quota of the project',
        { category: 'source' },
      )
    case 'stopped':
    case 'timeout':
      return make(
        SQLSTATE.queryCanceled,
        `Source "${source}" stopped the statement`,
        'Raise limits.statement_timeout of the source, or see who cancelled the job',
        { category: 'source' },
      )
    case 'resourcesExceeded':
      return make(
        SQLSTATE.sourceError,
        `Source "${source}" has too few resources for the statement`,
        'Ask for less in one statement',
      )
    case 'invalidQuery':
      if (/Unrecognized name|Name .* not found|does not exist in/i.test(message)) {
        return make(
          SQLSTATE.sourceColumnNotFound,
          `Source "${source}" does not have ${columnIn(message)}`,
          `Run discover on source "${source}" to see what changed`,
        )
      }
      if (/without a filter over column/i.test(message)) {
        return make(
          SQLSTATE.configurationLimitExceeded,
          `Source "${source}" only reads a table with a filter on its partition column, and none was sent`,
          'Compare the partition column with a constant or a parameter; EXPLAIN says why a filter was not pushed',
          { category: 'policy' },
        )
      }
      return make(
        SQLSTATE.sourceError,
        `Source "${source}" refused the statement`,
        `Run discover on source "${source}": types there may have changed`,
      )
  }
  if (UNREACHABLE.has(failure.code)) {
    return make(
      SQLSTATE.sourceUnavailable,
      `Could not connect to source "${source}" at ${endpoint}`,
      'Check endpoint, network and proxy',
    )
  }
  if (status !== undefined) {
    return make(
      SQLSTATE.sourceError,
      `Source "${source}" failed with HTTP status ${status}`,
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

/** A column's name is in the catalog and may be said. */
function columnIn(message: string): string {
  const match = /Unrecognized name: (?:\S+\.)?`?(\w+)/.exec(message)
  return match ? `column ${match[1]!}` : 'a column that the catalog names'
}

/** The kind of object that is missing; its name is in the catalog and may be said. */
function missingOf(message: string): string {
  const match = /Not found: (Table|Dataset|Job|Project) (\S+)/.exec(message)
  return match ? `${match[1]!.toLowerCase()} ${match[2]}` : 'what the statement names'
}

function named(error: EngineError, source: string): EngineError {
  return new EngineError(error.code, `${error.message} (source "${source}")`, {
    category: error.category,
    source,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    hint: error.hint ?? 'Run the statement again',
    cause: error,
  })
}
