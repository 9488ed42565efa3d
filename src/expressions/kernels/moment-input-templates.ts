/** to_date and to_timestamp: what the fields of a template say together, as a day and a time of day. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  DATE_END,
  DATE_MINIMUM,
  EPOCH_JULIAN_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  civilFromDays,
  dayOfWeek,
  daysFromCivil,
  daysInMonth,
  isLeapYear,
  type CivilDate,
} from '../../types/datetime/datetime.js'
import { datetimeOutOfRange } from './arithmetic-errors.js'
import { sessionZone } from './datetime-arithmetic.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { addMicros, checkedMoment, joinMoment, toInstant } from './moment.js'
import { fieldOf, momentTemplate } from './moment-template.js'
import { constantText } from './pattern-matching.js'
import { readFields, type ReadFields } from './read-moment.js'
import { roundMicros } from './round-micros.js'
import { rowWiseWith } from './row-wise.js'

/** A date as far as it was said, and whether year, month and day were. */
interface Said extends CivilDate {
  readonly hasYear: boolean
  readonly hasMonth: boolean
  readonly hasDay: boolean
}

/** A moment without zone, and the zone that was read: seconds east. */
interface Moment {
  readonly date: CivilDate
  readonly micros: number
  readonly zone: number | undefined
  readonly precision: number
}

function readMoment(text: string, template: string): Moment {
  const fields = readFields(text, momentTemplate(template))
  const seconds = timeOfDay(fields)
  const said = dateOf(fields, text)
  const micros = fields.millisecond * 1000 + fields.microsecond
  requireDate(said, text)
  const { hour, minute, second } = seconds
  const isTime =
    [hour, minute, second, micros].every((part) => part >= 0) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    micros < MICROS_PER_SECOND
  if (!isTime) throw fieldOutOfRange(text)
  return {
    date: said,
    micros:
      hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + second * MICROS_PER_SECOND + micros,
    zone: zoneOf(fields, text),
    precision: fields.precision,
  }
}

function timeOfDay(fields: ReadFields): {
  readonly hour: number
  readonly minute: number
  readonly second: number
} {
  const { secondOfDay, is12Hours, isAfternoon } = fields
  let hour = fields.hour || Math.trunc(secondOfDay / 3600)
  const minute = fields.minute || Math.trunc((secondOfDay % 3600) / 60)
  const second = fields.second || secondOfDay % 60
  if (is12Hours) {
    if (hour < 1 || hour > 12) {
      throw new EngineError(
        SQLSTATE.invalidDatetimeFormat,
        `hour "${hour}" is invalid for the 12-hour clock`,
        { hint: 'Use the 24-hour clock, or give an hour between 1 and 12.' },
      )
    }
    if (isAfternoon !== 0 && hour < 12) hour += 12
    else if (isAfternoon === 0 && hour === 12) hour = 0
  }
  return { hour, minute, second }
}

/** Year 0 is 1 BC. */
function yearOf({ year, century, isBefore, yearWidth }: ReadFields): number | undefined {
  const signed = isBefore !== 0 ? -century : century
  if (year !== 0) {
    if (century === 0 || yearWidth > 2) {
      const era = isBefore !== 0 ? -year : year
      return era < 0 ? era + 1 : era
    }
    const short = year % 100
    if (short === 0) return signed * 100 + (signed >= 0 ? 0 : 1)
    return signed >= 0 ? short + (signed - 1) * 100 : (signed + 1) * 100 - short + 1
  }
  if (century === 0) return undefined
  return signed >= 0 ? (signed - 1) * 100 + 1 : signed * 100 + 1
}

function dateOf(fields: ReadFields, text: string): Said {
  const year = yearOf(fields)
  if (year !== undefined && !isInt4(year)) throw fieldOutOfRange(text)
  let said: Said = {
    ...{ year: year ?? 0, month: 1, day: 1 },
    ...{ hasYear: year !== undefined, hasMonth: false, hasDay: false },
  }
  const isIso = fields.calendar === 'iso'
  let { dayOfYear, day } = fields
  if (fields.julian !== 0) said = whole(fields.julian - EPOCH_JULIAN_DAY)
  if (fields.week !== 0) {
    if (isIso) said = whole(isoWeekDay(said.year, fields.week, fields.weekday))
    else dayOfYear = (fields.week - 1) * 7 + 1
    if (!isInt4(dayOfYear)) throw fieldOutOfRange(text)
  }
  if (fields.weekOfMonth !== 0) {
    day = (fields.weekOfMonth - 1) * 7 + 1
    if (!isInt4(day)) throw fieldOutOfRange(text)
  }
  if (day !== 0) said = { ...said, day, hasDay: true }
  if (fields.month !== 0) said = { ...said, month: fields.month, hasMonth: true }
  if (dayOfYear === 0 || (said.month > 1 && said.day > 1)) return said
  if (said.year === 0 && fields.isBefore === 0) {
    throw new EngineError(
      SQLSTATE.invalidDatetimeFormat,
      'cannot calculate day of year without year information',
    )
  }
  return isIso ? whole(isoWeekDay(said.year, 1, 0) - 1 + dayOfYear) : withDayOfYear(said, dayOfYear)
}

function whole(days: number): Said {
  return { ...civilFromDays(days), hasYear: true, hasMonth: true, hasDay: true }
}

/** Month and day of a day of the year, where they were not said. */
function withDayOfYear(said: Said, dayOfYear: number): Said {
  let before = 0
  let month = 1
  while (month <= 12) {
    const length = daysInMonth(isLeapYear(said.year) ? 2000 : 2001, month)
    if (dayOfYear <= before + length) break
    before += length
    month++
  }
  return {
    ...said,
    month: said.month <= 1 ? month : said.month,
    day: said.day <= 1 ? dayOfYear - before : said.day,
    hasMonth: true,
    hasDay: true,
  }
}

/** A day of an ISO week. `weekday`: 1 is Sunday, the week's last; 0: the week's first. */
function isoWeekDay(year: number, week: number, weekday: number): number {
  const fourth = daysFromCivil(year, 1, 4)
  const monday = fourth - ((dayOfWeek(fourth) + 6) % 7) + (week - 1) * 7
  if (weekday === 0) return monday
  return weekday > 1 ? monday + weekday - 2 : monday + 6
}

function requireDate({ year, month, day, hasYear, hasMonth, hasDay }: Said, text: string): void {
  const isRight =
    (!hasMonth || (month >= 1 && month <= 12)) &&
    (!hasDay || (day >= 1 && day <= 31)) &&
    (!hasYear || !hasMonth || !hasDay || day <= daysInMonth(year, month))
  if (!isRight) throw fieldOutOfRange(text)
}

function zoneOf({ zoneSign, zoneHour, zoneMinute }: ReadFields, text: string): number | undefined {
  if (zoneSign === 0) return undefined
  if (zoneHour < 0 || zoneHour > 15 || zoneMinute < 0 || zoneMinute >= 60) {
    throw new EngineError('22009', `time zone displacement out of range: "${text}"`)
  }
  return zoneSign * (zoneHour * 60 + zoneMinute) * 60
}

function fieldOutOfRange(text: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, `date/time field value out of range: "${text}"`)
}

function isInt4(value: number): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31
}

/** Days that PostgreSQL can count: from 4714-11-24 BC on. */
function isCounted({ year, month }: CivilDate): boolean {
  const isLate = year > -4713 || (year === -4713 && month >= 11)
  return isLate && (year < 5_874_898 || (year === 5_874_898 && month < 6))
}

function daysOf(date: CivilDate): number | undefined {
  return isCounted(date) ? daysFromCivil(date.year, date.month, date.day) : undefined
}

/** Zones by abbreviation are PostgreSQL's to know, and so are templates that each row has its own of. */
function refuse(name: string): GuardedKernel['refuse'] {
  return (call) => {
    const template = constantText(call.arguments[1])
    if (template === undefined) return `${name} with a template that is not constant is not native`
    const hasZone = momentTemplate(template).some(
      (node) => node.kind === 'field' && fieldOf(node.name) === 'TZ',
    )
    return hasZone ? `${name} with TZ is not native` : undefined
  }
}

/** Dates and times by templates, by signature. */
export const MOMENT_INPUT_TEMPLATES: KernelTable = {
  'to_date(text,text)': {
    refuse: refuse('to_date'),
    run: rowWiseWith(['text', 'text'], 'int32', () => (text, template) => {
      const days = daysOf(readMoment(text, template).date)
      if (days !== undefined && days >= DATE_MINIMUM && days < DATE_END) return days
      throw new EngineError(SQLSTATE.datetimeOverflow, `date out of range: "${text}"`)
    }),
  },
  'to_timestamp(text,text)': {
    refuse: refuse('to_timestamp'),
    run: rowWiseWith(['text', 'text'], 'int64', (call) => {
      const zone = sessionZone(call)
      return (text, template) => {
        const moment = readMoment(text, template)
        const days = daysOf(moment.date)
        if (days === undefined) throw datetimeOutOfRange('timestamp')
        const { precision } = moment
        const micros = precision > 0 ? roundMicros(moment.micros, precision) : moment.micros
        const local = joinMoment(days, micros)
        return checkedMoment(
          moment.zone === undefined
            ? toInstant(zone, local)
            : addMicros(local, -moment.zone * MICROS_PER_SECOND),
        )
      }
    }),
  },
}
