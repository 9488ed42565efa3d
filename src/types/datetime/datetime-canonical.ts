/** Reads canonical text of dates, times, timestamps and intervals (ISO, IntervalStyle postgres) in any range. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  daysFromCivil,
  joinMicrosExact,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from './datetime.js'

/** An interval's three parts. */
export interface IntervalParts {
  readonly months: number
  readonly days: number
  readonly micros: number
}

export const INTERVAL_INFINITY: IntervalParts = {
  months: 2_147_483_647,
  days: 2_147_483_647,
  micros: 2 ** 63,
}
export const INTERVAL_MINUS_INFINITY: IntervalParts = {
  months: -2_147_483_648,
  days: -2_147_483_648,
  micros: -(2 ** 63),
}

function malformed(type: string, text: string): EngineError {
  return new EngineError(
    SQLSTATE.invalidDatetimeFormat,
    `invalid input syntax for type ${type}: "${text}"`,
  )
}

/** Reads a date as days since 2000-01-01. */
export function daysFromCanonical(text: string): number {
  if (text === 'infinity') return DATE_INFINITY
  if (text === '-infinity') return DATE_MINUS_INFINITY
  const match = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/.exec(text)
  if (match === null) throw malformed('date', text)
  const year = match[4] === undefined ? Number(match[1]) : 1 - Number(match[1])
  return daysFromCivil(year, Number(match[2]), Number(match[3]))
}

/** Reads a time of day as microseconds. */
export function timeFromCanonical(text: string): number {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) throw malformed('time', text)
  const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
  return seconds * MICROS_PER_SECOND + Number((match[4] ?? '').padEnd(6, '0'))
}

/** Reads a timestamp, with or without an offset, as microseconds since 2000-01-01 (UTC when there is an offset). */
export function timestampFromCanonical(text: string): bigint {
  if (text === 'infinity') return TIMESTAMP_INFINITY
  if (text === '-infinity') return TIMESTAMP_MINUS_INFINITY
  const match =
    /^(\d{4,}-\d\d-\d\d)[ T]([\d:.]+)(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$/.exec(text)
  if (match === null) throw malformed('timestamp', text)
  const [, date = '', time = '', sign, hours, minutes = '0', seconds = '0', era = ''] = match
  const local = joinMicrosExact(daysFromCanonical(date + era), timeFromCanonical(time))
  if (sign === undefined) return local
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * MICROS_PER_SECOND
  return sign === '-' ? local + BigInt(offset) : local - BigInt(offset)
}

/** Reads an interval in IntervalStyle postgres. */
export function intervalFromCanonical(text: string): IntervalParts {
  if (text === 'infinity') return INTERVAL_INFINITY
  if (text === '-infinity') return INTERVAL_MINUS_INFINITY
  const match =
    /^(?:([+-]?\d+) years?)? ?(?:([+-]?\d+) mons?)? ?(?:([+-]?\d+) days?)? ?(?:([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/.exec(
      text,
    )
  if (match === null || text === '') throw malformed('interval', text)
  const [, years = '0', months = '0', days = '0', sign, hours = '0', minutes = '0', seconds = '0'] =
    match
  const micros =
    Number(hours) * MICROS_PER_HOUR +
    Number(minutes) * MICROS_PER_MINUTE +
    Number(seconds) * MICROS_PER_SECOND +
    Number((match[8] ?? '').padEnd(6, '0'))
  return {
    months: Number(years) * 12 + Number(months),
    days: Number(days),
    micros: sign === '-' ? -micros : micros,
  }
}
