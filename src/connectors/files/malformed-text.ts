/**
 * CSV and JSON that do not read: the client gets the file, the line and the kind of fault in our words. DuckDB quotes the line or the value
 * at fault, which may not be the client's to see: its words go to the log.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { incidentDetail } from '../incident.js'

/** How DuckDB begins a sentence about a line, and what we say of it. The line itself comes after, and may hold anything. */
const CSV_FAULTS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^Expected Number of Columns: (\d+) Found: (\d+)/m, ([, expected, found]) => `${expected} columns expected, ${found} found`],
  [/^Value with unterminated/m, () => 'a quoted value does not end'],
  [/^Invalid unicode/m, () => 'it is not UTF-8'],
  [/^Maximum line size/m, () => 'it is longer than a line may be'],
] // prettier-ignore

const OTHER_TYPE_HINT =
  'Mend the file, or give the column the type text or jsonb in the source file'

/** The error of a file that is not CSV or JSON as declared, or holds a value of another type; undefined: it is another error. */
export function malformedError(cause: Error, source: string): EngineError | undefined {
  const { message } = cause
  const make = (code: string, text: string, hint: string): EngineError =>
    new EngineError(code, text, {
      ...{ source, cause, category: 'source', hint },
      detail: incidentDetail({ source, message }),
    })
  const otherType = (place: string, column?: string): EngineError =>
    make(
      SQLSTATE.sourceTypeMismatch,
      `Value of another type in ${place} of source "${source}"${column === undefined ? '' : `, column "${column}"`}`,
      OTHER_TYPE_HINT,
    )
  const csvLine = /CSV Error on Line: (\d+)/.exec(message)?.[1]
  if (csvLine !== undefined) {
    const place = `file ${/file = (.*)/.exec(message)?.[1] ?? '?'}:${csvLine}`
    const converted = /^Error when converting column "(.*?)"/m.exec(message)
    if (converted) return otherType(place, converted[1])
    const fault = CSV_FAULTS.map(([pattern, say]) => {
      const match = pattern.exec(message)
      return match === null ? undefined : say(match)
    }).find((said) => said !== undefined)
    return make(
      SQLSTATE.sourceError,
      `Malformed line in ${place} of source "${source}": ${fault ?? 'it does not fit the format'}`,
      'Mend the file, or its format in the source file',
    )
  }
  const value = /JSON transform error in file "(.*?)", in (?:line|record\/value) (\d+)/.exec(
    message,
  )
  if (value) return otherType(`file ${value[1]}:${value[2]}`)
  const json = /Malformed JSON in file "(.*?)", at byte (\d+) in (?:line|record\/value) (\d+)/.exec(
    message,
  )
  if (json) {
    return make(
      SQLSTATE.sourceError,
      `Malformed JSON in file ${json[1]}:${json[3]} of source "${source}", at byte ${json[2]}`,
      'Mend the file: one JSON value a line',
    )
  }
  return undefined
}
