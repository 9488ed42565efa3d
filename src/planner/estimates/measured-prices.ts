/**
 * What asking sources costs, by statements that ran. Per connection target the newest measurements are kept: of round trips the shortest
 * counts, since nothing but the source's own work makes one longer; of the pace of rows the lower quartile, since a slow scan under a
 * filter is not a slow way. Prices are powers of two of the default ones, and change only when a measurement lies well beyond the middle
 * between two: plans do not flap.
 */
import { inputsOf, type PhysicalPlan } from '../physical-plan.js'
import { DEFAULT_PRICES, type PricesBySource, type SourcePrices } from './source-prices.js'

/** What one node's statements took; part of what is reported of a node. */
export interface CallFigures {
  /** Of its small answers, ms until the first byte of the quickest. */
  readonly shortestCall?: number
  /** Of its large answers, what came behind the first rows, and the ms that it was waited for. */
  readonly streamed?: {
    readonly rows: number
    readonly bytes: number
    readonly milliseconds: number
  }
}

/** What is known of one connection target: plain data. */
export interface MeasuredTarget {
  /** ms of the newest round trips. */
  readonly roundTrips: readonly number[]
  /** Of the newest large answers, the time they took as a multiple of what the default prices say. */
  readonly paces: readonly number[]
  /** The prices, as powers of two of the default ones. */
  readonly roundTripStep: number
  readonly paceStep: number
  /** ms since the Unix epoch. */
  readonly measuredAt: number
}

/** What is known of a source, and the prices that follow. */
export interface MeasuredSource {
  readonly prices: SourcePrices
  /** ms; undefined: too little was measured. */
  readonly roundTrip: number | undefined
  /** µs a row beside its bytes; undefined: too little was measured. */
  readonly rowMoved: number | undefined
  readonly target: MeasuredTarget | undefined
}

/** Measurements of a kind that are kept of a target. */
const MOST_KEPT = 32
/** Fewer say nothing. */
const FEWEST = 3
/** How far beyond its step a measurement must lie to change it, in powers of two: half is the middle between two steps. */
const HYSTERESIS = 0.75
/** 1/16 of the default prices at least; 4096 times at most (a round trip of four seconds). */
const LOWEST_STEP = -4
const HIGHEST_STEP = 12

const NOTHING: MeasuredTarget = {
  ...{ roundTrips: [], paces: [], roundTripStep: 0, paceStep: 0, measuredAt: 0 },
}

export class MeasuredPrices {
  /** The connection target of each source. */
  readonly #targetOf: ReadonlyMap<string, string>
  readonly #targets = new Map<string, MeasuredTarget>()
  #text = '{}'

  /** Sources with equal targets share what is measured. */
  constructor(targets: Readonly<Record<string, string>> = {}) {
    this.#targetOf = new Map(Object.entries(targets))
  }

  /** Prices that are not the default ones, by source, as JSON: equal texts make equal plans. */
  get text(): string {
    return this.#text
  }

  of(source: string): MeasuredSource {
    const target = this.#targets.get(this.#targetOf.get(source) ?? '')
    const { roundTrips, paces } = target ?? NOTHING
    const roundTrip = shortestOf(roundTrips)
    const pace = lowerQuartileOf(paces)
    return {
      prices: pricesOf(target ?? NOTHING),
      roundTrip,
      rowMoved: pace === undefined ? undefined : pace * DEFAULT_PRICES.rowMoved,
      target,
    }
  }

  /** Learns from a plan that ran to its end; tells whether it told anything. */
  learn(
    plan: PhysicalPlan,
    figuresOf: (id: number) => CallFigures | undefined,
    now: number,
  ): boolean {
    let isLearned = false
    const visit = (node: PhysicalPlan): void => {
      if (node.kind === 'remote-query') {
        const key = this.#targetOf.get(node.source)
        const figures = figuresOf(node.id)
        const before = this.#targets.get(key ?? '') ?? NOTHING
        const after = figures && withFigures(before, figures, now)
        if (key !== undefined && after !== undefined && after !== before) {
          this.#targets.set(key, after)
          isLearned = true
        }
      }
      inputsOf(node).forEach(visit)
    }
    visit(plan)
    if (isLearned) this.#write()
    return isLearned
  }

  /** What may be kept for another process. */
  kept(): Readonly<Record<string, MeasuredTarget>> {
    return Object.fromEntries(this.#targets)
  }

  /** Takes what another process kept. */
  restore(kept: ReturnType<MeasuredPrices['kept']>): void {
    const known = new Set(this.#targetOf.values())
    for (const [key, target] of Object.entries(kept)) {
      if (known.has(key)) this.#targets.set(key, target)
    }
    this.#write()
  }

  #write(): void {
    const prices: Record<string, SourcePrices> = {}
    for (const [source, key] of this.#targetOf) {
      const own = pricesOf(this.#targets.get(key) ?? NOTHING)
      if (own !== DEFAULT_PRICES) prices[source] = own
    }
    this.#text = JSON.stringify(prices satisfies PricesBySource)
  }
}

function withFigures(before: MeasuredTarget, figures: CallFigures, now: number): MeasuredTarget {
  const { shortestCall, streamed } = figures
  if (shortestCall === undefined && streamed === undefined) return before
  const roundTrips = withNewest(before.roundTrips, shortestCall)
  const paces = withNewest(before.paces, streamed && paceOf(streamed))
  const roundTrip = shortestOf(roundTrips)
  return {
    ...{ roundTrips, paces, measuredAt: now },
    roundTripStep: stepOf(
      before.roundTripStep,
      roundTrip && (roundTrip * 1000) / DEFAULT_PRICES.roundTrip,
    ),
    paceStep: stepOf(before.paceStep, lowerQuartileOf(paces)),
  }
}

function paceOf({ rows, bytes, milliseconds }: NonNullable<CallFigures['streamed']>): number {
  return (milliseconds * 1000) / (rows * DEFAULT_PRICES.rowMoved + bytes * DEFAULT_PRICES.byteMoved)
}

function withNewest(values: readonly number[], value: number | undefined): readonly number[] {
  return value === undefined ? values : [...values, value].slice(-MOST_KEPT)
}

function shortestOf(values: readonly number[]): number | undefined {
  return values.length < FEWEST ? undefined : Math.min(...values)
}

function lowerQuartileOf(values: readonly number[]): number | undefined {
  if (values.length < FEWEST) return undefined
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)]
}

/** The step for what was measured as a multiple of the default; it stays where that lies near it. */
function stepOf(step: number, ratio: number | undefined): number {
  if (ratio === undefined) return step
  const exact = Math.log2(Math.max(ratio, 2 ** LOWEST_STEP))
  if (Math.abs(exact - step) < HYSTERESIS) return step
  return Math.max(LOWEST_STEP, Math.min(HIGHEST_STEP, Math.round(exact)))
}

function pricesOf({ roundTripStep, paceStep }: MeasuredTarget): SourcePrices {
  if (roundTripStep === 0 && paceStep === 0) return DEFAULT_PRICES
  const { roundTrip, rowMoved, byteMoved } = DEFAULT_PRICES
  return {
    roundTrip: roundTrip * 2 ** roundTripStep,
    rowMoved: rowMoved * 2 ** paceStep,
    byteMoved: byteMoved * 2 ** paceStep,
  }
}
