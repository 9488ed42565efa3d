/**
 * Values that do not read as the type the catalog gives their column: its type has changed at the source. The value itself is for the
 * log; the client reads which column it was.
 */
import { EngineError, SQLSTATE } from '../errors.js'
import { incidentDetail } from './incident.js'

/** Thrown by readers, which know the column; the source is named by {@link mismatchError}. */
export class MismatchedValue extends Error {
  readonly column: string

  constructor(column: string, cause: Error) {
    super(cause.message, { cause })
    this.name = 'MismatchedValue'
    this.column = column
  }
}

/** What a reader throws for an error of reading a value: data errors with their column, anything else as it is. */
export function mismatchOf(error: unknown, column: string): unknown {
  const isData = error instanceof EngineError && error.code.startsWith('22')
  return isData && error.source === undefined ? new MismatchedValue(column, error) : error
}

/** The client's error of a mismatched value; undefined: the error is another. */
export function mismatchError(error: unknown, source: string): EngineError | undefined {
  if (!(error instanceof MismatchedValue)) return undefined
  return new EngineError(
    SQLSTATE.sourceTypeMismatch,
    `Column "${error.column}" of source "${source}" holds a value that is not of its type`,
    {
      source,
      category: 'source',
      cause: error,
      detail: incidentDetail({ source, message: error.message }),
      hint: `The type there may have changed: run tributary discover ${source}, or give the column another type in the source file`,
    },
  )
}
