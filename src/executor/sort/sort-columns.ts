/** Computes ORDER BY keys over kept rows. */
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { SortKey } from '../../planner/logical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { batchOf } from '../batch.js'
import type { SortColumn } from './sort-words.js'

/** Evaluates the keys; `expressions` are compiled against `columns`. Constant keys order nothing and are left out. */
export function sortColumnsOf(
  keys: readonly SortKey[],
  expressions: readonly CompiledExpression[],
  columns: readonly Vector[],
  length: number,
): SortColumn[] {
  const rows = batchOf(columns, length)
  return keys.flatMap(({ descending, nullsFirst }, index) => {
    const expression = expressions[index]!
    if (expression.isConstant) return []
    return [{ vector: expression.evaluate(rows), descending, nullsFirst }]
  })
}
