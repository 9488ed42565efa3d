/**
 * to_char of timestamps for the templates people write. A template is taken apart once; one that holds anything
 * beyond the fields below (Roman months, zones) is left to PostgreSQL.
 */
import {
  EPOCH_JULIAN_DAY,
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  isoWeek,
} from '../../types/datetime/datetime.js'
import type { Expression } from '../expression.js'
import { sessionZone } from './datetime-arithmetic.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { isInfinite, splitMoment, toLocal } from './moment.js'
import { rowWiseWith } from './row-wise.js'

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
]
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

interface Moment {
  readonly days: number
  readonly micros: number
}

type Piece = (moment: Moment) => string

/** A number padded with zeros, unless FM asks for none. */
function digits(width: number, value: (moment: Moment) => number) {
  return (isFilled: boolean): Piece =>
    (moment) =>
      isFilled ? String(value(moment)).padStart(width, '0') : String(value(moment))
}

function named(value: (moment: Moment) => string, width: number) {
  return (isFilled: boolean): Piece =>
    (moment) =>
      isFilled ? value(moment).padEnd(width) : value(moment)
}

const hourOf = ({ micros }: Moment): number => Math.floor(micros / 3_600_000_000)
const yearOf = ({ days }: Moment): number => adjusted(civilFromDays(days).year)
const adjusted = (year: number): number => (year <= 0 ? 1 - year : year)
const monthName = ({ days }: Moment): string => MONTHS[civilFromDays(days).month - 1] as string
const dayName = ({ days }: Moment): string => DAYS[dayOfWeek(days)] as string
const hour12 = digits(2, (moment) => hourOf(moment) % 12 || 12)
const secondsOfDay = digits(1, ({ micros }) => Math.floor(micros / 1_000_000))
const upper = (text: string): string => text.toUpperCase()
const lower = (text: string): string => text.toLowerCase()
const meridiem = (am: string, pm: string) => (): Piece => (moment) =>
  hourOf(moment) % 24 >= 12 ? pm : am

const era = (after: string, before: string) => (): Piece => (moment) =>
  civilFromDays(moment.days).year > 0 ? after : before

/** The thousands apart, never padded. */
const groupedYear = (): Piece => (moment) => {
  const year = yearOf(moment)
  return `${Math.floor(year / 1000)},${String(year % 1000).padStart(3, '0')}`
}

function century(isFilled: boolean): Piece {
  return ({ days }) => {
    const { year } = civilFromDays(days)
    const number = year > 0 ? Math.floor((year - 1) / 100) + 1 : Math.trunc(year / 100) - 1
    if (!isFilled || Math.abs(number) > 99) return String(number)
    const size = String(Math.abs(number)).padStart(2, '0')
    return number < 0 ? `-${size}` : size
  }
}

/** The number with its English ordinal suffix. */
function ordinal(piece: Piece, isUpper: boolean): Piece {
  return (moment) => {
    const text = piece(moment)
    const isTeen = text.length > 1 && text.at(-2) === '1'
    const suffix = (!isTeen && { '1': 'st', '2': 'nd', '3': 'rd' }[text.slice(-1)]) || 'th'
    return text + (isUpper ? upper(suffix) : suffix)
  }
}

/** Fields that may be written in upper or lower case. */
const NUMBERS: Readonly<Record<string, (isFilled: boolean) => Piece>> = {
  'Y,YYY': groupedYear,
  CC: century,
  YYYY: digits(4, yearOf),
  YYY: digits(3, (moment) => yearOf(moment) % 1000),
  YY: digits(2, (moment) => yearOf(moment) % 100),
  Y: digits(1, (moment) => yearOf(moment) % 10),
  IYYY: digits(4, ({ days }) => adjusted(isoWeek(days).year)),
  MM: digits(2, ({ days }) => civilFromDays(days).month),
  DDD: digits(3, ({ days }) => dayOfYear(days)),
  DD: digits(2, ({ days }) => civilFromDays(days).day),
  D: digits(1, ({ days }) => dayOfWeek(days) + 1),
  ID: digits(1, ({ days }) => dayOfWeek(days) || 7),
  IW: digits(2, ({ days }) => isoWeek(days).week),
  WW: digits(2, ({ days }) => Math.floor((dayOfYear(days) - 1) / 7) + 1),
  Q: digits(1, ({ days }) => Math.floor((civilFromDays(days).month - 1) / 3) + 1),
  J: digits(1, ({ days }) => days + EPOCH_JULIAN_DAY),
  HH24: digits(2, hourOf),
  HH12: hour12,
  HH: hour12,
  MI: digits(2, ({ micros }) => Math.floor(micros / 60_000_000) % 60),
  SSSSS: secondsOfDay,
  SSSS: secondsOfDay,
  SS: digits(2, ({ micros }) => Math.floor(micros / 1_000_000) % 60),
  MS: digits(3, ({ micros }) => Math.floor((micros % 1_000_000) / 1000)),
  US: digits(6, ({ micros }) => micros % 1_000_000),
}

const NAMES: Readonly<Record<string, (isFilled: boolean) => Piece>> = {
  Month: named(monthName, 9),
  MONTH: named((moment) => upper(monthName(moment)), 9),
  month: named((moment) => lower(monthName(moment)), 9),
  Mon: named((moment) => monthName(moment).slice(0, 3), 0),
  MON: named((moment) => upper(monthName(moment).slice(0, 3)), 0),
  mon: named((moment) => lower(monthName(moment).slice(0, 3)), 0),
  Day: named(dayName, 9),
  DAY: named((moment) => upper(dayName(moment)), 9),
  day: named((moment) => lower(dayName(moment)), 9),
  Dy: named((moment) => dayName(moment).slice(0, 3), 0),
  DY: named((moment) => upper(dayName(moment).slice(0, 3)), 0),
  dy: named((moment) => lower(dayName(moment).slice(0, 3)), 0),
  // Translated names are those of the C locale here: the same, never padded.
  TMMonth: () => monthName,
  TMMon: () => (moment) => monthName(moment).slice(0, 3),
  TMDay: () => dayName,
  TMDy: () => (moment) => dayName(moment).slice(0, 3),
  AD: era('AD', 'BC'),
  BC: era('AD', 'BC'),
  ad: era('ad', 'bc'),
  bc: era('ad', 'bc'),
  AM: meridiem('AM', 'PM'),
  PM: meridiem('AM', 'PM'),
  am: meridiem('am', 'pm'),
  pm: meridiem('am', 'pm'),
}

/** Fields that are not ours but would hide one of ours behind them. */
const FOREIGN = ['IDDD', 'iddd', 'IYY', 'iyy', 'IY', 'iy', 'I', 'i', 'W', 'w']

const fields = new Map<string, ((isFilled: boolean) => Piece) | undefined>([
  ...Object.entries(NAMES),
  ...Object.entries(NUMBERS),
  ...Object.entries(NUMBERS).map(([name, field]) => [name.toLowerCase(), field] as const),
  ...FOREIGN.map((name) => [name, undefined] as const),
])
const longestFirst = [...fields.keys()].sort((a, b) => b.length - a.length)
const cache = new Map<string, readonly Piece[] | null>()

/** Takes a template apart; undefined when it is not ours. */
function compileTemplate(template: string): readonly Piece[] | undefined {
  let pieces = cache.get(template)
  if (pieces === undefined) {
    pieces = parseTemplate(template) ?? null
    if (cache.size > 500) cache.clear()
    cache.set(template, pieces)
  }
  return pieces ?? undefined
}

function parseTemplate(template: string): Piece[] | undefined {
  const pieces: Piece[] = []
  let at = 0
  while (at < template.length) {
    const isFilled = !/^(FM|fm)/.test(template.slice(at))
    if (!isFilled) at += 2
    const name = longestFirst.find((candidate) => template.startsWith(candidate, at))
    if (name !== undefined) {
      const field = fields.get(name)
      if (field === undefined) return undefined
      const piece = field(isFilled)
      at += name.length
      const suffix = template.slice(at, at + 2)
      const isOrdinal = suffix.toLowerCase() === 'th' && name.toUpperCase() in NUMBERS
      // After a name the letters would be text.
      if (suffix.toLowerCase() === 'th' && !isOrdinal) return undefined
      pieces.push(isOrdinal ? ordinal(piece, suffix === 'TH') : piece)
      if (isOrdinal) at += 2
      continue
    }
    if (!isFilled) return undefined
    const literal = /^(?:"([^"\\]*)"|([-/:;., ()_]))/.exec(template.slice(at))
    if (literal === null) return undefined
    const text = literal[1] ?? (literal[2] as string)
    pieces.push(() => text)
    at += literal[0].length
  }
  return pieces.length === 0 ? undefined : pieces
}

function constantText(expression: Expression | undefined): string | undefined {
  if (expression?.kind === 'relabel') return constantText(expression.argument)
  return expression?.kind === 'constant' && expression.value !== null ? expression.value : undefined
}

function toChar(usesZone: boolean): GuardedKernel {
  return {
    refuse: (call) => {
      const template = constantText(call.arguments[1])
      return template !== undefined && compileTemplate(template) !== undefined
        ? undefined
        : 'to_char with this template has no native kernel'
    },
    run: rowWiseWith(['int64', 'text'], 'text', (call) => {
      const zone = usesZone ? sessionZone(call) : undefined
      return (moment, template) => {
        if (isInfinite(moment)) return null
        const local = splitMoment(zone === undefined ? moment : toLocal(zone, moment))
        let text = ''
        for (const piece of compileTemplate(template) ?? []) text += piece(local)
        return text
      }
    }),
  }
}

/** Templates of dates and times by signature. */
export const DATETIME_TEMPLATES: KernelTable = {
  'to_char(timestamp,text)': toChar(false),
  'to_char(timestamptz,text)': toChar(true),
}
