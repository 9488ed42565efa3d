/**
 * What a sample of a column's values says of all of them: the share of NULLs, how many different values there are, the most common ones
 * and a histogram of the rest.
 */
import type { DiscoveredColumn } from './connector.js'
import { evenBounds } from './even-bounds.js'

/** Figures of one column, estimated from a sample. */
export type SampledColumn = Pick<
  DiscoveredColumn,
  'distinct' | 'nullFraction' | 'mostCommon' | 'histogram'
>

/** At most so many values are called common. */
const MOST_COMMON = 50

/** A value is common when it comes so many times as often as the average one (PostgreSQL's ANALYZE asks the same). */
const LEAST_OVER_AVERAGE = 1.25

/** Values seen less often than this in a sample may be there by chance. */
const LEAST_SEEN = 10

/** How to read a sample. */
export interface SampleOptions {
  /** Rows of the whole table. */
  readonly rows: number
  /** Orders two values; undefined: they have no order that we compare by, and get no histogram. */
  readonly compare: ((a: string, b: string) => number) | undefined
  /** Common values and histograms are wanted beside the counts. */
  readonly withValues: boolean
}

/** Describes a column by a sample of its values in PostgreSQL's text form (null: NULL). An empty sample says nothing. */
export function describeSample(
  sample: readonly (string | null)[],
  { rows, compare, withValues }: SampleOptions,
): SampledColumn {
  if (sample.length === 0) return {}
  const counts = new Map<string, number>()
  let present = 0
  for (const value of sample) {
    if (value === null) continue
    present++
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const nullFraction = roughly(1 - present / sample.length)
  if (present === 0) return { nullFraction }
  const distinct = estimateDistinct(counts, present, (rows * present) / sample.length)
  if (!withValues) return { nullFraction, distinct }
  const common = commonValues(counts, present)
  return {
    nullFraction,
    distinct,
    ...(common.length > 0
      ? { mostCommon: common.map(([value, n]) => ({ value, share: n / sample.length })) }
      : {}),
    ...(compare === undefined ? {} : histogramOf(counts, new Set(common.map(([v]) => v)), compare)),
  }
}

/**
 * The estimator of Haas and Stokes (1998) that PostgreSQL's ANALYZE uses, n d / (n - f1 + f1 n / N): n values were seen, d of them
 * different, f1 only once, of N in all. Two digits are as many as it is worth.
 */
function estimateDistinct(counts: ReadonlyMap<string, number>, seen: number, all: number): number {
  const different = counts.size
  let once = 0
  for (const count of counts.values()) if (count === 1) once++
  const total = Math.max(seen, all)
  const estimate = (seen * different) / (seen - once + (once * seen) / total)
  // Every value once: as many as there are rows. None once: all were seen.
  if (once === 0) return different
  return Math.min(Math.round(total), Math.max(different, roughly(estimate)))
}

function commonValues(counts: ReadonlyMap<string, number>, seen: number): [string, number][] {
  // Few enough to list them all, none of them rare.
  const isAll = counts.size <= MOST_COMMON && Math.min(...counts.values()) >= LEAST_SEEN
  const least = isAll ? 0 : Math.max(LEAST_SEEN, (seen / counts.size) * LEAST_OVER_AVERAGE)
  return [...counts]
    .filter(([, count]) => count >= least)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MOST_COMMON)
}

/** Bounds that cut the values that are not common into equal shares of the sample. */
function histogramOf(
  counts: ReadonlyMap<string, number>,
  common: ReadonlySet<string>,
  compare: (a: string, b: string) => number,
): Pick<SampledColumn, 'histogram'> {
  const rest = [...counts].filter(([value]) => !common.has(value))
  if (rest.length < 2) return {}
  rest.sort(([a], [b]) => compare(a, b))
  const buckets = rest.map(([value, size]) => ({ start: value, size, end: value }))
  return { histogram: evenBounds(buckets) }
}

/** How values of a type are ordered in their text form; undefined: texts and others, by no order that we compare by. */
export function orderOf(type: string): SampleOptions['compare'] {
  if (/^(date|timestamp)/.test(type)) return (a, b) => (a < b ? -1 : a > b ? 1 : 0)
  return /^(smallint|integer|bigint|numeric|real|double precision)/.test(type)
    ? (a, b) => Number(a) - Number(b)
    : undefined
}

/** Two digits. */
function roughly(value: number): number {
  return Number(value.toPrecision(2))
}
