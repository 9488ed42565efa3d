/** Sort: keeps all rows of the input, then gives them in the order of the keys; stable. Memory: the rows and their sort words. */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { SortPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { orderedBatches, RowStore } from '../row-store.js'
import { sortColumnsOf } from '../sort/sort-columns.js'
import { SORT_BYTES_PER_ROW, sortRows } from '../sort/sort-rows.js'

/** Sorts the input. */
export async function* sort(plan: SortPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const { input, keys } = plan
  const { pace } = context
  const memory = reserveFor(plan, 'Sort', context)
  const hold = (bytes: number): void => {
    // Spilling goes here: write the rows so far as a sorted run, and merge the runs at the end.
    if (!memory.tryResize(bytes)) memory.resize(bytes)
  }
  try {
    const expressions = keys.map((key) =>
      compileExpression(key.expression, input.columns, context.evaluation),
    )
    const store = new RowStore(input.columns)
    for await (const batch of context.open(input)) {
      store.append(batch)
      hold(store.bytes + store.length * SORT_BYTES_PER_ROW)
      if (pace.due()) await pace.turn()
    }
    const length = store.length
    const columns = store.takeColumns()
    const order = await sortRows(sortColumnsOf(keys, expressions, columns, length), length, pace)
    for (const batch of orderedBatches(columns, order)) {
      yield batch
      if (pace.due()) await pace.turn()
    }
  } finally {
    memory.release()
  }
}
