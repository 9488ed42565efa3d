/**
 * Lets a source send each value once where a semi or anti join only asks whether there is one: `NOT EXISTS (SELECT 1 FROM orders o WHERE
 * o.customer = c.id)` needs the customers of the orders, not the orders. Keys sent to the source by a bind join narrow the distinct rows as
 * well. Only where values are clearly fewer than rows, by the estimates.
 *
 * Sound because copies of a row match what the row matches; NULLs are kept, as NOT IN asks. Tempting and wrong: values whose equal forms
 * the condition tells apart (see aggregate-below-join), and where both sides are the source's own: it knows better.
 */
import type { LogicalPlan } from '../logical-plan.js'
import { isVolatilePlan } from '../expression-properties.js'
import { partsOf } from '../join-parts.js'
import { expressionsOf, mapExpressions } from '../plan-traversal.js'
import type { Rule } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import { groupPart } from './aggregate-below-join.js'

export const distinctMatches: Rule = {
  name: 'distinct-matches',
  kinds: ['join'],
  apply(node, context) {
    if (node.kind !== 'join' || node.lateral || isVolatilePlan(node)) return undefined
    if (node.joinType !== 'semi' && node.joinType !== 'anti' && node.joinType !== 'mark') {
      return undefined
    }
    if (siteOfPlan(node, context.siteOf) !== undefined) return undefined
    let right: { plan(): LogicalPlan; readonly saved: number } | undefined
    for (const part of partsOf(node.right, context.siteOf)) {
      const above = [...part.around, ...expressionsOf(node)]
      const grouped = groupPart(part, above, [], context)
      if (grouped === undefined || grouped.saved <= (right?.saved ?? 0)) continue
      right = {
        saved: grouped.saved,
        plan: () =>
          mapExpressions({ ...node, right: part.replace(grouped.plan, grouped.map) }, grouped.map),
      }
    }
    return right?.plan()
  },
}
