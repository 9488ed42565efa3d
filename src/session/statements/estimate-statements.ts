/** Asks sources what the remote statements of a plan would cost, for EXPLAIN. */
import type { OpenSource } from '../../connectors/connector.js'
import { toEngineError } from '../../errors.js'
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Expression } from '../../expressions/expression.js'
import { inputsOf, type PhysicalPlan, type RemoteQueryPlan } from '../../planner/physical-plan.js'
import type { Datum } from '../../types/sql-type.js'
import type { SourceEstimate } from '../runner/statement-protocol.js'

/** How long EXPLAIN waits for all of them, in ms. */
const DEADLINE = 5000

export interface EstimateContext {
  readonly evaluation: EvaluationContext
  readonly signal: AbortSignal
  readonly source: (name: string) => OpenSource
}

/** The remote queries of a plan whose sources can say what they cost. */
export function estimableQueries(plan: PhysicalPlan): RemoteQueryPlan[] {
  const own = plan.kind === 'remote-query' && plan.statement.estimable === true ? [plan] : []
  return [...own, ...inputsOf(plan).flatMap(estimableQueries)]
}

/** Asks all of them at once; one that cannot answer in time says why, and EXPLAIN goes on. */
export async function estimateRemoteStatements(
  plan: PhysicalPlan,
  context: EstimateContext,
): Promise<(readonly [number, SourceEstimate])[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(DEADLINE)])
  const found = await Promise.all(
    estimableQueries(plan).map(async ({ id, source, statement }) => {
      try {
        const values = statement.parameters.map((p) => valueOf(p, context.evaluation))
        const estimate = await context.source(source).estimate?.(statement, values, signal)
        return estimate === undefined ? undefined : ([id, estimate] as const)
      } catch (error) {
        context.signal.throwIfAborted()
        const failure = signal.aborted
          ? `no answer within ${DEADLINE / 1000} s`
          : toEngineError(error).message
        return [id, { failure }] as const
      }
    }),
  )
  return found.filter((entry) => entry !== undefined)
}

/** A parameter's value, where it does not come from another source's rows. */
function valueOf(parameter: Expression, evaluation: EvaluationContext): Datum {
  try {
    return evaluateConstant(parameter, evaluation)
  } catch {
    return null
  }
}
