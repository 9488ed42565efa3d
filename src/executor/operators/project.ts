/** Project: computes columns. A projection that only picks and reorders columns keeps the selection as it is. */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { ProjectPlan } from '../../planner/physical-plan.js'
import { batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import { positionsOf } from '../column-picker.js'
import type { OperatorContext } from '../operator-context.js'

/** Computes the node's expressions over the input. */
export async function* project(plan: ProjectPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const { input } = plan
  const picked = plan.expressions.flatMap(({ expression }) =>
    expression.kind === 'column' ? [expression] : [],
  )
  if (picked.length === plan.expressions.length && picked.length > 0) {
    const positions = positionsOf(picked, input.columns)
    for await (const batch of context.open(input)) {
      const { length, selection } = batch
      yield { length, selection, columns: positions.map((position) => batch.columns[position]!) }
    }
    return
  }
  const compiled = plan.expressions.map(({ expression }) =>
    compileExpression(expression, input.columns, context.evaluation),
  )
  for await (const batch of context.open(input)) {
    if (context.pace.due()) await context.pace.turn()
    yield batchOf(
      compiled.map((expression) => expression.evaluate(batch)),
      batch.length,
    )
  }
}
