/** What a reference to a common table carries of it: from there, its definition is out of sight. */
import type { RowEstimator } from './estimate-rows.js'
import { columnsOf } from '../logical-plan.js'
import type { CteReferenceNode, LogicalPlan } from '../logical-plan.js'

export type ReferenceEstimates = Pick<CteReferenceNode, 'rows' | 'distinct'>

/** Estimates a common table for those who read it; nothing, where its rows are unknown. */
export function referenceEstimates(
  table: LogicalPlan,
  estimator: RowEstimator,
): ReferenceEstimates {
  const rows = estimator.rows(table)
  if (rows === undefined) return {}
  return { rows, distinct: columnsOf(table).map(({ id }) => estimator.distinctOf(table, id)) }
}
