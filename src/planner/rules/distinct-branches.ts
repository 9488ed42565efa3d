/**
 * Lets the branches of UNION, INTERSECT and EXCEPT be sent without copies where they come from different sources: `SELECT id FROM customer
 * EXCEPT SELECT customer_id FROM orders` needs the customers of the orders, not the orders. Only where that makes clearly fewer rows,
 * by the estimates, and the source tells rows apart as PostgreSQL does.
 *
 * Sound because each of the three looks at which rows there are, and not at how many of each. Tempting and wrong: with ALL, where copies
 * count; a branch that is drawn anew; and a key among the columns, where there are no copies.
 */
import { columnReference } from '../expression-traversal.js'
import { groupingPays } from '../estimates/cost.js'
import { rowWidth } from '../estimates/row-width.js'
import { hasDistinctRowsIn } from '../keys.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import { canGroupBy } from './aggregate-below-join.js'

export const distinctBranches: Rule = {
  name: 'distinct-branches',
  kinds: ['set-operation'],
  apply(node, context) {
    if (node.kind !== 'set-operation' || node.all) return undefined
    if (siteOfPlan(node, context.siteOf) !== undefined) return undefined
    const [left, right] = [distinctRows(node.left, context), distinctRows(node.right, context)]
    return left === node.left && right === node.right ? undefined : { ...node, left, right }
  },
}

/** The rows of a branch, each once, where its source does that and it pays; the branch itself where not. */
function distinctRows(branch: LogicalPlan, context: RuleContext): LogicalPlan {
  const { estimator, groupingAt, pricesAt, isOneFragment } = context
  if (hasDistinctRowsIn(branch, columnIdsOf(branch), estimator.tableOf)) return branch
  const columns = columnsOf(branch)
  if (!canGroupBy(columns, columns.map(columnReference))) return branch
  const distinct: LogicalPlan = { kind: 'distinct', input: branch }
  const [rows, made] = [estimator.rows(branch), estimator.rows(distinct)]
  if (rows === undefined || made === undefined || made >= rows) return branch
  const sent = { width: rowWidth(columns, estimator.columns(branch)), prices: pricesAt(branch) }
  const pays = groupingPays(rows, { ...sent, rows: made }, { ...sent, rows }, groupingAt(branch))
  return pays && isOneFragment(distinct) ? distinct : branch
}
