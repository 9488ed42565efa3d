/**
 * Turns a conjunct that is a subquery into a join that tests for matches: EXISTS and IN into a semi join, NOT EXISTS into an
 * anti join, NOT IN into an anti join that minds NULLs, `x > ALL (...)` into the anti join of its negation.
 *
 * Tempting and wrong: NOT IN as a plain anti join. `1 NOT IN (SELECT NULL)` is NULL, so the row goes; a plain anti
 * join keeps it. And a subquery below OR is no conjunct: `WHERE a OR EXISTS (...)` keeps rows without a match.
 */
import type { Expression, SubqueryExpression } from '../../expressions/expression.js'
import { conjunctsOf, hasSubquery, negation } from '../expression-traversal.js'
import { isVolatile } from '../expression-properties.js'
import { isCorrelated } from '../decorrelate.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { addFilter } from './push-filter.js'
import type { Rule } from '../rewrite.js'

export const subqueryConjunctToJoin: Rule = {
  name: 'subquery-conjunct-to-join',
  kinds: ['filter'],
  apply(node) {
    if (node.kind !== 'filter') return undefined
    const conjuncts = conjunctsOf(node.condition)
    const tests = conjuncts.filter((conjunct) => isTest(conjunct))
    if (tests.length === 0) return undefined
    const others = conjuncts.filter((conjunct) => !tests.includes(conjunct))
    // Plain conditions first: they cost least. Those with other subqueries, and volatile ones, see only what is left.
    const late = others.filter((conjunct) => hasSubquery(conjunct) || isVolatile(conjunct))
    let plan = addFilter(
      node.input,
      others.filter((conjunct) => !late.includes(conjunct)),
    )
    for (const test of tests) plan = joinFor(test, plan)
    return addFilter(plan, late)
  },
}

function isTest(conjunct: Expression): boolean {
  const inner = conjunct.kind === 'not' ? conjunct.argument : conjunct
  if (inner.kind !== 'subquery' || isVolatile(inner)) return false
  if (inner.test !== undefined && hasSubquery(inner.test)) return false
  return inner.subquery === 'exists' || inner.subquery === 'any' || inner.subquery === 'all'
}

function joinFor(conjunct: Expression, left: LogicalPlan): LogicalPlan {
  const negated = conjunct.kind === 'not'
  const subquery = (negated ? conjunct.argument : conjunct) as SubqueryExpression
  const test = subquery.test
  const base = {
    kind: 'join',
    left,
    right: subquery.plan,
    lateral: isCorrelated(subquery.plan, columnIdsOf(left)),
  } as const
  switch (subquery.subquery) {
    case 'exists':
      return { ...base, joinType: negated ? 'anti' : 'semi' }
    case 'any':
      return negated ? notIn(base, test) : { ...base, joinType: 'semi', condition: test }
    default: {
      const violation = test && negation(test)
      return negated ? { ...base, joinType: 'semi', condition: violation } : notIn(base, violation)
    }
  }
}

function notIn(
  base: Pick<JoinNode, 'kind' | 'left' | 'right' | 'lateral'>,
  condition: Expression | undefined,
): JoinNode {
  return { ...base, joinType: 'anti', nullAware: true, condition }
}
