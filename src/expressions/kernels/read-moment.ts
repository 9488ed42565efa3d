/**
 * Reads a date and time by a template: from left to right each field takes what it finds, and what the fields say together is a
 * moment. Without FX, spaces are skipped and separators need not match.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  fieldOf,
  isSeparator,
  isSpace,
  type Calendar,
  type TemplateField,
  type TemplateNode,
} from './moment-template.js'

/** What fields say; 0 where they say nothing. */
interface Numbers {
  hour: number
  minute: number
  second: number
  secondOfDay: number
  millisecond: number
  microsecond: number
  isAfternoon: number
  year: number
  century: number
  isBefore: number
  month: number
  day: number
  weekday: number
  dayOfYear: number
  week: number
  weekOfMonth: number
  julian: number
  zoneHour: number
  zoneMinute: number
}

/** What a text says by a template. */
export interface ReadFields extends Readonly<Numbers> {
  readonly calendar: Calendar
  readonly is12Hours: boolean
  /** Digits that the year's field has. */
  readonly yearWidth: number
  /** FF1 to FF6; 0 without. */
  readonly precision: number
  /** East +1, west -1; 0: no zone was read. */
  readonly zoneSign: number
}

const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july'],
  ...['august', 'september', 'october', 'november', 'december'],
]
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const ROMAN = 'xii xi x ix viii vii vi v iv iii ii i'.split(' ')
const short = (name: string): string => name.slice(0, 3)

/** Reads a text by a template. */
export function readFields(text: string, template: readonly TemplateNode[]): ReadFields {
  return new Reader(text, template).run()
}

class Reader {
  readonly #text: readonly string[]
  readonly #template: readonly TemplateNode[]
  readonly #numbers: Numbers = {
    ...{ hour: 0, minute: 0, second: 0, secondOfDay: 0, millisecond: 0, microsecond: 0 },
    ...{ isAfternoon: 0, year: 0, century: 0, isBefore: 0, month: 0, day: 0, weekday: 0 },
    ...{ dayOfYear: 0, week: 0, weekOfMonth: 0, julian: 0, zoneHour: 0, zoneMinute: 0 },
  }
  #calendar: Calendar
  #is12Hours = false
  #yearWidth = 0
  #precision = 0
  #zoneSign = 0
  #at = 0
  #isExact = false
  /** Characters skipped beyond those of the template. */
  #extra = 0

  constructor(text: string, template: readonly TemplateNode[]) {
    this.#text = Array.from(text)
    this.#template = template
  }

  run(): ReadFields {
    for (const [index, node] of this.#template.entries()) {
      if (this.#at >= this.#text.length) break
      const isField = node.kind === 'field'
      const isMode = isField && fieldOf(node.name) === 'FX'
      if (!this.#isExact && !isMode && (isField || index === 0)) this.#extra += this.#skipSpaces()
      if (node.kind === 'field') {
        this.#enter(node.calendar)
        this.#field(node, this.#template[index + 1])
        if (!this.#isExact) this.#extra = this.#skipSpaces()
      } else if (node.kind === 'character') this.#skipCharacter()
      else this.#skipSeparator()
    }
    return {
      ...this.#numbers,
      ...{ calendar: this.#calendar, is12Hours: this.#is12Hours, yearWidth: this.#yearWidth },
      ...{ precision: this.#precision, zoneSign: this.#zoneSign },
    }
  }

  #here(offset = 0): string {
    return this.#text[this.#at + offset] ?? ''
  }

  #skipSpaces(): number {
    const start = this.#at
    while (isSpace(this.#here())) this.#at++
    return this.#at - start
  }

  #skipSeparator(): void {
    if (this.#isExact) this.#at++
    else if (isSpace(this.#here()) || isSeparator(this.#here())) this.#at++
    else this.#extra--
  }

  #skipCharacter(): void {
    // What was skipped before may have been this very character.
    if (!this.#isExact && this.#extra > 0) this.#extra--
    else this.#at++
  }

  #enter(calendar: Calendar): void {
    if (calendar === undefined) return
    this.#calendar ??= calendar
    if (this.#calendar === calendar) return
    throw malformed('invalid combination of date conventions', {
      hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
    })
  }

  #field(node: TemplateField, next: TemplateNode | undefined): void {
    const numbers = this.#numbers
    const number = (name: keyof Numbers, width = node.name.length): number => {
      const read = this.#number(node, next, width)
      this.#set(name, read.value, node)
      return read.width
    }
    switch (fieldOf(node.name)) {
      case 'FX':
        this.#isExact = true
        return
      case 'A.M.':
      case 'P.M.':
        this.#set('isAfternoon', this.#word(['a.m.', 'p.m.'], node), node)
        this.#is12Hours = true
        return
      case 'AM':
      case 'PM':
        this.#set('isAfternoon', this.#word(['am', 'pm'], node), node)
        this.#is12Hours = true
        return
      case 'A.D.':
      case 'B.C.':
        return this.#set('isBefore', this.#word(['a.d.', 'b.c.'], node), node)
      case 'AD':
      case 'BC':
        return this.#set('isBefore', this.#word(['ad', 'bc'], node), node)
      case 'HH':
      case 'HH12':
        number('hour', 2)
        this.#is12Hours = true
        break
      case 'HH24':
        number('hour', 2)
        break
      case 'MI':
        number('minute')
        break
      case 'SS':
        number('second')
        break
      case 'MS': {
        // A fraction: 25 is a quarter of a second, as 250 is.
        const width = number('millisecond', 3)
        numbers.millisecond *= 10 ** Math.max(3 - width, 0)
        break
      }
      case 'US':
        this.#microseconds(number('microsecond', 6))
        break
      case 'FF1':
      case 'FF2':
      case 'FF3':
      case 'FF4':
      case 'FF5':
      case 'FF6':
        this.#precision = Number(node.name.slice(2))
        this.#microseconds(number('microsecond', this.#precision))
        break
      case 'SSSS':
      case 'SSSSS':
        number('secondOfDay')
        break
      case 'OF':
        this.#zoneSignHere()
        number('zoneHour', 2)
        if (this.#here() === ':') {
          this.#at++
          number('zoneMinute', 2)
        }
        return
      case 'TZH':
        this.#zoneSignHere()
        number('zoneHour', 2)
        return
      case 'TZM':
        this.#zoneSign ||= 1
        number('zoneMinute', 2)
        return
      case 'MONTH':
        return this.#set('month', this.#word(MONTHS, node) + 1, node)
      case 'MON':
        return this.#set('month', this.#word(MONTHS.map(short), node) + 1, node)
      case 'RM':
        return this.#set('month', 12 - this.#word(ROMAN, node), node)
      case 'DAY':
        this.#set('weekday', this.#word(DAYS, node), node)
        numbers.weekday++
        return
      case 'DY':
        this.#set('weekday', this.#word(DAYS.map(short), node), node)
        numbers.weekday++
        return
      case 'MM':
        number('month')
        break
      case 'DDD':
        number('dayOfYear')
        break
      case 'IDDD':
        number('dayOfYear', 3)
        break
      case 'DD':
        number('day')
        break
      case 'D':
        number('weekday')
        break
      case 'ID':
        number('weekday', 1)
        // Sunday is the first of a week's days here.
        if (++numbers.weekday > 7) numbers.weekday = 1
        break
      case 'WW':
      case 'IW':
        number('week')
        break
      case 'W':
        number('weekOfMonth')
        break
      case 'Q':
        // No day of a quarter would be more right than another.
        this.#number(node, next, node.name.length)
        break
      case 'CC':
        number('century')
        break
      case 'J':
        number('julian')
        break
      case 'Y,YYY':
        this.#groupedYear(node)
        break
      case 'YYYY':
      case 'IYYY':
        number('year')
        this.#yearWidth = 4
        break
      default:
        // YYY, YY, Y and those of ISO years.
        if (number('year') < 4) numbers.year = nearestYear(numbers.year)
        this.#yearWidth = node.name.length
    }
    if (node.isOrdinal) this.#at = Math.min(this.#at + 2, this.#text.length)
  }

  #microseconds(width: number): void {
    this.#numbers.microsecond *= 10 ** (width > 0 && width < 6 ? 6 - width : 0)
  }

  #zoneSignHere(): void {
    if (/[-+ ]/.test(this.#here())) {
      this.#zoneSign = this.#here() === '-' ? -1 : 1
      this.#at++
    } else {
      // A separator of the template may have swallowed the sign.
      this.#zoneSign = this.#extra > 0 && this.#here(-1) === '-' ? -1 : 1
    }
  }

  #groupedYear(node: TemplateField): void {
    const rest = this.#text.slice(this.#at).join('')
    const match = /^[ \t-\r]*([-+]?\d+),[ \t-\r]*([-+]\d{1,2}|\d{1,3})/.exec(rest)
    if (match === null) throw malformed(`invalid value "${rest}" for "Y,YYY"`)
    const year = Number(match[1]) * 1000 + Number(match[2])
    if (!isInt4(year)) {
      throw outOfRange('value for "Y,YYY" in source string is out of range')
    }
    this.#set('year', year, node)
    this.#yearWidth = 4
    this.#at += match[0].length
  }

  #set(name: keyof Numbers, value: number, node: TemplateField): void {
    const before = this.#numbers[name]
    if (before !== 0 && before !== value) {
      throw malformed(`conflicting values for "${node.name}" field in formatting string`, {
        detail: 'This value contradicts a previous setting for the same field type.',
      })
    }
    this.#numbers[name] = value
  }

  /** The place of the word found here in a list. */
  #word(words: readonly string[], node: TemplateField): number {
    const rest = this.#text.slice(this.#at).join('')
    const lower = rest.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    const found = words.findIndex((word) => lower.startsWith(word))
    if (found >= 0) {
      this.#at += words[found]!.length
      return found
    }
    throw malformed(`invalid value "${/^[^ \t-\r]*/.exec(rest)![0]}" for "${node.name}"`, {
      detail: 'The given value did not match any of the allowed values for this field.',
    })
  }

  /** A whole number: of that many characters where digits of another field follow, else of as many as there are. */
  #number(
    node: TemplateField,
    next: TemplateNode | undefined,
    width: number,
  ): { readonly value: number; readonly width: number } {
    const start = this.#at
    this.#skipSpaces()
    const rest = this.#text.slice(this.#at)
    const copy = rest.slice(0, width).join('')
    let digits: string
    if (node.isBare || endsNumber(node, next)) {
      digits = /^[-+]?\d+/.exec(rest.join(''))?.[0] ?? ''
      if (digits === '') this.#at = start
    } else {
      if (rest.length < width) {
        throw malformed(`source string too short for "${node.name}" formatting field`, {
          detail: `Field requires ${width} characters, but only ${rest.length} remain.`,
          hint: FIXED_HINT,
        })
      }
      const spaced = /^[ \t-\r]*[-+]?\d+/.exec(copy)?.[0] ?? ''
      if (spaced !== '' && spaced.length < width) {
        throw malformed(`invalid value "${copy}" for "${node.name}"`, {
          detail: `Field requires ${width} characters, but only ${spaced.length} could be parsed.`,
          hint: FIXED_HINT,
        })
      }
      digits = spaced
    }
    this.#at += digits.length
    if (this.#at === start) {
      throw malformed(`invalid value "${copy}" for "${node.name}"`, {
        detail: 'Value must be an integer.',
      })
    }
    const value = Number(digits)
    if (!isInt4(value)) {
      throw outOfRange(
        `value for "${node.name}" in source string is out of range`,
        'Value must be in the range -2147483648 to 2147483647.',
      )
    }
    return { value: value + 0, width: this.#at - start }
  }
}

const FIXED_HINT = 'If your source string is not fixed-width, try using the "FM" modifier.'

/** Tells whether no digit of another field can follow. */
function endsNumber(node: TemplateField, next: TemplateNode | undefined): boolean {
  if (node.isOrdinal || next === undefined) return true
  return next.kind === 'field' ? !next.isNumber : !/^\d$/.test(next.character)
}

/** Years of fewer than four digits are those nearest to 2020. */
function nearestYear(year: number): number {
  if (year < 70) return year + 2000
  if (year < 100) return year + 1900
  if (year < 520) return year + 2000
  return year < 1000 ? year + 1000 : year
}

function isInt4(value: number): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31
}

function malformed(
  message: string,
  more: { readonly detail?: string; readonly hint?: string } = {},
): EngineError {
  return new EngineError(SQLSTATE.invalidDatetimeFormat, message, more)
}

function outOfRange(message: string, detail?: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, message, detail === undefined ? {} : { detail })
}
