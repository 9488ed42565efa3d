/** How many rows a plan can have at most or at least, by its shape alone. */
import { isCatalogQuestion } from '../../expressions/catalog-functions.js'
import { somePart } from '../expression-traversal.js'
import type { LogicalPlan } from '../logical-plan.js'

/** Tells whether a plan can never have a second row. */
export function hasAtMostOneRow(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'aggregate':
      return plan.groups.length === 0 && plan.groupingSets === undefined
    case 'project':
    case 'filter':
    case 'sort':
    case 'distinct':
    case 'window':
    case 'distinct-on':
      return hasAtMostOneRow(plan.input)
    case 'limit':
      return (
        (!plan.withTies &&
          plan.limit?.kind === 'constant' &&
          (plan.limit.value === '1' || plan.limit.value === '0')) ||
        hasAtMostOneRow(plan.input)
      )
    case 'values':
      return plan.rows.length <= 1
    case 'table-function':
      return plan.functions.every(
        ({ call }) =>
          somePart(call, isCatalogQuestion) &&
          (call.kind !== 'call' || call.function.returnsSet !== true),
      )
    case 'join':
      if (plan.joinType === 'semi' || plan.joinType === 'anti' || plan.joinType === 'mark') {
        return hasAtMostOneRow(plan.left)
      }
      if (plan.joinType === 'left' && plan.atMostOne === true) return hasAtMostOneRow(plan.left)
      return plan.joinType !== 'full' && hasAtMostOneRow(plan.left) && hasAtMostOneRow(plan.right)
    default:
      return false
  }
}

/** Tells whether a plan has one row, always. */
export function hasExactlyOneRow(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'aggregate':
      return plan.groups.length === 0 && plan.groupingSets === undefined
    case 'project':
    case 'sort':
    case 'distinct':
    case 'window':
      return hasExactlyOneRow(plan.input)
    case 'values':
      return plan.rows.length === 1
    case 'join':
      return (
        plan.joinType === 'inner' &&
        plan.condition === undefined &&
        hasExactlyOneRow(plan.left) &&
        hasExactlyOneRow(plan.right)
      )
    default:
      return false
  }
}
