/** Prints intervals in PostgreSQL's four interval styles. */
import { fractionDigits, twoDigits } from './datetime-output.js'
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from './datetime.js'

export type IntervalStyle = 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601'

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly fraction: number
}

const INT32_MAX = 2_147_483_647
const INT32_MIN = -2_147_483_648

/** Prints an interval; the time part is exact beyond 2^53 microseconds when given as bigint. */
export function intervalText(
  months: number,
  days: number,
  micros: number | bigint,
  style: IntervalStyle = 'postgres',
): string {
  if (months === INT32_MAX && days === INT32_MAX && isExtreme(micros, 1)) return 'infinity'
  if (months === INT32_MIN && days === INT32_MIN && isExtreme(micros, -1)) return '-infinity'
  const fields = takeApart(months, days, micros)
  switch (style) {
    case 'postgres':
      return postgresText(fields)
    case 'postgres_verbose':
      return verboseText(fields)
    case 'sql_standard':
      return standardText(fields)
    case 'iso_8601':
      return isoText(fields)
  }
}

function isExtreme(micros: number | bigint, sign: 1 | -1): boolean {
  // As a double, the int64 extremes are +-2^63.
  return Number(micros) === sign * 2 ** 63
}

function takeApart(months: number, days: number, micros: number | bigint): Fields {
  let hour: number
  let rest: number
  if (typeof micros === 'bigint') {
    hour = Number(micros / BigInt(MICROS_PER_HOUR))
    rest = Number(micros % BigInt(MICROS_PER_HOUR))
  } else {
    hour = Math.trunc(micros / MICROS_PER_HOUR)
    rest = micros - hour * MICROS_PER_HOUR
  }
  const minute = Math.trunc(rest / MICROS_PER_MINUTE)
  rest -= minute * MICROS_PER_MINUTE
  const second = Math.trunc(rest / MICROS_PER_SECOND)
  return {
    year: Math.trunc(months / 12),
    month: months % 12,
    day: days,
    hour,
    minute,
    second,
    fraction: rest - second * MICROS_PER_SECOND,
  }
}

function clockText({ hour, minute, second, fraction }: Fields): string {
  return `${twoDigits(Math.abs(hour))}:${twoDigits(Math.abs(minute))}:${secondsText(second, fraction, true)}`
}

/** Seconds with their fraction, without sign. */
function secondsText(second: number, fraction: number, padded: boolean): string {
  const whole = padded ? twoDigits(Math.abs(second)) : String(Math.abs(second))
  return fraction === 0 ? whole : `${whole}.${fractionDigits(Math.abs(fraction))}`
}

function isNegativeTime({ hour, minute, second, fraction }: Fields): boolean {
  return hour < 0 || minute < 0 || second < 0 || fraction < 0
}

function hasTime({ hour, minute, second, fraction }: Fields): boolean {
  return hour !== 0 || minute !== 0 || second !== 0 || fraction !== 0
}

function postgresText(fields: Fields): string {
  let text = ''
  // A part after a negative one carries its plus sign, or it would be read as negative too.
  let afterNegative = false
  const part = (value: number, unit: string): void => {
    if (value === 0) return
    const sign = afterNegative && value > 0 ? '+' : ''
    text += `${text === '' ? '' : ' '}${sign}${value} ${unit}${value === 1 ? '' : 's'}`
    afterNegative = value < 0
  }
  part(fields.year, 'year')
  part(fields.month, 'mon')
  part(fields.day, 'day')
  if (text === '' || hasTime(fields)) {
    const sign = isNegativeTime(fields) ? '-' : afterNegative ? '+' : ''
    text += `${text === '' ? '' : ' '}${sign}${clockText(fields)}`
  }
  return text
}

function verboseText(fields: Fields): string {
  let text = '@'
  let isZero = true
  // The first part decides the direction; "ago" turns the signs of all.
  let isBefore = false
  const part = (value: number, unit: string): void => {
    if (value === 0) return
    let shown = value
    if (isZero) {
      isBefore = value < 0
      shown = Math.abs(value)
    } else if (isBefore) {
      shown = -value
    }
    text += ` ${shown} ${unit}${shown === 1 ? '' : 's'}`
    isZero = false
  }
  part(fields.year, 'year')
  part(fields.month, 'mon')
  part(fields.day, 'day')
  part(fields.hour, 'hour')
  part(fields.minute, 'min')
  const { second, fraction } = fields
  if (second !== 0 || fraction !== 0) {
    const isNegative = second < 0 || (second === 0 && fraction < 0)
    let sign = ''
    if (isZero) isBefore = isNegative
    else if (isNegative !== isBefore) sign = '-'
    const size = secondsText(second, fraction, false)
    text += ` ${sign}${size} sec${Math.abs(second) !== 1 || fraction !== 0 ? 's' : ''}`
    isZero = false
  }
  if (isZero) return '@ 0'
  return isBefore ? `${text} ago` : text
}

function standardText(fields: Fields): string {
  const { year, month, day, hour, minute } = fields
  const values = [year, month, day, hour, minute, fields.second, fields.fraction]
  const hasNegative = values.some((value) => value < 0)
  const hasPositive = values.some((value) => value > 0)
  const hasYearMonth = year !== 0 || month !== 0
  const hasDayTime = day !== 0 || hasTime(fields)
  if (!hasNegative && !hasPositive) return '0'
  const time = `${Math.abs(hour)}:${twoDigits(Math.abs(minute))}:${secondsText(fields.second, fields.fraction, true)}`
  if ((hasNegative && hasPositive) || (hasYearMonth && hasDayTime)) {
    // Not expressible in the standard: every group carries its own sign.
    const yearMonthSign = year < 0 || month < 0 ? '-' : '+'
    const daySign = day < 0 ? '-' : '+'
    const timeSign = isNegativeTime(fields) ? '-' : '+'
    return `${yearMonthSign}${Math.abs(year)}-${Math.abs(month)} ${daySign}${Math.abs(day)} ${timeSign}${time}`
  }
  const sign = hasNegative ? '-' : ''
  if (hasYearMonth) return `${sign}${Math.abs(year)}-${Math.abs(month)}`
  if (day !== 0) return `${sign}${Math.abs(day)} ${time}`
  return `${sign}${time}`
}

function isoText(fields: Fields): string {
  const part = (value: number, unit: string): string => (value === 0 ? '' : `${value}${unit}`)
  const date = part(fields.year, 'Y') + part(fields.month, 'M') + part(fields.day, 'D')
  let time = part(fields.hour, 'H') + part(fields.minute, 'M')
  if (fields.second !== 0 || fields.fraction !== 0) {
    const sign = fields.second < 0 || fields.fraction < 0 ? '-' : ''
    time += `${sign}${secondsText(fields.second, fields.fraction, false)}S`
  }
  if (date === '' && time === '') return 'PT0S'
  return time === '' ? `P${date}` : `P${date}T${time}`
}
