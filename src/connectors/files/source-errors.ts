/** Turns DuckDB's errors into EngineErrors that name the source, the file and the line. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { mismatchError } from '../mismatched-value.js'
import { malformedError } from './malformed-text.js'

/** What our own statements say where a number in the JSON would lose digits. */
export const TOO_MANY_DIGITS =
  'A number in the JSON has more digits than DuckDB keeps; write it as a string'

/** Arithmetic of decimals, sums of them, and one cast to the digits of the other before both are added. */
const OVERFLOW_OF_DECIMAL =
  /^Out of Range Error: Overflow in (?:\w+ of DECIMAL|HUGEINT)|^Conversion Error: Casting value ".*" to type DECIMAL\(\d+,\d+\) failed: value is out of range/

/** A number that DuckDB cannot be given. */
export class TooManyDigits extends Error {}

/** Wraps an error; an EngineError passes through. */
export function fileError(error: unknown, source: string): EngineError {
  const mismatch = mismatchError(error, source)
  if (mismatch !== undefined) return mismatch
  if (error instanceof EngineError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const [message = ''] = cause.message.split('\n')
  const fields = { source, cause, category: 'source' } as const
  const missing = /No files found that match the pattern "(.*)"/.exec(cause.message)
  if (missing) {
    return new EngineError(
      SQLSTATE.sourceTableNotFound,
      `Source "${source}" has no files that match ${missing[1]}`,
      { ...fields, hint: 'Check root and from in the source file, and that the files are there' },
    )
  }
  const missingColumn =
    /column "(.*?)" was read from the original file ".*?", but could not be found in file "(.*?)"/.exec(
      cause.message,
    )
  if (missingColumn) {
    return new EngineError(
      SQLSTATE.sourceColumnNotFound,
      `File ${missingColumn[2]} of source "${source}" has no column "${missingColumn[1]}"`,
      {
        ...fields,
        hint: `The files of one table must have its columns: mend the file, or run tributary discover ${source}`,
      },
    )
  }
  const notParquet =
    /No magic bytes found at end of file '(.*?)'|(?:file|File) '(.*?)' too small to be a Parquet file/.exec(
      cause.message,
    )
  if (notParquet) {
    return new EngineError(
      SQLSTATE.sourceError,
      `File ${notParquet[1] ?? notParquet[2]} of source "${source}" is not a whole Parquet file`,
      { ...fields, hint: 'It was cut short or is still being written: replace it' },
    )
  }
  const unknownColumn =
    /Columns with names: (.*?) do not exist/.exec(cause.message) ??
    /(?:Referenced column|Table "\w+" does not have a column named) "(.*?)"/.exec(cause.message)
  if (unknownColumn) {
    return new EngineError(
      SQLSTATE.sourceColumnNotFound,
      `The files of source "${source}" have no column ${unknownColumn[1]}`,
      { ...fields, hint: 'Compare the columns in the source file with the header of the files' },
    )
  }
  const malformed = malformedError(cause, source)
  if (malformed !== undefined) return malformed
  if (cause.message.includes(TOO_MANY_DIGITS)) {
    return new EngineError(SQLSTATE.sourceError, `${TOO_MANY_DIGITS} (source "${source}")`, {
      ...fields,
      hint: 'Mend the file, or give the column the type jsonb in the source file',
    })
  }
  if (cause instanceof TooManyDigits || OVERFLOW_OF_DECIMAL.test(message)) {
    return new EngineError(
      SQLSTATE.numericValueOutOfRange,
      `A number has more digits than DuckDB keeps (source "${source}")`,
      {
        ...{ ...fields, category: 'user' },
        hint: 'SET tributary.pushdown = off has all of it computed here, with as many digits as it takes',
      },
    )
  }
  if (message.startsWith('Out of Range Error')) {
    return new EngineError(SQLSTATE.numericValueOutOfRange, outOfRange(message), {
      ...fields,
      category: 'user',
    })
  }
  if (message.startsWith('Out of Memory Error')) {
    return new EngineError(
      SQLSTATE.outOfMemory,
      `Source "${source}" needs more memory than its limit`,
      {
        ...{ source, cause, category: 'resource' },
        detail: incidentDetail({ source, message: cause.message }),
        hint: `Raise connection.memory_limit of source "${source}" (256MB unless said), or ask for less in one statement`,
      },
    )
  }
  if (message.startsWith('INTERRUPT Error')) {
    return new EngineError(
      SQLSTATE.queryCanceled,
      'canceling statement due to user request',
      fields,
    )
  }
  if (message.startsWith('Permission Error')) {
    return new EngineError(
      SQLSTATE.sourceError,
      `Source "${source}" may read files below its root only`,
      {
        ...fields,
        detail: incidentDetail({ source, message }),
        hint: 'Move the file below root, or widen root',
      },
    )
  }
  return new EngineError(SQLSTATE.sourceError, `Source "${source}" could not read its files`, {
    ...fields,
    detail: incidentDetail({ source, message: cause.message }),
    hint: `Run discover on source "${source}" to see what changed`,
  })
}

/** PostgreSQL's words for an overflow, by the width of the integers. */
function outOfRange(message: string): string {
  if (message.includes('INT16')) return 'smallint out of range'
  if (message.includes('INT32')) return 'integer out of range'
  if (message.includes('INT64')) return 'bigint out of range'
  return 'value out of range'
}
