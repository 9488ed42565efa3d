/**
 * Order and equality of values per type, as PostgreSQL's btree operators have them under binary collation.
 * The kernels of <, = and the like, GREATEST, sorting and hash keys all rest on these.
 */
import { EngineError, SQLSTATE } from '../errors.js'
import { compareArrays, elementOrderOf } from './array-order.js'
import { arrayDelimiter, parseArray } from '../types/array-text.js'
import { compareDecimal } from '../types/numbers/decimal.js'
import { compareJsonb, parseJsonb } from '../types/jsonb-value.js'
import { OID, type SqlType } from '../types/sql-type.js'
import { typeInfo } from '../types/type-registry.js'
import { decimalAt } from '../types/vectors/vector-ops.js'
import type {
  BytesVector,
  Float64Vector,
  Int64Vector,
  IntervalVector,
  NumericVector,
  Vector,
} from '../types/vectors/vector.js'

/** Compares row i of one vector with row j of another; neither is NULL. Negative, zero or positive. */
export type Comparator = (a: Vector, i: number, b: Vector, j: number) => number

/** Types of the `bytes` lane whose order is the order of their bytes. */
const BYTE_ORDERED: ReadonlySet<number> = new Set([
  OID.text,
  OID.varchar,
  OID.name,
  OID.bytea,
  OID.uuid,
])

/** Tells whether {@link createComparator} knows the type. */
export function isComparableNatively(type: SqlType): boolean {
  return comparatorOf(type) !== undefined
}

/** Builds the comparator of a type. */
export function createComparator(type: SqlType): Comparator {
  const comparator = comparatorOf(type)
  if (comparator !== undefined) return comparator
  throw new EngineError(
    SQLSTATE.internalError,
    `No native order for type ${typeInfo(type.oid).sqlName}`,
  )
}

function comparatorOf(type: SqlType): Comparator | undefined {
  switch (typeInfo(type.oid).lane) {
    case 'bool':
    case 'int32':
      return compareNarrow
    case 'int64':
      return compareInt64
    case 'float64':
      return compareFloat64
    case 'numeric':
      return compareNumeric
    case 'interval':
      return compareInterval
    case 'bytes':
      if (BYTE_ORDERED.has(type.oid)) return compareBytes
      if (type.oid === OID.bpchar) return compareBlankPadded
      if (type.oid === OID.char) return compareSingleByte
      if (type.oid === OID.jsonb) return compareDocuments
      if (type.oid === OID.timetz) return compareZonedTimes
      return arrayComparator(type)
  }
}

function compareNarrow(a: Vector, i: number, b: Vector, j: number): number {
  const left = (a as Float64Vector).values[i] as number
  const right = (b as Float64Vector).values[j] as number
  return left - right
}

function compareInt64(a: Vector, i: number, b: Vector, j: number): number {
  const left = a as Int64Vector
  const right = b as Int64Vector
  if (left.exact === undefined && right.exact === undefined) {
    return (left.values[i] as number) - (right.values[j] as number)
  }
  const x = left.exact === undefined ? BigInt(left.values[i] as number) : (left.exact[i] as bigint)
  const y =
    right.exact === undefined ? BigInt(right.values[j] as number) : (right.exact[j] as bigint)
  return x < y ? -1 : x > y ? 1 : 0
}

/** Compares doubles: NaN equals NaN and is greater than all others; -0 equals 0. */
export function compareDoubles(x: number, y: number): number {
  if (x < y) return -1
  if (x > y) return 1
  if (x === y) return 0
  return x !== x ? (y !== y ? 0 : 1) : -1
}

function compareFloat64(a: Vector, i: number, b: Vector, j: number): number {
  return compareDoubles(
    (a as Float64Vector).values[i] as number,
    (b as Float64Vector).values[j] as number,
  )
}

function compareNumeric(a: Vector, i: number, b: Vector, j: number): number {
  const left = a as NumericVector
  const right = b as NumericVector
  if (left.exact === undefined && right.exact === undefined && left.scale === right.scale) {
    return (left.unscaled[i] as number) - (right.unscaled[j] as number)
  }
  return compareDecimal(decimalAt(left, i), decimalAt(right, j))
}

const DAY_MICROS = 86_400_000_000

/**
 * Compares intervals as if months had 30 days and days 24 hours. The parts stay apart: 2^31 days in microseconds
 * are beyond what a double holds exactly.
 */
export function compareIntervalParts(
  months1: number,
  days1: number,
  micros1: number,
  months2: number,
  days2: number,
  micros2: number,
): number {
  const carry1 = Math.floor(micros1 / DAY_MICROS)
  const carry2 = Math.floor(micros2 / DAY_MICROS)
  const total1 = months1 * 30 + days1 + carry1
  const total2 = months2 * 30 + days2 + carry2
  if (total1 !== total2) return total1 - total2
  return micros1 - carry1 * DAY_MICROS - (micros2 - carry2 * DAY_MICROS)
}

function compareInterval(a: Vector, i: number, b: Vector, j: number): number {
  const left = a as IntervalVector
  const right = b as IntervalVector
  return compareIntervalParts(
    left.months[i] as number,
    left.days[i] as number,
    left.micros[i] as number,
    right.months[j] as number,
    right.days[j] as number,
    right.micros[j] as number,
  )
}

/** Compares two stretches of bytes as memcmp does, the shorter first on a tie. */
export function compareByteRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const aLength = aEnd - aStart
  const bLength = bEnd - bStart
  const common = aLength < bLength ? aLength : bLength
  for (let k = 0; k < common; k++) {
    const difference = (a[aStart + k] as number) - (b[bStart + k] as number)
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

function compareBytes(a: Vector, i: number, b: Vector, j: number): number {
  const left = a as BytesVector
  const right = b as BytesVector
  return compareByteRanges(
    left.data,
    left.offsets[i] as number,
    left.offsets[i + 1] as number,
    right.data,
    right.offsets[j] as number,
    right.offsets[j + 1] as number,
  )
}

/** Finds the end of a character(n) value without its trailing blanks. */
export function endWithoutBlanks(data: Uint8Array, start: number, end: number): number {
  let last = end
  while (last > start && data[last - 1] === 0x20) last--
  return last
}

function compareBlankPadded(a: Vector, i: number, b: Vector, j: number): number {
  const left = a as BytesVector
  const right = b as BytesVector
  const leftStart = left.offsets[i] as number
  const rightStart = right.offsets[j] as number
  return compareByteRanges(
    left.data,
    leftStart,
    endWithoutBlanks(left.data, leftStart, left.offsets[i + 1] as number),
    right.data,
    rightStart,
    endWithoutBlanks(right.data, rightStart, right.offsets[j + 1] as number),
  )
}

/** Reads a value of type "char": one byte; those above 127 are written as a backslash and three octal digits. */
export function singleByteAt(vector: BytesVector, i: number): number {
  const start = vector.offsets[i] as number
  const length = (vector.offsets[i + 1] as number) - start
  if (length === 0) return 0
  const first = vector.data[start] as number
  if (length < 4 || first !== 0x5c) return first
  const digit = (k: number): number => (vector.data[start + k] as number) - 0x30
  return digit(1) * 64 + digit(2) * 8 + digit(3)
}

function compareSingleByte(a: Vector, i: number, b: Vector, j: number): number {
  return singleByteAt(a as BytesVector, i) - singleByteAt(b as BytesVector, j)
}

function arrayComparator(type: SqlType): Comparator | undefined {
  const element = typeInfo(type.oid).elementOid
  const order = element === undefined ? undefined : elementOrderOf(element)
  if (element === undefined || order === undefined) return undefined
  const delimiter = arrayDelimiter(element)
  return (a, i, b, j) => {
    const left = textAt(a as BytesVector, i)
    const right = textAt(b as BytesVector, j)
    if (left === right) return 0
    return compareArrays(parseArray(left, delimiter), parseArray(right, delimiter), order)
  }
}

/** Compares times by the moment they mean; of equal moments the western zone comes after. */
function compareZonedTimes(a: Vector, i: number, b: Vector, j: number): number {
  const left = zonedTime(textAt(a as BytesVector, i))
  const right = zonedTime(textAt(b as BytesVector, j))
  return left.instant - right.instant || left.west - right.west
}

/** Reads canonical timetz text: microseconds in UTC, and seconds west of it. */
export function zonedTime(text: string): { readonly instant: number; readonly west: number } {
  const at = text.search(/[+-]/)
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(0, at).split(':').map(Number)
  const [zoneHours = 0, zoneMinutes = 0, zoneSeconds = 0] = text
    .slice(at + 1)
    .split(':')
    .map(Number)
  const offset = zoneHours * 3600 + zoneMinutes * 60 + zoneSeconds
  const west = text[at] === '+' ? -offset : offset
  const micros = Math.round(seconds * 1_000_000) + (hours * 60 + minutes) * 60_000_000
  return { instant: micros + west * 1_000_000, west }
}

const utf8 = new TextDecoder()

function compareDocuments(a: Vector, i: number, b: Vector, j: number): number {
  const left = textAt(a as BytesVector, i)
  const right = textAt(b as BytesVector, j)
  return left === right ? 0 : compareJsonb(parseJsonb(left), parseJsonb(right))
}

function textAt(vector: BytesVector, i: number): string {
  return utf8.decode(vector.data.subarray(vector.offsets[i], vector.offsets[i + 1]))
}
