/**
 * Local PostgreSQL: loads the inputs into a PostgreSQL in this process and runs a fragment there. An input that may need the
 * same PostgreSQL itself is read to its end first; others are loaded as they come. Memory: such inputs, and the result.
 */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import { inputsOf } from '../../planner/physical-plan.js'
import type { LocalPostgresPlan, PhysicalPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { RowStore, sliceBatches } from '../row-store.js'

/** Runs the node's SQL over its inputs. */
export async function* localPostgres(
  plan: LocalPostgresPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Local PostgreSQL', context)
  let inputBytes = 0
  const readFirst = async (input: PhysicalPlan): Promise<AsyncIterable<Batch>> => {
    const store = new RowStore(input.columns)
    for await (const batch of context.open(input)) {
      store.append(batch)
      memory.resize(inputBytes + store.bytes)
    }
    inputBytes += store.bytes
    const { length } = store
    return fromRows(sliceBatches(store.takeColumns(), length))
  }
  try {
    const inputs = []
    for (const { plan: input, schema, name, columnNames } of plan.inputs) {
      inputs.push({
        ...(schema === undefined ? {} : { schema }),
        name,
        columnNames,
        columns: input.columns,
        batches: mayNeedPostgres(input) ? await readFirst(input) : context.open(input),
      })
    }
    const parameters = plan.parameters.map((parameter) => ({
      value: evaluateConstant(parameter, context.evaluation),
      oid: parameter.type.oid,
    }))
    yield* context.localPostgres.run(
      {
        ...{ inputs, sql: plan.sql, parameters, columns: plan.columns },
        ...(plan.views === undefined ? {} : { views: plan.views }),
        ...(plan.searchPath === undefined ? {} : { searchPath: plan.searchPath }),
      },
      {
        signal: context.signal,
        evaluation: context.evaluation,
        onHeld: (bytes) => memory.resize(inputBytes + bytes),
      },
    )
  } finally {
    memory.release()
  }
}

async function* fromRows(batches: Iterable<Batch>): AsyncGenerator<Batch> {
  yield* batches
}

/** Shared rows may come from a definition that runs there. */
function mayNeedPostgres(plan: PhysicalPlan): boolean {
  if (plan.kind === 'local-postgres' || plan.kind === 'shared-reference') return true
  return inputsOf(plan).some(mayNeedPostgres)
}
