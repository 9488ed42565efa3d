/**
 * Moves conjuncts of a join's condition that use one side only to that side, where this drops no row that must survive:
 * both sides of inner and semi joins, the NULL-extended (or tested) side of outer and anti joins.
 *
 * Tempting and wrong: the preserved side. `a LEFT JOIN b ON a.x > 0 AND ...` keeps rows with a.x <= 0. And the right side of
 * NOT IN or of a mark: a right row whose extra condition is NULL makes the answer NULL, filtered away it makes it true.
 */
import type { Expression } from '../../expressions/expression.js'
import { conjunction, conjunctsOf } from '../expression-traversal.js'
import { isVolatile, usesAny } from '../expression-properties.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode } from '../logical-plan.js'
import { usedColumnsOf } from '../used-columns.js'
import { addFilter } from './push-filter.js'
import type { Rule } from '../rewrite.js'

export const pushJoinCondition: Rule = {
  name: 'push-join-condition',
  kinds: ['join'],
  apply(node) {
    if (node.kind !== 'join' || node.condition === undefined) return undefined
    const { left: leftMay, right: rightMay } = sidesToFilter(node)
    if (!leftMay && !rightMay) return undefined
    const leftIds = columnIdsOf(node.left)
    const rightIds = columnIdsOf(node.right)
    const toLeft: Expression[] = []
    const toRight: Expression[] = []
    const kept: Expression[] = []
    for (const conjunct of conjunctsOf(node.condition)) {
      const left = usesAny(conjunct, leftIds)
      const right = usesAny(conjunct, rightIds)
      if (isVolatile(conjunct) || usedColumnsOf(conjunct).size === 0) kept.push(conjunct)
      else if (leftMay && !right) toLeft.push(conjunct)
      else if (rightMay && !left) toRight.push(conjunct)
      else kept.push(conjunct)
    }
    if (toLeft.length === 0 && toRight.length === 0) return undefined
    return {
      ...node,
      left: addFilter(node.left, toLeft),
      right: addFilter(node.right, toRight),
      condition: conjunction(kept),
    }
  },
}

/** The sides of a join that may be filtered by what its condition says of them. */
export function sidesToFilter({ joinType, nullAware }: JoinNode): {
  left: boolean
  right: boolean
} {
  const both = joinType === 'inner' || joinType === 'semi'
  return {
    left: both || joinType === 'right',
    right: both || joinType === 'left' || (joinType === 'anti' && nullAware !== true),
  }
}
