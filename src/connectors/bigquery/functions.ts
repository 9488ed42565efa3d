/** Functions that GoogleSQL computes exactly as PostgreSQL, how they are printed, and what their arguments must be. */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { cannotPrint } from '../sql/ansi-dialect.js'
import { decimalShape, type DecimalShape } from '../sql/decimal-shape.js'
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

/** PostgreSQL's units and GoogleSQL's; a week begins on Monday. */
const TRUNCATIONS: Readonly<Record<string, string>> = {
  year: 'YEAR',
  quarter: 'QUARTER',
  month: 'MONTH',
  week: 'ISOWEEK',
  day: 'DAY',
  hour: 'HOUR',
  minute: 'MINUTE',
  second: 'SECOND',
}

const FIELDS: Readonly<Record<string, string>> = {
  year: 'YEAR',
  quarter: 'QUARTER',
  month: 'MONTH',
  day: 'DAY',
  hour: 'HOUR',
  minute: 'MINUTE',
  doy: 'DAYOFYEAR',
  dow: 'DAYOFWEEK',
}
const DATE_FIELDS = new Set(['year', 'quarter', 'month', 'day', 'doy', 'dow'])

function unitOf(node: CallExpression): string {
  const unit = node.arguments[0]
  return unit?.kind === 'constant' ? (unit.value ?? '') : ''
}

function unitFrom(table: Readonly<Record<string, string>>, node: CallExpression): string {
  const unit = table[unitOf(node)]
  if (unit !== undefined) return unit
  throw cannotPrint({ name: 'GoogleSQL' }, `function ${node.function.signature}`)
}

const extract: CallPrinter = ([, value], node) => {
  const field = unitFrom(FIELDS, node)
  const text = `EXTRACT(${field} FROM ${value})`
  // Sunday is 1 in BigQuery and 0 in PostgreSQL.
  return `CAST(${field === 'DAYOFWEEK' ? `(${text} - 1)` : text} AS NUMERIC)`
}

/** Arithmetic whose result is an int8: INT64 overflows where int8 does. Narrower results would overflow earlier here. */
const INT8_OPERATORS: Readonly<Record<string, CallPrinter>> = Object.fromEntries(
  [
    ['8', 'int8,int8'],
    ['84', 'int8,int4'],
    ['48', 'int4,int8'],
    ['82', 'int8,int2'],
    ['28', 'int2,int8'],
  ].flatMap(([width, types]) =>
    (
      [
        ['pl', '+'],
        ['mi', '-'],
        ['mul', '*'],
      ] as const
    ).map(([name, symbol]) => [`int${width}${name}(${types})`, operator(symbol)]),
  ),
)

const DIVISIONS: Readonly<Record<string, CallPrinter>> = Object.fromEntries(
  ['int2', 'int4', 'int8'].flatMap((type) => [
    [`${type}div(${type},${type})`, call('DIV')],
    [`${type}mod(${type},${type})`, call('MOD')],
    [`mod(${type},${type})`, call('MOD')],
  ]),
)

/** What a NUMERIC holds; a BIGNUMERIC holds 38 digits on each side of the point. */
export function fitsNumeric({ whole, scale }: DecimalShape): boolean {
  return whole <= 29 && scale <= 9
}

/** As {@link fitsNumeric}. */
export function fitsBigNumeric({ whole, scale }: DecimalShape): boolean {
  return whole <= 38 && scale <= 38
}

/** Computes in BIGNUMERIC where NUMERIC has too few digits: multiplied there, digits behind the ninth are rounded away. */
const decimal =
  (symbol: string): CallPrinter =>
  ([left, right], node) => {
    const shapes = [node, ...node.arguments].map((part) => decimalShape(part))
    const fits = shapes.every((shape) => shape !== undefined && fitsNumeric(shape))
    return fits
      ? `(${left} ${symbol} ${right})`
      : `(CAST(${left} AS BIGNUMERIC) ${symbol} CAST(${right} AS BIGNUMERIC))`
  }

/** By signature. */
export const FUNCTIONS: Readonly<Record<string, CallPrinter>> = {
  ...INT8_OPERATORS,
  ...DIVISIONS,
  'int8um(int8)': ([text]) => `(-${text})`,
  'int8abs(int8)': call('ABS'),
  'abs(int8)': call('ABS'),
  'int4(int2)': same,
  'int8(int2)': same,
  'int8(int4)': same,
  'numeric(int2)': castTo('NUMERIC'),
  'numeric(int4)': castTo('NUMERIC'),
  'numeric(int8)': castTo('NUMERIC'),
  'float8(int2)': castTo('FLOAT64'),
  'float8(int4)': castTo('FLOAT64'),
  'float8(int8)': castTo('FLOAT64'),
  'date(timestamp)': castTo('DATE'),
  'timestamp(date)': castTo('DATETIME'),
  'numeric_add(numeric,numeric)': decimal('+'),
  'numeric_sub(numeric,numeric)': decimal('-'),
  'numeric_mul(numeric,numeric)': decimal('*'),
  'numeric_uminus(numeric)': ([text]) => `(-${text})`,
  'textcat(text,text)': operator('||'),
  'length(text)': call('CHAR_LENGTH'),
  'char_length(text)': call('CHAR_LENGTH'),
  'character_length(text)': call('CHAR_LENGTH'),
  'octet_length(text)': call('BYTE_LENGTH'),
  'octet_length(bytea)': call('BYTE_LENGTH'),
  'starts_with(text,text)': call('STARTS_WITH'),
  'strpos(text,text)': call('STRPOS'),
  'position(text,text)': call('STRPOS'),
  'replace(text,text,text)': call('REPLACE'),
  'substr(text,int4)': call('SUBSTR'),
  'substr(text,int4,int4)': call('SUBSTR'),
  'substring(text,int4)': call('SUBSTR'),
  'substring(text,int4,int4)': call('SUBSTR'),
  // Without a second argument TRIM takes every white space, not the blank alone.
  'btrim(text)': call('TRIM', "' '"),
  'ltrim(text)': call('LTRIM', "' '"),
  'rtrim(text)': call('RTRIM', "' '"),
  'date_trunc(text,timestamp)': ([, value], node) =>
    `DATETIME_TRUNC(${value}, ${unitFrom(TRUNCATIONS, node)})`,
  'extract(text,timestamp)': extract,
  'extract(text,date)': extract,
}

/** Why a call is not exact, its arguments aside. */
export function whyNotCall(node: CallExpression): string | undefined {
  const { name, signature } = node.function
  const second = node.arguments[1]
  if (!(signature in FUNCTIONS)) {
    if (/^int\d+(pl|mi|mul|um|abs)$/.test(name)) {
      return 'BigQuery computes integers in 64 bits and does not notice an overflow of fewer'
    }
    if (/^(numeric|float\d+)_?div$/.test(name)) {
      return 'Division gives other digits behind the point in BigQuery'
    }
    return `Function ${name} is not known to mean the same in BigQuery`
  }
  if (signature in DIVISIONS) {
    const isSafe =
      second?.kind === 'constant' && second.value !== null && !['0', '-1'].includes(second.value)
    return isSafe ? undefined : 'Only a division by a known number other than 0 and -1 is sent'
  }
  if (signature === 'date_trunc(text,timestamp)') {
    return unitOf(node) in TRUNCATIONS ? undefined : 'BigQuery does not truncate to this unit'
  }
  if (signature.startsWith('extract(')) {
    const known = signature.endsWith('date)') ? DATE_FIELDS : new Set(Object.keys(FIELDS))
    return known.has(unitOf(node))
      ? undefined
      : 'BigQuery does not extract this field as PostgreSQL does'
  }
  if (name === 'substr' || name === 'substring') {
    const isPlain = (part: Expression | undefined, least: number): boolean =>
      part?.kind === 'constant' && Number(part.value ?? NaN) >= least
    const length = node.arguments[2]
    return isPlain(second, 1) && (length === undefined || isPlain(length, 0))
      ? undefined
      : 'A position before the first character counts from the end in BigQuery'
  }
  if (name.startsWith('numeric_')) {
    const shape = decimalShape(node)
    return shape !== undefined && fitsBigNumeric(shape)
      ? undefined
      : 'The digits of the result are not known to fit into a BIGNUMERIC'
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
