/** Shares of rows, from a column's common values and histogram: better than any formula where they are there. */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import { compileLike } from '../../expressions/kernels/like-pattern.js'
import { OID } from '../../types/sql-type.js'

/** No condition is taken to be met by fewer: statistics are coarse, and old. */
export const LEAST_SHARE = 0.0001

/** The share of rows whose column equals a value; undefined: nothing is known. */
export function shareEqualTo(
  statistics: ColumnStatistics | undefined,
  value: string | undefined,
): number | undefined {
  const common = statistics?.mostCommon
  if (statistics === undefined || common === undefined || common.length === 0) return undefined
  if (value !== undefined) {
    const found = common.find((entry) => entry.value === value)
    if (found !== undefined) return found.share
  }
  const covered = common.reduce((sum, { share }) => sum + share, 0)
  const rest = Math.max(0, 1 - covered - (statistics.nullFraction ?? 0))
  const others = Math.max(1, (statistics.distinct ?? common.length + 1) - common.length)
  // A value that is not common is like the average of those that are not, and no more common than the least of them.
  const least = common.at(-1)?.share ?? 1
  if (value !== undefined) return Math.min(rest / others, least)
  return (1 - (statistics.nullFraction ?? 0)) / Math.max(1, statistics.distinct ?? common.length)
}

/** The share of rows whose column is below a value; undefined: nothing is known. */
export function shareBelow(
  statistics: ColumnStatistics | undefined,
  value: string,
  oid: number,
): number | undefined {
  const { mostCommon = [], histogram = [], nullFraction = 0 } = statistics ?? {}
  if (histogram.length < 2 && mostCommon.length === 0) return undefined
  const isBelow = (other: string) => compareTexts(other, value, oid) < 0
  const common = mostCommon.filter((entry) => isBelow(entry.value))
  const inCommon = common.reduce((sum, { share }) => sum + share, 0)
  const covered = mostCommon.reduce((sum, { share }) => sum + share, 0)
  const rest = Math.max(0, 1 - covered - nullFraction)
  return Math.min(1, inCommon + rest * positionIn(histogram, value, oid))
}

/** Fewer bounds than this are no sample of the values. */
export const FEWEST_BOUNDS = 10

/** The share of rows whose text matches a LIKE pattern; undefined: nothing is known. */
export function shareLike(
  statistics: ColumnStatistics | undefined,
  pattern: string,
  ignoresCase: boolean,
): number | undefined {
  const { mostCommon = [], histogram = [], nullFraction = 0 } = statistics ?? {}
  const isSampled = histogram.length >= FEWEST_BOUNDS
  const covered = mostCommon.reduce((sum, { share }) => sum + share, 0)
  const rest = Math.max(0, 1 - covered - nullFraction)
  // Common values alone say little where most rows have others.
  if (!isSampled && (mostCommon.length === 0 || rest > covered)) return undefined
  const matches = likeMatcher(pattern, ignoresCase)
  const common = mostCommon.filter(({ value }) => matches(value))
  const inCommon = common.reduce((sum, { share }) => sum + share, 0)
  // A bound that matches stands for its share of the rest; none: less than one share.
  const matched = histogram.filter((bound) => matches(bound)).length
  const inRest = isSampled ? Math.max(matched, 0.5) / histogram.length : LIKE_REST
  return Math.min(1, inCommon + rest * inRest)
}

/** Of values about which nothing is known. */
const LIKE_REST = 0.05

/** Tells whether texts match, as LIKE does. */
function likeMatcher(pattern: string, ignoresCase: boolean): (text: string) => boolean {
  const bytesOf = (text: string): Buffer => Buffer.from(ignoresCase ? text.toLowerCase() : text)
  const matches = compileLike(bytesOf(pattern))
  return (text) => {
    const bytes = bytesOf(text)
    return matches(bytes, 0, bytes.length)
  }
}

/** Where in a histogram of equal shares a value stands, 0 to 1. */
function positionIn(histogram: readonly string[], value: string, oid: number): number {
  const buckets = histogram.length - 1
  if (buckets < 1) return 0.5
  const next = histogram.findIndex((bound) => compareTexts(bound, value, oid) >= 0)
  if (next < 0) return 1
  if (next === 0) return 0
  const [low, high, at] = [histogram[next - 1]!, histogram[next]!, value].map((text) =>
    positionOf(text, oid),
  ) as [number, number, number]
  const within = high > low ? (at - low) / (high - low) : 0.5
  return (next - 1 + (Number.isFinite(within) ? within : 0.5)) / buckets
}

const NUMBERS: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.float4, OID.float8, OID.numeric],
])

/** The order of two values: on their line, where they have one. */
export function compareTexts(a: string, b: string, oid: number): number {
  const [x, y] = [positionOf(a, oid), positionOf(b, oid)]
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y
  return a < b ? -1 : a > b ? 1 : 0
}

/** A value on a line of numbers; NaN where there is none. */
export function positionOf(text: string, oid: number): number {
  switch (oid) {
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz:
      // A zone stands behind the time of day: the end of a date is no zone.
      return Date.parse(text.replace(' ', 'T').replace(/(T.*[+-]\d\d)$/, '$1:00'))
    default:
      return NUMBERS.has(oid) && text.trim() !== '' ? Number(text) : Number.NaN
  }
}
