/** Values: constant rows. */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { ValuesPlan } from '../../planner/physical-plan.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'

/** Gives the node's rows; one row of no columns is what a SELECT without FROM reads. */
export async function* values(plan: ValuesPlan, context: OperatorContext): AsyncGenerator<Batch> {
  for (let start = 0; start < plan.rows.length; start += BATCH_ROWS) {
    const rows = plan.rows.slice(start, start + BATCH_ROWS)
    const builders = plan.columns.map((column) => createVectorBuilder(column.type, rows.length))
    for (const row of rows) {
      row.forEach((expression, index) => {
        builders[index]?.appendDatum(evaluateConstant(expression, context.evaluation))
      })
    }
    yield batchOf(
      builders.map((builder) => builder.finish()),
      rows.length,
    )
    if (context.pace.due()) await context.pace.turn()
  }
}
