/** Moments and intervals made of numbers: make_time, make_timestamp, make_interval, to_timestamp of seconds. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  MICROS_PER_DAY,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
} from '../../types/datetime/datetime.js'
import type { CallExpression } from '../expression.js'
import { makeDate, sessionZone } from './datetime-arithmetic.js'
import { roundHalfEven } from './float-arithmetic.js'
import { finiteInterval, infinityOf } from './interval-arithmetic.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { checkedMoment, joinMoment, toInstant } from './moment.js'
import { constantText } from './pattern-matching.js'
import { rowWise, rowWiseWith, type IntervalValue, type WideInteger } from './row-wise.js'

function outOfRange(message: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, message)
}

function makeTime(hour: number, minute: number, second: number): number {
  const isEnd = hour === 24 && (minute > 0 || second > 0)
  const holds =
    hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60 && !isEnd
  if (!holds) {
    const two = (value: number): string => String(value).padStart(2, '0')
    throw outOfRange(`time field value out of range: ${hour}:${two(minute)}:${two(second)}`)
  }
  return (hour * 60 + minute) * 60_000_000 + roundHalfEven(second * 1_000_000)
}

function makeTimestamp(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): WideInteger {
  const days = makeDate(year, month, day)
  return checkedMoment(joinMoment(days, makeTime(hour, minute, second)))
}

/** Seconds between the Unix epoch and PostgreSQL's. */
const EPOCH = 946_684_800

/** As %g prints what is far from one. */
function sixDigits(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential(5).split('e')
  const sign = exponent.slice(0, 1)
  return `${Number(digits)}e${sign}${exponent.slice(1).padStart(2, '0')}`
}

function momentOfSeconds(seconds: number): WideInteger {
  if (Number.isNaN(seconds)) throw outOfRange('timestamp cannot be NaN')
  if (seconds === Infinity) return TIMESTAMP_INFINITY
  if (seconds === -Infinity) return TIMESTAMP_MINUS_INFINITY
  const micros = roundHalfEven((seconds - EPOCH) * 1_000_000)
  if (seconds < -210_866_803_200 || seconds >= 9_224_318_016_000) {
    throw outOfRange(`timestamp out of range: "${sixDigits(seconds)}"`)
  }
  return checkedMoment(Number.isSafeInteger(micros) ? micros : BigInt(micros))
}

/** Units of date_trunc, coarsest first: what they divide months by, or microseconds. */
const MONTH_UNITS: Readonly<Record<string, number>> = {
  ...{ millennium: 12_000, century: 1200, decade: 120, year: 12, quarter: 3, month: 1 },
}
const MICRO_UNITS: Readonly<Record<string, number>> = {
  ...{ day: MICROS_PER_DAY, hour: 3_600_000_000, minute: 60_000_000, second: 1_000_000 },
  ...{ milliseconds: 1000, microseconds: 1 },
}

function truncate(unit: string, value: IntervalValue): IntervalValue {
  if (infinityOf(value) !== 0) return value
  const months = MONTH_UNITS[unit]
  if (months !== undefined) {
    return finiteInterval(Math.trunc(value.months / months) * months, 0, 0)
  }
  if (unit === 'day') return finiteInterval(value.months, value.days, 0)
  const step = MICRO_UNITS[unit] ?? 1
  return finiteInterval(value.months, value.days, Math.trunc(value.micros / step) * step)
}

const truncateInterval: GuardedKernel = {
  refuse: (call: CallExpression) => {
    const unit = constantText(call.arguments[0])
    const isKnown = unit !== undefined && (unit in MONTH_UNITS || unit in MICRO_UNITS)
    return isKnown ? undefined : 'date_trunc of an interval to this unit has no native kernel'
  },
  run: rowWise(['text', 'interval'], 'interval', truncate),
}

/** Functions by signature. */
export const MOMENT_MAKING: KernelTable = {
  'make_time(int4,int4,float8)': rowWise(['int32', 'int32', 'float64'], 'int64', makeTime),
  'make_timestamp(int4,int4,int4,int4,int4,float8)': rowWise(
    ['int32', 'int32', 'int32', 'int32', 'int32', 'float64'],
    'int64',
    makeTimestamp,
  ),
  'make_timestamptz(int4,int4,int4,int4,int4,float8)': rowWiseWith(
    ['int32', 'int32', 'int32', 'int32', 'int32', 'float64'],
    'int64',
    (call) => {
      const zone = sessionZone(call)
      return (...fields) => toInstant(zone, makeTimestamp(...fields))
    },
  ),
  'make_interval(int4,int4,int4,int4,int4,int4,float8)': rowWise(
    ['int32', 'int32', 'int32', 'int32', 'int32', 'int32', 'float64'],
    'interval',
    (years, months, weeks, days, hours, minutes, seconds) => {
      if (!Number.isFinite(seconds)) throw outOfRange('interval out of range')
      const micros = hours * 3_600_000_000 + minutes * 60_000_000
      return finiteInterval(
        years * 12 + months,
        weeks * 7 + days,
        micros + roundHalfEven(seconds * 1_000_000),
      )
    },
  ),
  'to_timestamp(float8)': rowWise(['float64'], 'int64', momentOfSeconds),
  'date_trunc(text,interval)': truncateInterval,
}
