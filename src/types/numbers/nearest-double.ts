/**
 * The double nearest to a decimal number of 16 to 22 digits, without a string: the digits are held exactly as a sum of two
 * doubles, and the quotient by the power of ten is found with its remainder. See docs/references.md [6].
 */

const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** Digits that a double holds exactly. */
export const EXACT_DIGITS = 15
/** Digits that may follow them here. */
export const MORE_DIGITS = 7
/** Digits behind the point: larger powers of ten are no exact doubles. */
export const MOST_DECIMALS = 22

/** The quotient's error is far below this share of it. */
const UNSURE = 1e-26

/**
 * (high * 10^lowDigits + low) / 10^decimals. `high` has EXACT_DIGITS digits or fewer and is not 0, `low` MORE_DIGITS or fewer.
 * NaN where two doubles are so nearly as far that this arithmetic cannot tell them apart.
 */
export function nearestDouble(
  high: number,
  low: number,
  lowDigits: number,
  decimals: number,
): number {
  const shift = POWERS[lowDigits]!
  const product = high * shift
  const below = productError(high, shift, product) + low
  const size = product + below
  const sizeRest = below - (size - product)
  const divisor = POWERS[decimals]!
  const quotient = size / divisor
  const back = quotient * divisor
  const rest = (size - back - productError(quotient, divisor, back) + sizeRest) / divisor
  const value = quotient + rest
  const error = rest - (value - quotient)
  const slack = quotient * UNSURE
  return value + (error + slack) === value && value + (error - slack) === value ? value : NaN
}

/** a * b - product, exactly (Dekker). */
function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a)
  const aLow = a - aHigh
  const bHigh = upperHalf(b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}

/** The upper 26 bits of a double (Veltkamp). */
function upperHalf(value: number): number {
  const scaled = value * 134_217_729
  return scaled - (scaled - value)
}
