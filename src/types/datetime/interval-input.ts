/** Reads intervals in PostgreSQL's, the SQL standard's and ISO 8601's notation. */
import { EngineError, SQLSTATE } from '../../errors.js'
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
    return fitInterval(readEither(text, range, style), typmod)
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

function isInt32(value: number): boolean {
  return value <= INT32_MAX && value >= -INT32_MAX - 1
}

/** Years and months are counted apart until the end, as their signs and bounds are. */
interface Sums {
  years: number
  months: number
  days: number
  micros: number
}

function partsOf({ years, months, days, micros }: Sums): IntervalParts {
  if (!isInt32(years) || !isInt32(months) || !isInt32(days) || Math.abs(micros) >= INT64_BOUND) {
    throw new FieldOverflow()
  }
  const total = years * 12 + months
  if (!isInt32(total)) throw new EngineError(SQLSTATE.datetimeOverflow, 'interval out of range')
  // Adding zero turns -0 into 0.
  return { months: total + 0, days: days + 0, micros: micros + 0 }
}

class IntervalReader {
  readonly #range: number
  readonly #style: IntervalStyle
  readonly #sums: Sums = { years: 0, months: 0, days: 0, micros: 0 }
  readonly #seen = new Set<string>()

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
    return partsOf(this.#sums)
  }

  /** In the SQL standard a minus before the first field alone turns all of them. */
  #spreadLeadingSign(fields: readonly DatetimeField[]): void {
    if (fields[0]?.text.startsWith('-') !== true) return
    if (fields.slice(1).some(({ text }) => /^[+-]/.test(text))) return
    this.#apply((value) => -Math.abs(value))
  }

  #apply(change: (value: number) => number): void {
    const sums = this.#sums
    sums.years = change(sums.years)
    sums.months = change(sums.months)
    sums.days = change(sums.days)
    sums.micros = change(sums.micros)
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
    this.#sums.micros += sign === '-' ? -micros : micros
  }

  /** Adds a number of units; returns the unit that the next number to the left has by default. */
  #addNumber(text: string, unit: Unit): Unit | undefined {
    const yearMonth = /^([+-]?)(\d+)-(\d+)$/.exec(text)
    if (yearMonth !== null) {
      const months = Number(yearMonth[3])
      if (months >= 12) throw new FieldOverflow()
      this.#mark('month')
      const total = Number(yearMonth[2]) * 12 + months
      this.#sums.months += yearMonth[1] === '-' ? -total : total
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
      this.#sums.micros += value * scale + fractionOf(fraction, scale)
    }
    const addDays = (perUnit: number): void => {
      const exact = fraction * perUnit
      const days = Math.trunc(exact)
      this.#sums.days += days
      this.#sums.micros += fractionOf(exact - days, MICROS_PER_DAY)
    }
    const addYears = (years: number): void => {
      this.#sums.years += value * years
      this.#sums.months += roundEven(fraction * years * 12)
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
        this.#sums.days += value
        this.#sums.micros += fractionOf(fraction, MICROS_PER_DAY)
        return
      case 'week':
        this.#sums.days += value * 7
        return addDays(7)
      case 'month':
        this.#sums.months += value
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

/**
 * Reads ISO 8601: designators (`P1Y2M3W4DT5H6M7.8S`), the extended alternative (`P0001-02-03T04:05:06`) and the basic one
 * (`P00010203T040506`).
 */
function readIso(text: string): IntervalParts {
  if (text.length < 2 || !text.startsWith('P')) throw new Malformed()
  const sums: Sums = { years: 0, months: 0, days: 0, micros: 0 }
  let at = 1
  let isDate = true
  let hasField = false
  while (at < text.length) {
    if (text[at] === 'T') {
      isDate = false
      hasField = false
      at++
      continue
    }
    const number = isoNumber(text, at)
    const unit = text[number.end] ?? ''
    if (unit !== '' && (isDate ? 'YMWD' : 'HMS').includes(unit)) {
      addDesignated(sums, number, isDate ? unit : `T${unit}`)
      at = number.end + 1
      hasField = true
      continue
    }
    const isEnd = unit === '' || (isDate && unit === 'T')
    if (isEnd && !hasField && number.digits === (isDate ? 8 : 6)) {
      addBasic(sums, number, isDate)
      at = number.end
      continue
    }
    if (hasField || !(isEnd || unit === (isDate ? '-' : ':'))) throw new Malformed()
    at = addExtended(sums, text, at, isDate)
    if (at < text.length && !(isDate && text[at] === 'T')) throw new Malformed()
  }
  return partsOf(sums)
}

interface IsoNumber {
  readonly value: number
  readonly fraction: number
  /** Digits before the point. */
  readonly digits: number
  readonly end: number
}

const ISO_NUMBER = /[+-]?(\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y

function isoNumber(text: string, at: number): IsoNumber {
  ISO_NUMBER.lastIndex = at
  const match = ISO_NUMBER.exec(text)
  if (match === null) throw new Malformed()
  const exact = Number(match[0])
  if (Math.abs(exact) > 1e15) throw new FieldOverflow()
  const value = Math.trunc(exact)
  const digits = /^[+-]?(\d*)/.exec(match[0])![1]!.length
  return { value, fraction: exact - value, digits, end: at + match[0].length }
}

function addDesignated(sums: Sums, { value, fraction }: IsoNumber, unit: string): void {
  const addDays = (perUnit: number): void => {
    const exact = fraction * perUnit
    sums.days += Math.trunc(exact)
    sums.micros += fractionOf(exact - Math.trunc(exact), MICROS_PER_DAY)
  }
  switch (unit) {
    case 'Y':
      sums.years += value
      sums.months += roundEven(fraction * 12)
      return
    case 'M':
      sums.months += value
      return addDays(30)
    case 'W':
      sums.days += value * 7
      return addDays(7)
    case 'D':
      sums.days += value
      sums.micros += fractionOf(fraction, MICROS_PER_DAY)
      return
    default: {
      const scale =
        unit === 'TH' ? MICROS_PER_HOUR : unit === 'TM' ? MICROS_PER_MINUTE : MICROS_PER_SECOND
      sums.micros += value * scale + fractionOf(fraction, scale)
    }
  }
}

/** YYYYMMDD or HHMMSS. */
function addBasic(sums: Sums, { value, fraction }: IsoNumber, isDate: boolean): void {
  const high = Math.trunc(value / 10_000)
  const middle = Math.trunc(value / 100) % 100
  if (isDate) {
    sums.years += high
    sums.months += middle
    sums.days += value % 100
    sums.micros += fractionOf(fraction, MICROS_PER_DAY)
  } else {
    sums.micros += high * MICROS_PER_HOUR + middle * MICROS_PER_MINUTE
    sums.micros += (value % 100) * MICROS_PER_SECOND + fractionOf(fraction, MICROS_PER_SECOND)
  }
}

/** Up to three numbers between dashes or colons; returns where they end. */
function addExtended(sums: Sums, text: string, start: number, isDate: boolean): number {
  let at = start
  for (const unit of isDate ? ['Y', 'M', 'D'] : ['TH', 'TM', 'TS']) {
    const number = isoNumber(text, at)
    addDesignated(sums, number, unit)
    at = number.end
    if (text[at] !== (isDate ? '-' : ':')) return at
    at++
  }
  throw new Malformed()
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
