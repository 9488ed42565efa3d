/** Upper and lower case, one code point at a time, as PostgreSQL's builtin C.UTF-8 locale maps them. */
import { ALPHANUMERIC_RUNS, LOWER_RUNS, UPPER_RUNS } from './unicode-data.js'

function unpack(packed: string): number[][] {
  let start = 0
  return packed.split(' ').map((run) => {
    const [distance, ...rest] = run.split(',').map((digits) => parseInt(digits, 36))
    start += distance as number
    return [start, ...rest]
  })
}

function unpackMapping(packed: string): ReadonlyMap<number, number> {
  const mapping = new Map<number, number>()
  for (const [start, count, step, delta] of unpack(packed) as [number, number, number, number][]) {
    for (let k = 0; k < count; k++) mapping.set(start + k * step, start + k * step + delta)
  }
  return mapping
}

const upper = unpackMapping(UPPER_RUNS)
const lower = unpackMapping(LOWER_RUNS)

/** Ranges of letters and digits: first and last code point. */
export const ALPHANUMERIC_RANGES: readonly (readonly [number, number])[] = unpack(
  ALPHANUMERIC_RUNS,
).map(([start, count]) => [start as number, (start as number) + (count as number) - 1])

/** Maps a code point to upper case. */
export function upperOf(code: number): number {
  return upper.get(code) ?? code
}

/** Maps a code point to lower case. */
export function lowerOf(code: number): number {
  return lower.get(code) ?? code
}

const ASCII = /^[\x00-\x7f]*$/

/** Tells whether a text has ASCII characters only. */
export function isAscii(text: string): boolean {
  return ASCII.test(text)
}

function mapEach(text: string, map: (code: number) => number): string {
  let result = ''
  for (const character of text) {
    result += String.fromCodePoint(map(character.codePointAt(0) as number))
  }
  return result
}

/** upper(text) */
export function toUpper(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapEach(text, upperOf)
}

/** lower(text) */
export function toLower(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapEach(text, lowerOf)
}

/** initcap(text): the first letter of each run of letters and digits in upper case, the others in lower case. */
export function toInitialCapitals(text: string): string {
  let inWord = false
  return mapEach(text, (code) => {
    const mapped = inWord ? lowerOf(code) : upperOf(code)
    inWord = isAlphanumeric(code)
    return mapped
  })
}

function isAlphanumeric(code: number): boolean {
  let low = 0
  let high = ALPHANUMERIC_RANGES.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = ALPHANUMERIC_RANGES[middle] as readonly [number, number]
    if (code < first) high = middle - 1
    else if (code > last) low = middle + 1
    else return true
  }
  return false
}
