/** LIKE patterns: common shapes as searches in bytes, all others matched step by step as PostgreSQL does. */
import { EngineError } from '../../errors.js'

/** Tells whether the bytes start..end match. */
export type ByteMatcher = (data: Uint8Array, start: number, end: number) => boolean

const PERCENT = 0x25
const UNDERSCORE = 0x5f
const BACKSLASH = 0x5c

/** Compiles a pattern whose escape character is the backslash. */
export function compileLike(pattern: Uint8Array): ByteMatcher {
  const segments = literalSegments(pattern)
  if (segments === undefined) {
    return (data, start, end) => match(data, start, end, pattern, 0) === true
  }
  const first = segments[0] as Uint8Array
  const last = segments[segments.length - 1] as Uint8Array
  if (segments.length === 1) {
    return (data, start, end) => end - start === first.length && equalAt(data, start, first)
  }
  const middle = segments.slice(1, -1)
  return (data, start, end) => {
    if (end - start < first.length + last.length) return false
    if (!equalAt(data, start, first)) return false
    const stop = end - last.length
    if (!equalAt(data, stop, last)) return false
    let from = start + first.length
    for (const segment of middle) {
      const at = find(data, from, stop, segment)
      if (at < 0) return false
      from = at + segment.length
    }
    return true
  }
}

/** Splits a pattern at its percent signs; undefined when it has underscores or ends in an escape. */
function literalSegments(pattern: Uint8Array): Uint8Array[] | undefined {
  const segments: Uint8Array[] = []
  let current: number[] = []
  for (let k = 0; k < pattern.length; k++) {
    const byte = pattern[k] as number
    if (byte === UNDERSCORE) return undefined
    if (byte === PERCENT) {
      segments.push(Uint8Array.from(current))
      current = []
    } else if (byte === BACKSLASH) {
      if (++k === pattern.length) return undefined
      current.push(pattern[k] as number)
    } else {
      current.push(byte)
    }
  }
  segments.push(Uint8Array.from(current))
  return segments
}

function equalAt(data: Uint8Array, at: number, segment: Uint8Array): boolean {
  for (let k = 0; k < segment.length; k++) if (data[at + k] !== segment[k]) return false
  return true
}

function find(data: Uint8Array, from: number, stop: number, segment: Uint8Array): number {
  const last = stop - segment.length
  const first = segment[0]
  if (first === undefined) return from
  for (let at = from; at <= last; at++) {
    if (data[at] === first && equalAt(data, at, segment)) return at
  }
  return -1
}

function danglingEscape(): EngineError {
  return new EngineError('22025', 'LIKE pattern must not end with escape character')
}

/** undefined: the text ran out, so that no later start can match either. */
function match(
  data: Uint8Array,
  start: number,
  end: number,
  pattern: Uint8Array,
  patternStart: number,
): boolean | undefined {
  let t = start
  let p = patternStart
  while (t < end && p < pattern.length) {
    let byte = pattern[p] as number
    if (byte === BACKSLASH) {
      if (++p >= pattern.length) throw danglingEscape()
      byte = pattern[p] as number
      if (data[t] !== byte) return false
      t++
      p++
    } else if (byte === PERCENT) {
      p++
      for (; p < pattern.length; p++) {
        byte = pattern[p] as number
        if (byte === PERCENT) continue
        if (byte !== UNDERSCORE) break
        if (t >= end) return undefined
        t = nextCharacter(data, t, end)
      }
      if (p >= pattern.length) return true
      if (byte === BACKSLASH) {
        if (p + 1 >= pattern.length) throw danglingEscape()
        byte = pattern[p + 1] as number
      }
      while (t < end) {
        if (data[t] === byte) {
          const matched = match(data, t, end, pattern, p)
          if (matched !== false) return matched
        }
        t = nextCharacter(data, t, end)
      }
      return undefined
    } else if (byte === UNDERSCORE) {
      t = nextCharacter(data, t, end)
      p++
    } else {
      if (data[t] !== byte) return false
      t++
      p++
    }
  }
  if (t < end) return false
  while (p < pattern.length && pattern[p] === PERCENT) p++
  return p >= pattern.length ? true : undefined
}

function nextCharacter(data: Uint8Array, at: number, end: number): number {
  let next = at + 1
  while (next < end && ((data[next] as number) & 0xc0) === 0x80) next++
  return next
}

/** like_escape(): rewrites a pattern with another escape character (or none) to the backslash. */
export function escapeLikePattern(pattern: string, escape: string): string {
  if (escape === '') return pattern.replaceAll('\\', '\\\\')
  if (Array.from(escape).length !== 1) {
    throw new EngineError('22025', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    })
  }
  if (escape === '\\') return pattern
  let result = ''
  let afterEscape = false
  for (const character of pattern) {
    if (character === escape && !afterEscape) {
      result += '\\'
      afterEscape = true
    } else if (character === '\\') {
      result += afterEscape ? '\\' : '\\\\'
      afterEscape = false
    } else {
      result += character
      afterEscape = false
    }
  }
  return result
}
