/** Functions that DuckDB computes exactly as PostgreSQL, and how they are printed. */
import type { Expression } from '../../expressions/expression.js'
import { cannotPrint } from '../sql/ansi-dialect.js'
import type { CallPrinter } from '../sql/dialect.js'

const operator =
  (symbol: string): CallPrinter =>
  ([left, right]) =>
    `(${left} ${symbol} ${right})`
const call =
  (name: string): CallPrinter =>
  (texts) =>
    `${name}(${texts.join(', ')})`
const castTo =
  (type: string): CallPrinter =>
  ([text]) =>
    `CAST(${text} AS ${type})`

/**
 * DuckDB's LIKE has no escape character unless it is told one, and then it does not see that `a%` is a range, by which row groups of Parquet
 * are left out.
 */
const like =
  (word: string): CallPrinter =>
  ([subject, pattern], node) =>
    isPlain(node.arguments[1], /\\/)
      ? `(${subject} ${word} ${pattern})`
      : `(${subject} ${word} ${pattern} ESCAPE '\\')`

const startsWith: CallPrinter = ([subject, prefix], node) =>
  isPlain(node.arguments[1], /[%_\\]/)
    ? `(${subject} LIKE (${prefix} || '%'))`
    : `starts_with(${subject}, ${prefix})`

/** Whether a pattern is known, and has none of these characters. */
function isPlain(pattern: Expression | undefined, odd: RegExp): boolean {
  return pattern?.kind === 'constant' && pattern.value !== null && !odd.test(pattern.value)
}

const unitOf = (node: Parameters<CallPrinter>[1]): string => {
  const unit = node.arguments[0]
  if (unit?.kind === 'constant' && unit.value !== null) return unit.value
  throw cannotPrint({ name: 'DuckDB' }, `function ${node.function.signature}`)
}

const truncate: CallPrinter = ([, value], node) =>
  `CAST(date_trunc('${unitOf(node)}', ${value}) AS TIMESTAMP)`

const extract: CallPrinter = ([, value], node) => `extract(${unitOf(node)} FROM ${value})`

/** Units of date_trunc(text, timestamp) and extract(text, ...) that mean the same. */
export const UNITS = new Set(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'])
const DATE_FIELDS = new Set(['year', 'quarter', 'month', 'day', 'dow', 'isodow', 'doy'])
/** Of a date PostgreSQL has no hours to give: it is an error there, and 0 in DuckDB. */
export const FIELDS = new Set([...DATE_FIELDS, 'hour', 'minute'])

/** An integer type's arithmetic: DuckDB works in the same width and reports overflow, as PostgreSQL does. */
function arithmetic(width: number): Record<string, CallPrinter> {
  const type = `int${width}`
  return {
    [`${type}pl(${type},${type})`]: operator('+'),
    [`${type}mi(${type},${type})`]: operator('-'),
    [`${type}mul(${type},${type})`]: operator('*'),
    [`${type}um(${type})`]: ([text]) => `(-${text})`,
    // Only with a constant other than 0 and -1: see the judgement.
    [`${type}div(${type},${type})`]: operator('//'),
    [`${type}mod(${type},${type})`]: operator('%'),
    [`mod(${type},${type})`]: operator('%'),
    [`${type}abs(${type})`]: call('abs'),
    [`abs(${type})`]: call('abs'),
  }
}

/** By signature. */
export const FUNCTIONS: Readonly<Record<string, CallPrinter>> = {
  // Blanks only: rtrim of one argument takes off other white space, too.
  'text(bpchar)': ([text]) => `rtrim(${text}, ' ')`,
  ...arithmetic(2),
  ...arithmetic(4),
  ...arithmetic(8),
  'int4(int2)': castTo('INTEGER'),
  'int8(int2)': castTo('BIGINT'),
  'int8(int4)': castTo('BIGINT'),
  'numeric(int2)': castTo('DECIMAL(5,0)'),
  'numeric(int4)': castTo('DECIMAL(10,0)'),
  'numeric(int8)': castTo('DECIMAL(19,0)'),
  'float8(float4)': castTo('DOUBLE'),
  'float8(int2)': castTo('DOUBLE'),
  'float8(int4)': castTo('DOUBLE'),
  'float8(int8)': castTo('DOUBLE'),
  'date(timestamp)': castTo('DATE'),
  'timestamp(date)': castTo('TIMESTAMP'),
  'numeric_add(numeric,numeric)': operator('+'),
  'numeric_sub(numeric,numeric)': operator('-'),
  'numeric_mul(numeric,numeric)': operator('*'),
  'numeric_uminus(numeric)': ([text]) => `(-${text})`,
  'textlike(text,text)': like('LIKE'),
  'textnlike(text,text)': like('NOT LIKE'),
  'textcat(text,text)': operator('||'),
  'length(text)': call('length'),
  'char_length(text)': call('length'),
  'character_length(text)': call('length'),
  'octet_length(text)': call('strlen'),
  'starts_with(text,text)': startsWith,
  'replace(text,text,text)': call('replace'),
  'date_trunc(text,timestamp)': truncate,
  'extract(text,timestamp)': extract,
  'extract(text,date)': extract,
}

/** Functions whose first argument names a unit. */
export const UNIT_FUNCTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  'date_trunc(text,timestamp)': UNITS,
  'extract(text,timestamp)': FIELDS,
  'extract(text,date)': DATE_FIELDS,
}
