/** Histograms of either server as bounds of equal shares. */
import type { DiscoveredColumn } from '../connector.js'

/** What a server knows of a column's values; what it does not is absent. */
export type Distribution = Pick<
  DiscoveredColumn,
  'distinct' | 'nullFraction' | 'min' | 'max' | 'width' | 'mostCommon' | 'histogram'
>

/** Numbers and dates only: the text of other types is not what we compare by. */
export const ORDERED = /^(smallint|integer|bigint|numeric|real|double precision|date|timestamp)/

/** Of a histogram here. */
export const BUCKETS = 20

/** One bucket of a histogram, with its share of all values. */
export interface Bucket {
  readonly start: string
  readonly size: number
  readonly end: string
}

/** Buckets of their own sizes as bounds of equal shares: where the sum of sizes passes each twentieth. */
export function evenBounds(buckets: readonly Bucket[]): readonly string[] {
  const [first] = buckets
  const last = buckets.at(-1)
  if (first === undefined || last === undefined) return []
  const bounds = [first.start]
  let passed = 0
  for (const { size, end } of buckets) {
    passed += size
    while (bounds.length < BUCKETS && passed >= bounds.length / BUCKETS - 1e-9) bounds.push(end)
  }
  while (bounds.length <= BUCKETS) bounds.push(last.end)
  return bounds
}
