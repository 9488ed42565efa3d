/** Distinct On: the first row of each run of equal keys; the input is sorted by them. NULLs are equal to each other. */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { DistinctOnPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { compareBetween } from '../sort/sort-rows.js'

/** Keeps one row of each run. */
export async function* distinctOn(
  plan: DistinctOnPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const keys = plan.on.map((key) => compileExpression(key, plan.input.columns, context.evaluation))
  let last: readonly Vector[] | undefined
  for await (const batch of context.open(plan.input)) {
    if (context.pace.due()) await context.pace.turn()
    const vectors = keys.map((key) => key.evaluate(batch))
    const compare = vectors.map((vector) => compareBetween(vector, vector, false, false))
    const rows = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      const isRepeated =
        row === 0
          ? last?.every(
              (held, key) => compareBetween(held, vectors[key]!, false, false)(0, 0) === 0,
            )
          : compare.every((test) => test(row - 1, row) === 0)
      if (isRepeated !== true) rows[count++] = row
    }
    const lastRow = Int32Array.of(batch.length - 1)
    last = vectors.map((vector) => gather(vector, lastRow))
    if (count > 0) yield selectRows(batch, rows.subarray(0, count))
  }
}
