/** Walks JSON text byte by byte, without making values of it. Positions point at the first byte of a value. */
import { EngineError, SQLSTATE } from '../../errors.js'

export const QUOTE = 34
export const COMMA = 44
export const COLON = 58
export const OPEN_BRACKET = 91
export const CLOSE_BRACKET = 93
export const OPEN_BRACE = 123
export const CLOSE_BRACE = 125
export const LETTER_N = 110
const SPACE = 32
const BACKSLASH = 92

/** Skips white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  // What services send has none, as a rule.
  if (bytes[at]! > SPACE) return at
  let next = at
  for (;;) {
    const byte = bytes[next]
    if (byte !== SPACE && byte !== 10 && byte !== 13 && byte !== 9) return next
    next++
  }
}

/** The position of a string's closing quote; `at` is behind the opening one. */
export function endOfString(bytes: Uint8Array, at: number): number {
  const { length } = bytes
  let next = at
  while (next < length) {
    const byte = bytes[next]!
    if (byte === QUOTE) return next
    next += byte === BACKSLASH ? 2 : 1
  }
  throw truncated()
}

/** The position behind a value. */
export function endOfValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first === QUOTE) return endOfString(bytes, at + 1) + 1
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    let depth = 0
    for (let next = at; next < bytes.length; next++) {
      const byte = bytes[next]!
      if (byte === QUOTE) next = endOfString(bytes, next + 1)
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--
        if (depth === 0) return next + 1
      }
    }
    throw truncated()
  }
  let next = at
  while (next < bytes.length) {
    const byte = bytes[next]!
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= SPACE)
      return next
    next++
  }
  return next
}

/** Expects a byte, white space before it aside; returns the position behind it. */
export function expectByte(bytes: Uint8Array, at: number, byte: number): number {
  if (bytes[at] === byte) return at + 1
  const next = skipSpace(bytes, at)
  if (bytes[next] !== byte) throw malformed(bytes, next)
  return next + 1
}

/** The error of an answer that is not what was expected. */
export function malformed(bytes: Uint8Array, at: number): EngineError {
  if (at >= bytes.length) return truncated()
  return new EngineError(SQLSTATE.protocolViolation, `The answer of the source is malformed at byte ${at}`) // prettier-ignore
}

function truncated(): EngineError {
  return new EngineError(SQLSTATE.connectionFailure, 'The answer of the source ends in the middle')
}
