/** Exact decimals outside the fast lane: what a NumericVector's `exact` holds. */

/** A PostgreSQL numeric. Finite: value = coefficient / 10^scale, `scale` (0..16383) is the display scale. */
export interface Decimal {
  readonly kind: 'finite' | 'nan' | 'infinity' | '-infinity'
  readonly coefficient: bigint
  readonly scale: number
}
