/** Walking BSON bytes: sizes of values, and numbers in them. */
import {
  DECIMAL_INFINITY,
  DECIMAL_MINUS_INFINITY,
  DECIMAL_NAN,
  powerOfTen,
  type Decimal,
} from '../../types/numbers/decimal.js'

/** Type codes of BSON. */
export const CODE = {
  double: 0x01,
  string: 0x02,
  object: 0x03,
  array: 0x04,
  binData: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  bool: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  javascript: 0x0d,
  symbol: 0x0e,
  javascriptWithScope: 0x0f,
  int: 0x10,
  timestamp: 0x11,
  long: 0x12,
  decimal: 0x13,
} as const

/** A batch as it came, with a view for its numbers. */
export interface Bytes {
  readonly data: Uint8Array
  readonly view: DataView
}

/** Views a buffer. */
export function bytesOf(data: Uint8Array): Bytes {
  return { data, view: new DataView(data.buffer, data.byteOffset, data.byteLength) }
}

/** The offset behind a cstring. */
export function endOfName(data: Uint8Array, at: number): number {
  while (data[at] !== 0) at++
  return at + 1
}

/** The offset behind a value. */
export function endOfValue(code: number, { data, view }: Bytes, at: number): number {
  switch (code) {
    case CODE.double:
    case CODE.date:
    case CODE.timestamp:
    case CODE.long:
      return at + 8
    case CODE.string:
    case CODE.javascript:
    case CODE.symbol:
      return at + 4 + view.getInt32(at, true)
    case CODE.object:
    case CODE.array:
    case CODE.javascriptWithScope:
      return at + view.getInt32(at, true)
    case CODE.binData:
      return at + 5 + view.getInt32(at, true)
    case CODE.objectId:
      return at + 12
    case CODE.bool:
      return at + 1
    case CODE.int:
      return at + 4
    case CODE.decimal:
      return at + 16
    case CODE.regex:
      return endOfName(data, endOfName(data, at))
    case CODE.dbPointer:
      return at + 4 + view.getInt32(at, true) + 12
    default:
      // null, undefined, minKey and maxKey have no bytes.
      return at
  }
}

/** Calls for each element of a document or array that starts at `at`. */
export function eachElement(
  bytes: Bytes,
  at: number,
  use: (code: number, nameStart: number, nameEnd: number, value: number) => void,
): void {
  const { data } = bytes
  let position = at + 4
  for (let code = data[position]!; code !== 0; code = data[position]!) {
    const nameEnd = endOfName(data, position + 1)
    use(code, position + 1, nameEnd - 1, nameEnd)
    position = endOfValue(code, bytes, nameEnd)
  }
}

const EXPONENT_BIAS = 6176

/** Reads a Decimal128. */
export function decimalAt({ view }: Bytes, at: number): Decimal {
  const low = view.getBigUint64(at, true)
  const high = view.getBigUint64(at + 8, true)
  const isNegative = high >> 63n === 1n
  const combination = Number((high >> 58n) & 0x1fn)
  if (combination === 0x1f) return DECIMAL_NAN
  if (combination === 0x1e) return isNegative ? DECIMAL_MINUS_INFINITY : DECIMAL_INFINITY
  // A coefficient that begins with 100 in binary is beyond 34 digits: such values are zero.
  const isLarge = combination >> 3 === 3
  const exponent = Number((isLarge ? high >> 47n : high >> 49n) & 0x3fffn) - EXPONENT_BIAS
  const coefficient = isLarge ? 0n : ((high & 0x1ffffffffffffn) << 64n) | low
  const signed = isNegative ? -coefficient : coefficient
  // At most 34 digits and an exponent of four: far within what a numeric holds.
  return exponent > 0
    ? { kind: 'finite', coefficient: signed * powerOfTen(exponent), scale: 0 }
    : { kind: 'finite', coefficient: signed, scale: -exponent }
}

/** A Decimal128 of at most 53 bits and some digits behind the point, as an unscaled double; NaN: it is another. */
export function smallDecimalAt({ view }: Bytes, at: number, scale: number): number {
  const top = view.getUint32(at + 12, true)
  const middle = view.getUint32(at + 4, true)
  // The coefficient's upper bits, the forms that are none, and a double's limit.
  if (view.getUint32(at + 8, true) !== 0 || (top & 0x1ffff) !== 0) return NaN
  if (middle > 0x1fffff || (top & 0x60000000) === 0x60000000) return NaN
  if (((top >>> 17) & 0x3fff) !== EXPONENT_BIAS - scale) return NaN
  const size = middle * 0x100000000 + view.getUint32(at, true)
  return top >>> 31 === 1 && size !== 0 ? -size : size
}
