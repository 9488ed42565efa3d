/**
 * Values of text files that DuckDB would cut to size without a word: it rounds a fraction in a column of integers, forgets BC or a time
 * of day in a column of dates and PM in one of times, and makes NULL of an instant in a CSV that it cannot read. Such columns are read
 * in a type that holds the whole value, and narrowed by a macro that fails where something would be lost.
 */
import type { TableDefinition } from '../../catalog/catalog.js'
import { quoteString } from '../sql/ansi-dialect.js'

interface Narrowing {
  /** What the reader of the file makes of the text. */
  readonly readAs: string
  readonly macro: string
}

/** By DuckDB's type of the column. Doubles hold integers of 32 bits, and parse faster than anything else that holds a fraction. */
const NARROWINGS: Readonly<Record<string, Narrowing>> = {
  SMALLINT: { readAs: 'DOUBLE', macro: 'exact_smallint' },
  INTEGER: { readAs: 'DOUBLE', macro: 'exact_integer' },
  BIGINT: { readAs: 'VARCHAR', macro: 'exact_bigint' },
  DATE: { readAs: 'TIMESTAMP', macro: 'exact_date' },
  TIME: { readAs: 'VARCHAR', macro: 'exact_time' },
  TIMESTAMPTZ: { readAs: 'VARCHAR', macro: 'exact_timestamptz' },
}

const TIME_OF_DAY = '\\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?\\s*'

/** Begins the text that is cast in vain where a value does not fit. */
const MARK = 'Loss in column'
/** Fails as a cast does: `error()` counts as volatile, and would keep conditions from reaching the files. */
const lost = (type: string): string => `CAST(concat('${MARK} "', name, '": ', v) AS ${type})`

const ifSame = (type: string): string =>
  `CASE WHEN CAST(v AS ${type}) <> v THEN ${lost(type)} ELSE CAST(v AS ${type}) END`

/** The macros, made in each DuckDB before it reads. `1.0` is a whole number: programs that know no NULL in integers write so. */
export const EXACT_MACROS: readonly string[] = [
  `CREATE MACRO exact_smallint(v, name) AS ${ifSame('SMALLINT')}`,
  `CREATE MACRO exact_integer(v, name) AS ${ifSame('INTEGER')}`,
  `CREATE MACRO exact_bigint(v, name) AS CASE WHEN regexp_full_match(v, '\\s*[-+]?[0-9]+\\s*') THEN CAST(v AS BIGINT)
     WHEN regexp_full_match(v, '\\s*[-+]?[0-9]+[.]0*\\s*') THEN CAST(split_part(v, '.', 1) AS BIGINT)
     WHEN v IS NOT NULL THEN ${lost('BIGINT')} END`,
  `CREATE MACRO exact_date(v, name) AS ${ifSame('DATE')}`,
  `CREATE MACRO exact_time(v, name) AS CASE
     WHEN regexp_full_match(v, '${TIME_OF_DAY}') THEN CAST(v AS TIME)
     WHEN v IS NOT NULL THEN ${lost('TIME')} END`,
  `CREATE MACRO exact_timestamptz(v, name) AS CAST(v AS TIMESTAMPTZ)`,
  `CREATE MACRO timestamptz_as(v, name, format) AS CAST(strptime(v, format) AS TIMESTAMPTZ)`,
]

type Format = TableDefinition['format']

/** A date in a format of its own is read by it: the reader takes no more and no less than the format says. */
function narrowingOf(type: string | undefined, format: Format): Narrowing | undefined {
  if (type === undefined || (type === 'DATE' && typeof format?.date === 'string')) return undefined
  return NARROWINGS[type]
}

/** The type in which the values of a column are read from a text file. */
export function wholeType(type: string, format: Format): string {
  const narrowing = narrowingOf(type, format)
  // As timestamps dates would be read by the format of timestamps.
  if (type === 'DATE' && typeof format?.timestamp === 'string' && narrowing) return 'VARCHAR'
  return narrowing?.readAs ?? type
}

/** Narrows a value that was read as {@link wholeType} says; undefined: it is of its type already. */
export function exactValue(
  text: string,
  type: string | undefined,
  column: string,
  format: Format,
): string | undefined {
  const narrowing = narrowingOf(type, format)
  if (type === undefined || narrowing === undefined) return undefined
  const name = quoteString(column)
  if (type === 'TIMESTAMPTZ' && typeof format?.timestamp === 'string') {
    return `timestamptz_as(${text}, ${name}, ${quoteString(format.timestamp)})`
  }
  const isText = wholeType(type, format) === 'VARCHAR' && narrowing.readAs !== 'VARCHAR'
  return `${narrowing.macro}(${isText ? `CAST(${text} AS ${narrowing.readAs})` : text}, ${name})`
}

/** Narrows a text, such as a value below the top of a JSON document. `type`: DuckDB's of the column. */
export function exactFromText(text: string, type: string, column: string, format: Format): string {
  if (type === 'DATE' && typeof format?.date === 'string') {
    return `CAST(strptime(${text}, ${quoteString(format.date)}) AS DATE)`
  }
  if (type === 'TIMESTAMP' && typeof format?.timestamp === 'string') {
    return `strptime(${text}, ${quoteString(format.timestamp)})`
  }
  const whole = wholeType(type, format)
  const wide = whole === 'VARCHAR' ? text : `CAST(${text} AS ${whole})`
  return exactValue(wide, type, column, format) ?? wide
}

/** The condition that a text does not fit its column. It casts by TRY_CAST alone: DuckDB takes casts that occur twice out of TRY. */
export function unfitCondition(text: string, type: string, format: Format): string {
  const isNull = (value: string): string => `${value} IS NULL`
  const own = type === 'DATE' ? format?.date : type.startsWith('TIMESTAMP') && format?.timestamp
  const conditions = (): readonly string[] => {
    if (typeof own === 'string') return [isNull(`try_strptime(${text}, ${quoteString(own)})`)]
    switch (type) {
      case 'SMALLINT':
      case 'INTEGER':
      case 'DATE': {
        const whole = `TRY_CAST(${text} AS ${NARROWINGS[type]!.readAs})`
        const narrow = `TRY_CAST(${whole} AS ${type})`
        return [isNull(narrow), `${narrow} <> ${whole}`]
      }
      case 'BIGINT':
        return [
          `NOT regexp_full_match(${text}, '\\s*[-+]?[0-9]+([.]0*)?\\s*')`,
          isNull(`TRY_CAST(split_part(${text}, '.', 1) AS BIGINT)`),
        ]
      case 'TIME':
        return [
          `NOT regexp_full_match(${text}, '${TIME_OF_DAY}')`,
          isNull(`TRY_CAST(${text} AS TIME)`),
        ]
      default:
        return [isNull(`TRY_CAST(${text} AS ${type})`)]
    }
  }
  return `(${text} IS NOT NULL AND (${conditions().join(' OR ')}))`
}

/** The column of a value that would have been cut, where this is DuckDB's complaint. */
export function columnOfLoss(message: string): string | undefined {
  return new RegExp(`Could not convert string '${MARK} "(.*?)": `, 's').exec(message)?.[1]
}
