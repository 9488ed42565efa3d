/**
 * Makes an outer join inner (or one-sided) when a condition above it cannot be true for NULL-extended rows:
 * `a LEFT JOIN b ... WHERE b.x > 0` is an inner join, which can be reordered and filters both ways.
 *
 * Tempting and wrong: any condition that names the side. `WHERE b.x IS NULL`, `WHERE coalesce(b.x, 0) = 0` and
 * `WHERE b.x > 0 OR a.y > 0` are true for NULL-extended rows. A scalar subquery's join keeps its check for a second row.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunctsOf } from '../expression-traversal.js'
import { rejectsNulls } from '../expression-properties.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode, JoinType, LogicalPlan } from '../logical-plan.js'
import { mapInputs } from '../plan-traversal.js'
import { substituteColumns } from '../used-columns.js'
import { replacementsOf } from './merge-projects.js'
import type { Rule } from '../rewrite.js'

export const simplifyOuterJoins: Rule = {
  name: 'simplify-outer-joins',
  scope: 'plan',
  apply(node) {
    const result = simplify(node, [])
    return result === node ? undefined : result
  },
}

/** `above`: conditions that hold for every row the consumer keeps, over this node's columns. */
function simplify(node: LogicalPlan, above: readonly Expression[]): LogicalPlan {
  switch (node.kind) {
    case 'filter': {
      const input = simplify(node.input, [...above, ...conjunctsOf(node.condition)])
      return input === node.input ? node : { ...node, input }
    }
    case 'project': {
      const replacements = replacementsOf(node)
      const input = simplify(
        node.input,
        above.map((condition) => substituteColumns(condition, replacements)),
      )
      return input === node.input ? node : { ...node, input }
    }
    case 'sort':
    case 'distinct': {
      const input = simplify(node.input, above)
      return input === node.input ? node : { ...node, input }
    }
    case 'join':
      return simplifyJoin(node, above)
    default:
      return mapInputs(node, (input) => simplify(input, []))
  }
}

function simplifyJoin(node: JoinNode, above: readonly Expression[]): LogicalPlan {
  const joinType = narrowed(node, above)
  const own = conjunctsOf(node.condition)
  // What holds for the rows of a side that can reach the output.
  const toLeft: Expression[] = []
  const toRight: Expression[] = []
  if (joinType === 'inner' || joinType === 'left' || isOneSided(joinType)) toLeft.push(...above)
  if (joinType === 'inner' || joinType === 'right') toRight.push(...above)
  if (joinType === 'inner' || joinType === 'semi') {
    toLeft.push(...own)
    toRight.push(...own)
  }
  if (joinType === 'left' || (joinType === 'anti' && node.nullAware !== true)) toRight.push(...own)
  if (joinType === 'right') toLeft.push(...own)
  const left = simplify(node.left, toLeft)
  const right = simplify(node.right, toRight)
  if (left === node.left && right === node.right && joinType === node.joinType) return node
  return { ...node, left, right, joinType }
}

function isOneSided(joinType: JoinType): boolean {
  return joinType === 'semi' || joinType === 'anti' || joinType === 'mark'
}

function narrowed(node: JoinNode, above: readonly Expression[]): JoinType {
  const rejects = (ids: ReadonlySet<ColumnId>) =>
    above.some((condition) => rejectsNulls(condition, ids))
  switch (node.joinType) {
    case 'left':
      return node.atMostOne !== true && rejects(columnIdsOf(node.right)) ? 'inner' : 'left'
    case 'right':
      return rejects(columnIdsOf(node.left)) ? 'inner' : 'right'
    case 'full': {
      // Rows without a left match have NULL left columns.
      const leftPresent = rejects(columnIdsOf(node.left))
      const rightPresent = rejects(columnIdsOf(node.right))
      if (leftPresent && rightPresent) return 'inner'
      return leftPresent ? 'left' : rightPresent ? 'right' : 'full'
    }
    default:
      return node.joinType
  }
}
