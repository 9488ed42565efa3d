/**
 * Moves a semi, anti or left join that touches one side of an inner join below it, where both its tables live in one source and
 * the inner join's other side does not: the source then does it, and sends less. `(a JOIN x) SEMI JOIN b ON a.i = b.i` is
 * `(a SEMI JOIN b) JOIN x` when a and b are neighbours.
 *
 * Tempting and wrong: a condition that uses both sides of the inner join, or a scalar subquery's join: its error for a
 * second match may only come from rows the inner join keeps.
 */
import { usesAny } from '../expression-properties.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { isVolatilePlan } from '../expression-properties.js'
import { siteOfPlan } from '../site.js'
import { arrange } from './prune-columns.js'
import type { Rule } from '../rewrite.js'

export const joinWithinSource: Rule = {
  name: 'join-within-source',
  kinds: ['join'],
  apply(node, { siteOf }) {
    if (node.kind !== 'join' || node.lateral || node.atMostOne === true) return undefined
    if (node.joinType !== 'semi' && node.joinType !== 'anti' && node.joinType !== 'left') {
      return undefined
    }
    const below = node.left
    if (below.kind !== 'join' || below.joinType !== 'inner' || below.lateral) return undefined
    if (node.condition === undefined || isVolatilePlan(node)) return undefined
    const site = siteOfPlan(node.right, siteOf)
    if (site === undefined) return undefined
    for (const side of ['left', 'right'] as const) {
      const near = below[side]
      const far = below[side === 'left' ? 'right' : 'left']
      if (siteOfPlan(near, siteOf) !== site || siteOfPlan(far, siteOf) === site) continue
      if (usesAny(node.condition, columnIdsOf(far))) continue
      const inner: JoinNode = { ...node, left: near }
      const moved: LogicalPlan = { ...below, [side]: inner }
      return arrange(moved, columnsOf(node))
    }
    return undefined
  },
}
