/** + and - among date, time, timestamp, timestamptz and interval; casts among them; comparisons of mixed types. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  DATE_END,
  DATE_MINIMUM,
  MICROS_PER_DAY,
  TIMESTAMP_END,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINIMUM,
  TIMESTAMP_MINUS_INFINITY,
  addMonths,
  daysFromCivil,
} from '../../types/datetime/datetime.js'
import { zoneNamed, type TimeZone } from '../../types/datetime/time-zone.js'
import { zonedTime } from '../compare.js'
import { datetimeOutOfRange } from './arithmetic-errors.js'
import { boolVector } from './build-vector.js'
import { ORDERINGS, orderingHolds, type Ordering } from './comparisons.js'
import {
  finiteInterval,
  infiniteInterval,
  infinityOf,
  intervalOutOfRange,
  justifyHours,
  negateInterval,
} from './interval-arithmetic.js'
import type { GuardedKernel, Kernel, KernelCall, KernelTable } from './kernel.js'
import {
  addMicros,
  checkedMoment,
  dateOfMoment,
  datetimeOutOfRangeFor,
  isInfinite,
  isInfiniteDate,
  joinMoment,
  momentOfDate,
  splitMoment,
  toInstant,
  toLocal,
} from './moment.js'
import { roundMicros, roundMicrosExact } from './round-micros.js'
import {
  cellReader,
  rowWise,
  rowWiseWith,
  type IntervalValue,
  type WideInteger,
} from './row-wise.js'

/** The session's time zone. */
export function sessionZone(call: KernelCall): TimeZone {
  return zoneNamed(call.context.settings.timeZone)
}

function overflow(message: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, message)
}

/** Adds an interval to a timestamp; with a zone, months and days are added to the local time. */
export function addInterval(
  moment: WideInteger,
  span: IntervalValue,
  zone: TimeZone | undefined,
): WideInteger {
  const sign = infinityOf(span)
  if (sign !== 0) {
    const infinity = sign > 0 ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY
    if (isInfinite(moment) && moment !== infinity) throw datetimeOutOfRange('timestamp')
    return infinity
  }
  if (isInfinite(moment)) return moment
  let result: WideInteger = moment
  const moveDays = (move: (days: number) => number): void => {
    const { days, micros } = splitMoment(zone === undefined ? result : toLocal(zone, result))
    const moved = checkedDay(move(days))
    const local = joinMoment(moved, micros)
    result = checkedMoment(zone === undefined ? local : toInstant(zone, local))
  }
  if (span.months !== 0) moveDays((days) => addMonths(days, span.months))
  if (span.days !== 0) moveDays((days) => days + span.days)
  return checkedMoment(addMicros(result, span.micros))
}

/** Refuses days that no timestamp can have before they are multiplied. */
function checkedDay(days: number): number {
  if (days < DATE_MINIMUM || days >= DATE_END) throw datetimeOutOfRange('timestamp')
  return days
}

function subtractInterval(
  moment: WideInteger,
  span: IntervalValue,
  zone: TimeZone | undefined,
): WideInteger {
  return addInterval(moment, negateInterval(span), zone)
}

/** timestamp - timestamp: days and time. */
function difference(a: WideInteger, b: WideInteger): IntervalValue {
  if (isInfinite(a) || isInfinite(b)) {
    if (a === b) throw intervalOutOfRange()
    return infiniteInterval(a === TIMESTAMP_INFINITY || b === TIMESTAMP_MINUS_INFINITY ? 1 : -1)
  }
  const first = splitMoment(a)
  const second = splitMoment(b)
  const days = first.days - second.days
  const micros = first.micros - second.micros
  // The whole difference must fit 64 bits before it is split into days.
  const total = BigInt(a) - BigInt(b)
  if (total !== BigInt.asIntN(64, total)) throw intervalOutOfRange()
  if (days > 0 && micros < 0) return finiteInterval(0, days - 1, micros + MICROS_PER_DAY)
  if (days < 0 && micros > 0) return finiteInterval(0, days + 1, micros - MICROS_PER_DAY)
  return justifyHours(finiteInterval(0, days, micros))
}

function addDays(days: number, count: number): number {
  if (isInfiniteDate(days)) return days
  const sum = days + count
  if (sum < DATE_MINIMUM || sum >= DATE_END) throw datetimeOutOfRange('date')
  return sum
}

function dateAndTime(days: number, micros: number): WideInteger {
  const midnight = momentOfDate(days)
  return isInfinite(midnight) ? midnight : checkedMoment(addMicros(midnight, micros))
}

function wrapTime(micros: number): number {
  const rest = micros % MICROS_PER_DAY
  return rest < 0 ? rest + MICROS_PER_DAY : rest + 0
}

function finiteSpan(span: IntervalValue, message: string): IntervalValue {
  if (infinityOf(span) !== 0) throw overflow(message)
  return span
}

function roundMoment(moment: WideInteger, precision: number): WideInteger {
  if (isInfinite(moment)) return moment
  return typeof moment === 'number'
    ? roundMicros(moment, precision)
    : roundMicrosExact(moment, precision)
}

const roundTimestamp = rowWise(['int64', 'int32'], 'int64', roundMoment)

const plusZone = (
  apply: (moment: WideInteger, span: IntervalValue, zone: TimeZone | undefined) => WideInteger,
  usesZone: boolean,
): Kernel =>
  rowWiseWith(['int64', 'interval'], 'int64', (call) => {
    const zone = usesZone ? sessionZone(call) : undefined
    return (moment, span) => apply(moment, span, zone)
  })

const swapped = (kernel: Kernel): Kernel => {
  return ([a, b], call) =>
    kernel([b as NonNullable<typeof b>, a as NonNullable<typeof a>], {
      ...call,
      constant: [...call.constant].reverse(),
    })
}

const timestampPlus = plusZone(addInterval, false)
const timestamptzPlus = plusZone(addInterval, true)
const datePlus = rowWise(['int32', 'interval'], 'int64', (days, span) =>
  addInterval(momentOfDate(days), span, undefined),
)
const datetimePlus = rowWise(['int32', 'int64'], 'int64', (days, micros) =>
  dateAndTime(days, micros as number),
)
const timePlus = rowWise(['int64', 'interval'], 'int64', (micros, span) =>
  wrapTime((micros as number) + finiteSpan(span, 'cannot add infinite interval to time').micros),
)
const timestampDifference = rowWise(['int64', 'int64'], 'interval', difference)

/** interval(p): only the precision; limits to fields (`interval day to hour`) are left to PostgreSQL. */
const intervalPrecision: GuardedKernel = {
  refuse: (call) => {
    const modifier = call.arguments[1]
    if (modifier?.kind !== 'constant' || modifier.value === null)
      return 'interval with a computed modifier'
    const range = (Number(modifier.value) >> 16) & 0x7fff
    return Number(modifier.value) >= 0 && range !== 0x7fff
      ? 'interval limited to fields has no native kernel'
      : undefined
  },
  run: rowWise(['interval', 'int32'], 'interval', (span, typmod) => {
    const precision = typmod & 0xffff
    if (typmod < 0 || precision === 0xffff || infinityOf(span) !== 0) return span
    return finiteInterval(span.months, span.days, roundMicros(span.micros, precision))
  }),
}

/** Says that a date's fields do not make a date. */
function fieldOutOfRange(year: number, month: number, day: number): EngineError {
  const two = (value: number): string =>
    value < 0 ? String(value) : String(value).padStart(2, '0')
  return overflow(`date field value out of range: ${year}-${two(month)}-${two(day)}`)
}

/** Makes a date of its fields. */
export function makeDate(year: number, month: number, day: number): number {
  // Negative years are BC; there is no year zero.
  const astronomical = year < 0 ? year + 1 : year
  if (year === -2147483648) throw fieldOutOfRange(year, month, day)
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > 31) {
    throw fieldOutOfRange(astronomical, month, day)
  }
  const days = daysFromCivil(astronomical, month, day)
  const lastDay = daysFromCivil(astronomical + (month === 12 ? 1 : 0), (month % 12) + 1, 1) - 1
  if (days > lastDay) throw fieldOutOfRange(astronomical, month, day)
  if (days < DATE_MINIMUM || days >= DATE_END) {
    const two = (value: number): string => String(value).padStart(2, '0')
    throw overflow(`date out of range: ${astronomical}-${two(month)}-${two(day)}`)
  }
  return days
}

type Side = 'date' | 'timestamp' | 'timestamptz'

/** Compares moments of different types by day and time of day; all dates have a place, even beyond timestamps. */
function mixedComparison(ordering: Ordering, left: Side, right: Side): Kernel {
  return (inputs, call) => {
    const needsZone = left === 'timestamptz' || right === 'timestamptz'
    const zone = needsZone ? sessionZone(call) : undefined
    const read = [left, right].map((side, k) => sideReader(side, inputs[k] as never, zone)) as [
      (i: number) => WideInteger,
      (i: number) => WideInteger,
    ]
    const result = new Uint8Array(call.length)
    for (let i = 0; i < call.length; i++) {
      if (call.nulls !== undefined && call.nulls[i] === 1) continue
      const a = read[0](i)
      const b = read[1](i)
      result[i] = orderingHolds(ordering, a < b ? -1 : a > b ? 1 : 0) ? 1 : 0
    }
    return boolVector(call.type, result, call.nulls)
  }
}

function sideReader(
  side: Side,
  vector: Parameters<Kernel>[0][number],
  zone: TimeZone | undefined,
): (i: number) => WideInteger {
  if (side === 'date') {
    const read = cellReader('int32', vector)
    return (i) => {
      const days = read(i)
      if (isInfiniteDate(days)) return momentOfDate(days)
      const midnight = joinMoment(days, 0)
      // Beyond all timestamps: after them and before infinity.
      if (days >= 106_751_983) return TIMESTAMP_INFINITY - 1n
      return zone === undefined ? midnight : toInstant(zone, midnight)
    }
  }
  const read = cellReader('int64', vector)
  if (side === 'timestamptz' || zone === undefined) return read
  return (i) => toInstant(zone, read(i))
}

const table: Record<string, Kernel | GuardedKernel> = {
  'date_pli(date,int4)': rowWise(['int32', 'int32'], 'int32', addDays),
  'integer_pl_date(int4,date)': rowWise(['int32', 'int32'], 'int32', (count, days) =>
    addDays(days, count),
  ),
  'date_mii(date,int4)': rowWise(['int32', 'int32'], 'int32', (days, count) =>
    addDays(days, -count),
  ),
  'date_mi(date,date)': rowWise(['int32', 'int32'], 'int32', (a, b) => {
    if (isInfiniteDate(a) || isInfiniteDate(b)) throw overflow('cannot subtract infinite dates')
    return a - b
  }),
  'date_pl_interval(date,interval)': datePlus,
  'interval_pl_date(interval,date)': swapped(datePlus),
  'date_mi_interval(date,interval)': rowWise(['int32', 'interval'], 'int64', (days, span) =>
    subtractInterval(momentOfDate(days), span, undefined),
  ),
  'timestamp_pl_interval(timestamp,interval)': timestampPlus,
  'interval_pl_timestamp(interval,timestamp)': swapped(timestampPlus),
  'timestamp_mi_interval(timestamp,interval)': plusZone(subtractInterval, false),
  'timestamptz_pl_interval(timestamptz,interval)': timestamptzPlus,
  'interval_pl_timestamptz(interval,timestamptz)': swapped(timestamptzPlus),
  'timestamptz_mi_interval(timestamptz,interval)': plusZone(subtractInterval, true),
  'timestamp_mi(timestamp,timestamp)': timestampDifference,
  'timestamptz_mi(timestamptz,timestamptz)': timestampDifference,
  'datetime_pl(date,time)': datetimePlus,
  'timedate_pl(time,date)': swapped(datetimePlus),
  'timestamp(date,time)': datetimePlus,
  'time_pl_interval(time,interval)': timePlus,
  'interval_pl_time(interval,time)': swapped(timePlus),
  'time_mi_interval(time,interval)': rowWise(['int64', 'interval'], 'int64', (micros, span) =>
    wrapTime(
      (micros as number) - finiteSpan(span, 'cannot subtract infinite interval from time').micros,
    ),
  ),
  'time_mi_time(time,time)': rowWise(['int64', 'int64'], 'interval', (a, b) =>
    finiteInterval(0, 0, (a as number) - (b as number)),
  ),
  'timestamp(date)': rowWise(['int32'], 'int64', momentOfDate),
  'timestamptz(date)': rowWiseWith(['int32'], 'int64', (call) => {
    const zone = sessionZone(call)
    return (days) => {
      const midnight = momentOfDate(days)
      if (isInfinite(midnight)) return midnight
      const instant = toInstant(zone, midnight)
      if (instant < TIMESTAMP_MINIMUM || instant >= TIMESTAMP_END) {
        throw datetimeOutOfRangeFor('date', 'timestamp')
      }
      return instant
    }
  }),
  'timestamptz(timestamp)': rowWiseWith(['int64'], 'int64', (call) => {
    const zone = sessionZone(call)
    return (local) => (isInfinite(local) ? local : checkedMoment(toInstant(zone, local)))
  }),
  'timestamp(timestamptz)': rowWiseWith(['int64'], 'int64', (call) => {
    const zone = sessionZone(call)
    return (instant) => (isInfinite(instant) ? instant : checkedMoment(toLocal(zone, instant)))
  }),
  'date(timestamp)': rowWise(['int64'], 'int32', dateOfMoment),
  'date(timestamptz)': rowWiseWith(['int64'], 'int32', (call) => {
    const zone = sessionZone(call)
    return (instant) => dateOfMoment(toLocal(zone, instant))
  }),
  'time(timestamp)': rowWise(['int64'], 'int64', (moment) =>
    isInfinite(moment) ? null : splitMoment(moment).micros,
  ),
  'time(timestamptz)': rowWiseWith(['int64'], 'int64', (call) => {
    const zone = sessionZone(call)
    return (instant) => (isInfinite(instant) ? null : splitMoment(toLocal(zone, instant)).micros)
  }),
  'time(timetz)': rowWise(['text'], 'int64', (text) => {
    const { instant, west } = zonedTime(text)
    return instant - west * 1_000_000
  }),
  'time(interval)': rowWise(['interval'], 'int64', (span) =>
    wrapTime(finiteSpan(span, 'cannot convert infinite interval to time').micros),
  ),
  'interval(time)': rowWise(['int64'], 'interval', (micros) =>
    finiteInterval(0, 0, micros as number),
  ),
  'interval(interval,int4)': intervalPrecision,
  'timestamp(timestamp,int4)': roundTimestamp,
  'timestamptz(timestamptz,int4)': roundTimestamp,
  'time(time,int4)': roundTimestamp,
  'isfinite(date)': rowWise(['int32'], 'bool', (days) => !isInfiniteDate(days)),
  'isfinite(timestamp)': rowWise(['int64'], 'bool', (moment) => !isInfinite(moment)),
  'isfinite(timestamptz)': rowWise(['int64'], 'bool', (moment) => !isInfinite(moment)),
  'make_date(int4,int4,int4)': rowWise(['int32', 'int32', 'int32'], 'int32', makeDate),
  'now()': rowWiseWith([], 'int64', (call) => () => call.context.transactionTime),
  'transaction_timestamp()': rowWiseWith([], 'int64', (call) => () => call.context.transactionTime),
  'statement_timestamp()': rowWiseWith([], 'int64', (call) => () => call.context.statementTime),
}

const SIDES: readonly Side[] = ['date', 'timestamp', 'timestamptz']
for (const ordering of ORDERINGS) {
  for (const left of SIDES) {
    for (const right of SIDES) {
      if (left === right) continue
      table[`${left}_${ordering}_${right}(${left},${right})`] = mixedComparison(
        ordering,
        left,
        right,
      )
    }
  }
}

/** Date and time arithmetic by signature. */
export const DATETIME_ARITHMETIC: KernelTable = table
