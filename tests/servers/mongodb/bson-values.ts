/** BSON values as the test server keeps them (nothing promoted): their kinds, their order, and exact numbers. */
import { BSON } from 'mongodb'
import { fail } from './server-error.js'

export type Value = unknown
export type Fields = Record<string, Value>

const { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } =
  BSON

/** The kind of a value by the name that `$type` gives it. */
export function kindOf(value: Value): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Int32) return 'int'
  if (value instanceof Long && !(value instanceof Timestamp)) return 'long'
  if (value instanceof Double) return 'double'
  if (value instanceof Decimal128) return 'decimal'
  if (value instanceof ObjectId) return 'objectId'
  if (value instanceof Date) return 'date'
  if (value instanceof Binary) return 'binData'
  if (value instanceof Timestamp) return 'timestamp'
  if (value instanceof BSONRegExp) return 'regex'
  if (value instanceof MinKey) return 'minKey'
  if (value instanceof MaxKey) return 'maxKey'
  if (typeof value === 'object' && !('_bsontype' in value)) return 'object'
  throw new Error(`The test server does not know the value ${String(value)}`)
}

const ORDER: Readonly<Record<string, number>> = {
  minKey: -1,
  missing: 0,
  null: 5,
  int: 10,
  long: 10,
  double: 10,
  decimal: 10,
  string: 15,
  object: 20,
  array: 25,
  binData: 30,
  objectId: 35,
  bool: 40,
  date: 45,
  timestamp: 47,
  regex: 50,
  maxKey: 127,
}

/** Where a value's type stands among all types. */
export function typeRank(value: Value): number {
  return ORDER[kindOf(value)]!
}

/** Tells whether a value is a number. */
export function isNumber(value: Value): boolean {
  return typeRank(value) === 10
}

/** Compares in BSON's order over all types. */
export function compareBson(a: Value, b: Value): number {
  const rank = typeRank(a) - typeRank(b)
  if (rank !== 0) return Math.sign(rank)
  switch (kindOf(a)) {
    case 'int':
    case 'long':
    case 'double':
    case 'decimal':
      return compareNumbers(a, b)
    case 'string':
      return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string))
    case 'bool':
      return Number(a) - Number(b)
    case 'date':
      return Math.sign((a as Date).getTime() - (b as Date).getTime())
    case 'objectId':
      return Buffer.compare((a as BSON.ObjectId).id, (b as BSON.ObjectId).id)
    case 'binData': {
      const [x, y] = [a as BSON.Binary, b as BSON.Binary]
      const byLength = x.length() - y.length() || x.sub_type - y.sub_type
      return Math.sign(byLength) || Buffer.compare(bytesOf(x), bytesOf(y))
    }
    case 'array': {
      const [x, y] = [a as Value[], b as Value[]]
      for (let i = 0; i < Math.min(x.length, y.length); i++) {
        const order = compareBson(x[i], y[i])
        if (order !== 0) return order
      }
      return Math.sign(x.length - y.length)
    }
    case 'object': {
      const [x, y] = [Object.entries(a as Fields), Object.entries(b as Fields)]
      for (let i = 0; i < Math.min(x.length, y.length); i++) {
        const order =
          Math.sign(typeRank(x[i]![1]) - typeRank(y[i]![1])) ||
          Buffer.compare(Buffer.from(x[i]![0]), Buffer.from(y[i]![0])) ||
          compareBson(x[i]![1], y[i]![1])
        if (order !== 0) return order
      }
      return Math.sign(x.length - y.length)
    }
    case 'timestamp':
      return (a as BSON.Timestamp).compare(b as BSON.Timestamp)
    case 'regex':
      return Buffer.compare(Buffer.from((a as BSON.BSONRegExp).pattern), Buffer.from((b as BSON.BSONRegExp).pattern)) // prettier-ignore
    default:
      return 0
  }
}

function bytesOf(binary: BSON.Binary): Buffer {
  return Buffer.from(binary.value())
}

/** A finite number as a fraction; else its name. */
type Exact = { readonly top: bigint; readonly bottom: bigint } | 'NaN' | 'Infinity' | '-Infinity'

/** Takes a number apart, exactly. */
export function exactOf(value: Value): Exact {
  switch (kindOf(value)) {
    case 'int':
      return { top: BigInt((value as BSON.Int32).value), bottom: 1n }
    case 'long':
      return { top: (value as BSON.Long).toBigInt(), bottom: 1n }
    case 'double':
      return exactOfDouble((value as BSON.Double).value)
    default:
      return exactOfDecimal(value as BSON.Decimal128)
  }
}

function exactOfDouble(value: number): Exact {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  let bottom = 1n
  while (!Number.isInteger(value)) {
    value *= 2
    bottom *= 2n
  }
  return { top: BigInt(value), bottom }
}

function exactOfDecimal(value: BSON.Decimal128): Exact {
  const parts = decimalParts(value)
  if (typeof parts === 'string') return parts
  const { coefficient, exponent } = parts
  return exponent >= 0
    ? { top: coefficient * 10n ** BigInt(exponent), bottom: 1n }
    : { top: coefficient, bottom: 10n ** BigInt(-exponent) }
}

/** Coefficient and exponent of a Decimal128. */
export function decimalParts(
  value: BSON.Decimal128,
): { readonly coefficient: bigint; readonly exponent: number } | 'NaN' | 'Infinity' | '-Infinity' {
  const text = value.toString()
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return text
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(text)
  if (match === null) throw new Error(`Not a decimal: ${text}`)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  return {
    coefficient: BigInt(`${sign}${whole}${fraction}`),
    exponent: Number(exponent) - fraction.length,
  }
}

function compareNumbers(a: Value, b: Value): number {
  const [x, y] = [exactOf(a), exactOf(b)]
  if (typeof x === 'string' || typeof y === 'string') return rankOf(x) - rankOf(y)
  const [left, right] = [x.top * y.bottom, y.top * x.bottom]
  return left < right ? -1 : left > right ? 1 : 0
}

/** NaN is below all numbers. */
function rankOf(exact: Exact): number {
  if (typeof exact !== 'string') return 2
  return { NaN: 0, '-Infinity': 1, Infinity: 3 }[exact]
}

/** Tells whether a number is NaN. */
export function isNan(value: Value): boolean {
  return isNumber(value) && exactOf(value) === 'NaN'
}

/** A text equal for values that `$group` takes for one. */
export function keyOf(value: Value): string {
  if (isNumber(value)) {
    const exact = exactOf(value)
    if (typeof exact === 'string') return `number ${exact}`
    const divisor = gcd(exact.top < 0n ? -exact.top : exact.top, exact.bottom) || 1n
    return `number ${exact.top / divisor}/${exact.bottom / divisor}`
  }
  const kind = kindOf(value)
  if (kind === 'array') return `array [${(value as Value[]).map(keyOf).join()}]`
  if (kind === 'object') {
    const fields = Object.entries(value as Fields).map(
      ([k, v]) => `${JSON.stringify(k)}:${keyOf(v)}`,
    )
    return `object {${fields.join()}}`
  }
  return `${kind} ${BSON.EJSON.stringify({ value }, { relaxed: false })}`
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** Makes a whole number of the narrowest kind that holds it, at least `width`; beyond 64 bits a double. */
export function wholeNumber(value: bigint, width: 'int' | 'long'): Value {
  if (width === 'int' && value >= -0x80000000n && value <= 0x7fffffffn) return new Int32(Number(value)) // prettier-ignore
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return Long.fromBigInt(value)
  return new Double(Number(value))
}

/** A number as a double. */
export function toNumber(value: Value): number {
  const kind = kindOf(value)
  if (kind === 'int') return (value as BSON.Int32).value
  if (kind === 'long') return (value as BSON.Long).toNumber()
  if (kind === 'double') return (value as BSON.Double).value
  return Number((value as BSON.Decimal128).toString())
}

/** A number as Decimal128; doubles through 15 digits, as the server converts them. */
export function toDecimal(value: Value): BSON.Decimal128 {
  const kind = kindOf(value)
  if (kind === 'decimal') return value as BSON.Decimal128
  if (kind !== 'double') return Decimal128.fromString(String(value))
  const number = (value as BSON.Double).value
  return Decimal128.fromString(Number.isFinite(number) ? number.toPrecision(15) : String(number))
}

/** Adds two decimals, to 34 digits. */
export function addDecimals(a: BSON.Decimal128, b: BSON.Decimal128): BSON.Decimal128 {
  const [x, y] = [decimalParts(a), decimalParts(b)]
  if (typeof x === 'string' || typeof y === 'string') {
    const names = [x, y].filter((part) => typeof part === 'string')
    const isNan = names.includes('NaN') || new Set(names).size > 1
    return Decimal128.fromString(isNan ? 'NaN' : names[0]!)
  }
  const exponent = Math.min(x.exponent, y.exponent)
  const scaled = (part: typeof x): bigint => part.coefficient * 10n ** BigInt(part.exponent - exponent) // prettier-ignore
  return roundedDecimal(scaled(x) + scaled(y), exponent)
}

/** A decimal of at most 34 digits, ties to even. */
export function roundedDecimal(coefficient: bigint, exponent: number): BSON.Decimal128 {
  const size = coefficient < 0n ? -coefficient : coefficient
  const excess = size.toString().length - 34
  if (excess > 0) {
    const unit = 10n ** BigInt(excess)
    const half = unit / 2n
    let kept = size / unit
    const rest = size % unit
    if (rest > half || (rest === half && kept % 2n === 1n)) kept += 1n
    return Decimal128.fromString(`${coefficient < 0n ? '-' : ''}${kept}E${exponent + excess}`)
  }
  return Decimal128.fromString(`${coefficient}E${exponent}`)
}

/** Adds numbers as `$add` and `$sum` do: int to long to double, decimal when one is. */
export function addNumbers(a: Value, b: Value): Value {
  const kinds = [kindOf(a), kindOf(b)]
  if (kinds.includes('decimal')) return addDecimals(toDecimal(a), toDecimal(b))
  if (kinds.includes('double')) return new Double(toNumber(a) + toNumber(b))
  const sum = (exactOf(a) as { top: bigint }).top + (exactOf(b) as { top: bigint }).top
  return wholeNumber(sum, kinds.includes('long') ? 'long' : 'int')
}

/** The field of a document; missing is undefined. */
export function fieldOf(value: Value, name: string): Value {
  return kindOf(value) === 'object' ? (value as Fields)[name] : undefined
}

/** Asserts an object. */
export function fieldsOf(value: Value, code: number, what: string): Fields {
  if (kindOf(value) !== 'object') fail(code, `${what} must be an object`)
  return value as Fields
}
