/** The numeric arithmetic that aggregates end with: division and square root with PostgreSQL's result scales. */
import type { Decimal } from '../../types/numbers/decimal.js'
import type { SqlType } from '../../types/sql-type.js'
import type { NumericVector } from '../../types/vectors/vector.js'

/** Significant digits PostgreSQL aims at in a quotient. */
const MINIMUM_SIGNIFICANT_DIGITS = 16
const MAXIMUM_DISPLAY_SCALE = 1000
/** PostgreSQL stores numerics in base 10,000. */
const BASE_DIGITS = 4

/** Makes a finite decimal. */
export function finite(coefficient: bigint, scale: number): Decimal {
  return { kind: 'finite', coefficient, scale }
}

export const DECIMAL_NAN: Decimal = { kind: 'nan', coefficient: 0n, scale: 0 }

/** Divides, rounding half away from zero at PostgreSQL's scale for a quotient. The divisor is not zero. */
export function divide(dividend: Decimal, divisor: Decimal): Decimal {
  return divideAt(dividend, divisor, quotientScale(dividend, divisor))
}

function divideAt(dividend: Decimal, divisor: Decimal, scale: number): Decimal {
  const shift = scale + divisor.scale - dividend.scale
  const numerator = shift >= 0 ? dividend.coefficient * 10n ** BigInt(shift) : dividend.coefficient
  const denominator = shift >= 0 ? divisor.coefficient : divisor.coefficient * 10n ** BigInt(-shift)
  return finite(roundedQuotient(numerator, denominator), scale)
}

/** The scale PostgreSQL gives a quotient: 16 significant digits at least, no fewer decimals than either side. */
export function quotientScale(dividend: Decimal, divisor: Decimal): number {
  const a = leadingDigit(dividend)
  const b = leadingDigit(divisor)
  const weight = a.weight - b.weight - (a.digit <= b.digit ? 1 : 0)
  const scale = MINIMUM_SIGNIFICANT_DIGITS - weight * BASE_DIGITS
  return Math.min(Math.max(scale, dividend.scale, divisor.scale, 0), MAXIMUM_DISPLAY_SCALE)
}

/** Takes the square root of a non-negative decimal, rounded at `scale`. */
export function squareRootAt(value: Decimal, scale: number): Decimal {
  // One more digit than wanted, truncated, decides the rounding.
  const shift = 2 * (scale + 1) - value.scale
  const radicand =
    shift >= 0
      ? value.coefficient * 10n ** BigInt(shift)
      : value.coefficient / 10n ** BigInt(-shift)
  return finite((integerSquareRoot(radicand) + 5n) / 10n, scale)
}

/** Lays finite and special decimals out as a vector: in doubles when all fit with one scale. */
export function numericVector(
  type: SqlType,
  values: readonly (Decimal | undefined)[],
): NumericVector {
  const length = values.length
  const unscaled = new Float64Array(length)
  let nulls: Uint8Array | undefined
  let scale = -1
  let isNarrow = true
  values.forEach((value, i) => {
    if (value === undefined) {
      nulls ??= new Uint8Array(length)
      nulls[i] = 1
      return
    }
    if (scale < 0) scale = value.scale
    const small = Number(value.coefficient)
    if (value.kind !== 'finite' || value.scale !== scale || !Number.isSafeInteger(small)) {
      isNarrow = false
    }
    unscaled[i] = small
  })
  const vector = {
    lane: 'numeric',
    type,
    length,
    nulls,
    unscaled,
    scale: Math.max(0, scale),
  } as const
  return isNarrow ? vector : { ...vector, exact: values.map((value) => value ?? finite(0n, 0)) }
}

function leadingDigit(value: Decimal): { weight: number; digit: number } {
  if (value.coefficient === 0n) return { weight: 0, digit: 0 }
  const digits = (value.coefficient < 0n ? -value.coefficient : value.coefficient).toString()
  const top = digits.length - value.scale - 1
  const weight = Math.floor(top / BASE_DIGITS)
  const length = top - weight * BASE_DIGITS + 1
  return { weight, digit: Number(digits.slice(0, length).padEnd(length, '0')) }
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n !== denominator < 0n
  const a = numerator < 0n ? -numerator : numerator
  const b = denominator < 0n ? -denominator : denominator
  const quotient = (2n * a + b) / (2n * b)
  return isNegative ? -quotient : quotient
}

function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (guess + value / guess) >> 1n
    if (next >= guess) return guess
    guess = next
  }
}
