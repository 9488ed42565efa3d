/** Union All: the inputs one after another. All are started together, so that slow sources work at the same time. */
import type { UnionAllPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'

/** Inputs started ahead of their turn: each holds a connection and a batch. */
const STARTED_AHEAD = 8

/** Streams the inputs' rows in the order of the inputs. */
export async function* unionAll(
  plan: UnionAllPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const started = plan.inputs.slice(0, STARTED_AHEAD).map((input) => startInput(input, context))
  try {
    for (let index = 0; index < plan.inputs.length; index++) {
      const next = plan.inputs[index + STARTED_AHEAD]
      yield* started[index]!
      if (next !== undefined) started.push(startInput(next, context))
    }
  } finally {
    await Promise.all(started.map((input) => input.close()))
  }
}
