/** Functions that Snowflake computes exactly as PostgreSQL, how they are printed, and what their arguments must be. */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { cannotPrint } from '../sql/ansi-dialect.js'
import { decimalShape, fitsDecimal } from '../sql/decimal-shape.js'
import type { CallPrinter } from '../sql/dialect.js'

const operator =
  (symbol: string): CallPrinter =>
  ([left, right]) =>
    `(${left} ${symbol} ${right})`
const call =
  (name: string, ...more: string[]): CallPrinter =>
  (texts) =>
    `${name}(${[...texts, ...more].join(', ')})`
const castTo =
  (type: string): CallPrinter =>
  ([text]) =>
    `CAST(${text} AS ${type})`
const same: CallPrinter = ([text]) => text!

const UNITS = new Set(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'])
const FIELDS: Readonly<Record<string, string>> = {
  year: 'YEAR',
  quarter: 'QUARTER',
  month: 'MONTH',
  day: 'DAY',
  hour: 'HOUR',
  minute: 'MINUTE',
  doy: 'DAYOFYEAR',
  // Whatever the session's first day of the week.
  dow: 'DAYOFWEEKISO',
  isodow: 'DAYOFWEEKISO',
}
const DATE_FIELDS = new Set(['year', 'quarter', 'month', 'day', 'doy', 'dow', 'isodow'])

function unitOf(node: CallExpression): string {
  const unit = node.arguments[0]
  return unit?.kind === 'constant' ? (unit.value ?? '') : ''
}

const extract: CallPrinter = ([, value], node) => {
  const unit = unitOf(node)
  const field = FIELDS[unit]
  if (field === undefined) throw cannotPrint({ name: 'Snowflake' }, `function ${node.function.signature}`) // prettier-ignore
  const text = `EXTRACT(${field} FROM ${value})`
  return unit === 'dow' ? `MOD(${text}, 7)` : text
}

const REMAINDERS: Readonly<Record<string, CallPrinter>> = Object.fromEntries(
  ['int2', 'int4', 'int8'].flatMap((type) => [
    [`${type}mod(${type},${type})`, call('MOD')],
    [`mod(${type},${type})`, call('MOD')],
  ]),
)

/** By signature. */
export const FUNCTIONS: Readonly<Record<string, CallPrinter>> = {
  ...REMAINDERS,
  'int4(int2)': same,
  'int8(int2)': same,
  'int8(int4)': same,
  'numeric(int2)': castTo('NUMBER(5,0)'),
  'numeric(int4)': castTo('NUMBER(10,0)'),
  'numeric(int8)': castTo('NUMBER(19,0)'),
  'float8(int2)': castTo('DOUBLE'),
  'float8(int4)': castTo('DOUBLE'),
  'float8(int8)': castTo('DOUBLE'),
  'date(timestamp)': castTo('DATE'),
  'timestamp(date)': castTo('TIMESTAMP_NTZ(6)'),
  'numeric_add(numeric,numeric)': operator('+'),
  'numeric_sub(numeric,numeric)': operator('-'),
  'numeric_mul(numeric,numeric)': operator('*'),
  'numeric_uminus(numeric)': ([text]) => `(-${text})`,
  'textcat(text,text)': operator('||'),
  'length(text)': call('LENGTH'),
  'char_length(text)': call('LENGTH'),
  'character_length(text)': call('LENGTH'),
  'octet_length(text)': call('OCTET_LENGTH'),
  'octet_length(bytea)': call('OCTET_LENGTH'),
  'starts_with(text,text)': call('STARTSWITH'),
  'strpos(text,text)': ([text, part]) => `POSITION(${part}, ${text})`,
  'position(text,text)': ([text, part]) => `POSITION(${part}, ${text})`,
  'replace(text,text,text)': call('REPLACE'),
  'substr(text,int4)': call('SUBSTR'),
  'substr(text,int4,int4)': call('SUBSTR'),
  'substring(text,int4)': call('SUBSTR'),
  'substring(text,int4,int4)': call('SUBSTR'),
  'btrim(text)': call('TRIM', "' '"),
  'ltrim(text)': call('LTRIM', "' '"),
  'rtrim(text)': call('RTRIM', "' '"),
  'date_trunc(text,timestamp)': ([, value], node) =>
    `DATE_TRUNC('${unitOf(node).toUpperCase()}', ${value})`,
  'extract(text,timestamp)': extract,
  'extract(text,date)': extract,
}

/** Why a call is not exact, its arguments aside. */
export function whyNotCall(node: CallExpression): string | undefined {
  const { name, signature } = node.function
  const [, second, third] = node.arguments
  if (!(signature in FUNCTIONS)) {
    if (/^(int\d+|int\d)(pl|mi|mul|um|abs|div)$/.test(name) || /^abs\(int/.test(signature)) {
      return 'Snowflake computes integers with 38 digits and does not notice an overflow of fewer'
    }
    if (/^(numeric|float\d+)_?div$/.test(name)) {
      return 'Division gives other digits behind the point in Snowflake'
    }
    return `Function ${name} is not known to mean the same in Snowflake`
  }
  if (signature in REMAINDERS) {
    const isSafe = second?.kind === 'constant' && second.value !== null && second.value !== '0'
    return isSafe ? undefined : 'Only the remainder of a known number other than 0 is sent'
  }
  if (signature === 'date_trunc(text,timestamp)') {
    return UNITS.has(unitOf(node)) ? undefined : 'Snowflake does not truncate to this unit'
  }
  if (signature.startsWith('extract(')) {
    const unit = unitOf(node)
    const known = signature.endsWith('date)') ? DATE_FIELDS.has(unit) : unit in FIELDS
    return known ? undefined : 'Snowflake does not extract this field as PostgreSQL does'
  }
  if (name === 'substr' || name === 'substring') {
    const isPlain = (part: Expression | undefined, least: number): boolean =>
      part?.kind === 'constant' && Number(part.value ?? NaN) >= least
    return isPlain(second, 1) && (third === undefined || isPlain(third, 0))
      ? undefined
      : 'A position before the first character counts from the end in Snowflake'
  }
  if (name === 'replace') {
    return second?.kind === 'constant' && second.value !== ''
      ? undefined
      : 'The text to replace must be known'
  }
  if (name.startsWith('numeric_')) {
    const shape = decimalShape(node)
    // A product keeps twelve digits behind the point, or those of the finer factor.
    const finest = Math.max(12, ...node.arguments.map((part) => decimalShape(part)?.scale ?? 0))
    const isWhole = name !== 'numeric_mul' || (shape !== undefined && shape.scale <= finest)
    return shape && isWhole && fitsDecimal(shape, { precision: 38, scale: 37 })
      ? undefined
      : 'The digits of the result are not known to fit into a NUMBER of Snowflake'
  }
  return undefined
}

/** The arguments that are printed as expressions: a unit is not. */
export function printedArguments(node: CallExpression): readonly Expression[] {
  const { signature } = node.function
  return signature.startsWith('date_trunc(') || signature.startsWith('extract(')
    ? node.arguments.slice(1)
    : node.arguments
}
