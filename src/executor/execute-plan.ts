/** Turns a physical plan into a running stream of batches: opens the operator of each node. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { Batch } from './batch.js'
import type { ExecutionContext } from './execution.js'

/**
 * Runs a plan. Result columns are `plan.columns` in order. Nothing starts before the first pull; leaving the loop
 * early, or aborting `context.signal`, stops every operator and every source.
 */
export async function* executePlan(
  plan: PhysicalPlan,
  _context: ExecutionContext,
): AsyncIterable<Batch> {
  yield* []
  throw new EngineError(SQLSTATE.featureNotSupported, `Plan node ${plan.kind} is not implemented`)
}
