/**
 * Local PostgreSQL: loads the inputs into a PostgreSQL in this process and runs a fragment there. An input that may need the
 * same PostgreSQL itself is read to its end first; others are loaded as they come. Memory: such inputs, and the result; what
 * does not fit goes to disk.
 */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import { inputsOf } from '../../planner/physical-plan.js'
import type { LocalPostgresPlan, PhysicalPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { HeldBatches } from '../spill/held-batches.js'
import { SpillFile } from '../spill/spill-file.js'

/** Runs the node's SQL over its inputs. */
export async function* localPostgres(
  plan: LocalPostgresPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Local PostgreSQL', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  const kept: HeldBatches[] = []
  const keeper = (): HeldBatches => {
    const own: HeldBatches = new HeldBatches(file, (bytes) => {
      const others = kept.reduce((sum, each) => sum + (each === own ? 0 : each.bytes), 0)
      return memory.tryResize(others + bytes)
    })
    kept.push(own)
    return own
  }
  const readFirst = async (input: PhysicalPlan): Promise<AsyncIterable<Batch>> => {
    const rows = keeper()
    for await (const batch of context.open(input)) await rows.append(batch)
    return rows.take()
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
    const results = keeper()
    await context.localPostgres.run(
      {
        ...{ inputs, sql: plan.sql, parameters, columns: plan.columns },
        ...(plan.views === undefined ? {} : { views: plan.views }),
        ...(plan.searchPath === undefined ? {} : { searchPath: plan.searchPath }),
      },
      {
        signal: context.signal,
        evaluation: context.evaluation,
        keep: (batch) => results.append(batch),
      },
    )
    yield* results.take()
  } finally {
    await file.close()
    memory.release()
  }
}

/** Shared rows may come from a definition that runs there. */
function mayNeedPostgres(plan: PhysicalPlan): boolean {
  if (plan.kind === 'local-postgres' || plan.kind === 'shared-reference') return true
  return inputsOf(plan).some(mayNeedPostgres)
}
