/** Reads dates, times and timestamps in every form PostgreSQL accepts: what the fields gave is put together to one moment. */
import { civilFromDays, daysFromCivil, daysInMonth, type CivilDate } from './datetime.js'
import { DatetimeFault, faultError } from './datetime-fault.js'
import {
  DATE,
  DAY,
  DAY_OF_YEAR,
  DAYLIGHT_MODIFIER,
  MONTH,
  takeFields,
  TIME,
  todayOf,
  YEAR,
  ZONE,
  type DatetimeInputContext,
  type DatetimeParts,
} from './datetime-field-taker.js'
import { splitDatetime } from './datetime-tokens.js'

/** What was read: a special value, or the parts of a moment with its seconds east of UTC. */
export type DatetimeInput =
  | { readonly kind: 'epoch' | 'infinity' | '-infinity' }
  | {
      readonly kind: 'moment'
      readonly hasDate: boolean
      readonly hasTime: boolean
      readonly days: number
      /** µs since midnight. */
      readonly time: number
      readonly offset: number
    }

/** Reads a value of `type` (its SQL name, for errors). `timeOnly`: for time and timetz, where a date is optional. */
export function readDatetime(
  text: string,
  type: string,
  timeOnly: boolean,
  context: DatetimeInputContext,
): DatetimeInput {
  try {
    const fields = splitDatetime(text)
    if (fields === undefined || fields.length === 0) throw new DatetimeFault('format')
    return joined(takeFields(fields, context, timeOnly), context, timeOnly)
  } catch (fault) {
    if (fault instanceof DatetimeFault) throw faultError(fault, type, text)
    throw fault
  }
}

function joined(
  parts: DatetimeParts,
  context: DatetimeInputContext,
  timeOnly: boolean,
): DatetimeInput {
  const { given, special, minute, second, fraction } = parts
  if (special !== undefined) return { kind: special }
  const { year, month, day } = validDate(parts)
  const hour = hourOf(parts)
  const hasDate = (given & DATE) === DATE
  const hasTime = (given & TIME) !== 0
  if (timeOnly ? !hasTime : !hasDate) throw new DatetimeFault('format')
  if (timeOnly && !hasDate && (given & DATE) !== 0) throw new DatetimeFault('format')
  const time = (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
  if (hour > 24 || time > 86_400_000_000) throw new DatetimeFault('field')
  const days = hasDate ? daysFromCivil(year, month, day) : todayOf(context)
  const offset = offsetOf(parts, context, days * 86_400 + Math.floor(time / 1_000_000))
  return { kind: 'moment', hasDate, hasTime, days, time, offset }
}

/** The date with its whole year, in range as far as it is given. */
function validDate(parts: DatetimeParts): CivilDate {
  const { given } = parts
  let date: CivilDate = { year: fullYear(parts), month: parts.month, day: parts.day }
  if ((given & DAY_OF_YEAR) !== 0) {
    date = civilFromDays(daysFromCivil(date.year, 1, 1) + parts.dayOfYear - 1)
  }
  const { year, month, day } = date
  if ((given & MONTH) !== 0 && (month < 1 || month > 12)) throw new DatetimeFault('month-day')
  if ((given & DAY) !== 0 && (day < 1 || day > 31)) throw new DatetimeFault('month-day')
  if ((given & DATE) === DATE && day > daysInMonth(year, month)) throw new DatetimeFault('field')
  return date
}

function fullYear({
  given,
  year,
  isJulian,
  isBeforeChrist,
  isTwoDigitYear,
}: DatetimeParts): number {
  if ((given & YEAR) === 0 || isJulian) return year
  if (isTwoDigitYear && !isBeforeChrist) return year + (year < 70 ? 2000 : 1900)
  if (year <= 0) throw new DatetimeFault('field')
  return isBeforeChrist ? 1 - year : year
}

function hourOf({ hour, isAfternoon }: DatetimeParts): number {
  if (isAfternoon === undefined) return hour
  if (hour > 12) throw new DatetimeFault('field')
  if (isAfternoon) return hour === 12 ? 12 : hour + 12
  return hour === 12 ? 0 : hour
}

function offsetOf(
  { given, zone, abbreviation, offset }: DatetimeParts,
  context: DatetimeInputContext,
  localSeconds: number,
): number {
  if (zone !== undefined && abbreviation !== undefined) {
    return zone.offsetOfAbbreviationAt(abbreviation, localSeconds)
  }
  const isModified = (given & DAYLIGHT_MODIFIER) !== 0
  if (zone === undefined && (given & ZONE) !== 0) return offset
  if (isModified) throw new DatetimeFault('format')
  return (zone ?? context.zone).offsetOfLocal(localSeconds)
}
