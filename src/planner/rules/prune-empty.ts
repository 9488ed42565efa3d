/**
 * Carries "no rows" upwards: a join with an empty side, a projection or grouping of nothing, a branch of a UNION ALL that
 * cannot deliver. Sources that cannot contribute are then not asked at all.
 *
 * Tempting and wrong: an aggregate without groups over nothing still has one row, a LEFT JOIN keeps its left side, and LIMIT -1 is an error.
 */
import { columnReference } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import { isNegativeCount } from '../never-fails.js'
import type { JoinNode, LogicalPlan, SetOperationNode } from '../logical-plan.js'
import { isZero, noRows } from './simplify-conditions.js'
import type { Rule } from '../rewrite.js'

export const pruneEmpty: Rule = {
  name: 'prune-empty',
  apply(node) {
    switch (node.kind) {
      case 'filter':
      case 'project':
      case 'project-set':
      case 'window':
      case 'distinct':
      case 'distinct-on':
      case 'sort':
        return isEmpty(node.input) ? noRows(node) : undefined
      case 'limit':
        if (isNegativeCount(node.limit) || isNegativeCount(node.offset)) return undefined
        return isEmpty(node.input) || isZero(node.limit) ? noRows(node) : undefined
      case 'aggregate':
        return isEmpty(node.input) && node.groups.length > 0 && node.groupingSets === undefined
          ? noRows(node)
          : undefined
      case 'join':
        return pruneJoin(node)
      case 'set-operation':
        return pruneSetOperation(node)
      default:
        return undefined
    }
  },
}

function isEmpty(plan: LogicalPlan): boolean {
  return plan.kind === 'values' && plan.rows.length === 0
}

function pruneJoin(node: JoinNode): LogicalPlan | undefined {
  const left = isEmpty(node.left)
  const right = isEmpty(node.right)
  switch (node.joinType) {
    case 'inner':
    case 'semi':
      return left || right ? noRows(node) : undefined
    case 'left':
    case 'mark':
      return left ? noRows(node) : undefined
    case 'anti':
      return left ? noRows(node) : right ? node.left : undefined
    case 'right':
      return right ? noRows(node) : undefined
    case 'full':
      return left && right ? noRows(node) : undefined
  }
}

function pruneSetOperation(node: SetOperationNode): LogicalPlan | undefined {
  const left = isEmpty(node.left)
  const right = isEmpty(node.right)
  if (!left && !right) return undefined
  const only = (side: LogicalPlan): LogicalPlan => {
    const produced = columnsOf(side)
    const renamed: LogicalPlan = {
      kind: 'project',
      input: side,
      expressions: node.columns.map((column, index) => ({
        column,
        expression: columnReference(produced[index]!),
      })),
    }
    return node.all ? renamed : { kind: 'distinct', input: renamed }
  }
  switch (node.operation) {
    case 'union':
      return left ? (right ? noRows(node) : only(node.right)) : only(node.left)
    case 'intersect':
      return noRows(node)
    case 'except':
      return left ? noRows(node) : only(node.left)
  }
}
