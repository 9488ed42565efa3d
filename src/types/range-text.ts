/** The text form of ranges and multiranges, and which type their bounds have. */
import { EngineError, SQLSTATE } from '../errors.js'
import { OID } from './sql-type.js'

/** A range taken apart; a bound that is undefined is infinite. */
export interface RangeValue {
  readonly isEmpty: boolean
  readonly lower?: string | undefined
  readonly upper?: string | undefined
  readonly includesLower: boolean
  readonly includesUpper: boolean
}

const BOUND_TYPES: ReadonlyMap<number, number> = new Map<number, number>([
  [3904, OID.int4],
  [3906, OID.numeric],
  [3908, OID.timestamp],
  [3910, OID.timestamptz],
  [3912, OID.date],
  [3926, OID.int8],
])

const RANGE_OF_MULTIRANGE: ReadonlyMap<number, number> = new Map<number, number>([
  [4451, 3904],
  [4532, 3906],
  [4533, 3908],
  [4534, 3910],
  [4535, 3912],
  [4536, 3926],
])

/** Gives the type of a range type's bounds, or undefined when it is no range type. */
export function boundTypeOf(oid: number): number | undefined {
  return BOUND_TYPES.get(oid)
}

/** Gives the range type of a multirange type. */
export function rangeTypeOf(oid: number): number | undefined {
  return RANGE_OF_MULTIRANGE.get(oid)
}

const EMPTY: RangeValue = { isEmpty: true, includesLower: false, includesUpper: false }
const BOUND = '((?:"(?:[^"\\\\]|""|\\\\[^])*"|\\\\[^]|[^,()[\\]"\\\\])*)'
const RANGE = new RegExp(`([[(])${BOUND},${BOUND}([\\])])`, 'y')

/** Reads a range in canonical text. */
export function parseRange(text: string): RangeValue {
  if (text === 'empty') return EMPTY
  RANGE.lastIndex = 0
  const match = RANGE.exec(text)
  if (match === null || match[0].length !== text.length) throw malformed('range', text)
  return rangeOfMatch(match)
}

function rangeOfMatch(match: RegExpExecArray): RangeValue {
  const [, open, lower = '', upper = '', close] = match
  return {
    isEmpty: false,
    lower: lower === '' ? undefined : unquote(lower),
    upper: upper === '' ? undefined : unquote(upper),
    includesLower: open === '[',
    includesUpper: close === ']',
  }
}

/** Reads the ranges of a multirange in canonical text. */
export function parseMultirange(text: string): RangeValue[] {
  const ranges: RangeValue[] = []
  if (!text.startsWith('{') || !text.endsWith('}')) throw malformed('multirange', text)
  let at = 1
  while (at < text.length - 1) {
    RANGE.lastIndex = at
    const match = RANGE.exec(text)
    if (match === null) throw malformed('multirange', text)
    ranges.push(rangeOfMatch(match))
    at += match[0].length
    if (text[at] === ',') at++
  }
  return ranges
}

/** Prints a range. */
export function formatRange(range: RangeValue): string {
  if (range.isEmpty) return 'empty'
  const lower = range.lower === undefined ? '' : quoteBound(range.lower)
  const upper = range.upper === undefined ? '' : quoteBound(range.upper)
  return `${range.includesLower ? '[' : '('}${lower},${upper}${range.includesUpper ? ']' : ')'}`
}

/** Prints a multirange. */
export function formatMultirange(ranges: readonly RangeValue[]): string {
  return `{${ranges.map(formatRange).join(',')}}`
}

function quoteBound(text: string): string {
  if (text !== '' && !/[",()[\]\\\s]/.test(text)) return text
  return `"${text.replace(/["\\]/g, '$&$&')}"`
}

function unquote(text: string): string {
  return text.replace(
    /"((?:[^"\\]|""|\\[^])*)"|\\([^])/g,
    (_, quoted?: string, escaped?: string) =>
      quoted === undefined ? escaped! : quoted.replace(/""|\\([^])/g, (pair) => pair[1]!),
  )
}

function malformed(kind: string, text: string): EngineError {
  return new EngineError(SQLSTATE.invalidTextRepresentation, `malformed ${kind} literal: "${text}"`)
}
