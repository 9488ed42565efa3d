/** What it costs to ask one source and to have its rows here: what the planner takes for granted, or what was measured there. */

/** In the unit of COST, a microsecond. */
export interface SourcePrices {
  /** Asking anything: µs for one statement there and back. */
  readonly roundTrip: number
  /** µs for bringing one row here: source cursor, wire, decoding. */
  readonly rowMoved: number
  /** µs for bringing one byte here. */
  readonly byteMoved: number
}

/** Of sources that nothing was measured of, or whose measurements are not asked for. */
export const DEFAULT_PRICES: SourcePrices = { roundTrip: 1_000, rowMoved: 0.8, byteMoved: 0.01 }

/** Prices that differ from the default ones, by source. */
export type PricesBySource = Readonly<Record<string, SourcePrices>>

/** The prices of work that reaches several sources at once: the dearest are waited for. */
export function dearestOf(all: readonly SourcePrices[]): SourcePrices {
  const [first = DEFAULT_PRICES, ...others] = all
  return others.reduce((most, one) => {
    if (one === most) return most
    return {
      roundTrip: Math.max(most.roundTrip, one.roundTrip),
      rowMoved: Math.max(most.rowMoved, one.rowMoved),
      byteMoved: Math.max(most.byteMoved, one.byteMoved),
    }
  }, first)
}
