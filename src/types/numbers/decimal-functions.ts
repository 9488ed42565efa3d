/**
 * Square root, exponential, logarithms and powers of decimals. Each chooses its result's scale as PostgreSQL does (at
 * least 16 significant digits, no fewer decimals than the arguments), computes some digits more in big integers, and rounds.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  absDecimal,
  compareDecimal,
  decimal,
  DECIMAL_INFINITY,
  DECIMAL_MINUS_INFINITY,
  DECIMAL_NAN,
  DECIMAL_ZERO,
  digitCount,
  divideHalfAway,
  divisionByZero,
  leadingGroup,
  multiplyDecimal,
  negateDecimal,
  powerOfTen,
  roundDecimal,
  signOf,
  subtractDecimal,
  type Decimal,
} from './decimal.js'

const SIGNIFICANT_DIGITS = 16
const MAXIMUM_DISPLAY_SCALE = 1000
const MAXIMUM_RESULT_SCALE = 2000
/** Digits computed beyond those asked for. */
const GUARD_DIGITS = 25
const LOG10_E = 0.434294481903252
const LN_10 = 2.302585092994046
const MAXIMUM_INTEGER_DIGITS = 131_072

const ONE: Decimal = { kind: 'finite', coefficient: 1n, scale: 0 }
const TEN: Decimal = { kind: 'finite', coefficient: 10n, scale: 0 }

function functionError(code: string, message: string): EngineError {
  return new EngineError(code, message)
}

function overflow(): EngineError {
  return functionError(SQLSTATE.numericValueOutOfRange, 'value overflows numeric format')
}

/** Bounds a scale that was chosen for its significant digits. */
function chooseScale(scale: number, ...arguments_: readonly Decimal[]): number {
  const least = Math.max(scale, 0, ...arguments_.map((value) => value.scale))
  return Math.min(least, MAXIMUM_DISPLAY_SCALE)
}

/** Takes the square root; fails with 2201F below zero. */
export function sqrtDecimal(value: Decimal): Decimal {
  if (value.kind === 'nan') return value
  if (signOf(value) < 0) {
    throw functionError('2201F', 'cannot take square root of a negative number')
  }
  if (value.kind !== 'finite') return value
  const [weight] = leadingGroup(value)
  const scale = chooseScale(SIGNIFICANT_DIGITS - (weight * 2 + 1), value)
  const shift = scale * 2 - value.scale
  const square =
    shift >= 0 ? value.coefficient * powerOfTen(shift) : value.coefficient / powerOfTen(-shift)
  const root = integerRoot(square)
  return decimal(square - root * root > root ? root + 1n : root, scale)
}

/** The largest integer whose square is not above `value`. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** Raises e to a power. */
export function expDecimal(value: Decimal): Decimal {
  if (value.kind === 'nan' || value.kind === 'infinity') return value
  if (value.kind === '-infinity') return DECIMAL_ZERO
  const weight = clamp(approximate(value) * LOG10_E, MAXIMUM_RESULT_SCALE)
  const scale = chooseScale(SIGNIFICANT_DIGITS - Math.trunc(weight), value)
  return exponential(value, scale)
}

/** e^value rounded to `scale` decimals. */
function exponential(value: Decimal, scale: number): Decimal {
  const size = approximate(value)
  if (Math.abs(size) >= MAXIMUM_RESULT_SCALE * 3) {
    if (size > 0) throw overflow()
    return decimal(0n, scale)
  }
  const digits = scale + Math.max(Math.ceil(size * LOG10_E), 0) + GUARD_DIGITS
  const fixed = atPrecision(value, digits)
  return decimal(divideHalfAway(exponentialFixed(fixed, digits), powerOfTen(digits - scale)), scale)
}

/** e^x in fixed point with `digits` decimals, for an argument in the same form. */
function exponentialFixed(argument: bigint, digits: number): bigint {
  // Halve until the series converges fast, then square back; every squaring costs a bit of precision.
  const bits = argument.toString(2).length - powerOfTen(digits).toString(2).length
  const halvings = Math.max(bits + 8, 8)
  const extra = Math.ceil(halvings * 0.31) + 5
  const unit = powerOfTen(digits + extra)
  const reduced = (argument * powerOfTen(extra)) >> BigInt(halvings)
  let sum = unit
  let term = unit
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = (term * reduced) / (unit * n)
    sum += term
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) / unit
  return sum / powerOfTen(extra)
}

/** Takes the natural logarithm; fails with 2201E at zero and below. */
export function lnDecimal(value: Decimal): Decimal {
  if (value.kind === 'nan') return value
  checkLogarithm(value)
  if (value.kind !== 'finite') return value
  const scale = chooseScale(SIGNIFICANT_DIGITS - logarithmWeight(value), value)
  return decimal(roundFixed(logarithmFixed(value, scale + GUARD_DIGITS), GUARD_DIGITS), scale)
}

/** Takes the logarithm to a base. */
export function logDecimal(base: Decimal, value: Decimal): Decimal {
  if (base.kind === 'nan' || value.kind === 'nan') return DECIMAL_NAN
  if (base.kind !== 'finite' || value.kind !== 'finite') {
    // Here PostgreSQL looks at both signs before it looks for zeros.
    if (signOf(base) < 0 || signOf(value) < 0) throw negativeLogarithm()
  }
  checkLogarithm(base)
  checkLogarithm(value)
  if (base.kind === 'infinity') return value.kind === 'infinity' ? DECIMAL_NAN : DECIMAL_ZERO
  if (value.kind === 'infinity') return DECIMAL_INFINITY
  const baseWeight = logarithmWeight(base)
  const valueWeight = logarithmWeight(value)
  const scale = chooseScale(SIGNIFICANT_DIGITS - (valueWeight - baseWeight), base, value)
  const digits = scale + GUARD_DIGITS + Math.abs(baseWeight) * 2 + Math.abs(valueWeight)
  const divisor = logarithmFixed(base, digits)
  if (divisor === 0n) throw divisionByZero()
  return decimal(divideHalfAway(logarithmFixed(value, digits) * powerOfTen(scale), divisor), scale)
}

/** Takes the logarithm to base 10. */
export function log10Decimal(value: Decimal): Decimal {
  return logDecimal(TEN, value)
}

function checkLogarithm(value: Decimal): void {
  if (signOf(value) < 0) throw negativeLogarithm()
  if (signOf(value) === 0) throw functionError('2201E', 'cannot take logarithm of zero')
}

function negativeLogarithm(): EngineError {
  return functionError('2201E', 'cannot take logarithm of a negative number')
}

/** Estimates the decimal weight of ln(value), digit for digit as PostgreSQL does: it decides the result's scale. */
function logarithmWeight(value: Decimal): number {
  if (signOf(value) <= 0) return 0
  const isNearOne =
    compareDecimal(value, { kind: 'finite', coefficient: 9n, scale: 1 }) >= 0 &&
    compareDecimal(value, { kind: 'finite', coefficient: 11n, scale: 1 }) <= 0
  if (isNearOne) {
    // ln(1 + x) is about x.
    const [weight, digit] = leadingGroup(absDecimal(subtractDecimal(value, ONE)))
    return digit === 0 ? 0 : weight * 4 + Math.trunc(Math.log10(digit))
  }
  const [digits, exponent] = leadingDigits(value, 8)
  const logarithm = Math.log(digits) + exponent * LN_10
  return Math.trunc(Math.log10(Math.abs(logarithm)))
}

/** Leading base-10000 digits up to about `count` decimal digits, and the power of ten of the last. */
function leadingDigits(value: Decimal, count: number): readonly [digits: number, exponent: number] {
  const [weight] = leadingGroup(value)
  const text = absDecimal(value).coefficient.toString()
  const firstWidth = text.length - value.scale - weight * 4
  // Groups end where the number's last digit does.
  const groups = Math.min(
    count / 4,
    Math.ceil((text.replace(/0+$/, '').length - firstWidth) / 4) + 1,
  )
  const width = firstWidth + (groups - 1) * 4
  return [Number(text.slice(0, width).padEnd(width, '0')), (weight - groups + 1) * 4]
}

/** ln(value) in fixed point with `digits` decimals. */
function logarithmFixed(value: Decimal, digits: number): bigint {
  const precision = digits + 15
  const unit = powerOfTen(precision)
  // value = mantissa * 2^twos with a mantissa near one.
  const { coefficient } = value
  const twos =
    coefficient.toString(2).length -
    (value.scale === 0 ? 1 : powerOfTen(value.scale).toString(2).length)
  let mantissa =
    twos >= 0
      ? (coefficient * unit) / (powerOfTen(value.scale) << BigInt(twos))
      : ((coefficient << BigInt(-twos)) * unit) / powerOfTen(value.scale)
  // Roots bring it close enough to one for the series.
  const roots = twos === 0 && isClose(mantissa, unit) ? 0 : 10
  for (let i = 0; i < roots; i++) mantissa = integerRoot(mantissa * unit)
  const series = inverseTangentSeries(((mantissa - unit) * unit) / (mantissa + unit), unit)
  const logarithm = (series * 2n) << BigInt(roots)
  return (logarithm + BigInt(twos) * lnOfTwo(precision)) / powerOfTen(15)
}

function isClose(mantissa: bigint, unit: bigint): boolean {
  const distance = mantissa > unit ? mantissa - unit : unit - mantissa
  return distance * 100n < unit
}

/** Sums t + t^3/3 + t^5/5 ... in fixed point. */
function inverseTangentSeries(argument: bigint, unit: bigint): bigint {
  const square = (argument * argument) / unit
  let power = argument
  let sum = argument
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * square) / unit
    sum += power / n
  }
  return sum
}

const logarithmsOfTwo = new Map<number, bigint>()

function lnOfTwo(precision: number): bigint {
  let value = logarithmsOfTwo.get(precision)
  if (value === undefined) {
    const unit = powerOfTen(precision)
    value = inverseTangentSeries(unit / 3n, unit) * 2n
    if (logarithmsOfTwo.size > 64) logarithmsOfTwo.clear()
    logarithmsOfTwo.set(precision, value)
  }
  return value
}

/** Raises to a power; fails with 2201F where the result is not a real number. */
export function powerDecimal(base: Decimal, exponent: Decimal): Decimal {
  if (base.kind === 'nan') return isZero(exponent) ? ONE : DECIMAL_NAN
  if (exponent.kind === 'nan') return isOne(base) ? ONE : DECIMAL_NAN
  if (signOf(base) === 0 && signOf(exponent) < 0) {
    throw functionError('2201F', 'zero raised to a negative power is undefined')
  }
  if (signOf(base) < 0 && !isIntegral(exponent)) {
    throw functionError(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    )
  }
  if (base.kind !== 'finite' || exponent.kind !== 'finite') return infinitePower(base, exponent)
  if (isIntegral(exponent)) {
    const whole = exponent.coefficient / powerOfTen(exponent.scale)
    if (whole >= -2_147_483_648n && whole <= 2_147_483_647n) {
      return integerPower(base, Number(whole), exponent.scale)
    }
  }
  if (signOf(base) === 0) return decimal(0n, SIGNIFICANT_DIGITS)
  const size = absDecimal(base)
  const isOdd = signOf(base) < 0 && (exponent.coefficient / powerOfTen(exponent.scale)) % 2n !== 0n
  const result = realPower(size, exponent, base)
  return isOdd ? negateDecimal(result) : result
}

function realPower(base: Decimal, exponent: Decimal, original: Decimal): Decimal {
  const lnWeight = logarithmWeight(base)
  const roughScale = Math.max(8 - lnWeight, 0)
  const rough = decimal(
    roundFixed(logarithmFixed(base, roughScale + GUARD_DIGITS), GUARD_DIGITS),
    roughScale,
  )
  const size = approximate(roundDecimal(multiplyDecimal(rough, exponent), roughScale))
  if (Math.abs(size) > MAXIMUM_RESULT_SCALE * 3.01) {
    if (size > 0) throw overflow()
    return decimal(0n, MAXIMUM_DISPLAY_SCALE)
  }
  const weight = Math.trunc(size * LOG10_E)
  const scale = chooseScale(SIGNIFICANT_DIGITS - weight, original, exponent)
  const digits = scale + Math.max(weight, 0) + GUARD_DIGITS + digitCount(exponent.coefficient)
  const product = multiplyDecimal(
    { kind: 'finite', coefficient: logarithmFixed(base, digits), scale: digits },
    exponent,
  )
  return exponential(product, scale)
}

function integerPower(base: Decimal, exponent: number, exponentScale: number): Decimal {
  let weight = 0
  if (base.coefficient !== 0n) {
    const [digits, power] = leadingDigits(base, 16)
    weight = exponent * (Math.log10(digits) + power)
  }
  if (weight > MAXIMUM_INTEGER_DIGITS) throw overflow()
  if (weight + 1 < -MAXIMUM_DISPLAY_SCALE) return decimal(0n, MAXIMUM_DISPLAY_SCALE)
  const scale = Math.min(
    Math.max(SIGNIFICANT_DIGITS - Math.trunc(weight), base.scale, exponentScale, 0),
    MAXIMUM_DISPLAY_SCALE,
  )
  if (exponent === 0) return decimal(powerOfTen(scale), scale)
  if (base.coefficient === 0n) return decimal(0n, scale)
  // Powers of a negative exponent are reciprocals, so only relative precision matters.
  const digits = scale + Math.ceil(Math.max(weight, 0)) + GUARD_DIGITS
  const { coefficient, power } = floatingPower(base, Math.abs(exponent), digits)
  if (exponent > 0) return roundDecimal(floating(coefficient, power), scale)
  // 1 / (c * 10^p) at `scale` decimals is 10^(scale - p) / c.
  const shift = scale - power
  return decimal(shift >= 0 ? divideHalfAway(powerOfTen(shift), coefficient) : 0n, scale)
}

function floating(coefficient: bigint, power: number): Decimal {
  if (power <= 0) return { kind: 'finite', coefficient, scale: -power }
  return decimal(coefficient * powerOfTen(power), 0)
}

/** base^exponent as coefficient * 10^power with at least `digits` exact leading digits. */
function floatingPower(
  base: Decimal,
  exponent: number,
  digits: number,
): { coefficient: bigint; power: number } {
  const width = digits + Math.ceil(Math.log10(exponent)) * 2 + 10
  const trim = (value: { coefficient: bigint; power: number }): typeof value => {
    const surplus = digitCount(value.coefficient) - width
    if (surplus <= 0) return value
    return {
      coefficient: value.coefficient / powerOfTen(surplus),
      power: value.power + surplus,
    }
  }
  let square = { coefficient: base.coefficient, power: -base.scale }
  let result = { coefficient: 1n, power: 0 }
  for (let rest = exponent; ;) {
    if (rest % 2 === 1) {
      result = trim({
        coefficient: result.coefficient * square.coefficient,
        power: result.power + square.power,
      })
    }
    rest = Math.floor(rest / 2)
    if (rest === 0) return result
    square = trim({ coefficient: square.coefficient ** 2n, power: square.power * 2 })
  }
}

function infinitePower(base: Decimal, exponent: Decimal): Decimal {
  if (isOne(base) || isZero(exponent)) return ONE
  const grows = signOf(exponent) > 0
  if (exponent.kind !== 'finite') {
    const comparison = compareDecimal(absDecimal(base), ONE)
    if (comparison === 0) return ONE
    return comparison > 0 === grows ? DECIMAL_INFINITY : DECIMAL_ZERO
  }
  if (!grows) return DECIMAL_ZERO
  if (base.kind === 'infinity') return DECIMAL_INFINITY
  const isOdd = (exponent.coefficient / powerOfTen(exponent.scale)) % 2n !== 0n
  return isOdd ? DECIMAL_MINUS_INFINITY : DECIMAL_INFINITY
}

function isZero(value: Decimal): boolean {
  return value.kind === 'finite' && value.coefficient === 0n
}

function isOne(value: Decimal): boolean {
  return value.kind === 'finite' && compareDecimal(value, ONE) === 0
}

function isIntegral(value: Decimal): boolean {
  return value.kind !== 'finite' || value.coefficient % powerOfTen(value.scale) === 0n
}

function approximate(value: Decimal): number {
  return Number(`${value.coefficient}e-${value.scale}`)
}

function clamp(value: number, bound: number): number {
  return Math.max(Math.min(value, bound), -bound)
}

function atPrecision(value: Decimal, digits: number): bigint {
  const shift = digits - value.scale
  return shift >= 0 ? value.coefficient * powerOfTen(shift) : value.coefficient / powerOfTen(-shift)
}

function roundFixed(value: bigint, dropped: number): bigint {
  return divideHalfAway(value, powerOfTen(dropped))
}
