/** Puts the columns of a fragment in an order, or leaves out those nobody needs. */
import type { Column } from '../../expressions/expression.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { arrange } from '../rules/prune-columns.js'
import type { PlanPart, RemotePart } from './plan-part.js'

/** A fragment with only the columns needed of it. */
export function narrowed(part: RemotePart, needed: readonly Column[]): RemotePart {
  const { fragment } = part
  const wanted = new Set(needed.map((column) => column.id))
  const columns = columnsOf(fragment)
  const kept = columns.filter((column) => wanted.has(column.id))
  if (kept.length === 0 && columns.length > 0) kept.push(columns[0]!)
  if (kept.length === columns.length) return part
  if (fragment.kind === 'scan') {
    const tableColumns = fragment.tableColumns.filter((_, i) => kept.includes(fragment.columns[i]!))
    return { ...part, fragment: { ...fragment, columns: kept, tableColumns } }
  }
  return { ...part, fragment: arrange(fragment, kept) }
}

export function arrangedPart(part: PlanPart, node: LogicalPlan): PlanPart {
  if (part.kind === 'local') return part
  return { ...part, fragment: arrange(part.fragment, columnsOf(node)) }
}

export function arranged(node: LogicalPlan, part: PlanPart): LogicalPlan {
  return part.kind === 'remote' ? arrange(part.fragment, columnsOf(node)) : node
}
