/**
 * Takes the fields of a date and time one by one: each says which parts of the moment it gives, and no part may be given twice. What a
 * number means depends on what is known already and on DateStyle's order.
 */
import { civilFromDays, EPOCH_JULIAN_DAY } from './datetime.js'
import { DatetimeFault } from './datetime-fault.js'
import type { DateFieldOrder } from './date-style.js'
import { wordNamed, type DatetimeField, type Word } from './datetime-tokens.js'
import { findAbbreviation, findZone, UTC, type TimeZone } from './time-zone.js'

/** What reading depends on. */
export interface DatetimeInputContext {
  readonly order: DateFieldOrder
  readonly zone: TimeZone
  /** µs since 2000-01-01 UTC. */
  readonly now: number
}

/** What fields gave, each part 0 or undefined where none did. */
export interface DatetimeParts {
  /** {@link YEAR} and its like, or-ed. */
  readonly given: number
  readonly special: 'epoch' | 'infinity' | '-infinity' | undefined
  readonly year: number
  readonly month: number
  readonly day: number
  readonly dayOfYear: number
  readonly isTwoDigitYear: boolean
  /** The date is counted in days: no era applies. */
  readonly isJulian: boolean
  readonly isBeforeChrist: boolean
  readonly isAfternoon: boolean | undefined
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** µs */
  readonly fraction: number
  /** Seconds east of UTC, where the zone is not named. */
  readonly offset: number
  readonly zone: TimeZone | undefined
  readonly abbreviation: string | undefined
}

export const YEAR = 1
export const MONTH = 2
export const DAY = 4
export const DATE = YEAR | MONTH | DAY
export const DAY_OF_YEAR = 8
export const TIME = 16
export const ZONE = 32
export const DAYLIGHT_MODIFIER = 64
const MERIDIEM = 128
const ERA = 256
const WEEKDAY = 512

const INT32_MAX = 2_147_483_647

/** The day that it is in the context's zone. */
export function todayOf({ now, zone }: DatetimeInputContext): number {
  return Math.floor((now + zone.offsetAt(now) * 1_000_000) / 86_400_000_000)
}

/** Takes the fields of one input. `timeOnly`: for time and timetz, where a date is optional. */
export function takeFields(
  fields: readonly DatetimeField[],
  context: DatetimeInputContext,
  timeOnly: boolean,
): DatetimeParts {
  return new FieldTaker(context, timeOnly).read(fields)
}

type Prefix = 'julian' | 'time' | 'unit' | undefined

class FieldTaker {
  readonly #context: DatetimeInputContext
  readonly #timeOnly: boolean
  #given = 0
  #year = 0
  #month = 0
  #day = 0
  #dayOfYear = 0
  #hour = 0
  #minute = 0
  #second = 0
  #fraction = 0
  /** Seconds east of UTC, once known. */
  #offset = 0
  #namedZone: TimeZone | undefined
  #zoneAbbreviation: string | undefined
  #isTwoDigitYear = false
  #hasTextMonth = false
  #isJulian = false
  #isBeforeChrist = false
  #isAfternoon: boolean | undefined
  #prefix: Prefix
  #special: 'epoch' | 'infinity' | '-infinity' | undefined

  constructor(context: DatetimeInputContext, timeOnly: boolean) {
    this.#context = context
    this.#timeOnly = timeOnly
  }

  read(fields: readonly DatetimeField[]): DatetimeParts {
    fields.forEach((field, index) => {
      const gives = this.#readField(field, index, fields)
      if ((gives & this.#given) !== 0) throw new DatetimeFault('format')
      this.#given |= gives
    })
    if (this.#prefix !== undefined) throw new DatetimeFault('format')
    return {
      ...{ given: this.#given, special: this.#special },
      ...{ year: this.#year, month: this.#month, day: this.#day, dayOfYear: this.#dayOfYear },
      ...{ isTwoDigitYear: this.#isTwoDigitYear, isJulian: this.#isJulian },
      ...{ isBeforeChrist: this.#isBeforeChrist, isAfternoon: this.#isAfternoon },
      ...{ hour: this.#hour, minute: this.#minute, second: this.#second, fraction: this.#fraction },
      ...{ offset: this.#offset, zone: this.#namedZone, abbreviation: this.#zoneAbbreviation },
    }
  }

  #readField(field: DatetimeField, index: number, fields: readonly DatetimeField[]): number {
    switch (field.kind) {
      case 'date':
        return this.#readDateField(field.text, index, fields)
      case 'time':
        if (this.#prefix !== undefined && this.#prefix !== 'time') throw new DatetimeFault('format')
        this.#prefix = undefined
        return this.#readTime(field.text)
      case 'zone':
        this.#offset = parseDisplacement(field.text)
        return ZONE
      case 'number':
        return this.#readNumberField(field.text)
      case 'string':
      case 'special':
        return this.#readWord(field.text, index, fields)
    }
  }

  #readDateField(text: string, index: number, fields: readonly DatetimeField[]): number {
    if (this.#prefix === 'julian') {
      // J2451187-08: a Julian day with a zone.
      this.#prefix = undefined
      const at = text.search(/\D/)
      this.#setJulianDay(Number(text.slice(0, at)))
      this.#offset = parseDisplacement(text.slice(at))
      return DATE | TIME | ZONE
    }
    const isDateInTime =
      this.#timeOnly &&
      index === 0 &&
      fields.length >= 2 &&
      (fields[fields.length - 1]?.kind === 'date' || fields[1]?.kind === 'time')
    const hasDate = (this.#given & (MONTH | DAY)) === (MONTH | DAY)
    if (this.#prefix === undefined && !hasDate && (!this.#timeOnly || isDateInTime)) {
      return this.#readDate(text)
    }
    if (/^\d/.test(text) || this.#prefix !== undefined) {
      // A run-together time with its zone: 040506-08.
      if (this.#prefix !== undefined && this.#prefix !== 'time') throw new DatetimeFault('format')
      this.#prefix = undefined
      const dash = text.indexOf('-')
      if ((this.#given & TIME) !== 0 || dash < 0) throw new DatetimeFault('format')
      this.#offset = parseDisplacement(text.slice(dash))
      return ZONE | this.#readRunTogether(text.slice(0, dash), this.#given | DATE)
    }
    return this.#readZoneName(text)
  }

  #readZoneName(text: string): number {
    this.#namedZone = findZone(text)
    if (this.#namedZone === undefined) throw new DatetimeFault('zone', text)
    return ZONE
  }

  /** A date in one field: numbers and month names between delimiters. */
  #readDate(text: string): number {
    const parts = text.match(/\d+|[a-z]+/g) ?? []
    if (/[^a-z0-9]$/.test(text)) throw new DatetimeFault('format')
    let gives = 0
    for (const part of parts) {
      if (!/^[a-z]/.test(part)) continue
      const word = wordNamed(part)
      if (word?.kind === 'ignore') continue
      if (word?.kind !== 'month' || ((this.#given | gives) & MONTH) !== 0) {
        throw new DatetimeFault('format')
      }
      this.#month = word.month
      this.#hasTextMonth = true
      gives |= MONTH
    }
    for (const part of parts) {
      if (!/^\d/.test(part)) continue
      const adds = this.#readNumber(part, this.#given | gives)
      if ((adds & (this.#given | gives)) !== 0) throw new DatetimeFault('format')
      gives |= adds
    }
    // Nothing but a zone or the day of the year may come before a date of this form.
    if (((this.#given | gives) & ~(DAY_OF_YEAR | ZONE)) !== DATE) throw new DatetimeFault('format')
    return gives
  }

  #readTime(text: string): number {
    const match = /^(\d+):(\d*)(?::(\d*))?(\.\d*)?$/.exec(text)
    if (match === null) throw new DatetimeFault('format')
    const [, first, second, third, fraction] = match
    this.#fraction = parseFraction(fraction)
    if (third === undefined && fraction !== undefined) {
      // mm:ss.fff
      this.#hour = 0
      this.#minute = smallInteger(first)
      this.#second = smallInteger(second)
    } else {
      this.#hour = smallInteger(first)
      this.#minute = smallInteger(second)
      this.#second = third === undefined ? 0 : smallInteger(third)
    }
    this.#checkTime()
    return TIME
  }

  #checkTime(): void {
    if (this.#minute > 59 || this.#second > 60 || this.#fraction > 1_000_000) {
      throw new DatetimeFault('field')
    }
    const total =
      (this.#hour * 3600 + this.#minute * 60 + this.#second) * 1_000_000 + this.#fraction
    if (this.#hour > 24 || total > 86_400_000_000) throw new DatetimeFault('field')
  }

  #readNumberField(text: string): number {
    if (this.#prefix === 'julian') {
      this.#prefix = undefined
      const value = Number(text)
      if (!/^\d+(\.\d*)?$/.test(text) || value > INT32_MAX) throw new DatetimeFault('field')
      const day = Math.floor(value)
      this.#setJulianDay(day)
      if (!text.includes('.')) return DATE
      const micros = Math.round((value - day) * 86_400_000_000)
      this.#setTime(micros)
      return DATE | TIME
    }
    if (this.#prefix === 'time') {
      this.#prefix = undefined
      const gives = this.#readRunTogether(text, this.#given | DATE)
      if (gives !== TIME) throw new DatetimeFault('format')
      return gives
    }
    if (this.#prefix !== undefined) throw new DatetimeFault('format')
    const point = text.indexOf('.')
    if (this.#timeOnly) return this.#readRunTogether(text, this.#given | DATE)
    if (point >= 0 && (this.#given & DATE) === 0) return this.#readDate(text)
    if (point > 2) return this.#readRunTogether(text, this.#given)
    if (text.length >= 6 && ((this.#given & DATE) === 0 || (this.#given & TIME) === 0)) {
      return this.#readRunTogether(text, this.#given)
    }
    return this.#readNumber(text, this.#given)
  }

  /** A number whose meaning depends on what is known already and on DateStyle's field order. */
  #readNumber(text: string, given: number): number {
    const point = text.indexOf('.')
    if (point > 2) return this.#readRunTogether(text, given | DATE)
    const value = Number(point < 0 ? text : text.slice(0, point))
    if (value > INT32_MAX) throw new DatetimeFault('field')
    if (point >= 0) this.#fraction = parseFraction(text.slice(point))
    const { length } = text
    const isYearLike = length >= 3 || this.#context.order === 'ymd'
    if (length === 3 && (given & DATE) === YEAR && value >= 1 && value <= 366) {
      this.#dayOfYear = value
      return DAY_OF_YEAR | MONTH | DAY
    }
    switch (given & DATE) {
      case 0:
        if (isYearLike) return this.#setYear(value, length)
        return this.#context.order === 'dmy' ? this.#setDay(value) : this.#setMonth(value)
      case YEAR:
      case DAY:
        return this.#setMonth(value)
      case MONTH:
        if (this.#hasTextMonth && isYearLike) return this.#setYear(value, length)
        return this.#setDay(value)
      case YEAR | MONTH:
        if (this.#hasTextMonth && length >= 3 && this.#isTwoDigitYear) {
          // What was taken for a short year was the day: 05-Jan-1999 in YMD order.
          this.#day = this.#year
          this.#year = value
          this.#isTwoDigitYear = false
          return DAY
        }
        return this.#setDay(value)
      case MONTH | DAY:
        return this.#setYear(value, length)
      case DATE:
        return this.#readRunTogether(text, given)
      default:
        throw new DatetimeFault('format')
    }
  }

  #setYear(value: number, digits: number): number {
    this.#year = value
    this.#isTwoDigitYear = digits <= 2
    return YEAR
  }

  #setMonth(value: number): number {
    this.#month = value
    return MONTH
  }

  #setDay(value: number): number {
    this.#day = value
    return DAY
  }

  /** yyyymmdd, yymmdd, hhmmss[.fff], hhmm. */
  #readRunTogether(text: string, given: number): number {
    const point = text.indexOf('.')
    let digits = text
    if (point >= 0) {
      this.#fraction = parseFraction(text.slice(point))
      digits = text.slice(0, point)
    } else if ((given & DATE) !== DATE && digits.length >= 6) {
      this.#day = Number(digits.slice(-2))
      this.#month = Number(digits.slice(-4, -2))
      const year = digits.slice(0, -4)
      this.#year = Number(year)
      if (this.#year > INT32_MAX) throw new DatetimeFault('field')
      if (year.length === 2) this.#isTwoDigitYear = true
      return DATE
    }
    if ((given & TIME) !== 0 || (digits.length !== 6 && digits.length !== 4)) {
      throw new DatetimeFault('format')
    }
    if (!/^\d+$/.test(digits)) throw new DatetimeFault('format')
    this.#hour = Number(digits.slice(0, 2))
    this.#minute = Number(digits.slice(2, 4))
    this.#second = Number(digits.slice(4, 6))
    return TIME
  }

  #readWord(text: string, index: number, fields: readonly DatetimeField[]): number {
    const zoneGiven = this.#readAbbreviation(text)
    if (zoneGiven) return ZONE
    const word = wordNamed(text)
    if (word === undefined) {
      this.#namedZone = findZone(text)
      if (this.#namedZone === undefined) throw new DatetimeFault('format')
      return ZONE
    }
    return this.#applyWord(word, index, fields)
  }

  #applyWord(word: Word, index: number, fields: readonly DatetimeField[]): number {
    switch (word.kind) {
      case 'ignore':
        return 0
      case 'month': {
        let gives = MONTH
        const isMonthFree = this.#hasTextMonth || (this.#given & MONTH) === 0
        if (!isMonthFree && (this.#given & DAY) === 0 && this.#month >= 1 && this.#month <= 31) {
          // The number taken for the month was the day.
          this.#day = this.#month
          gives = DAY
        }
        this.#hasTextMonth = true
        this.#month = word.month
        return gives
      }
      case 'weekday':
        return WEEKDAY
      case 'era':
        this.#isBeforeChrist = word.isBefore
        return ERA
      case 'meridiem':
        this.#isAfternoon = word.isAfternoon
        return MERIDIEM
      case 'daylight-modifier':
        this.#offset += 3600
        return DAYLIGHT_MODIFIER
      case 'julian':
      case 'unit':
        if (this.#prefix !== undefined) throw new DatetimeFault('format')
        this.#prefix = word.kind
        return 0
      case 'iso-time': {
        const next = fields[index + 1]?.kind
        const isTimeNext = next === 'number' || next === 'time' || next === 'date'
        const hasDate = (this.#given & DATE) === DATE || this.#timeOnly
        if (this.#prefix !== undefined || !hasDate || !isTimeNext) {
          throw new DatetimeFault('format')
        }
        this.#prefix = 'time'
        return 0
      }
      case 'reserved':
        return this.#applyReserved(word.name)
    }
  }

  #applyReserved(name: (Word & { kind: 'reserved' })['name']): number {
    switch (name) {
      case 'epoch':
      case 'infinity':
      case '-infinity':
        if (this.#timeOnly) throw new DatetimeFault('format')
        this.#special = name
        return DATE | TIME | ZONE
      case 'allballs':
        this.#setTime(0)
        this.#offset = 0
        return TIME | ZONE
      case 'now': {
        const { now, zone } = this.#context
        const offset = zone.offsetAt(now)
        const local = now + offset * 1_000_000
        this.#setDate(Math.floor(local / 86_400_000_000))
        this.#setTime(local - Math.floor(local / 86_400_000_000) * 86_400_000_000)
        this.#offset = offset
        return DATE | TIME | ZONE
      }
      case 'today':
      case 'tomorrow':
      case 'yesterday': {
        const shift = name === 'today' ? 0 : name === 'tomorrow' ? 1 : -1
        this.#setDate(todayOf(this.#context) + shift)
        return DATE
      }
    }
  }

  #readAbbreviation(text: string): boolean {
    const meaning = findAbbreviation(
      text,
      this.#context.zone === UTC ? undefined : this.#context.zone,
    )
    if (meaning === undefined) return false
    if (meaning.kind === 'fixed') {
      this.#offset = meaning.offset
    } else {
      this.#namedZone = meaning.zone
      this.#zoneAbbreviation = meaning.abbreviation
    }
    return true
  }

  #setDate(days: number): void {
    const { year, month, day } = civilFromDays(days)
    this.#year = year
    this.#month = month
    this.#day = day
    this.#isJulian = true
  }

  #setJulianDay(day: number): void {
    this.#setDate(day - EPOCH_JULIAN_DAY)
  }

  #setTime(micros: number): void {
    const seconds = Math.floor(micros / 1_000_000)
    this.#fraction = micros - seconds * 1_000_000
    this.#hour = Math.floor(seconds / 3600)
    this.#minute = Math.floor(seconds / 60) % 60
    this.#second = seconds % 60
  }
}

function smallInteger(text: string | undefined): number {
  const value = Number(text)
  if (value > INT32_MAX) throw new DatetimeFault('field')
  return value
}

/** Microseconds of `.fff`, rounded. */
function parseFraction(text: string | undefined): number {
  return text === undefined || text === '.' ? 0 : roundHalfEven(Number(`0${text}`) * 1_000_000)
}

/** Rounds ties to the even neighbour, as C's rint does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/** Reads `+hh[:mm[:ss]]` or `+hhmm` as seconds east of UTC. */
function parseDisplacement(text: string): number {
  const match = /^([+-])(\d+)(?::(\d*))?(?::(\d*))?(.*)$/.exec(text)
  if (match === null) throw new DatetimeFault('format')
  const [, sign, first = '', second, third, rest] = match
  let hours = Number(first)
  let minutes = Number(second ?? 0)
  const seconds = Number(third ?? 0)
  if (second === undefined && rest === '' && text.length > 3) {
    minutes = hours % 100
    hours = Math.floor(hours / 100)
  }
  if (hours > 15 || minutes > 59 || seconds > 59) throw new DatetimeFault('displacement')
  if (rest !== '') throw new DatetimeFault('format')
  const size = hours * 3600 + minutes * 60 + seconds
  return sign === '-' ? -size : size
}
