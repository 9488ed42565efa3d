/**
 * Drops a DISTINCT over rows that differ already (by a declared key, grouped rows with all their groups, another DISTINCT, a
 * set operation without ALL) or whose copies do not count (below a semi, anti or mark join's tested side).
 *
 * Tempting and wrong: over a projection of some of the groups. `SELECT DISTINCT a FROM t GROUP BY a, b` needs it. So does
 * a UNIQUE column that may be NULL: it may be NULL twice.
 */
import { hasDistinctRowsIn } from '../keys.js'
import { columnIdsOf } from '../logical-plan.js'
import type { Rule } from '../rewrite.js'

export const removeDistinct: Rule = {
  name: 'remove-distinct',
  kinds: ['distinct', 'join'],
  apply(node, { estimator }) {
    if (node.kind === 'distinct') {
      const differ = hasDistinctRowsIn(node.input, columnIdsOf(node), estimator.tableOf)
      return differ ? node.input : undefined
    }
    if (node.kind !== 'join') return undefined
    if (node.joinType !== 'semi' && node.joinType !== 'anti' && node.joinType !== 'mark') {
      return undefined
    }
    return node.right.kind === 'distinct' ? { ...node, right: node.right.input } : undefined
  },
}
