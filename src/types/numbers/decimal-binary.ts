/** Decimals in PostgreSQL's binary format: base-10000 digits, weight, sign, display scale. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  DECIMAL_INFINITY,
  DECIMAL_MINUS_INFINITY,
  DECIMAL_NAN,
  powerOfTen,
  type Decimal,
} from './decimal.js'

const NEGATIVE = 0x4000
const NAN = 0xc000
const POSITIVE_INFINITY = 0xd000
const NEGATIVE_INFINITY = 0xf000

function malformed(message: string): EngineError {
  return new EngineError(SQLSTATE.invalidBinaryRepresentation, message)
}

/** Reads a numeric from its binary form. */
export function decodeBinaryDecimal(bytes: Uint8Array, start: number, end: number): Decimal {
  if (end - start < 8) throw malformed('insufficient data left in message')
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
  const groups = view.getUint16(0)
  const weight = view.getInt16(2)
  const sign = view.getUint16(4)
  const scale = view.getUint16(6)
  if (view.byteLength < 8 + groups * 2) throw malformed('insufficient data left in message')
  if (view.byteLength > 8 + groups * 2) {
    throw malformed('incorrect binary data format in bind parameter')
  }
  if (sign === NAN) return DECIMAL_NAN
  if (sign === POSITIVE_INFINITY) return DECIMAL_INFINITY
  if (sign === NEGATIVE_INFINITY) return DECIMAL_MINUS_INFINITY
  if (sign !== 0 && sign !== NEGATIVE) throw malformed('invalid sign in external "numeric" value')
  if (scale > 16_383) throw malformed('invalid scale in external "numeric" value')
  let text = '0'
  for (let i = 0; i < groups; i++) {
    const digit = view.getInt16(8 + i * 2)
    if (digit < 0 || digit >= 10_000) throw malformed('invalid digit in external "numeric" value')
    text += String(digit).padStart(4, '0')
  }
  // The digits stand for integer / 10000^(groups - 1 - weight); bring that to the display scale, cutting hidden digits.
  const exponent = (weight - groups + 1) * 4 + scale
  const integer = BigInt(text)
  const size = exponent >= 0 ? integer * powerOfTen(exponent) : integer / powerOfTen(-exponent)
  return { kind: 'finite', coefficient: sign === NEGATIVE ? -size : size, scale }
}

/** Writes a numeric in its binary form. */
export function encodeBinaryDecimal(value: Decimal): Uint8Array {
  if (value.kind !== 'finite') {
    const sign =
      value.kind === 'nan' ? NAN : value.kind === 'infinity' ? POSITIVE_INFINITY : NEGATIVE_INFINITY
    // PostgreSQL sends bits of the infinities' header as their scale.
    const scale = value.kind === 'nan' ? 0 : 0x20
    return Uint8Array.of(0, 0, 0, 0, sign >> 8, sign & 255, 0, scale)
  }
  const { coefficient, scale } = value
  const isNegative = coefficient < 0n
  // Pad so that the point falls between two groups of four digits.
  const fractionPad = (4 - (scale % 4)) % 4
  let digits = (isNegative ? -coefficient : coefficient).toString() + '0'.repeat(fractionPad)
  digits = digits.padStart(Math.ceil(digits.length / 4) * 4, '0')
  const groups: number[] = []
  for (let at = 0; at < digits.length; at += 4) groups.push(Number(digits.slice(at, at + 4)))
  let weight = groups.length - (scale + fractionPad) / 4 - 1
  while (groups.length > 0 && groups[0] === 0) {
    groups.shift()
    weight--
  }
  while (groups.length > 0 && groups[groups.length - 1] === 0) groups.pop()
  if (groups.length === 0) weight = 0
  const view = new DataView(new ArrayBuffer(8 + groups.length * 2))
  view.setUint16(0, groups.length)
  view.setInt16(2, weight)
  view.setUint16(4, isNegative ? NEGATIVE : 0)
  view.setUint16(6, scale)
  groups.forEach((group, i) => view.setUint16(8 + i * 2, group))
  return new Uint8Array(view.buffer)
}
