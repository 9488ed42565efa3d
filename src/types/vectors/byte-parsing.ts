/**
 * Reads PostgreSQL's canonical text straight from bytes, without making strings. Each reader handles the common
 * form and returns NaN for any other, which the caller then reads through a string.
 */
import {
  EXACT_DIGITS,
  MORE_DIGITS,
  MOST_DECIMALS,
  nearestDouble,
} from '../numbers/nearest-double.js'
import {
  daysFromCivil,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
} from '../datetime/datetime.js'

const ZERO = 48
const POINT = 46
const MINUS = 45
const PLUS = 43
const COLON = 58
const SPACE = 32

/** Leaves room for a zone's offset below 2^53. */
const MAXIMUM_LOCAL = Number.MAX_SAFE_INTEGER - MICROS_PER_DAY * 2

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Makes a string of UTF-8 bytes. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return utf8.decode(bytes.subarray(start, end))
  let text = ''
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte > 127) return utf8.decode(bytes.subarray(start, end))
    text += String.fromCharCode(byte)
  }
  return text
}

/** Reads a whole number of up to 15 digits. */
export function integerFromBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const isNegative = bytes[at] === MINUS
  if (isNegative) at++
  if (end - at > 15 || at >= end) return NaN
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return isNegative ? -value : value
}

const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))
/** With this or more, a number has EXACT_DIGITS digits. */
const EXACT_LIMIT = 10 ** (EXACT_DIGITS - 1)

/** Reads a decimal of up to 22 digits without exponent, as the nearest double. */
export function floatFromBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const isNegative = bytes[at] === MINUS
  if (isNegative) at++
  let high = 0
  let low = 0
  let lowDigits = 0
  let digits = 0
  let decimals = -1
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit >= 0 && digit <= 9) {
      if (high < EXACT_LIMIT) high = high * 10 + digit
      else {
        low = low * 10 + digit
        lowDigits++
      }
      digits++
      if (decimals >= 0) decimals++
    } else if (digit === POINT - ZERO && decimals < 0) {
      decimals = 0
    } else {
      return NaN
    }
  }
  if (digits === 0 || lowDigits > MORE_DIGITS || decimals > MOST_DECIMALS) return NaN
  // Without more digits both sides of the division are exact, so its result is the nearest double.
  const size =
    lowDigits > 0
      ? nearestDouble(high, low, lowDigits, Math.max(decimals, 0))
      : decimals > 0
        ? high / POWERS[decimals]!
        : high
  return isNegative ? -size : size
}

function twoDigitsAt(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - ZERO
  const ones = bytes[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

/** Reads `YYYY-MM-DD` as days since 2000-01-01. */
export function dateFromBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return NaN
  const year = twoDigitsAt(bytes, start) * 100 + twoDigitsAt(bytes, start + 2)
  return daysFromCivil(year, twoDigitsAt(bytes, start + 5), twoDigitsAt(bytes, start + 8))
}

/** Reads `HH:MM:SS[.ffffff]` as microseconds. */
export function timeFromBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8 || bytes[start + 2] !== COLON || bytes[start + 5] !== COLON) return NaN
  const seconds =
    twoDigitsAt(bytes, start) * 3600 +
    twoDigitsAt(bytes, start + 3) * 60 +
    twoDigitsAt(bytes, start + 6)
  if (end - start === 8) return seconds * 1_000_000
  if (bytes[start + 8] !== POINT || end - start > 15) return NaN
  let fraction = 0
  for (let at = start + 9; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return NaN
    fraction = fraction * 10 + digit
  }
  return seconds * 1_000_000 + fraction * POWERS[15 - (end - start)]!
}

/** Reads `YYYY-MM-DD HH:MM:SS[.ffffff][+HH[:MM]]` as microseconds since 2000-01-01 UTC. */
export function timestampFromBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 19 || bytes[start + 10] !== SPACE) return NaN
  const days = dateFromBytes(bytes, start, start + 10)
  let timeEnd = start + 19
  if (bytes[timeEnd] === POINT && timeEnd < end) {
    timeEnd++
    while (timeEnd < end && bytes[timeEnd]! >= ZERO && bytes[timeEnd]! <= 57) timeEnd++
  }
  const local = days * MICROS_PER_DAY + timeFromBytes(bytes, start + 11, timeEnd)
  // Beyond 2^53 the sum is not exact.
  if (local > MAXIMUM_LOCAL || local < -MAXIMUM_LOCAL) return NaN
  if (timeEnd === end) return local
  const sign = bytes[timeEnd]
  if (sign !== PLUS && sign !== MINUS) return NaN
  const width = end - timeEnd
  if (width !== 3 && (width !== 6 || bytes[timeEnd + 3] !== COLON)) return NaN
  let offset = twoDigitsAt(bytes, timeEnd + 1) * MICROS_PER_HOUR
  if (width === 6) offset += twoDigitsAt(bytes, timeEnd + 4) * MICROS_PER_MINUTE
  return sign === MINUS ? local + offset : local - offset
}
