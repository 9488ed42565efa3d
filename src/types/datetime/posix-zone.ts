/** Time zones in POSIX notation (`CET-1CEST,M3.5.0,M10.5.0/3`): the rule that ends every zone's table. */
import { dayOfWeek, daysFromCivil, daysInMonth, isLeapYear, UNIX_EPOCH_DAYS } from './datetime.js'

/** A stretch of time with one offset. Times are Unix seconds; the end is not part of it. */
export interface ZonePeriod {
  readonly start: number
  readonly end: number
  /** Seconds east of UTC. */
  readonly offset: number
  readonly isDaylight: boolean
  readonly abbreviation: string
}

type DayRule =
  | { readonly kind: 'julian'; readonly day: number }
  | { readonly kind: 'zero-based'; readonly day: number }
  | { readonly kind: 'month'; readonly month: number; readonly week: number; readonly day: number }

interface Change {
  readonly day: DayRule
  /** Seconds of local time after midnight; may be negative or beyond a day. */
  readonly time: number
}

interface Offset {
  readonly offset: number
  readonly abbreviation: string
}

/** A parsed POSIX zone. */
export interface PosixRule {
  readonly standard: Offset
  readonly daylight?: Offset & { readonly begins: Change; readonly ends: Change }
}

const NAME = '(?:<([^>]+)>|([A-Za-z]*))'
const TIME = '([+-]?\\d{1,3}(?::\\d{1,2}(?::\\d{1,2})?)?)'
const ZONE = new RegExp(`^${NAME}${TIME}(?:${NAME}${TIME}?(?:[,;]([^,]+),([^,]+))?)?$`)

/** What a zone with daylight time but without dates follows: the rules of the United States. */
const DEFAULT_CHANGES = ['M3.2.0', 'M11.1.0'] as const

/** Parses POSIX notation; undefined when it is none. */
export function parsePosixRule(text: string): PosixRule | undefined {
  const match = ZONE.exec(text)
  if (match === null) return undefined
  const [, quoted, plain, time = '', daylightQuoted, daylightPlain, daylightTime] = match
  const offset = -parseTime(time)
  if (Math.abs(offset) > 167 * 3600 + 3599) return undefined
  const standard = { offset, abbreviation: quoted ?? plain ?? '' }
  const daylightName = daylightQuoted ?? daylightPlain ?? ''
  if (daylightName === '') return { standard }
  const begins = parseChange(match[7] ?? DEFAULT_CHANGES[0])
  const ends = parseChange(match[8] ?? DEFAULT_CHANGES[1])
  if (begins === undefined || ends === undefined) return undefined
  const daylightOffset = daylightTime === undefined ? offset + 3600 : -parseTime(daylightTime)
  return {
    standard,
    daylight: { offset: daylightOffset, abbreviation: daylightName, begins, ends },
  }
}

function parseTime(text: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = text.replace(/^[+-]/, '').split(':')
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return text.startsWith('-') ? -size : size
}

function parseChange(text: string): Change | undefined {
  const [date = '', time] = text.split('/')
  const at = time === undefined ? 7200 : parseTime(time)
  const month = /^M(\d{1,2})\.(\d)\.(\d)$/.exec(date)
  if (month !== null) {
    const [, m, week, day] = month
    const rule = { month: Number(m), week: Number(week), day: Number(day) }
    return { day: { kind: 'month', ...rule }, time: at }
  }
  const julian = /^(J?)(\d{1,3})$/.exec(date)
  if (julian === null) return undefined
  const kind = julian[1] === 'J' ? 'julian' : 'zero-based'
  return { day: { kind, day: Number(julian[2]) }, time: at }
}

/** Unix seconds of local midnight, as if UTC, of the day that a rule means in a year. */
function dayOfRule(rule: DayRule, year: number): number {
  const first = daysFromCivil(year, 1, 1) + UNIX_EPOCH_DAYS
  switch (rule.kind) {
    case 'zero-based':
      return (first + rule.day) * 86_400
    case 'julian':
      // The 29th of February is never counted.
      return (first + rule.day - 1 + (isLeapYear(year) && rule.day >= 60 ? 1 : 0)) * 86_400
    case 'month': {
      const monthStart = daysFromCivil(year, rule.month, 1)
      let day = (rule.day - dayOfWeek(monthStart) + 7) % 7
      day += (rule.week - 1) * 7
      // Week 5 means the last one.
      while (day >= daysInMonth(year, rule.month)) day -= 7
      return (monthStart + day + UNIX_EPOCH_DAYS) * 86_400
    }
  }
}

/** Finds the period of a rule that contains an instant. */
export function periodOfRule(rule: PosixRule, unixSeconds: number): ZonePeriod {
  const { standard, daylight } = rule
  if (daylight === undefined) {
    return { start: -Infinity, end: Infinity, isDaylight: false, ...standard }
  }
  const year = 1970 + Math.floor((unixSeconds + standard.offset) / 31_556_952)
  const changes: { at: number; toDaylight: boolean }[] = []
  for (let y = year - 2; y <= year + 2; y++) {
    const begins = dayOfRule(daylight.begins.day, y) + daylight.begins.time - standard.offset
    const ends = dayOfRule(daylight.ends.day, y) + daylight.ends.time - daylight.offset
    changes.push({ at: begins, toDaylight: true }, { at: ends, toDaylight: false })
  }
  changes.sort((a, b) => a.at - b.at)
  let index = changes.findIndex(({ at }) => at > unixSeconds) - 1
  // Year-round daylight time ends at the moment it begins again: skip empty stretches.
  while (index > 0 && changes[index - 1]!.at === changes[index]!.at) index--
  const current = changes[index]!
  const next = changes.find(({ at }) => at > unixSeconds)!
  const isDaylight = current.toDaylight
  const { offset, abbreviation } = isDaylight ? daylight : standard
  return { start: current.at, end: next.at, offset, isDaylight, abbreviation }
}
