/** Histograms as bounds of equal shares, from buckets of any sizes: of a server's own histogram, or single values of a sample. */

/** Of a histogram here. */
export const BUCKETS = 20

/** One bucket of a histogram. */
export interface Bucket {
  readonly start: string
  /** How much of all values it holds, in whatever measure the others have. */
  readonly size: number
  readonly end: string
}

/** Sums of shares miss their whole by rounding alone. */
const ROUNDING = 1e-9

/** The bounds between equal shares of buckets in order: where the sum of sizes passes each twentieth of all. */
export function evenBounds(buckets: readonly Bucket[]): readonly string[] {
  const [first] = buckets
  if (first === undefined) return []
  const total = buckets.reduce((sum, { size }) => sum + size, 0)
  const bounds = [first.start]
  let passed = 0
  for (const { size, end } of buckets) {
    passed += size
    while (bounds.length < BUCKETS && passed >= total * (bounds.length / BUCKETS - ROUNDING)) {
      bounds.push(end)
    }
  }
  const last = buckets.at(-1)!
  while (bounds.length <= BUCKETS) bounds.push(last.end)
  return bounds
}
