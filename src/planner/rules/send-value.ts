/**
 * Computes a side of at most one row first (an aggregate of all, or what a declared key finds), and compares the other side with its value
 * as with a parameter: `WHERE price > (SELECT avg(limit) FROM other.source)` asks the source of the prices for those above the number, not
 * for all of them. The join becomes a lateral one from the single row.
 *
 * A value that fails (a division by zero) is an error only where a row asks for it: the join says so, and what it is built into looks
 * for such a row.
 *
 * Only where an equality does not make it a join on keys (a bind join sends those), and the two sides are not one source's. Tempting and
 * wrong: an outer join, whose unmatched rows are wanted, and a volatile side, which would no longer run whole.
 */
import { asEquality, isVolatilePlan, usesAny } from '../expression-properties.js'
import { conjunctsOf } from '../expression-traversal.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { freeColumnsOf } from '../used-columns.js'
import { visitPlans } from '../walk-plans.js'
import type { Rule } from '../rewrite.js'
import { hasNoSecondRow } from '../keys.js'
import { siteOfPlan } from '../site.js'
import { arrange } from './prune-columns.js'
import { addFilter, pushToScans } from './push-filter.js'

export const sendValue: Rule = {
  name: 'send-value',
  kinds: ['join'],
  apply(node, { siteOf, estimator }) {
    if (node.kind !== 'join' || node.joinType !== 'inner' || node.lateral) return undefined
    if (siteOfPlan(node, siteOf) !== undefined || isVolatilePlan(node)) return undefined
    const conjuncts = conjunctsOf(node.condition)
    const { tableOf } = estimator
    const [left, right] = [columnIdsOf(node.left), columnIdsOf(node.right)]
    const between = conjuncts.filter((c) => usesAny(c, left) && usesAny(c, right))
    if (between.length === 0 || between.some((c) => asEquality(c) !== undefined)) return undefined
    for (const [one, many] of [
      [node.left, node.right],
      [node.right, node.left],
    ] as const) {
      // What is correlated already has its parameters; and a row read from nowhere is no row to wait for.
      if (!hasNoSecondRow(one, tableOf) || hasNoSecondRow(many, tableOf)) continue
      if (!readsTable(many)) continue
      if (freeColumnsOf(node).size > 0) continue
      const filtered = pushToScans(addFilter(many, conjuncts))
      if (filtered.kind === 'filter' && filtered.input === many && many.kind !== 'scan') continue
      const plan: LogicalPlan = {
        ...{ kind: 'join', joinType: 'inner', left: one, right: filtered, lateral: true },
        leftIsSent: true,
      }
      return arrange(plan, columnsOf(node))
    }
    return undefined
  },
}

function readsTable(plan: LogicalPlan): boolean {
  let found = false
  visitPlans(plan, (node) => {
    if (node.kind === 'scan') found = true
  })
  return found
}
