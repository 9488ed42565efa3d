/**
 * The pairs of a mark join or of NOT IN that a hash table cannot find: those with a NULL in a key, whose condition is
 * unknown unless another part of it is false.
 */
import { createComparator } from '../../expressions/compare.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { HashJoinPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { Pace } from '../pace.js'
import { FALSE, UNKNOWN } from './match-collector.js'
import type { MatchCollector } from './match-collector.js'
import type { PairCondition } from './pair-condition.js'

const PAIRS = 16_384

/** Judges the pairs with NULL keys of one hash join. */
export class UnknownPairs {
  readonly #plan: HashJoinPlan
  readonly #heldKeys: readonly Vector[]
  readonly #heldNullRows: Int32Array
  readonly #heldVectors: readonly Vector[]
  readonly #heldLength: number
  readonly #condition: PairCondition | undefined
  /** With one key and nothing else, any NULL makes the pair unknown: no pair needs to be looked at. */
  readonly #isSimple: boolean
  #sawStreamedRow = false
  #sawStreamedNull = false

  constructor(
    plan: HashJoinPlan,
    heldKeys: readonly CompiledExpression[],
    heldNullRows: Int32Array,
    heldVectors: readonly Vector[],
    heldLength: number,
    condition: PairCondition | undefined,
  ) {
    this.#plan = plan
    this.#heldNullRows = heldNullRows
    this.#heldVectors = heldVectors
    this.#heldLength = heldLength
    this.#condition = condition
    this.#isSimple = plan.keys.length === 1 && condition === undefined
    const held = batchOf(heldVectors, heldLength)
    this.#heldKeys = this.#isSimple ? [] : heldKeys.map((key) => key.evaluate(held))
  }

  /** Judges one batch of the streamed side, whose keys are given. */
  async judge(
    batch: Batch,
    keys: readonly Vector[],
    collector: MatchCollector,
    pace: Pace,
  ): Promise<void> {
    if (this.#heldLength === 0 || batch.length === 0) return
    this.#sawStreamedRow = true
    if (this.#isSimple) {
      const nulls = this.#plan.keys[0]!.nullSafe ? undefined : keys[0]!.nulls
      const heldHasNull = this.#heldNullRows.length > 0
      for (let row = 0; row < batch.length; row++) {
        const isNull = nulls?.[row] === 1
        if (isNull) this.#sawStreamedNull = true
        if (isNull || heldHasNull) collector.streamedIsUnknown(row)
      }
      return
    }
    const streamed = new Int32Array(PAIRS)
    const held = new Int32Array(PAIRS)
    let count = 0
    const flush = (): void => {
      const verdicts = this.#verdicts(batch, keys, streamed, held, count)
      // A pair with a NULL key is never true: it only leaves unknowns behind.
      collector.addPairs(streamed, held, count, verdicts)
      count = 0
    }
    for (let row = 0; row < batch.length; row++) {
      const isNull = this.#plan.keys.some((key, k) => !key.nullSafe && keys[k]!.nulls?.[row] === 1)
      const others = isNull ? this.#heldLength : this.#heldNullRows.length
      for (let other = 0; other < others; other++) {
        streamed[count] = row
        held[count++] = isNull ? other : this.#heldNullRows[other]!
        if (count < PAIRS) continue
        flush()
        if (pace.due()) await pace.turn()
      }
    }
    if (count > 0) flush()
  }

  /** Settles the held rows once the streamed side has ended. */
  finish(collector: MatchCollector): void {
    if (!this.#isSimple || !this.#sawStreamedRow) return
    for (const row of this.#heldNullRows) collector.heldIsUnknown(row)
    if (!this.#sawStreamedNull) return
    for (let row = 0; row < this.#heldLength; row++) collector.heldIsUnknown(row)
  }

  #verdicts(
    batch: Batch,
    keys: readonly Vector[],
    streamed: Int32Array,
    held: Int32Array,
    count: number,
  ): Uint8Array {
    const rest = this.#condition?.judge(batch, streamed, this.#heldVectors, held, count)
    const verdicts = new Uint8Array(count).fill(UNKNOWN)
    this.#plan.keys.forEach((key, k) => {
      const compare = createComparator(key.left.type)
      const a = keys[k]!
      const b = this.#heldKeys[k]!
      for (let pair = 0; pair < count; pair++) {
        const s = streamed[pair]!
        const h = held[pair]!
        const aIsNull = a.nulls?.[s] === 1
        const bIsNull = b.nulls?.[h] === 1
        const differs =
          aIsNull || bIsNull ? key.nullSafe && aIsNull !== bIsNull : compare(a, s, b, h) !== 0
        if (differs) verdicts[pair] = FALSE
      }
    })
    if (rest !== undefined) {
      for (let pair = 0; pair < count; pair++) if (rest[pair] === FALSE) verdicts[pair] = FALSE
    }
    return verdicts
  }
}
