/**
 * The smallest and the largest key of one side of a join, while it is read. Without rows outside of them, the other side has all its
 * matches: where the keys are too many to be listed, these two still say a lot when they lie close together.
 */
import type { KeyRangeBinding } from '../../planner/physical-plan.js'
import { RANGE_LEAVES_OUT } from '../../planner/estimates/cost.js'
import { positionOf } from '../../planner/estimates/column-shares.js'
import type { Vector } from '../../types/vectors/vector.js'
import { datumAt } from '../../types/vectors/vector-ops.js'
import { isOdd } from './sent-values.js'

/** The ends of the keys seen so far. */
export class KeyRange {
  readonly #binding: KeyRangeBinding
  readonly #oid: number
  #low: string | undefined
  #high: string | undefined
  #least = Infinity
  #most = -Infinity
  /** Not every value can be compared at every source, or the range covers what the other side has. */
  isGivenUp = false

  constructor(binding: KeyRangeBinding, oid: number) {
    this.#binding = binding
    this.#oid = oid
  }

  /** The first of the two parameters. */
  get first(): number {
    return this.#binding.first
  }

  /** Smallest and largest key; undefined where there is none, or they are not to be used. */
  get ends(): readonly [string, string] | undefined {
    if (this.isGivenUp || this.#low === undefined || this.#high === undefined) return undefined
    return [this.#low, this.#high]
  }

  /** Takes the keys of a batch; values beyond `limit` match nothing and do not count. */
  add(vector: Vector, length: number, limit = Infinity): void {
    if (this.isGivenUp) return
    if ((vector.lane !== 'int32' && vector.lane !== 'int64') || isExact(vector)) {
      this.isGivenUp = true
      return
    }
    const { values, nulls } = vector
    let lowest = -1
    let highest = -1
    for (let row = 0; row < length; row++) {
      if (nulls?.[row] === 1) continue
      const value = values[row]!
      if (value < -limit || value >= limit) continue
      if (value < this.#least) {
        this.#least = value
        lowest = row
      }
      if (value > this.#most) {
        this.#most = value
        highest = row
      }
    }
    if (lowest >= 0) this.#low = this.#textAt(vector, lowest)
    if (highest >= 0) this.#high = this.#textAt(vector, highest)
    if (lowest >= 0 || highest >= 0) this.isGivenUp ||= this.#coversMost()
  }

  #textAt(vector: Vector, row: number): string | undefined {
    const text = datumAt(vector, row) ?? undefined
    if (text === undefined || isOdd(text, this.#oid)) this.isGivenUp = true
    return text
  }

  #coversMost(): boolean {
    const { low, high } = this.#binding
    const [from, to] = [this.#low, this.#high].map((text) => positionOf(text ?? '', this.#oid))
    const covered = Math.min(high, to!) - Math.max(low, from!)
    // Not a number: nothing is known.
    return !(covered <= (1 - RANGE_LEAVES_OUT) * (high - low))
  }
}

/** Tells whether values beyond 2^53 are among them. */
function isExact(vector: Vector): boolean {
  return vector.lane === 'int64' && vector.exact !== undefined
}
