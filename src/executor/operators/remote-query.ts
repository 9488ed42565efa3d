/**
 * Remote Query: one statement at a source. Opened on the first pull, so that a branch nobody reads costs nothing; the
 * next batch is fetched while the one before is worked on.
 */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { RemoteQueryPlan } from '../../planner/physical-plan.js'
import { BATCH_ROWS } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { startReading } from '../read-ahead.js'

/** Runs the node's statement at its source. */
export async function* remoteQuery(
  plan: RemoteQueryPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { statement } = plan
  const values = statement.parameters.map((p) => evaluateConstant(p, context.evaluation))
  const record = context.statistics.of(plan.id)
  record.remoteCalls++
  const abort = new AbortController()
  const rows = context.source(plan.source).scan(statement, values, {
    signal: AbortSignal.any([context.signal, abort.signal]),
    batchRows: BATCH_ROWS,
    onBytes: (bytes) => void (record.bytes += bytes),
    settings: context.evaluation.settings,
  })
  yield* startReading(rows, abort)
}
