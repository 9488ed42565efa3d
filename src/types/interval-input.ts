/** Reads intervals in PostgreSQL's, the SQL standard's and ISO 8601's notation. */
import { EngineError, SQLSTATE } from '../errors.js'
import {
  INTERVAL_INFINITY,
  INTERVAL_MINUS_INFINITY,
  type IntervalParts,
} from './datetime-canonical.js'
import { splitDatetime, type DatetimeField } from './datetime-tokens.js'
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from './datetime.js'
import type { IntervalStyle } from './interval-output.js'

type Unit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'

const SPELLINGS: Readonly<Record<Unit, string>> = {
  microsecond: 'us usec usecond useconds usecs microsecond microseconds',
  millisecond: 'ms msec msecond mseconds msecs millisecond milliseconds',
  second: 's sec second seconds secs',
  minute: 'm min mins minute minutes',
  hour: 'h hour hours hr hrs',
  day: 'd day days',
  week: 'w week weeks',
  month: 'mon mons month months',
  year: 'y year years yr yrs',
  decade: 'dec decade decades decs',
  century: 'c cent centuries century',
  millennium: 'mil mils millennia millennium',
}

const UNITS = new Map<string, Unit>(
  (Object.entries(SPELLINGS) as [Unit, string][]).flatMap(([unit, names]) =>
    // Only the first ten letters of a word count.
    names.split(' ').map((name): [string, Unit] => [name.slice(0, 10), unit]),
  ),
)

const INT32_MAX = 2_147_483_647
const INT64_BOUND = 2 ** 63

// Fields of a modifier (interval day to second), as PostgreSQL numbers them.
const YEAR_FIELD = 1 << 2
const MONTH_FIELD = 1 << 1
const DAY_FIELD = 1 << 3
const HOUR_FIELD = 1 << 10
const MINUTE_FIELD = 1 << 11
const SECOND_FIELD = 1 << 12
const ALL_FIELDS = 0x7fff

class Malformed extends Error {}
class FieldOverflow extends Error {}

/** Reads an interval and fits it into its modifier (-1: none). */
export function readInterval(text: string, typmod: number, style: IntervalStyle): IntervalParts {
  const range = typmod < 0 ? ALL_FIELDS : (typmod >> 16) & ALL_FIELDS
  try {
    return fitInterval(checkRange(readEither(text, range, style)), typmod)
  } catch (error) {
    if (error instanceof Malformed) {
      throw new EngineError(
        SQLSTATE.invalidDatetimeFormat,
        `invalid input syntax for type interval: "${text}"`,
      )
    }
    if (error instanceof FieldOverflow) {
      throw new EngineError('22015', `interval field value out of range: "${text}"`)
    }
    throw error
  }
}

function readEither(text: string, range: number, style: IntervalStyle): IntervalParts {
  try {
    const fields = splitDatetime(text)
    if (fields === undefined) throw new Malformed()
    return new IntervalReader(range, style).read(fields)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return readIso(text)
  }
}

function checkRange(parts: IntervalParts): IntervalParts {
  if (parts === INTERVAL_INFINITY || parts === INTERVAL_MINUS_INFINITY) return parts
  const isInt32 = (value: number): boolean => value <= INT32_MAX && value >= -INT32_MAX - 1
  if (!isInt32(parts.days)) throw new FieldOverflow()
  if (!isInt32(parts.months) || Math.abs(parts.micros) >= INT64_BOUND) {
    throw new EngineError(SQLSTATE.datetimeOverflow, 'interval out of range')
  }
  return { months: parts.months + 0, days: parts.days + 0, micros: parts.micros + 0 }
}

class IntervalReader {
  readonly #range: number
  readonly #style: IntervalStyle
  #months = 0
  #days = 0
  #micros = 0
  #seen = new Set<string>()

  constructor(range: number, style: IntervalStyle) {
    this.#range = range
    this.#style = style
  }

  /** Reads from right to left, so that a unit is known before its number. */
  read(fields: readonly DatetimeField[]): IntervalParts {
    if (fields.length === 0) throw new Malformed()
    let unit: Unit | undefined
    let isUnitPending = false
    let isBefore = false
    for (let index = fields.length - 1; index >= 0; index--) {
      const { kind, text } = fields[index]!
      if (kind === 'string' || kind === 'special') {
        const infinite = infinityNamed(text)
        if (infinite !== undefined) {
          if (fields.length !== 1) throw new Malformed()
          return infinite
        }
        if (text === 'ago') {
          if (index !== fields.length - 1) throw new Malformed()
          isBefore = true
          continue
        }
        if (text === 'at' || text === 'on') continue
        const named = UNITS.get(text.slice(0, 10))
        if (named === undefined || isUnitPending) throw new Malformed()
        unit = named
        isUnitPending = true
        continue
      }
      if (kind === 'time' || (kind === 'zone' && text.includes(':'))) {
        this.#addTime(text)
        unit = 'day'
        isUnitPending = false
        continue
      }
      unit = this.#addNumber(text, unit ?? this.#defaultUnit())
      isUnitPending = false
    }
    if (this.#seen.size === 0 || isUnitPending) throw new Malformed()
    if (this.#style === 'sql_standard') this.#spreadLeadingSign(fields)
    if (isBefore) this.#apply((value) => -value)
    return { months: this.#months, days: this.#days, micros: this.#micros }
  }

  /** In the SQL standard a minus before the first field alone turns all of them. */
  #spreadLeadingSign(fields: readonly DatetimeField[]): void {
    if (fields[0]?.text.startsWith('-') !== true) return
    if (fields.slice(1).some(({ text }) => /^[+-]/.test(text))) return
    this.#apply((value) => -Math.abs(value))
  }

  #apply(change: (value: number) => number): void {
    this.#months = change(this.#months)
    this.#days = change(this.#days)
    this.#micros = change(this.#micros)
  }

  /** What a number without unit means: the last field of the modifier, or seconds. */
  #defaultUnit(): Unit {
    switch (this.#range) {
      case YEAR_FIELD:
        return 'year'
      case MONTH_FIELD:
      case YEAR_FIELD | MONTH_FIELD:
        return 'month'
      case DAY_FIELD:
        return 'day'
      case HOUR_FIELD:
      case DAY_FIELD | HOUR_FIELD:
        return 'hour'
      case MINUTE_FIELD:
      case HOUR_FIELD | MINUTE_FIELD:
      case DAY_FIELD | HOUR_FIELD | MINUTE_FIELD:
        return 'minute'
      default:
        return 'second'
    }
  }

  #mark(...units: string[]): void {
    for (const unit of units) {
      if (this.#seen.has(unit)) throw new Malformed()
      this.#seen.add(unit)
    }
  }

  #addTime(text: string): void {
    const match = /^([+-]?)(\d+):(\d+)(?::(\d+))?(\.\d*)?$/.exec(text)
    if (match === null) throw new Malformed()
    const [, sign, first, second, third, fraction] = match
    this.#mark('hour', 'minute', 'second', 'millisecond', 'microsecond')
    let parts = [Number(first), Number(second), Number(third ?? 0)]
    const isMinuteToSecond =
      third === undefined &&
      (fraction !== undefined || this.#range === (MINUTE_FIELD | SECOND_FIELD))
    if (isMinuteToSecond) parts = [0, parts[0]!, parts[1]!]
    const [hour = 0, minute = 0, seconds = 0] = parts
    if (minute > 59 || seconds > 60) throw new FieldOverflow()
    const micros =
      hour * MICROS_PER_HOUR +
      minute * MICROS_PER_MINUTE +
      seconds * MICROS_PER_SECOND +
      fractionOf(Number(`0${fraction ?? ''}`), MICROS_PER_SECOND)
    this.#micros += sign === '-' ? -micros : micros
  }

  /** Adds a number of units; returns the unit that the next number to the left has by default. */
  #addNumber(text: string, unit: Unit): Unit | undefined {
    const yearMonth = /^([+-]?)(\d+)-(\d+)$/.exec(text)
    if (yearMonth !== null) {
      const months = Number(yearMonth[3])
      if (months >= 12) throw new FieldOverflow()
      this.#mark('month')
      const total = Number(yearMonth[2]) * 12 + months
      this.#months += yearMonth[1] === '-' ? -total : total
      return 'month'
    }
    const match = /^([+-]?)(\d*)(\.\d*)?$/.exec(text)
    if (match === null) throw new Malformed()
    const [, sign, whole = '', fractionText] = match
    if (Number(whole) >= INT64_BOUND) throw new FieldOverflow()
    const direction = sign === '-' ? -1 : 1
    const value = Number(whole) * direction
    const fraction = fractionText === undefined ? 0 : Number(`0${fractionText}`) * direction
    if (unit === 'second' && fraction !== 0) this.#mark('second', 'millisecond', 'microsecond')
    else this.#mark(unit)
    this.#addUnits(unit, value, fraction)
    return unit === 'hour' ? 'day' : unit
  }

  #addUnits(unit: Unit, value: number, fraction: number): void {
    const addTime = (scale: number): void => {
      this.#micros += value * scale + fractionOf(fraction, scale)
    }
    const addDays = (perUnit: number): void => {
      const exact = fraction * perUnit
      const days = Math.trunc(exact)
      this.#days += days
      this.#micros += fractionOf(exact - days, MICROS_PER_DAY)
    }
    const addYears = (years: number): void => {
      this.#months += value * years * 12 + roundEven(fraction * years * 12)
    }
    switch (unit) {
      case 'microsecond':
        return addTime(1)
      case 'millisecond':
        return addTime(1000)
      case 'second':
        return addTime(MICROS_PER_SECOND)
      case 'minute':
        return addTime(MICROS_PER_MINUTE)
      case 'hour':
        return addTime(MICROS_PER_HOUR)
      case 'day':
        this.#days += value
        this.#micros += fractionOf(fraction, MICROS_PER_DAY)
        return
      case 'week':
        this.#days += value * 7
        return addDays(7)
      case 'month':
        this.#months += value
        return addDays(30)
      case 'year':
        return addYears(1)
      case 'decade':
        return addYears(10)
      case 'century':
        return addYears(100)
      case 'millennium':
        return addYears(1000)
    }
  }
}

function infinityNamed(text: string): IntervalParts | undefined {
  if (text === 'infinity' || text === '+infinity') return INTERVAL_INFINITY
  return text === '-infinity' ? INTERVAL_MINUS_INFINITY : undefined
}

/** Scales a fraction to whole units; what is left rounds away from zero only beyond a half. */
function fractionOf(fraction: number, scale: number): number {
  const exact = fraction * scale
  const whole = Math.trunc(exact)
  const rest = exact - whole
  return rest > 0.5 ? whole + 1 : rest < -0.5 ? whole - 1 : whole
}

function roundEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/** Reads `P1Y2M3DT4H5M6.7S`, `P3W` and the alternative form `P0001-02-03T04:05:06`. */
function readIso(text: string): IntervalParts {
  const match = /^P([^T]*)(?:T(.*))?$/.exec(text)
  if (match === null || text.length < 2) throw new Malformed()
  const [, date = '', time] = match
  if (time === '') throw new Malformed()
  let months = 0
  let days = 0
  let micros = 0
  const alternativeDate = /^([+-]?\d+)-(\d+)-(\d+)$/.exec(date)
  if (alternativeDate !== null) {
    months = Number(alternativeDate[1]) * 12 + Number(alternativeDate[2])
    days = Number(alternativeDate[3])
  } else {
    eachDesignator(date, 'YMWD', (value, fraction, unit) => {
      if (unit === 'Y') months += value * 12 + roundEven(fraction * 12)
      else if (unit === 'D') {
        days += value
        micros += fractionOf(fraction, MICROS_PER_DAY)
      } else {
        const perUnit = unit === 'M' ? 30 : 7
        if (unit === 'M') months += value
        else days += value * 7
        const exact = fraction * perUnit
        days += Math.trunc(exact)
        micros += fractionOf(exact - Math.trunc(exact), MICROS_PER_DAY)
      }
    })
  }
  const clock = /^([+-]?)(\d+):(\d+)(?::(\d+(?:\.\d*)?))?$/.exec(time ?? '')
  if (clock !== null) {
    const size =
      Number(clock[2]) * MICROS_PER_HOUR +
      Number(clock[3]) * MICROS_PER_MINUTE +
      Math.round(Number(clock[4] ?? 0) * MICROS_PER_SECOND)
    micros += clock[1] === '-' ? -size : size
  } else if (time !== undefined) {
    eachDesignator(time, 'HMS', (value, fraction, unit) => {
      const scale =
        unit === 'H' ? MICROS_PER_HOUR : unit === 'M' ? MICROS_PER_MINUTE : MICROS_PER_SECOND
      micros += value * scale + fractionOf(fraction, scale)
    })
  }
  return { months, days, micros }
}

function eachDesignator(
  text: string,
  units: string,
  take: (value: number, fraction: number, unit: string) => void,
): void {
  const pattern = new RegExp(`([+-]?)(\\d*)([.,]\\d*)?([${units}])`, 'y')
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null || (match[2] === '' && match[3] === undefined)) throw new Malformed()
    const direction = match[1] === '-' ? -1 : 1
    const fraction = Number(`0${(match[3] ?? '').replace(',', '.')}`)
    take(Number(match[2]) * direction, fraction * direction, match[4]!)
  }
}

/** Cuts an interval to the fields of its modifier and rounds its seconds. */
export function fitInterval(parts: IntervalParts, typmod: number): IntervalParts {
  if (typmod < 0 || Math.abs(parts.micros) === INT64_BOUND) return parts
  const range = (typmod >> 16) & ALL_FIELDS
  const precision = typmod & 0xffff
  let { months, days, micros } = parts
  const truncateTo = (unit: number): void => {
    micros = Math.trunc(micros / unit) * unit
  }
  switch (range) {
    case YEAR_FIELD:
      months = Math.trunc(months / 12) * 12
      days = 0
      micros = 0
      break
    case MONTH_FIELD:
    case YEAR_FIELD | MONTH_FIELD:
      days = 0
      micros = 0
      break
    case DAY_FIELD:
      micros = 0
      break
    case HOUR_FIELD:
    case DAY_FIELD | HOUR_FIELD:
      truncateTo(MICROS_PER_HOUR)
      break
    case MINUTE_FIELD:
    case HOUR_FIELD | MINUTE_FIELD:
    case DAY_FIELD | HOUR_FIELD | MINUTE_FIELD:
      truncateTo(MICROS_PER_MINUTE)
      break
    default:
      break
  }
  if (precision <= 6) {
    const unit = 10 ** (6 - precision)
    const size = Math.floor((Math.abs(micros) + Math.floor(unit / 2)) / unit) * unit
    micros = micros < 0 ? -size : size
  }
  return { months: months + 0, days: days + 0, micros: micros + 0 }
}
