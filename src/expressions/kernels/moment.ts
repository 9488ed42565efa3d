/** Timestamps as kernels handle them: numbers within 2^53 microseconds, bigints beyond, extremes for the infinities. */
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  MICROS_PER_DAY,
  TIMESTAMP_END,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINIMUM,
  TIMESTAMP_MINUS_INFINITY,
  splitMicros,
  splitMicrosExact,
  type DayAndTime,
} from '../../types/datetime/datetime.js'
import { SQLSTATE, EngineError } from '../../errors.js'
import { instantOfLocal, localTimestamp, type TimeZone } from '../../types/datetime/time-zone.js'
import { datetimeOutOfRange } from './arithmetic-errors.js'
import type { WideInteger } from './row-wise.js'

/** The first day after the last that a timestamp can name (294277-01-01). */
const TIMESTAMP_END_DAYS = 106_751_983

/** Tells whether a timestamp is infinity or -infinity. */
export function isInfinite(moment: WideInteger): moment is bigint {
  return moment === TIMESTAMP_INFINITY || moment === TIMESTAMP_MINUS_INFINITY
}

/** Tells whether a date is infinity or -infinity. */
export function isInfiniteDate(days: number): boolean {
  return days === DATE_INFINITY || days === DATE_MINUS_INFINITY
}

/** Splits a finite timestamp into day and time of day. */
export function splitMoment(moment: WideInteger): DayAndTime {
  return typeof moment === 'number' ? splitMicros(moment) : splitMicrosExact(moment)
}

/** Joins day and time of day; the result is not checked against the range of timestamps. */
export function joinMoment(days: number, micros: number): WideInteger {
  const moment = days * MICROS_PER_DAY + micros
  if (Number.isSafeInteger(moment)) return moment
  return BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros)
}

/** Adds microseconds to a timestamp, exactly. */
export function addMicros(moment: WideInteger, micros: number): WideInteger {
  if (typeof moment === 'number') {
    const sum = moment + micros
    if (Number.isSafeInteger(sum)) return sum
  }
  return BigInt(moment) + BigInt(micros)
}

/** Passes a finite timestamp that is in range on; 22008 otherwise. */
export function checkedMoment(moment: WideInteger): WideInteger {
  if (moment >= TIMESTAMP_MINIMUM && moment < TIMESTAMP_END) return moment
  throw datetimeOutOfRange('timestamp')
}

/** Gives midnight of a date. */
export function momentOfDate(days: number): WideInteger {
  if (days === DATE_INFINITY) return TIMESTAMP_INFINITY
  if (days === DATE_MINUS_INFINITY) return TIMESTAMP_MINUS_INFINITY
  if (days >= TIMESTAMP_END_DAYS) throw datetimeOutOfRangeFor('date', 'timestamp')
  return joinMoment(days, 0)
}

/** Words the error of a value that another type cannot hold. */
export function datetimeOutOfRangeFor(what: string, type: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, `${what} out of range for ${type}`)
}

/** Gives the date of a timestamp. */
export function dateOfMoment(moment: WideInteger): number {
  if (moment === TIMESTAMP_INFINITY) return DATE_INFINITY
  if (moment === TIMESTAMP_MINUS_INFINITY) return DATE_MINUS_INFINITY
  return splitMoment(moment).days
}

/** Turns an instant into local time. */
export function toLocal(zone: TimeZone, instant: WideInteger): WideInteger {
  return isInfinite(instant) ? instant : localTimestamp(zone, instant).micros
}

/** Turns local time into an instant. */
export function toInstant(zone: TimeZone, local: WideInteger): WideInteger {
  if (isInfinite(local)) return local
  return typeof local === 'number' ? instantOfLocal(zone, local) : instantOfLocal(zone, local)
}
