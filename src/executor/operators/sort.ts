/**
 * Sort: keeps all rows of the input, then gives them in the order of the keys; stable. Memory: the rows and their sort
 * words; beyond it sorted runs go to disk and are merged.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { SortPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { ExternalSort, makeRoom } from '../sort/external-sort.js'
import { sortColumnsOf } from '../sort/sort-columns.js'
import { SpillFile } from '../spill/spill-file.js'

/** Sorts the input. */
export async function* sort(plan: SortPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const { input, keys } = plan
  const { pace } = context
  const memory = reserveFor(plan, 'Sort', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  try {
    const expressions = keys.map((key) =>
      compileExpression(key.expression, input.columns, context.evaluation),
    )
    const sorter = new ExternalSort({
      ...{ columns: input.columns, file, pace, memoryLimit: context.memory.limit },
      keysOf: (columns, length) => sortColumnsOf(keys, expressions, columns, length),
    })
    for await (const batch of context.open(input)) {
      sorter.add(batch)
      await makeRoom(sorter, memory)
      if (pace.due()) await pace.turn()
    }
    for await (const batch of sorter.finish()) {
      yield batch
      if (pace.due()) await pace.turn()
    }
  } finally {
    await file.close()
    memory.release()
  }
}
