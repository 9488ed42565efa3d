/**
 * Nested Loop Join: holds the right side in memory and tests every pair, some thousand at a time; where the condition
 * has a range (`<`, BETWEEN), the right side is sorted for it and only pairs within are tested. Serves all join types;
 * NULL in the condition counts as no match, except for marks and NOT IN, which are three-valued. When the right side
 * does not fit, both go to disk, and as many right rows as fit at a time see all left ones.
 */
import type { NestedLoopJoinPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { Batch } from '../batch.js'
import { MatchCollector } from '../joins/match-collector.js'
import type { CarriedVerdicts } from '../joins/match-collector.js'
import { PairCondition } from '../joins/pair-condition.js'
import { rangeConditionOf } from '../joins/range-condition.js'
import { RangeSearch } from '../joins/range-index.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { RowStore } from '../row-store.js'
import { pieceBytesFor } from '../spill/row-partitions.js'
import { SpillFile } from '../spill/spill-file.js'
import { SpilledRows } from '../spill/spilled-rows.js'
import { wantedRows } from '../wanted-rows.js'

/** Pairs tested together. */
const PAIRS = 16_384

/** Joins by testing every pair. */
export async function* nestedLoopJoin(
  plan: NestedLoopJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { left, right, joinType } = plan
  const { pace } = context
  const memory = reserveFor(plan, 'Nested Loop', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  const { limit } = context.memory
  const streamed = startInput(left, context)
  const test = new PairTest(plan, context)
  try {
    const store = new RowStore(right.columns)
    let spilled: SpilledRows | undefined
    const always = joinType === 'right' || joinType === 'full'
    const rows = context.open(right)
    for await (const batch of always ? rows : wantedRows(rows, streamed, context.signal)) {
      if (spilled !== undefined) {
        await spilled.append(batch)
      } else {
        store.append(batch)
        if (!memory.tryResize(store.bytes)) {
          spilled = new SpilledRows(file, right.columns, pieceBytesFor(limit, 1))
          for (const held of store.takeBatches()) await spilled.append(held)
        }
      }
      if (pace.due()) await pace.turn()
    }
    if (spilled === undefined) {
      const { length } = store
      const never = joinType === 'inner' || joinType === 'semi' || joinType === 'right'
      if (length === 0 && never) return
      yield* test.run(store.takeColumns(), length, streamed)
      return
    }
    await spilled.flush()
    const others = new SpilledRows(file, left.columns, pieceBytesFor(limit, 1))
    memory.resize(pieceBytesFor(limit, 1))
    for await (const batch of streamed) {
      await others.append(batch)
      if (pace.due()) await pace.turn()
    }
    await others.flush()
    // What is known of each streamed row passes from one part of the held rows to the next.
    const verdicts: Uint8Array[] = []
    const pieces = spilled.batches
    for (let at = 0; at < pieces.length;) {
      const part = new RowStore(right.columns)
      memory.resize(others.rows)
      while (at < pieces.length) {
        const next = pieces[at]!
        if (part.length > 0 && !memory.tryResize(others.rows + part.bytes + next.bytes)) break
        part.append(await file.read(next))
        at++
      }
      memory.resize(others.rows + part.bytes)
      const { length } = part
      yield* test.run(part.takeColumns(), length, others.read(), {
        isLast: at === pieces.length,
        ofBatch: (number, rows) => (verdicts[number] ??= new Uint8Array(rows)),
      })
    }
  } finally {
    await streamed.close()
    await file.close()
    memory.release()
  }
}

/** Tests pairs of streamed rows and held ones: all of them, or those that a range in the condition leaves. */
class PairTest {
  readonly #plan: NestedLoopJoinPlan
  readonly #context: OperatorContext
  readonly #condition: PairCondition | undefined
  readonly #range: RangeSearch | undefined

  constructor(plan: NestedLoopJoinPlan, context: OperatorContext) {
    const { left, right, condition } = plan
    const { evaluation } = context
    const range = rangeConditionOf(condition, left.columns, right.columns)
    this.#range = range && new RangeSearch(range, left.columns, right.columns, evaluation)
    this.#plan = plan
    this.#context = context
    this.#condition =
      condition === undefined
        ? undefined
        : new PairCondition(condition, left.columns, right.columns, evaluation)
  }

  async *run(
    vectors: readonly Vector[],
    length: number,
    batches: AsyncIterable<Batch>,
    verdicts?: CarriedVerdicts,
  ): AsyncGenerator<Batch> {
    const { left, right } = this.#plan
    const { pace } = this.#context
    const judge = this.#condition
    const collector = new MatchCollector({
      ...this.#plan,
      leftColumns: left.columns,
      rightColumns: right.columns,
      held: 'right',
    })
    collector.setHeld(vectors, length)
    // An unknown pair is not the same as a false one there: all have to be looked at.
    const index = collector.needsUnknown
      ? undefined
      : await this.#range?.sort(vectors, length, pace)
    const pairLeft = new Int32Array(PAIRS)
    const pairRight = new Int32Array(PAIRS)
    let number = 0
    for await (const batch of batches) {
      collector.startBatch(batch, verdicts?.ofBatch(number++, batch.length))
      let count = 0
      const flush = (): Batch | undefined => {
        const verdicts = judge?.judge(batch, pairLeft, vectors, pairRight, count)
        const joined = collector.addPairs(pairLeft, pairRight, count, verdicts)
        count = 0
        return joined
      }
      const ranges = index?.ranges(batch)
      for (let row = 0; row < batch.length; row++) {
        const to = ranges === undefined ? length : ranges.to[row]!
        for (let at = ranges === undefined ? 0 : ranges.from[row]!; at < to; at++) {
          pairLeft[count] = row
          pairRight[count++] = ranges === undefined ? at : index!.order[at]!
          if (count < PAIRS) continue
          const joined = flush()
          if (joined !== undefined) yield joined
          if (pace.due()) await pace.turn()
        }
      }
      const joined = count > 0 ? flush() : undefined
      if (joined !== undefined) yield joined
      const rest = verdicts?.isLast === false ? undefined : collector.endBatch()
      if (rest !== undefined) yield rest
      if (pace.due()) await pace.turn()
    }
    yield* collector.finish()
  }
}
