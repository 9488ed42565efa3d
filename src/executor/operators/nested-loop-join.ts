/**
 * Nested Loop Join: holds the right side in memory and tests every pair, some thousand at a time. Serves all join
 * types; NULL in the condition counts as no match, except for marks and NOT IN, which are three-valued.
 */
import type { NestedLoopJoinPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import { MatchCollector } from '../joins/match-collector.js'
import { PairCondition } from '../joins/pair-condition.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { RowStore } from '../row-store.js'

/** Pairs tested together. */
const PAIRS = 16_384

/** Joins by testing every pair. */
export async function* nestedLoopJoin(
  plan: NestedLoopJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { left, right, condition, joinType } = plan
  const { pace } = context
  const memory = reserveFor(plan, 'Nested Loop', context)
  const hold = (bytes: number): void => {
    // Spilling goes here: the right side is written and read once per batch of the left one.
    if (!memory.tryResize(bytes)) memory.resize(bytes)
  }
  const streamed = startInput(left, context)
  try {
    const store = new RowStore(right.columns)
    for await (const batch of context.open(right)) {
      store.append(batch)
      hold(store.bytes)
      if (pace.due()) await pace.turn()
    }
    const length = store.length
    const vectors = store.takeColumns()
    if (length === 0 && (joinType === 'inner' || joinType === 'semi' || joinType === 'right'))
      return
    const collector = new MatchCollector({
      ...plan,
      leftColumns: left.columns,
      rightColumns: right.columns,
      held: 'right',
    })
    collector.setHeld(vectors, length)
    const judge =
      condition === undefined
        ? undefined
        : new PairCondition(condition, left.columns, right.columns, context.evaluation)
    const pairLeft = new Int32Array(PAIRS)
    const pairRight = new Int32Array(PAIRS)
    for await (const batch of streamed) {
      collector.startBatch(batch)
      let count = 0
      const flush = (): Batch | undefined => {
        const verdicts = judge?.judge(batch, pairLeft, vectors, pairRight, count)
        const joined = collector.addPairs(pairLeft, pairRight, count, verdicts)
        count = 0
        return joined
      }
      for (let row = 0; row < batch.length; row++) {
        for (let other = 0; other < length; other++) {
          pairLeft[count] = row
          pairRight[count++] = other
          if (count < PAIRS) continue
          const joined = flush()
          if (joined !== undefined) yield joined
          if (pace.due()) await pace.turn()
        }
      }
      const joined = count > 0 ? flush() : undefined
      if (joined !== undefined) yield joined
      const rest = collector.endBatch()
      if (rest !== undefined) yield rest
      if (pace.due()) await pace.turn()
    }
    yield* collector.finish()
  } finally {
    await streamed.close()
    memory.release()
  }
}
