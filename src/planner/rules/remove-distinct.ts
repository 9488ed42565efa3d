/**
 * Drops a DISTINCT over rows that differ already (grouped rows with all their groups, another DISTINCT, a
 * set operation without ALL) or whose copies do not count (below a semi, anti or mark join's tested side).
 *
 * Tempting and wrong: over a projection of some of the groups. `SELECT DISTINCT a FROM t GROUP BY a, b` needs it.
 */
import type { ColumnId } from '../../expressions/expression.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { Rule } from '../rewrite.js'

export const removeDistinct: Rule = {
  name: 'remove-distinct',
  apply(node) {
    if (node.kind === 'distinct') return hasDistinctRows(node.input) ? node.input : undefined
    if (node.kind !== 'join') return undefined
    if (node.joinType !== 'semi' && node.joinType !== 'anti' && node.joinType !== 'mark') {
      return undefined
    }
    return node.right.kind === 'distinct' ? { ...node, right: node.right.input } : undefined
  },
}

function hasDistinctRows(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'distinct':
      return true
    case 'aggregate':
      return plan.groupingSets === undefined
    case 'set-operation':
      return !plan.all
    case 'filter':
    case 'sort':
    case 'limit':
      return hasDistinctRows(plan.input)
    case 'values':
      return plan.rows.length <= 1
    case 'project': {
      if (plan.input.kind !== 'aggregate' || plan.input.groupingSets !== undefined) return false
      const passed = new Set<ColumnId>()
      for (const { expression } of plan.expressions) {
        if (expression.kind === 'column') passed.add(expression.id)
      }
      return plan.input.groups.every((group) => passed.has(group.column.id))
    }
    default:
      return false
  }
}
