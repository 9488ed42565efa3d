/**
 * The held rows of a join, sorted for a range condition. By the upper bound's expression they are sorted: the rows below
 * a streamed value are the first ones. Of those, the ones that can reach the lower bound begin where the highest lower
 * expression so far does: with one expression for both bounds that is exact, with intervals that hardly overlap nearly so.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import { createComparator } from '../../expressions/compare.js'
import type { Comparator } from '../../expressions/compare.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Column } from '../../expressions/expression.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { Pace } from '../pace.js'
import { sortRows } from '../sort/sort-rows.js'
import type { RangeBound, RangeCondition } from './range-condition.js'

/** For each streamed row, the held rows at `order[from]` .. `order[to - 1]`. */
export interface HeldRanges {
  readonly from: Int32Array
  readonly to: Int32Array
}

interface CompiledBound {
  readonly held: CompiledExpression
  readonly streamed: CompiledExpression
  readonly inclusive: boolean
  readonly compare: Comparator
}

/** Compiles a range condition and sorts held rows for it. */
export class RangeSearch {
  readonly #upper: CompiledBound | undefined
  readonly #lower: CompiledBound | undefined

  constructor(
    { upper, lower }: RangeCondition,
    streamed: readonly Column[],
    held: readonly Column[],
    evaluation: EvaluationContext,
  ) {
    const compile = (bound: RangeBound): CompiledBound => ({
      held: compileExpression(bound.held, held, evaluation),
      streamed: compileExpression(bound.streamed, streamed, evaluation),
      inclusive: bound.inclusive,
      compare: createComparator(bound.held.type),
    })
    this.#upper = upper && compile(upper)
    this.#lower = lower && compile(lower)
  }

  /** Sorts held rows; undefined where a bound cannot be computed: then every pair is tested, and tells the error itself. */
  async sort(
    vectors: readonly Vector[],
    length: number,
    pace: Pace,
  ): Promise<RangeIndex | undefined> {
    const rows = batchOf(vectors, length)
    let uppers: Vector | undefined
    let lowers: Vector | undefined
    try {
      uppers = this.#upper?.held.evaluate(rows)
      lowers = this.#lower?.held.evaluate(rows)
    } catch {
      return undefined
    }
    const by = uppers ?? lowers!
    const sorted = await sortRows(
      [{ vector: by, descending: false, nullsFirst: false }],
      length,
      pace,
    )
    // A NULL matches nothing.
    const order = sorted.filter((row) => uppers?.nulls?.[row] !== 1 && lowers?.nulls?.[row] !== 1)
    return new RangeIndex(
      order,
      uppers && this.#upper && { ...this.#upper, values: gather(uppers, order) },
      lowers && this.#lower && { ...this.#lower, values: gather(lowers, order) },
    )
  }
}

interface SortedBound extends CompiledBound {
  /** By place in the order. */
  readonly values: Vector
}

/** Sorted held rows. */
export class RangeIndex {
  readonly order: Int32Array
  readonly #upper: SortedBound | undefined
  readonly #lower: SortedBound | undefined
  /** The place of the highest lower expression up to each place. */
  readonly #highest: Int32Array

  constructor(order: Int32Array, upper: SortedBound | undefined, lower: SortedBound | undefined) {
    this.order = order
    this.#upper = upper
    this.#lower = lower
    this.#highest = new Int32Array(lower === undefined ? 0 : order.length)
    if (lower === undefined) return
    let highest = 0
    for (let place = 0; place < order.length; place++) {
      if (lower.compare(lower.values, place, lower.values, highest) > 0) highest = place
      this.#highest[place] = highest
    }
  }

  /** The held rows that each row of a batch can match; undefined where a bound cannot be computed. */
  ranges(batch: Batch): HeldRanges | undefined {
    let uppers: Vector | undefined
    let lowers: Vector | undefined
    try {
      uppers = this.#upper?.streamed.evaluate(batch)
      lowers = this.#lower?.streamed.evaluate(batch)
    } catch {
      return undefined
    }
    const from = new Int32Array(batch.length)
    const to = new Int32Array(batch.length)
    for (let row = 0; row < batch.length; row++) {
      if (uppers?.nulls?.[row] === 1 || lowers?.nulls?.[row] === 1) continue
      to[row] = uppers === undefined ? this.order.length : this.#below(uppers, row)
      from[row] = lowers === undefined ? 0 : this.#reaching(lowers, row)
    }
    return { from, to }
  }

  /** How many of the first rows satisfy the upper bound. */
  #below(values: Vector, row: number): number {
    const { compare, inclusive, values: held } = this.#upper!
    return firstPlace(this.order.length, (place) => {
      const order = compare(held, place, values, row)
      return inclusive ? order > 0 : order >= 0
    })
  }

  /** The first place up to which some row satisfies the lower bound. */
  #reaching(values: Vector, row: number): number {
    const { compare, inclusive, values: held } = this.#lower!
    return firstPlace(this.order.length, (place) => {
      const order = compare(held, this.#highest[place]!, values, row)
      return inclusive ? order >= 0 : order > 0
    })
  }
}

/** The first place of which a test that stays true from there on is true. */
function firstPlace(length: number, test: (place: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(middle)) high = middle
    else low = middle + 1
  }
  return low
}
