/** Prints dates, times and timestamps in PostgreSQL's four date styles. */
import { ISO_DATE_STYLE, type DateStyle } from './date-style.js'
import {
  civilFromDays,
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  dayOfWeek,
  MICROS_PER_SECOND,
  splitMicros,
  splitMicrosExact,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  type DayAndTime,
} from './datetime.js'

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** What a timestamptz needs besides its local time: seconds east of UTC, and the zone's abbreviation. */
export interface ZonePart {
  readonly offset: number
  readonly abbreviation: string
}

/** Prints a number with at least two digits. */
export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

/** Prints days since 2000-01-01 as a date. */
export function dateText(days: number, style: DateStyle = ISO_DATE_STYLE): string {
  if (days === DATE_INFINITY) return 'infinity'
  if (days === DATE_MINUS_INFINITY) return '-infinity'
  const { year, month, day } = civilFromDays(days)
  const era = year > 0 ? '' : ' BC'
  const yyyy = fourDigitYear(year)
  const mm = twoDigits(month)
  const dd = twoDigits(day)
  switch (style.output) {
    case 'iso':
      return `${yyyy}-${mm}-${dd}${era}`
    case 'sql':
      return style.order === 'dmy' ? `${dd}/${mm}/${yyyy}${era}` : `${mm}/${dd}/${yyyy}${era}`
    case 'german':
      return `${dd}.${mm}.${yyyy}${era}`
    case 'postgres':
      return style.order === 'dmy' ? `${dd}-${mm}-${yyyy}${era}` : `${mm}-${dd}-${yyyy}${era}`
  }
}

/** Prints a time of day in microseconds: `HH:MM:SS` and as many fraction digits as needed. */
export function timeText(micros: number): string {
  const seconds = Math.floor(micros / MICROS_PER_SECOND)
  const fraction = micros - seconds * MICROS_PER_SECOND
  const hour = Math.floor(seconds / 3600)
  const minute = Math.floor(seconds / 60) % 60
  const clock = `${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(seconds % 60)}`
  return fraction === 0 ? clock : `${clock}.${fractionDigits(fraction)}`
}

/** Prints microseconds of a second without trailing zeros. */
export function fractionDigits(micros: number): string {
  return String(micros).padStart(6, '0').replace(/0+$/, '')
}

/** Prints seconds east of UTC: `+02`, `-03:30`, `+00:53:28`. */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds)
  const hour = twoDigits(Math.floor(size / 3600))
  const minute = Math.floor(size / 60) % 60
  const second = size % 60
  const sign = seconds < 0 ? '-' : '+'
  if (second !== 0) return `${sign}${hour}:${twoDigits(minute)}:${twoDigits(second)}`
  return minute !== 0 ? `${sign}${hour}:${twoDigits(minute)}` : `${sign}${hour}`
}

/** Prints microseconds since 2000-01-01 as a timestamp; with a zone part, `micros` is that zone's local time. */
export function timestampText(
  micros: number | bigint,
  style: DateStyle = ISO_DATE_STYLE,
  zone?: ZonePart,
): string {
  if (typeof micros === 'number') return localTimestampText(splitMicros(micros), style, zone)
  if (micros === TIMESTAMP_INFINITY) return 'infinity'
  if (micros === TIMESTAMP_MINUS_INFINITY) return '-infinity'
  return localTimestampText(splitMicrosExact(micros), style, zone)
}

function localTimestampText(
  moment: DayAndTime,
  style: DateStyle,
  zone: ZonePart | undefined,
): string {
  const time = timeText(moment.micros)
  if (style.output === 'postgres') return wordyTimestampText(moment, time, style, zone)
  const { year } = civilFromDays(moment.days)
  const date = dateText(moment.days, style)
  const bare = year > 0 ? date : date.slice(0, -3)
  let suffix = ''
  if (zone !== undefined) {
    suffix = style.output === 'iso' ? offsetText(zone.offset) : ` ${zone.abbreviation}`
  }
  return `${bare} ${time}${suffix}${year > 0 ? '' : ' BC'}`
}

/** The style of Unix's date command: `Tue Mar 01 12:00:00 2022 CET`. */
function wordyTimestampText(
  { days }: DayAndTime,
  time: string,
  style: DateStyle,
  zone: ZonePart | undefined,
): string {
  const { year, month, day } = civilFromDays(days)
  const monthName = MONTHS[month - 1] ?? ''
  const dd = twoDigits(day)
  const date = style.order === 'dmy' ? `${dd} ${monthName}` : `${monthName} ${dd}`
  const suffix = zone === undefined ? '' : ` ${zone.abbreviation}`
  const weekday = WEEKDAYS[dayOfWeek(days)] ?? ''
  return `${weekday} ${date} ${time} ${fourDigitYear(year)}${suffix}${year > 0 ? '' : ' BC'}`
}

function fourDigitYear(year: number): string {
  return String(year > 0 ? year : 1 - year).padStart(4, '0')
}
