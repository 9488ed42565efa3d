/** Writes numbers as ASCII digits into a buffer, without making strings. Each function returns the position after. */
import { civilFromDays } from '../types/datetime.js'

const ZERO = 48
const MINUS = 45

/** Writes a whole number of at most 9 digits, not negative. */
export function writeSmall(buffer: Uint8Array, at: number, value: number): number {
  let rest = value | 0
  const width =
    rest < 100_000
      ? rest < 100
        ? rest < 10
          ? 1
          : 2
        : rest < 1000
          ? 3
          : rest < 10_000
            ? 4
            : 5
      : rest < 10_000_000
        ? rest < 1_000_000
          ? 6
          : 7
        : rest < 100_000_000
          ? 8
          : 9
  const end = at + width
  for (let position = end - 1; position >= at; position--) {
    const quotient = (rest / 10) | 0
    buffer[position] = ZERO + rest - quotient * 10
    rest = quotient
  }
  return end
}

/** Writes exactly `width` digits (at most 9), padded with zeros. */
export function writePadded(buffer: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0
  const end = at + width
  for (let position = end - 1; position >= at; position--) {
    const quotient = (rest / 10) | 0
    buffer[position] = ZERO + rest - quotient * 10
    rest = quotient
  }
  return end
}

/** Writes a whole number of size up to 2^53. */
export function writeInteger(buffer: Uint8Array, at: number, value: number): number {
  let size = value
  if (size < 0) {
    buffer[at++] = MINUS
    size = -size
  }
  if (size < 1e9) return writeSmall(buffer, at, size)
  const high = Math.floor(size / 1e9)
  const low = size - high * 1e9
  return writePadded(buffer, writeSmall(buffer, at, high), low, 9)
}

/** Writes unscaled / 10^scale with all `scale` digits; |unscaled| up to 2^53. */
export function writeDecimal(
  buffer: Uint8Array,
  at: number,
  unscaled: number,
  scale: number,
  power: number,
): number {
  if (scale === 0) return writeInteger(buffer, at, unscaled)
  let size = unscaled
  if (size < 0) {
    buffer[at++] = MINUS
    size = -size
  }
  let whole: number
  let fraction: number
  if (size < 1e9) {
    const small = size | 0
    whole = (small / power) | 0
    fraction = small - whole * power
  } else {
    whole = Math.floor(size / power)
    fraction = size - whole * power
    // The quotient may have been rounded up.
    if (fraction < 0) {
      whole--
      fraction += power
    }
  }
  at = writeInteger(buffer, at, whole)
  buffer[at++] = 46
  if (scale <= 9) return writePadded(buffer, at, fraction, scale)
  const high = Math.floor(fraction / 1e9)
  return writePadded(buffer, writePadded(buffer, at, high, scale - 9), fraction - high * 1e9, 9)
}

/** Writes `YYYY-MM-DD` of a day in the years 1 to 9999. */
export function writeDate(buffer: Uint8Array, at: number, days: number): number {
  const { year, month, day } = civilFromDays(days)
  const century = (year / 100) | 0
  const rest = year - century * 100
  let tens = (century / 10) | 0
  buffer[at] = ZERO + tens
  buffer[at + 1] = ZERO + century - tens * 10
  tens = (rest / 10) | 0
  buffer[at + 2] = ZERO + tens
  buffer[at + 3] = ZERO + rest - tens * 10
  buffer[at + 4] = MINUS
  tens = month < 10 ? 0 : 1
  buffer[at + 5] = ZERO + tens
  buffer[at + 6] = ZERO + month - tens * 10
  buffer[at + 7] = MINUS
  tens = (day / 10) | 0
  buffer[at + 8] = ZERO + tens
  buffer[at + 9] = ZERO + day - tens * 10
  return at + 10
}

/** Writes `HH:MM:SS` and the fraction without trailing zeros. */
export function writeTime(buffer: Uint8Array, at: number, micros: number): number {
  const seconds = Math.floor(micros / 1_000_000) | 0
  let fraction = (micros - seconds * 1_000_000) | 0
  const hour = (seconds / 3600) | 0
  const minuteAndSecond = seconds - hour * 3600
  const minute = (minuteAndSecond / 60) | 0
  writePadded(buffer, at, hour, 2)
  buffer[at + 2] = 58
  writePadded(buffer, at + 3, minute, 2)
  buffer[at + 5] = 58
  writePadded(buffer, at + 6, minuteAndSecond - minute * 60, 2)
  if (fraction === 0) return at + 8
  buffer[at + 8] = 46
  let width = 6
  while (fraction % 10 === 0) {
    fraction = (fraction / 10) | 0
    width--
  }
  return writePadded(buffer, at + 9, fraction, width)
}

/** Writes an ASCII string. */
export function writeAscii(buffer: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) buffer[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Writes a 32-bit integer, most significant byte first. */
export function writeInt32(buffer: Uint8Array, at: number, value: number): number {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
  return at + 4
}

/** Copies bytes; short runs by a loop, which is faster than a native call. */
export function writeBytes(
  buffer: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  const size = end - start
  if (size < 40) {
    for (let i = 0; i < size; i++) buffer[at + i] = source[start + i]!
  } else {
    buffer.set(source.subarray(start, end), at)
  }
  return at + size
}
