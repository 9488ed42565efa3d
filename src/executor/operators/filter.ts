/** Filter: keeps the rows for which the condition is true. Copies nothing: it composes the batch's selection. */
import { compilePredicate } from '../../expressions/compile-expression.js'
import type { FilterPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'

/** Filters the input. */
export async function* filter(plan: FilterPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const keep = compilePredicate(plan.condition, plan.input.columns, context.evaluation)
  for await (const batch of context.open(plan.input)) {
    if (context.pace.due()) await context.pace.turn()
    const kept = keep(batch)
    if (kept.length > 0) yield kept
  }
}
