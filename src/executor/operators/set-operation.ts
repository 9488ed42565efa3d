/** INTERSECT and EXCEPT [ALL]: both sides are started at once, and compared by a hash table over the right one. */
import type { SetOperationPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { SetComparison } from '../sets/set-comparison.js'
import { SpillFile } from '../spill/spill-file.js'
import { wantedRows } from '../wanted-rows.js'

/** Computes the operation; rows come from the left side. */
export async function* setOperation(
  plan: SetOperationPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Set Operation', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  const left = startInput(plan.left, context)
  try {
    const space = { file, pace: context.pace, memoryLimit: context.memory.limit }
    const comparison = new SetComparison(plan, memory, space)
    const right = wantedRows(context.open(plan.right), left, context.signal)
    yield* comparison.run(left, right, 0)
  } finally {
    await left.close()
    await file.close()
    memory.release()
  }
}
