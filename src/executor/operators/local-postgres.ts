/** Local PostgreSQL: loads the inputs into a PostgreSQL in this process and runs a fragment there. */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { LocalPostgresPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'

/** Runs the node's SQL over its inputs. */
export async function* localPostgres(
  plan: LocalPostgresPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  yield* context.localPostgres.run(
    {
      inputs: plan.inputs.map((input) => ({
        ...(input.schema === undefined ? {} : { schema: input.schema }),
        name: input.name,
        columnNames: input.columnNames,
        columns: input.plan.columns,
        batches: context.open(input.plan),
      })),
      sql: plan.sql,
      parameters: plan.parameters.map((parameter) => ({
        value: evaluateConstant(parameter, context.evaluation),
        oid: parameter.type.oid,
      })),
      columns: plan.columns,
    },
    { signal: context.signal, evaluation: context.evaluation },
  )
}
