/** Writes numbers as ASCII digits into a buffer, without making strings. Each function returns the position after. */
import { civilFromDays } from '../datetime/datetime.js'

const ZERO = 48
const MINUS = 45

/** The digits of 00 to 99, two bytes each. */
const PAIRS = new Uint8Array(200)
for (let value = 0; value < 100; value++) {
  PAIRS[value * 2] = ZERO + Math.floor(value / 10)
  PAIRS[value * 2 + 1] = ZERO + (value % 10)
}

/** Writes two digits of 0 to 99. */
export function writePair(buffer: Uint8Array, at: number, value: number): number {
  const pair = value << 1
  buffer[at] = PAIRS[pair]!
  buffer[at + 1] = PAIRS[pair + 1]!
  return at + 2
}

/** Writes a whole number of at most 9 digits, not negative. */
export function writeSmall(buffer: Uint8Array, at: number, value: number): number {
  let rest = value | 0
  if (rest < 100) {
    if (rest >= 10) return writePair(buffer, at, rest)
    buffer[at] = ZERO + rest
    return at + 1
  }
  const width =
    rest < 100_000
      ? rest < 1000
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
  let position = end
  while (rest >= 100) {
    const quotient = (rest / 100) | 0
    position -= 2
    writePair(buffer, position, rest - quotient * 100)
    rest = quotient
  }
  if (rest >= 10) writePair(buffer, at, rest)
  else buffer[at] = ZERO + rest
  return end
}

/** Writes exactly `width` digits (at most 9), padded with zeros. */
export function writePadded(buffer: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0
  const end = at + width
  let position = end
  while (position >= at + 2) {
    const quotient = (rest / 100) | 0
    position -= 2
    writePair(buffer, position, rest - quotient * 100)
    rest = quotient
  }
  if (position > at) buffer[at] = ZERO + (rest % 10)
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
  return writeCivilDate(buffer, at, year, month, day)
}

/** Writes `YYYY-MM-DD`, the year being 1 to 9999. */
export function writeCivilDate(
  buffer: Uint8Array,
  at: number,
  year: number,
  month: number,
  day: number,
): number {
  const century = (year / 100) | 0
  writePair(buffer, at, century)
  writePair(buffer, at + 2, year - century * 100)
  buffer[at + 4] = MINUS
  writePair(buffer, at + 5, month)
  buffer[at + 7] = MINUS
  return writePair(buffer, at + 8, day)
}

/** Writes `HH:MM:SS` and the fraction without trailing zeros. */
export function writeTime(buffer: Uint8Array, at: number, micros: number): number {
  const seconds = Math.floor(micros / 1_000_000) | 0
  const fraction = (micros - seconds * 1_000_000) | 0
  const hour = (seconds / 3600) | 0
  const minuteAndSecond = seconds - hour * 3600
  const minute = (minuteAndSecond / 60) | 0
  writePair(buffer, at, hour)
  buffer[at + 2] = 58
  writePair(buffer, at + 3, minute)
  buffer[at + 5] = 58
  writePair(buffer, at + 6, minuteAndSecond - minute * 60)
  return writeFraction(buffer, at + 8, fraction)
}

/** Writes a fraction of a second, in µs, without trailing zeros: nothing at all for 0. */
export function writeFraction(buffer: Uint8Array, at: number, micros: number): number {
  if (micros === 0) return at
  buffer[at] = 46
  let digits = micros
  let width = 6
  while (digits % 10 === 0) {
    digits = (digits / 10) | 0
    width--
  }
  return writePadded(buffer, at + 1, digits, width)
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

const HEX = new TextEncoder().encode('0123456789abcdef')

/** Writes bytes as two hexadecimal digits each. */
export function writeHex(
  buffer: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  for (let i = start; i < end; i++) {
    const byte = source[i]!
    buffer[at++] = HEX[byte >> 4]!
    buffer[at++] = HEX[byte & 15]!
  }
  return at
}
