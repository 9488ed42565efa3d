/**
 * The one error that reaches a user. Every stage throws it; the wire layer turns it into an
 * ErrorResponse, the command line into text.
 */

/** Who can mend it: the writer of the statement, a policy, a source, the machine, or us. */
export type ErrorCategory = 'user' | 'policy' | 'source' | 'resource' | 'internal'

/** SQLSTATE of every condition that Tributary itself raises, by name. PostgreSQL's own pass through. */
export const SQLSTATE = {
  syntaxError: '42601',
  undefinedTable: '42P01',
  undefinedColumn: '42703',
  undefinedFunction: '42883',
  undefinedObject: '42704',
  undefinedParameter: '42P02',
  undefinedCursor: '34000',
  undefinedPreparedStatement: '26000',
  duplicatePreparedStatement: '42P05',
  duplicateCursor: '42P03',
  indeterminateDatatype: '42P18',
  datatypeMismatch: '42804',
  insufficientPrivilege: '42501',
  featureNotSupported: '0A000',
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  protocolViolation: '08P01',
  connectionFailure: '08006',
  sourceUnavailable: '08001',
  sourceRefusedConnection: '08004',
  sourceError: 'HV000',
  sourceTypeMismatch: 'HV004',
  sourceTableNotFound: 'HV00R',
  sourceColumnNotFound: 'HV005',
  tooManyConnections: '53300',
  outOfMemory: '53200',
  diskFull: '53100',
  configurationLimitExceeded: '53400',
  programLimitExceeded: '54000',
  statementTooComplex: '54001',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  cannotConnectNow: '57P03',
  invalidParameterValue: '22023',
  invalidTextRepresentation: '22P02',
  invalidBinaryRepresentation: '22P03',
  numericValueOutOfRange: '22003',
  divisionByZero: '22012',
  datetimeOverflow: '22008',
  invalidDatetimeFormat: '22007',
  invalidRegularExpression: '2201B',
  stringRightTruncation: '22001',
  characterNotInRepertoire: '22021',
  cardinalityViolation: '21000',
  invalidTransactionState: '25000',
  activeTransaction: '25001',
  noActiveTransaction: '25P01',
  inFailedTransaction: '25P02',
  readOnlyTransaction: '25006',
  invalidSavepoint: '3B001',
  invalidCatalog: 'F0000',
  internalError: 'XX000',
} as const

export interface ErrorFields {
  readonly category?: ErrorCategory
  readonly detail?: string
  readonly hint?: string
  /** 1-based character position in the statement the client sent. */
  readonly position?: number
  /** The source at fault, by its catalog name. */
  readonly source?: string
  readonly cause?: unknown
}

/** Plain data of an EngineError: what crosses a thread. */
export interface SerializedError {
  readonly code: string
  readonly message: string
  readonly category: ErrorCategory
  readonly detail?: string
  readonly hint?: string
  readonly position?: number
  readonly source?: string
  readonly stack?: string
}

/** An error with a SQLSTATE. Messages start as PostgreSQL's do, have no final period, put values last. */
export class EngineError extends Error {
  readonly code: string
  readonly category: ErrorCategory
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly position: number | undefined
  readonly source: string | undefined

  constructor(code: string, message: string, fields: ErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.name = 'EngineError'
    this.code = code
    this.category = fields.category ?? categoryOfSqlState(code)
    this.detail = fields.detail
    this.hint = fields.hint
    this.position = fields.position
    this.source = fields.source
  }
}

/** Turns anything thrown into plain data that can be posted to another thread. */
export function serializeError(error: unknown): SerializedError {
  const known = toEngineError(error)
  return {
    code: known.code,
    message: known.message,
    category: known.category,
    ...(known.detail === undefined ? {} : { detail: known.detail }),
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    ...(known.position === undefined ? {} : { position: known.position }),
    ...(known.source === undefined ? {} : { source: known.source }),
    ...(known.stack === undefined ? {} : { stack: known.stack }),
  }
}

/** Rebuilds an EngineError from the data of {@link serializeError}. */
export function deserializeError(data: SerializedError): EngineError {
  const { code, message, ...fields } = data
  const error = new EngineError(code, message, fields)
  if (data.stack !== undefined) error.stack = data.stack
  return error
}

/** Wraps an unforeseen error as XX000, an overflow of the stack as 54001; an EngineError passes through. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return new EngineError(SQLSTATE.statementTooComplex, 'stack depth limit exceeded', {
      hint: 'The statement is nested too deeply',
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new EngineError(SQLSTATE.internalError, message, { category: 'internal', cause: error })
}

/** Says that a `switch` forgot a case; a compile error where the union is not exhausted. */
export function assertNever(value: never): never {
  throw new EngineError(SQLSTATE.internalError, `Unexpected value: ${JSON.stringify(value)}`, {
    category: 'internal',
  })
}

function categoryOfSqlState(code: string): ErrorCategory {
  if (code === SQLSTATE.insufficientPrivilege) return 'policy'
  if (code.startsWith('08') || code.startsWith('HV')) return 'source'
  if (code.startsWith('53') || code.startsWith('57')) return 'resource'
  if (code.startsWith('XX')) return 'internal'
  return 'user'
}
