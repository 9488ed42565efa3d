/** Arithmetic of intervals, infinite ones included. */
import { SQLSTATE, EngineError } from '../../errors.js'
import { MICROS_PER_DAY } from '../../types/datetime/datetime.js'
import {
  INTERVAL_INFINITY,
  INTERVAL_MINUS_INFINITY,
} from '../../types/datetime/datetime-canonical.js'
import { datetimeOutOfRange, divisionByZero } from './arithmetic-errors.js'
import { compareIntervalParts } from '../compare.js'
import { roundHalfEven } from './float-arithmetic.js'
import type { KernelTable } from './kernel.js'
import { rowWise, type IntervalValue } from './row-wise.js'

/** Says that an interval left its range. */
export function intervalOutOfRange(): EngineError {
  return datetimeOutOfRange('interval')
}

/** Gives 1 for infinity, -1 for -infinity, 0 for all others. */
export function infinityOf(interval: IntervalValue): -1 | 0 | 1 {
  if (interval.months === 2147483647 && interval.days === 2147483647) {
    return interval.micros >= INTERVAL_INFINITY.micros ? 1 : 0
  }
  if (interval.months === -2147483648 && interval.days === -2147483648) {
    return interval.micros <= INTERVAL_MINUS_INFINITY.micros ? -1 : 0
  }
  return 0
}

/** Gives an infinite interval. */
export function infiniteInterval(sign: number): IntervalValue {
  return sign > 0 ? INTERVAL_INFINITY : INTERVAL_MINUS_INFINITY
}

/** Builds a finite interval from parts that must be in range. The time part is kept exact. */
export function finiteInterval(months: number, days: number, micros: number): IntervalValue {
  if (months > 2147483647 || months < -2147483648 || days > 2147483647 || days < -2147483648) {
    throw intervalOutOfRange()
  }
  if (!Number.isSafeInteger(micros)) {
    throw new EngineError(
      SQLSTATE.datetimeOverflow,
      'Interval with a time part beyond 285 years is not supported',
    )
  }
  return { months: months + 0, days: days + 0, micros: micros + 0 }
}

/** Turns the sign. */
export function negateInterval(a: IntervalValue): IntervalValue {
  const sign = infinityOf(a)
  if (sign !== 0) return infiniteInterval(-sign)
  return finiteInterval(-a.months, -a.days, -a.micros)
}

/** Adds. */
export function addIntervals(a: IntervalValue, b: IntervalValue): IntervalValue {
  const signA = infinityOf(a)
  const signB = infinityOf(b)
  if (signA !== 0 || signB !== 0) {
    if (signA + signB === 0) throw intervalOutOfRange()
    return infiniteInterval(signA + signB)
  }
  return finiteInterval(a.months + b.months, a.days + b.days, a.micros + b.micros)
}

const SECONDS_PER_DAY = 86400

/** Rounds to microseconds as a float of seconds. */
function roundSeconds(value: number): number {
  return roundHalfEven(value * 1_000_000) / 1_000_000
}

/** Multiplies or divides every part, handing fractions of months down to days and of days down to time. */
function scaleInterval(a: IntervalValue, scale: (part: number) => number): IntervalValue {
  const months = wholePart(scale(a.months))
  let days = wholePart(scale(a.days))
  const monthRest = roundSeconds((scale(a.months) - months) * 30)
  let seconds = roundSeconds(
    (scale(a.days) - days + monthRest - Math.trunc(monthRest)) * SECONDS_PER_DAY,
  )
  if (Math.abs(seconds) >= SECONDS_PER_DAY) {
    const carry = Math.trunc(seconds / SECONDS_PER_DAY)
    days += carry
    seconds -= carry * SECONDS_PER_DAY
  }
  days += Math.trunc(monthRest)
  const micros = roundHalfEven(scale(a.micros) + seconds * 1_000_000)
  if (!(micros >= -(2 ** 63) && micros < 2 ** 63)) throw intervalOutOfRange()
  // The double is the whole result here, however large.
  return { ...finiteInterval(months, days, 0), micros: micros + 0 }
}

function wholePart(value: number): number {
  if (!(value >= -2147483648 && value < 2147483648)) throw intervalOutOfRange()
  return Math.trunc(value)
}

function multiply(a: IntervalValue, factor: number): IntervalValue {
  if (Number.isNaN(factor)) throw intervalOutOfRange()
  const sign = infinityOf(a)
  if (sign !== 0) {
    if (factor === 0) throw intervalOutOfRange()
    return infiniteInterval(factor < 0 ? -sign : sign)
  }
  if (!Number.isFinite(factor)) {
    const own = compareIntervalParts(a.months, a.days, a.micros, 0, 0, 0)
    if (own === 0) throw intervalOutOfRange()
    return infiniteInterval(own < 0 === factor < 0 ? 1 : -1)
  }
  return scaleInterval(a, (part) => part * factor)
}

function divide(a: IntervalValue, divisor: number): IntervalValue {
  if (divisor === 0) throw divisionByZero()
  if (Number.isNaN(divisor)) throw intervalOutOfRange()
  const sign = infinityOf(a)
  if (sign !== 0) {
    if (!Number.isFinite(divisor)) throw intervalOutOfRange()
    return infiniteInterval(divisor < 0 ? -sign : sign)
  }
  return scaleInterval(a, (part) => part / divisor)
}

/** Moves whole days out of the time part and gives both the same sign. */
export function justifyHours(a: IntervalValue): IntervalValue {
  if (infinityOf(a) !== 0) return a
  const whole = Math.trunc(a.micros / MICROS_PER_DAY)
  let micros = a.micros - whole * MICROS_PER_DAY
  let days = a.days + whole
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY
    days--
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY
    days++
  }
  return finiteInterval(a.months, days, micros)
}

/** Moves whole months of 30 days out of the days and gives both the same sign. */
function justifyDays(a: IntervalValue): IntervalValue {
  if (infinityOf(a) !== 0) return a
  const whole = Math.trunc(a.days / 30)
  let days = a.days - whole * 30
  let months = a.months + whole
  if (months > 0 && days < 0) {
    days += 30
    months--
  } else if (months < 0 && days > 0) {
    days -= 30
    months++
  }
  return finiteInterval(months, days, a.micros)
}

/** Moves whole days and whole months up, and gives all three parts the same sign. */
function justifyInterval(a: IntervalValue): IntervalValue {
  if (infinityOf(a) !== 0) return a
  let { months, days, micros } = a
  // Months that would leave their range on the way may come back: only the end counts.
  if ((days > 0 && micros > 0) || (days < 0 && micros < 0)) {
    const whole = Math.trunc(days / 30)
    days -= whole * 30
    months += whole
  }
  const wholeDays = Math.trunc(micros / MICROS_PER_DAY)
  micros -= wholeDays * MICROS_PER_DAY
  days += wholeDays
  const wholeMonths = Math.trunc(days / 30)
  days -= wholeMonths * 30
  months += wholeMonths
  if (months > 0 && (days < 0 || (days === 0 && micros < 0))) {
    days += 30
    months--
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0))) {
    days -= 30
    months++
  }
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY
    days--
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY
    days++
  }
  return finiteInterval(months, days, micros)
}

/** Interval arithmetic by signature. */
export const INTERVAL_ARITHMETIC: KernelTable = {
  'interval_pl(interval,interval)': rowWise(['interval', 'interval'], 'interval', addIntervals),
  'interval_mi(interval,interval)': rowWise(['interval', 'interval'], 'interval', (a, b) => {
    const signB = infinityOf(b)
    if (signB !== 0 || infinityOf(a) !== 0) return addIntervals(a, negateInterval(b))
    return finiteInterval(a.months - b.months, a.days - b.days, a.micros - b.micros)
  }),
  'interval_um(interval)': rowWise(['interval'], 'interval', negateInterval),
  'interval_mul(interval,float8)': rowWise(['interval', 'float64'], 'interval', multiply),
  'mul_d_interval(float8,interval)': rowWise(['float64', 'interval'], 'interval', (factor, a) =>
    multiply(a, factor),
  ),
  'interval_div(interval,float8)': rowWise(['interval', 'float64'], 'interval', divide),
  'justify_hours(interval)': rowWise(['interval'], 'interval', justifyHours),
  'justify_interval(interval)': rowWise(['interval'], 'interval', justifyInterval),
  'justify_days(interval)': rowWise(['interval'], 'interval', justifyDays),
  'isfinite(interval)': rowWise(['interval'], 'bool', (a) => infinityOf(a) === 0),
}
