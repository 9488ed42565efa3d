/**
 * Exact decimals as PostgreSQL's numeric computes them: what a NumericVector's `exact` holds, and its arithmetic.
 * Result scales, rounding (half away from zero) and errors are PostgreSQL's. Functions of analysis are in
 * decimal-functions.ts.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { float8Text } from './float-output.js'
import { numericTypmod } from '../type-registry.js'

/** A PostgreSQL numeric. Finite: value = coefficient / 10^scale, `scale` (0..16383) is the display scale. */
export interface Decimal {
  readonly kind: 'finite' | 'nan' | 'infinity' | '-infinity'
  readonly coefficient: bigint
  readonly scale: number
}

export const DECIMAL_NAN: Decimal = { kind: 'nan', coefficient: 0n, scale: 0 }
export const DECIMAL_INFINITY: Decimal = { kind: 'infinity', coefficient: 0n, scale: 0 }
export const DECIMAL_MINUS_INFINITY: Decimal = { kind: '-infinity', coefficient: 0n, scale: 0 }
export const DECIMAL_ZERO: Decimal = { kind: 'finite', coefficient: 0n, scale: 0 }

/** Most digits after the point of any stored value. */
export const MAXIMUM_SCALE = 16_383
/** Most digits after the point that division and functions choose by themselves. */
const MAXIMUM_DISPLAY_SCALE = 1000
const MAXIMUM_INTEGER_DIGITS = 131_072
/** Significant digits that division aims at. */
const MINIMUM_SIGNIFICANT_DIGITS = 16

const powers: bigint[] = [1n]

/** Gives 10^exponent. */
export function powerOfTen(exponent: number): bigint {
  if (exponent > 2000) return 10n ** BigInt(exponent)
  while (powers.length <= exponent) powers.push(powers[powers.length - 1]! * 10n)
  return powers[exponent]!
}

/** Up to here no digits need counting: about 130,900 of them, fewer than a numeric may have. */
const SURELY_SHORT = 1n << 435_000n

/** Builds a finite decimal; fails with 22003 where PostgreSQL's format overflows. */
export function decimal(coefficient: bigint, scale: number): Decimal {
  if (scale > MAXIMUM_SCALE) return roundDecimal(finite(coefficient, scale), MAXIMUM_SCALE)
  if (coefficient > SURELY_SHORT || coefficient < -SURELY_SHORT) {
    if (digitCount(coefficient) - scale > MAXIMUM_INTEGER_DIGITS) throw overflow()
  }
  return finite(coefficient, scale)
}

function finite(coefficient: bigint, scale: number): Decimal {
  return { kind: 'finite', coefficient, scale }
}

function overflow(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'value overflows numeric format')
}

/** Counts the decimal digits of a coefficient's size; 0 for zero. */
export function digitCount(coefficient: bigint): number {
  if (coefficient === 0n) return 0
  const text = coefficient.toString()
  return coefficient < 0n ? text.length - 1 : text.length
}

/** Builds a decimal from a whole number. */
export function decimalFromBigInt(value: bigint): Decimal {
  return finite(value, 0)
}

/** Builds a decimal from an unscaled double as NumericVector holds it. */
export function decimalFromUnscaled(unscaled: number, scale: number): Decimal {
  return finite(BigInt(unscaled), scale)
}

/** Prints a decimal with exactly `scale` digits after the point. */
export function formatDecimal(value: Decimal): string {
  if (value.kind !== 'finite') return nameOfSpecial(value)
  const { coefficient, scale } = value
  if (scale === 0) return coefficient.toString()
  const isNegative = coefficient < 0n
  const digits = (isNegative ? -coefficient : coefficient).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${isNegative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

function nameOfSpecial(value: Decimal): string {
  return value.kind === 'nan' ? 'NaN' : value.kind === 'infinity' ? 'Infinity' : '-Infinity'
}

/** Reads what formatDecimal prints: canonical text, no spaces. Input by users goes through canonicalDatum. */
export function parseDecimal(text: string): Decimal {
  const point = text.indexOf('.')
  const last = text.charCodeAt(text.length - 1)
  if (last < 48 || last > 57) {
    if (text === 'NaN') return DECIMAL_NAN
    if (text === 'Infinity') return DECIMAL_INFINITY
    if (text === '-Infinity') return DECIMAL_MINUS_INFINITY
  }
  try {
    if (point < 0) {
      const exponent = text.search(/e/i)
      if (exponent > 0) return scaleByExponent(text, exponent)
      return finite(BigInt(text), 0)
    }
    const exponent = text.search(/e/i)
    if (exponent > 0) return scaleByExponent(text, exponent)
    const digits = text.slice(0, point) + text.slice(point + 1)
    return finite(BigInt(digits), text.length - point - 1)
  } catch {
    throw new EngineError(
      SQLSTATE.invalidTextRepresentation,
      `invalid input syntax for type numeric: "${text}"`,
    )
  }
}

function scaleByExponent(text: string, at: number): Decimal {
  const mantissa = parseDecimal(text.slice(0, at))
  return shiftDecimal(mantissa, Number(text.slice(at + 1)))
}

/** Multiplies by 10^exponent as input of scientific notation does: the scale never becomes negative. */
export function shiftDecimal(value: Decimal, exponent: number): Decimal {
  const scale = value.scale - exponent
  if (scale >= 0) return decimal(value.coefficient, scale)
  if (-scale > MAXIMUM_INTEGER_DIGITS && value.coefficient !== 0n) throw overflow()
  return decimal(value.coefficient * powerOfTen(Math.min(-scale, MAXIMUM_INTEGER_DIGITS)), 0)
}

/** Adds. */
export function addDecimal(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'finite' && b.kind === 'finite') {
    if (a.scale === b.scale) return decimal(a.coefficient + b.coefficient, a.scale)
    const scale = Math.max(a.scale, b.scale)
    return decimal(coefficientAt(a, scale) + coefficientAt(b, scale), scale)
  }
  if (a.kind === 'nan' || b.kind === 'nan') return DECIMAL_NAN
  if (a.kind === 'finite') return b
  if (b.kind === 'finite') return a
  return a.kind === b.kind ? a : DECIMAL_NAN
}

/** Subtracts. */
export function subtractDecimal(a: Decimal, b: Decimal): Decimal {
  return addDecimal(a, negateDecimal(b))
}

/** Multiplies. */
export function multiplyDecimal(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'finite' && b.kind === 'finite') {
    return decimal(a.coefficient * b.coefficient, a.scale + b.scale)
  }
  if (a.kind === 'nan' || b.kind === 'nan') return DECIMAL_NAN
  const sign = signOf(a) * signOf(b)
  return sign === 0 ? DECIMAL_NAN : sign > 0 ? DECIMAL_INFINITY : DECIMAL_MINUS_INFINITY
}

/** Divides; the result has at least 16 significant digits and no fewer decimals than either operand. */
export function divideDecimal(a: Decimal, b: Decimal): Decimal {
  const special = divideSpecial(a, b)
  if (special !== undefined) return special
  const scale = divisionScale(a, b)
  return decimal(divideRounded(a, b, scale), scale)
}

/** Divides and cuts the fraction off: PostgreSQL's div(). */
export function divDecimal(a: Decimal, b: Decimal): Decimal {
  const special = divideSpecial(a, b)
  if (special !== undefined) return special
  const scale = Math.max(a.scale, b.scale)
  return decimal(coefficientAt(a, scale) / coefficientAt(b, scale), 0)
}

/** Gives the remainder, with the sign of the dividend. */
export function moduloDecimal(a: Decimal, b: Decimal): Decimal {
  if (a.kind === 'nan' || b.kind === 'nan') return DECIMAL_NAN
  if (a.kind !== 'finite') {
    if (b.kind === 'finite' && b.coefficient === 0n) throw divisionByZero()
    return DECIMAL_NAN
  }
  if (b.kind !== 'finite') return a
  if (b.coefficient === 0n) throw divisionByZero()
  const scale = Math.max(a.scale, b.scale)
  return decimal(coefficientAt(a, scale) % coefficientAt(b, scale), scale)
}

function divideSpecial(a: Decimal, b: Decimal): Decimal | undefined {
  if (a.kind === 'nan' || b.kind === 'nan') return DECIMAL_NAN
  if (a.kind !== 'finite') {
    if (b.kind !== 'finite') return DECIMAL_NAN
    if (b.coefficient === 0n) throw divisionByZero()
    return signOf(a) * signOf(b) > 0 ? DECIMAL_INFINITY : DECIMAL_MINUS_INFINITY
  }
  if (b.kind !== 'finite') return DECIMAL_ZERO
  if (b.coefficient === 0n) throw divisionByZero()
  return undefined
}

/** Makes the error of a division by zero. */
export function divisionByZero(): EngineError {
  return new EngineError(SQLSTATE.divisionByZero, 'division by zero')
}

/** Chooses the scale of a quotient as PostgreSQL does, from the operands' leading base-10000 digits. */
export function divisionScale(a: Decimal, b: Decimal): number {
  const [weightA, firstA] = leadingGroup(a)
  const [weightB, firstB] = leadingGroup(b)
  const weight = weightA - weightB - (firstA <= firstB ? 1 : 0)
  const scale = Math.max(MINIMUM_SIGNIFICANT_DIGITS - weight * 4, a.scale, b.scale, 0)
  return Math.min(scale, MAXIMUM_DISPLAY_SCALE)
}

/** The weight and value of the first non-zero base-10000 digit; zeros for zero. */
export function leadingGroup(value: Decimal): readonly [weight: number, digit: number] {
  if (value.coefficient === 0n) return [0, 0]
  const text = (value.coefficient < 0n ? -value.coefficient : value.coefficient).toString()
  const integerDigits = text.length - value.scale
  const weight = Math.floor((integerDigits - 1) / 4)
  const width = integerDigits - weight * 4
  return [weight, Number(text.slice(0, width).padEnd(width, '0'))]
}

function divideRounded(a: Decimal, b: Decimal, scale: number): bigint {
  const shift = scale - a.scale + b.scale
  let dividend = a.coefficient
  let divisor = b.coefficient
  if (shift >= 0) dividend *= powerOfTen(shift)
  else divisor *= powerOfTen(-shift)
  return divideHalfAway(dividend, divisor)
}

/** Divides whole numbers, rounding half away from zero. */
export function divideHalfAway(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const rest = dividend % divisor
  const twice = (rest < 0n ? -rest : rest) * 2n
  if (twice < (divisor < 0n ? -divisor : divisor)) return quotient
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n
}

/** Gives the coefficient of a finite decimal at a scale not below its own. */
export function coefficientAt(value: Decimal, scale: number): bigint {
  return value.scale === scale
    ? value.coefficient
    : value.coefficient * powerOfTen(scale - value.scale)
}

/** Rounds half away from zero to `scale` digits after the point; negative scales round before it. */
export function roundDecimal(value: Decimal, scale: number): Decimal {
  return rescale(value, scale, divideHalfAway)
}

/** Cuts digits off beyond `scale`. */
export function truncateDecimal(value: Decimal, scale: number): Decimal {
  return rescale(value, scale, (dividend, divisor) => dividend / divisor)
}

/** Rounds up to a whole number. */
export function ceilDecimal(value: Decimal): Decimal {
  return rescale(value, 0, (dividend, divisor) => -floorDivide(-dividend, divisor))
}

/** Rounds down to a whole number. */
export function floorDecimal(value: Decimal): Decimal {
  return rescale(value, 0, floorDivide)
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient
}

function rescale(
  value: Decimal,
  scale: number,
  divide: (dividend: bigint, divisor: bigint) => bigint,
): Decimal {
  if (value.kind !== 'finite' || value.scale === scale) return value
  if (scale > value.scale) {
    const target = Math.min(scale, MAXIMUM_SCALE)
    return decimal(coefficientAt(value, target), target)
  }
  const dropped = value.scale - scale
  // More digits than the number has: nothing but zero, or a one carried into a new place, is left.
  const bound = digitCount(value.coefficient) + 1
  const divided =
    dropped > bound + 1 && divide === divideHalfAway
      ? 0n
      : divide(value.coefficient, powerOfTen(dropped))
  if (scale >= 0) return finite(divided, scale)
  return decimal(divided === 0n ? 0n : divided * powerOfTen(-scale), 0)
}

/** Compares: negative, zero or positive. NaN equals itself and is greater than everything. */
export function compareDecimal(a: Decimal, b: Decimal): number {
  if (a.kind === 'finite' && b.kind === 'finite') {
    const scale = Math.max(a.scale, b.scale)
    const left = coefficientAt(a, scale)
    const right = coefficientAt(b, scale)
    return left < right ? -1 : left > right ? 1 : 0
  }
  return rankOf(a) - rankOf(b)
}

function rankOf(value: Decimal): number {
  switch (value.kind) {
    case '-infinity':
      return -1
    case 'finite':
      return 0
    case 'infinity':
      return 1
    case 'nan':
      return 2
  }
}

/** Gives -1, 0 or 1; 0 for NaN. */
export function signOf(value: Decimal): number {
  if (value.kind === 'infinity') return 1
  if (value.kind === '-infinity') return -1
  return value.coefficient > 0n ? 1 : value.coefficient < 0n ? -1 : 0
}

/** Turns the sign. */
export function negateDecimal(value: Decimal): Decimal {
  if (value.kind === 'finite') return finite(-value.coefficient, value.scale)
  if (value.kind === 'nan') return value
  return value.kind === 'infinity' ? DECIMAL_MINUS_INFINITY : DECIMAL_INFINITY
}

/** Gives the value without its sign. */
export function absDecimal(value: Decimal): Decimal {
  return signOf(value) < 0 ? negateDecimal(value) : value
}

/** Fits a value into numeric(p,s); fails with 22003 when it does not. -1 leaves it as it is. */
export function applyNumericTypmod(value: Decimal, typmod: number): Decimal {
  if (typmod < 4 || value.kind === 'nan') return value
  const { precision, scale } = numericTypmod(typmod)
  if (value.kind !== 'finite') {
    throw fieldOverflow(
      `A field with precision ${precision}, scale ${scale} cannot hold an infinite value.`,
    )
  }
  const rounded = roundDecimal(value, scale)
  const integerDigits = precision - scale
  const limit = powerOfTen(Math.max(integerDigits + rounded.scale, 0))
  const size = rounded.coefficient < 0n ? -rounded.coefficient : rounded.coefficient
  const fits = integerDigits + rounded.scale < 0 ? size === 0n : size < limit
  if (!fits) {
    const bound = integerDigits === 0 ? '1' : `10^${integerDigits}`
    throw fieldOverflow(
      `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${bound}.`,
    )
  }
  return rounded
}

function fieldOverflow(detail: string): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'numeric field overflow', { detail })
}

/** Converts a double as a cast from float8 does: through 15 significant digits. */
export function decimalFromFloat8(value: number): Decimal {
  return decimalFromDouble(value, 15)
}

/** Converts a single as a cast from float4 does: through 6 significant digits. */
export function decimalFromFloat4(value: number): Decimal {
  return decimalFromDouble(value, 6)
}

function decimalFromDouble(value: number, digits: number): Decimal {
  if (Number.isNaN(value)) return DECIMAL_NAN
  if (value === Infinity) return DECIMAL_INFINITY
  if (value === -Infinity) return DECIMAL_MINUS_INFINITY
  if (value === 0) return DECIMAL_ZERO
  return parseDecimal(float8Text(value, digits - 15))
}

/** Converts to a double, the nearest one; fails with 22003 beyond its range. */
export function decimalToNumber(value: Decimal): number {
  if (value.kind === 'nan') return NaN
  if (value.kind === 'infinity') return Infinity
  if (value.kind === '-infinity') return -Infinity
  const text = formatDecimal(value)
  const result = Number(text)
  if (!Number.isFinite(result) || (result === 0 && value.coefficient !== 0n)) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      `"${text}" is out of range for type double precision`,
    )
  }
  return result
}
