/**
 * Takes from an OR over both sides of a join what it says of one side alone: from `(a.x = 1 AND b.y = 2) OR (a.x = 3 AND b.y > 4)`
 * follows `a.x = 1 OR a.x = 3` for a, and the like for b. The OR itself stays; its sides send less.
 *
 * Tempting and wrong: when one branch says nothing of the side. From `(a.x = 1 AND b.y = 2) OR b.y = 5` nothing follows for a.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { isVolatile, usesOnly } from '../expression-properties.js'
import { conjunction, conjunctsOf, expressionKey } from '../expression-traversal.js'
import { columnIdsOf } from '../logical-plan.js'
import { usedColumnsOf } from '../used-columns.js'
import type { Rule } from '../rewrite.js'
import { addFilter } from './push-filter.js'
import { sidesToFilter } from './push-join-condition.js'

export const restrictByOr: Rule = {
  name: 'restrict-by-or',
  kinds: ['join'],
  apply(node, { inferred }) {
    if (node.kind !== 'join' || node.condition === undefined || node.lateral) return undefined
    const sides = sidesToFilter(node)
    const find = (ids: ReadonlySet<ColumnId>): Expression[] =>
      conjunctsOf(node.condition).flatMap((conjunct) => {
        const derived = restrictionOf(conjunct, ids)
        if (derived === undefined || inferred.has(expressionKey(derived))) return []
        inferred.add(expressionKey(derived))
        return [derived]
      })
    const forLeft = sides.left ? find(columnIdsOf(node.left)) : []
    const forRight = sides.right ? find(columnIdsOf(node.right)) : []
    if (forLeft.length === 0 && forRight.length === 0) return undefined
    return { ...node, left: addFilter(node.left, forLeft), right: addFilter(node.right, forRight) }
  },
}

/** What an OR says of some columns alone. */
function restrictionOf(condition: Expression, ids: ReadonlySet<ColumnId>): Expression | undefined {
  if (condition.kind !== 'or' || isVolatile(condition)) return undefined
  const branches: Expression[] = []
  for (const branch of condition.arguments) {
    const own = conjunctsOf(branch).filter(
      (conjunct) => usedColumnsOf(conjunct).size > 0 && usesOnly(conjunct, ids),
    )
    const restriction = conjunction(own)
    if (restriction === undefined) return undefined
    branches.push(restriction)
  }
  return { ...condition, arguments: branches }
}
