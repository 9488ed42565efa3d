/** extract, date_part, date_trunc, date_bin, age and AT TIME ZONE. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  TIMESTAMP_INFINITY,
  UNIX_EPOCH_DAYS,
  EPOCH_JULIAN_DAY,
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  daysFromCivil,
  daysInMonth,
  isoWeek,
} from '../../types/datetime/datetime.js'
import {
  CALENDAR_FIELDS,
  TRUNCATION_UNITS,
  UNITS_OF_DAYS,
  UNITS_WITHIN_DAYS,
} from '../../types/datetime/moment-units.js'
import {
  DECIMAL_INFINITY,
  DECIMAL_MINUS_INFINITY,
  addDecimal,
  decimalToNumber,
  divideDecimal,
  roundDecimal,
  type Decimal,
} from '../../types/numbers/decimal.js'
import {
  findZone,
  localTimestamp,
  zoneNamed,
  type TimeZone,
} from '../../types/datetime/time-zone.js'
import type { CallExpression, Expression } from '../expression.js'
import { sessionZone } from './datetime-arithmetic.js'
import {
  finiteInterval,
  infiniteInterval,
  infinityOf,
  intervalOutOfRange,
} from './interval-arithmetic.js'
import type { GuardedKernel, Kernel, KernelCall, KernelTable } from './kernel.js'
import {
  checkedMoment,
  isInfinite,
  isInfiniteDate,
  joinMoment,
  momentOfDate,
  splitMoment,
  toInstant,
  toLocal,
} from './moment.js'
import { rowWise, rowWiseWith, type IntervalValue, type WideInteger } from './row-wise.js'

/** Units by every spelling that is accepted natively; rarer spellings go to PostgreSQL. */
const UNITS: Readonly<Record<string, string>> = {
  microsecond: 'microseconds',
  microseconds: 'microseconds',
  millisecond: 'milliseconds',
  milliseconds: 'milliseconds',
  second: 'second',
  seconds: 'second',
  minute: 'minute',
  minutes: 'minute',
  hour: 'hour',
  hours: 'hour',
  day: 'day',
  days: 'day',
  week: 'week',
  weeks: 'week',
  month: 'month',
  months: 'month',
  quarter: 'quarter',
  year: 'year',
  years: 'year',
  decade: 'decade',
  century: 'century',
  millennium: 'millennium',
  epoch: 'epoch',
  dow: 'dow',
  isodow: 'isodow',
  doy: 'doy',
  isoyear: 'isoyear',
  julian: 'julian',
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  timestamp: [...UNITS_WITHIN_DAYS, ...UNITS_OF_DAYS, ...CALENDAR_FIELDS],
  date: [...UNITS_OF_DAYS, ...CALENDAR_FIELDS],
  time: [...UNITS_WITHIN_DAYS, 'epoch'],
  interval: [
    ...UNITS_WITHIN_DAYS,
    ...['day', 'month', 'year', 'decade', 'century', 'millennium', 'epoch'],
  ],
}

/** Fields that only grow with time: infinite for an infinite value; the others are NULL then. */
const MONOTONIC = new Set(['year', 'decade', 'century', 'millennium', 'isoyear', 'julian', 'epoch'])

function constantText(expression: Expression | undefined): string | undefined {
  if (expression?.kind === 'relabel') return constantText(expression.argument)
  return expression?.kind === 'constant' && expression.value !== null ? expression.value : undefined
}

function refuseUnit(allowed: readonly string[]): (call: CallExpression) => string | undefined {
  return (call) => {
    const unit = UNITS[constantText(call.arguments[0])?.toLowerCase() ?? '']
    return unit !== undefined && allowed.includes(unit)
      ? undefined
      : `${call.function.name} of this unit has no native kernel`
  }
}

function unitOf(text: string): string {
  return UNITS[text.toLowerCase()] as string
}

/** A decimal that is far from the limits of numeric. */
function finite(coefficient: bigint, scale: number): Decimal {
  return { kind: 'finite', coefficient, scale }
}

function whole(value: number): Decimal {
  return finite(BigInt(value), 0)
}

function yearOfEra(year: number): number {
  return year > 0 ? year : year - 1
}

function centuryOf(year: number): number {
  return year > 0 ? Math.trunc((year + 99) / 100) : -Math.trunc((99 - (year - 1)) / 100)
}

function millenniumOf(year: number): number {
  return year > 0 ? Math.trunc((year + 999) / 1000) : -Math.trunc((999 - (year - 1)) / 1000)
}

function decadeOf(year: number): number {
  return year >= 0 ? Math.trunc(year / 10) : -Math.trunc((8 - (year - 1)) / 10)
}

/** A calendar field of a day. */
function fieldOfDay(unit: string, days: number): number {
  switch (unit) {
    case 'dow':
      return dayOfWeek(days)
    case 'isodow':
      return dayOfWeek(days) === 0 ? 7 : dayOfWeek(days)
    case 'doy':
      return dayOfYear(days)
    case 'week':
      return isoWeek(days).week
    case 'isoyear':
      return yearOfEra(isoWeek(days).year)
    case 'julian':
      return days + EPOCH_JULIAN_DAY
  }
  const { year, month, day } = civilFromDays(days)
  switch (unit) {
    case 'day':
      return day
    case 'month':
      return month
    case 'quarter':
      return Math.trunc((month - 1) / 3) + 1
    case 'year':
      return yearOfEra(year)
    case 'decade':
      return decadeOf(year)
    case 'century':
      return centuryOf(year)
    default:
      return millenniumOf(year)
  }
}

/** A field of a time of day (or of the time part of an interval), exact. */
function fieldOfTime(unit: string, micros: number): Decimal {
  const inMinute = micros % MICROS_PER_MINUTE
  switch (unit) {
    case 'microseconds':
      return whole(inMinute)
    case 'milliseconds':
      return finite(BigInt(inMinute), 3)
    case 'second':
      return finite(BigInt(inMinute), 6)
    case 'minute':
      return whole(Math.trunc((micros % MICROS_PER_HOUR) / MICROS_PER_MINUTE))
    default:
      return whole(Math.trunc(micros / MICROS_PER_HOUR))
  }
}

/** As fieldOfTime, in the floating point steps that date_part takes. */
function floatFieldOfTime(unit: string, micros: number): number {
  const inMinute = micros % MICROS_PER_MINUTE
  const seconds = Math.trunc(inMinute / 1_000_000)
  const fraction = inMinute % 1_000_000
  switch (unit) {
    case 'microseconds':
      return seconds * 1_000_000 + fraction
    case 'milliseconds':
      return seconds * 1000 + fraction / 1000
    case 'second':
      return seconds + fraction / 1_000_000
    default:
      return decimalToNumber(fieldOfTime(unit, micros))
  }
}

const UNIX_EPOCH_MICROS = BigInt(UNIX_EPOCH_DAYS) * BigInt(MICROS_PER_DAY)

function extractFromMoment(unit: string, moment: WideInteger, local: WideInteger): Decimal | null {
  if (isInfinite(moment)) {
    if (!MONOTONIC.has(unit)) return null
    return moment === TIMESTAMP_INFINITY ? DECIMAL_INFINITY : DECIMAL_MINUS_INFINITY
  }
  if (unit === 'epoch') {
    const micros = BigInt(moment) + UNIX_EPOCH_MICROS
    if (micros === BigInt.asIntN(64, micros)) return finite(micros, 6)
    // Beyond 64 bits PostgreSQL divides numerics, which rounds to 16 significant digits.
    return roundDecimal(divideDecimal(finite(micros, 0), finite(1_000_000n, 0)), 6)
  }
  const { days, micros } = splitMoment(local)
  if (UNITS_WITHIN_DAYS.includes(unit)) return fieldOfTime(unit, micros)
  if (unit === 'julian') {
    return addDecimal(
      whole(days + EPOCH_JULIAN_DAY),
      divideDecimal(whole(micros), whole(MICROS_PER_DAY)),
    )
  }
  return whole(fieldOfDay(unit, days))
}

function partOfMoment(unit: string, moment: WideInteger, local: WideInteger): number | null {
  if (isInfinite(moment)) {
    if (!MONOTONIC.has(unit)) return null
    return moment === TIMESTAMP_INFINITY ? Infinity : -Infinity
  }
  if (unit === 'epoch') return Number(BigInt(moment) + UNIX_EPOCH_MICROS) / 1_000_000
  const { days, micros } = splitMoment(local)
  if (UNITS_WITHIN_DAYS.includes(unit)) return floatFieldOfTime(unit, micros)
  return fieldOfDay(unit, days)
}

function extractFromInterval(unit: string, span: IntervalValue): Decimal | null {
  const sign = infinityOf(span)
  if (sign !== 0) {
    if (unit !== 'hour' && unit !== 'day' && !MONOTONIC.has(unit)) return null
    return sign > 0 ? DECIMAL_INFINITY : DECIMAL_MINUS_INFINITY
  }
  const { months, days, micros } = span
  const years = Math.trunc(months / 12)
  switch (unit) {
    case 'day':
      return whole(days)
    case 'month':
      return whole(months % 12)
    case 'year':
      return whole(years)
    case 'decade':
      return whole(Math.trunc(years / 10))
    case 'century':
      return whole(Math.trunc(years / 100))
    case 'millennium':
      return whole(Math.trunc(years / 1000))
    case 'epoch': {
      // A year counts 365.25 days, a month 30.
      const quarterDays = 1461 * years + 120 * (months % 12) + 4 * days
      return finite(BigInt(quarterDays) * 21_600_000_000n + BigInt(micros), 6)
    }
    default:
      return fieldOfTime(unit, micros)
  }
}

function truncatedDay(unit: string, days: number): number {
  if (unit === 'day') return days
  if (unit === 'week') return days - ((dayOfWeek(days) + 6) % 7)
  const { year, month } = civilFromDays(days)
  switch (unit) {
    case 'month':
      return daysFromCivil(year, month, 1)
    case 'quarter':
      return daysFromCivil(year, month - ((month - 1) % 3), 1)
    case 'year':
      return daysFromCivil(year, 1, 1)
    case 'decade':
      return daysFromCivil(
        year > 0 ? Math.trunc(year / 10) * 10 : -Math.trunc((8 - (year - 1)) / 10) * 10,
        1,
        1,
      )
    case 'century':
      return daysFromCivil(
        year > 0
          ? Math.trunc((year + 99) / 100) * 100 - 99
          : -Math.trunc((99 - (year - 1)) / 100) * 100 + 1,
        1,
        1,
      )
    default:
      return daysFromCivil(
        year > 0
          ? Math.trunc((year + 999) / 1000) * 1000 - 999
          : -Math.trunc((999 - (year - 1)) / 1000) * 1000 + 1,
        1,
        1,
      )
  }
}

const TIME_UNIT_MICROS: Readonly<Record<string, number>> = {
  microseconds: 1,
  milliseconds: 1000,
  second: 1_000_000,
  minute: MICROS_PER_MINUTE,
  hour: MICROS_PER_HOUR,
}

/** date_trunc. With a zone: of the local time; below the day the offset stays what it was. */
function truncate(unit: string, moment: WideInteger, zone: TimeZone | undefined): WideInteger {
  if (isInfinite(moment)) return moment
  const local = zone === undefined ? moment : toLocal(zone, moment)
  const { days, micros } = splitMoment(local)
  const step = TIME_UNIT_MICROS[unit]
  if (step !== undefined) {
    const cut = micros % step
    const result = joinMoment(days, micros - cut)
    if (zone === undefined) return checkedMoment(result)
    const back = BigInt(moment) - BigInt(local) + BigInt(result)
    return checkedMoment(Number.isSafeInteger(Number(back)) ? Number(back) : back)
  }
  const midnight = joinMoment(truncatedDay(unit, days), 0)
  return checkedMoment(zone === undefined ? midnight : toInstant(zone, midnight))
}

function guarded(fields: readonly string[], run: Kernel): GuardedKernel {
  return { run, refuse: refuseUnit(fields) }
}

/** Zones that mean the same however PostgreSQL looks them up: abbreviations come first there. */
function isPlainZone(name: string | undefined): name is string {
  return (
    name !== undefined && (name === 'UTC' || name.includes('/')) && findZone(name) !== undefined
  )
}

function refuseZone(position: number): (call: CallExpression) => string | undefined {
  return (call) =>
    isPlainZone(constantText(call.arguments[position]))
      ? undefined
      : 'a time zone that is not a constant full name is not native'
}

const withZone =
  (usesZone: boolean) =>
  (call: KernelCall): TimeZone | undefined =>
    usesZone ? sessionZone(call) : undefined

/** Symbolic difference in years, months, days and time. */
function age(a: WideInteger, b: WideInteger): IntervalValue {
  if (isInfinite(a) || isInfinite(b)) {
    if (a === b) throw intervalOutOfRange()
    return infiniteInterval(a === TIMESTAMP_INFINITY || (isInfinite(b) && b < 0n) ? 1 : -1)
  }
  const isNegative = a < b
  const later = splitMoment(isNegative ? b : a)
  const earlier = splitMoment(isNegative ? a : b)
  const laterDate = civilFromDays(later.days)
  const earlierDate = civilFromDays(earlier.days)
  let micros = later.micros - earlier.micros
  let days = laterDate.day - earlierDate.day
  let months = laterDate.month - earlierDate.month
  let years = laterDate.year - earlierDate.year
  if (micros < 0) {
    micros += MICROS_PER_DAY
    days--
  }
  while (days < 0) {
    // Days are borrowed from the month of the argument that PostgreSQL calls the first when it is the later.
    days += daysInMonth(earlierDate.year, earlierDate.month)
    months--
  }
  while (months < 0) {
    months += 12
    years--
  }
  const sign = isNegative ? -1 : 1
  return finiteInterval(sign * (years * 12 + months), sign * days, sign * micros)
}

/** age of instants: of their local times; the whole result is theirs. */
const ageOfInstants = rowWiseWith(['int64', 'int64'], 'interval', (call) => {
  const zone = sessionZone(call)
  return (a, b) => age(toLocal(zone, a), toLocal(zone, b))
})

const dateBin = rowWise(['interval', 'int64', 'int64'], 'int64', (stride, source, origin) => {
  if (isInfinite(source)) return source
  if (isInfinite(origin)) throw overflow('origin out of range')
  if (infinityOf(stride) !== 0)
    throw overflow('timestamps cannot be binned into infinite intervals')
  if (stride.months !== 0) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      'timestamps cannot be binned into intervals containing months or years',
    )
  }
  const step = BigInt(stride.days) * BigInt(MICROS_PER_DAY) + BigInt(stride.micros)
  if (step !== BigInt.asIntN(64, step)) throw intervalOutOfRange()
  if (step <= 0n) throw overflow('stride must be greater than zero')
  const distance = BigInt(source) - BigInt(origin)
  if (distance !== BigInt.asIntN(64, distance)) throw intervalOutOfRange()
  const rest = distance % step
  const moved = distance - rest - (rest < 0n ? step : 0n)
  const result = BigInt(origin) + moved
  return checkedMoment(Number.isSafeInteger(Number(result)) ? Number(result) : result)
})

function overflow(message: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, message)
}

const table: Record<string, Kernel | GuardedKernel> = {
  'extract(text,date)': guarded(
    FIELDS.date ?? [],
    rowWise(['text', 'int32'], 'numeric', (text, days) => {
      const unit = unitOf(text)
      if (isInfiniteDate(days)) {
        if (!MONOTONIC.has(unit)) return null
        return days > 0 ? DECIMAL_INFINITY : DECIMAL_MINUS_INFINITY
      }
      if (unit === 'epoch') return whole((days + UNIX_EPOCH_DAYS) * 86400)
      return whole(fieldOfDay(unit, days))
    }),
  ),
  'extract(text,time)': guarded(
    FIELDS.time ?? [],
    rowWise(['text', 'int64'], 'numeric', (text, micros) =>
      unitOf(text) === 'epoch'
        ? finite(BigInt(micros), 6)
        : fieldOfTime(unitOf(text), micros as number),
    ),
  ),
  'extract(text,interval)': guarded(
    FIELDS.interval ?? [],
    rowWise(['text', 'interval'], 'numeric', (text, span) =>
      extractFromInterval(unitOf(text), span),
    ),
  ),
  'date_trunc(text,timestamptz,text)': {
    refuse: (call) => refuseUnit(TRUNCATION_UNITS)(call) ?? refuseZone(2)(call),
    run: rowWise(['text', 'int64', 'text'], 'int64', (text, moment, zone) =>
      truncate(unitOf(text), moment, zoneNamed(zone)),
    ),
  },
  'date_part(text,date)': guarded(
    (FIELDS.timestamp ?? []).filter((field) => field !== 'julian'),
    rowWise(['text', 'int32'], 'float64', (text, days) => {
      const midnight = momentOfDate(days)
      return partOfMoment(unitOf(text), midnight, midnight)
    }),
  ),
  'date_bin(interval,timestamp,timestamp)': dateBin,
  'date_bin(interval,timestamptz,timestamptz)': dateBin,
  'age(timestamp,timestamp)': rowWise(['int64', 'int64'], 'interval', age),
  'age(timestamptz,timestamptz)': ageOfInstants,
  'timezone(text,timestamp)': {
    refuse: refuseZone(0),
    run: rowWise(['text', 'int64'], 'int64', (zone, local) =>
      isInfinite(local) ? local : checkedMoment(toInstant(zoneNamed(zone), local)),
    ),
  },
  'timezone(text,timestamptz)': {
    refuse: refuseZone(0),
    run: rowWise(['text', 'int64'], 'int64', (zone, instant) =>
      isInfinite(instant)
        ? instant
        : checkedMoment(localTimestamp(zoneNamed(zone), instant).micros),
    ),
  },
}

for (const type of ['timestamp', 'timestamptz']) {
  const zoneOf = withZone(type === 'timestamptz')
  const fields = FIELDS.timestamp ?? []
  table[`extract(text,${type})`] = guarded(
    fields,
    rowWiseWith(['text', 'int64'], 'numeric', (call) => {
      const zone = zoneOf(call)
      return (text, moment) =>
        extractFromMoment(unitOf(text), moment, zone === undefined ? moment : toLocal(zone, moment))
    }),
  )
  table[`date_part(text,${type})`] = guarded(
    fields.filter((field) => field !== 'julian'),
    rowWiseWith(['text', 'int64'], 'float64', (call) => {
      const zone = zoneOf(call)
      return (text, moment) =>
        partOfMoment(unitOf(text), moment, zone === undefined ? moment : toLocal(zone, moment))
    }),
  )
  table[`date_trunc(text,${type})`] = guarded(
    TRUNCATION_UNITS,
    rowWiseWith(['text', 'int64'], 'int64', (call) => {
      const zone = zoneOf(call)
      return (text, moment) => truncate(unitOf(text), moment, zone)
    }),
  )
}

/** Fields and truncation of dates and times by signature. */
export const DATETIME_FIELDS: KernelTable = table
