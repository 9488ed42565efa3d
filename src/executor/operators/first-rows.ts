/**
 * First Rows: reads the first rows of the part that decides the order (where there is no order, some rows of a part), joins them, and is
 * done when that gives as many rows as are wanted. When it does not, too few of them have a match: it begins again with more rows, as
 * many as the matches seen so far make likely to do; when no attempt reads that many, the plan that reads everything runs.
 *
 * Memory: the rows read, until the attempt has ended, and what it has found, until that is known to be enough. When they do not fit, the
 * plan that reads everything runs, which can spill.
 */
import type { FirstRowsPlan } from '../../planner/physical-plan.js'
import { byteSizeOf } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import { dense } from '../joins/sent-values.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { rowCountOf } from './limit.js'

/** Gives the first rows of a join. */
export async function* firstRows(
  plan: FirstRowsPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { joined, attempts, isOrdered } = plan
  const offset = rowCountOf(plan.offset, 'offset', context.evaluation) ?? 0
  const limit = rowCountOf(plan.limit, 'limit', context.evaluation) ?? Infinity
  if (limit === 0) return
  const wanted = limit + offset
  const found = context.statistics.of(plan.counted)
  const memory = reserveFor(plan, 'First Rows', context)
  let needed = wanted / plan.matching
  try {
    for (const attempt of attempts) {
      if (attempt.rows < needed) continue
      let bytes = 0
      /** Keeps a batch; false where there is no room for it. */
      const keep = (batches: Batch[], batch: Batch): boolean => {
        batches.push(batch)
        bytes += batch.columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
        return memory.tryResize(bytes)
      }
      const held: Batch[] = []
      let rows = 0
      let fits = true
      for await (const next of context.open(attempt.input)) {
        const batch = dense(next)
        rows += batch.length
        fits = keep(held, batch)
        if (!fits) break
      }
      if (!fits) break
      const before = found.rows
      const own: OperatorContext = {
        ...context,
        shared: new Map([...context.shared, [plan.shared, { read: () => replay(held) }]]),
      }
      const isAll = rows < attempt.rows
      let isEnough = isAll
      const early: Batch[] = []
      for await (const batch of context.open(joined, own)) {
        isEnough ||= found.rows - before >= wanted
        if (isEnough) {
          yield* early.splice(0)
          yield batch
          continue
        }
        // Rows in an order come when the join has been read to its end; without one they come as they are found.
        if (isOrdered) break
        fits = keep(early, dense(batch))
        if (!fits) break
      }
      if (isEnough) return
      if (!fits) break
      const matches = found.rows - before
      // Without any match nothing is known but that more rows are needed.
      needed = matches === 0 ? rows + 1 : (wanted * rows) / matches
    }
    memory.resize(0)
    yield* context.open(plan.otherwise)
  } finally {
    memory.release()
  }
}

async function* replay(batches: readonly Batch[]): AsyncGenerator<Batch> {
  yield* batches
}
