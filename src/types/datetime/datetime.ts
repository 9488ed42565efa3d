/**
 * Calendar arithmetic in PostgreSQL's units: days and microseconds since 2000-01-01, proleptic Gregorian calendar.
 * Years are astronomical (0 is 1 BC, -1 is 2 BC).
 */

export const MICROS_PER_SECOND = 1_000_000
export const MICROS_PER_MINUTE = 60_000_000
export const MICROS_PER_HOUR = 3_600_000_000
export const MICROS_PER_DAY = 86_400_000_000
/** Julian day of 2000-01-01. */
export const EPOCH_JULIAN_DAY = 2_451_545
/** Days from 1970-01-01 to 2000-01-01. */
export const UNIX_EPOCH_DAYS = 10_957
/** 'infinity' and '-infinity' of date. */
export const DATE_INFINITY = 2_147_483_647
export const DATE_MINUS_INFINITY = -2_147_483_648
/** First valid date (4714-11-24 BC) and the first after the last (5874898-06-04). */
export const DATE_MINIMUM = -EPOCH_JULIAN_DAY
export const DATE_END = 2_147_483_494 - EPOCH_JULIAN_DAY
/** 'infinity' and '-infinity' of timestamp and timestamptz. */
export const TIMESTAMP_INFINITY = 9_223_372_036_854_775_807n
export const TIMESTAMP_MINUS_INFINITY = -9_223_372_036_854_775_808n
/** First valid timestamp (4714-11-24 BC) and the first after the last (294277-01-01). */
export const TIMESTAMP_MINIMUM = -211_813_488_000_000_000n
export const TIMESTAMP_END = 9_223_371_331_200_000_000n

/** A day of the calendar. */
export interface CivilDate {
  /** Astronomical: 0 is 1 BC. */
  readonly year: number
  /** 1..12 */
  readonly month: number
  /** 1..31 */
  readonly day: number
}

/** A moment split into its day and the microseconds since that day's midnight. */
export interface DayAndTime {
  readonly days: number
  /** 0 <= micros < MICROS_PER_DAY */
  readonly micros: number
}

/** Counts the days from 2000-01-01 to a calendar day; the day may lie beyond the month's end. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years that start in March put the leap day last, so that months have a closed formula.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 730_425
}

/** Finds the calendar day that lies `days` after 2000-01-01. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + 730_425
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = (shifted - era * 146_097) | 0
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) /
      365) |
    0
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0))
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** Splits microseconds since 2000-01-01 into day and time of day. */
export function splitMicros(micros: number): DayAndTime {
  let days = Math.floor(micros / MICROS_PER_DAY)
  let rest = micros - days * MICROS_PER_DAY
  // The quotient may have been rounded up to the next day.
  if (rest < 0) {
    days -= 1
    rest += MICROS_PER_DAY
  }
  return { days, micros: rest }
}

/** As splitMicros, for timestamps beyond 2^53 microseconds. */
export function splitMicrosExact(micros: bigint): DayAndTime {
  const perDay = BigInt(MICROS_PER_DAY)
  let days = micros / perDay
  let rest = micros % perDay
  if (rest < 0n) {
    days -= 1n
    rest += perDay
  }
  return { days: Number(days), micros: Number(rest) }
}

/** Joins day and time of day into microseconds since 2000-01-01. */
export function joinMicrosExact(days: number, micros: number): bigint {
  return BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros)
}

/** Tells whether an astronomical year has a 29th of February. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Counts the days of a month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Gives the day of the week, 0 for Sunday. */
export function dayOfWeek(days: number): number {
  return (((days + 6) % 7) + 7) % 7
}

/** Gives the day of the year, 1 for the first of January. */
export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1
}

/** Gives the ISO 8601 week and the year it belongs to. */
export function isoWeek(days: number): { readonly year: number; readonly week: number } {
  // The week belongs to the year of its Thursday.
  const thursday = days + 3 - ((dayOfWeek(days) + 6) % 7)
  const { year } = civilFromDays(thursday)
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 }
}

/** Moves a day by whole months; a day that the target month lacks becomes its last day. */
export function addMonths(days: number, months: number): number {
  if (months === 0) return days
  const { year, month, day } = civilFromDays(days)
  const total = year * 12 + (month - 1) + months
  const targetYear = Math.floor(total / 12)
  const targetMonth = total - targetYear * 12 + 1
  return daysFromCivil(targetYear, targetMonth, Math.min(day, daysInMonth(targetYear, targetMonth)))
}
