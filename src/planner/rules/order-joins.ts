/**
 * Chooses the order of inner joins by cost, with the site as a property of every sub-plan [2]: joins whose tables live in one
 * source are cheap together and become one remote statement; small and selective inputs are joined first. Exhaustive up to ten
 * relations (dynamic programming over sets), greedy beyond. [2] in docs/references.md: Selinger et al. 1979; Lohman 1988.
 *
 * Tempting and wrong: reordering across outer joins. `a LEFT JOIN (b JOIN c)` is not `(a LEFT JOIN b) JOIN c`. Outer, semi and
 * lateral joins are relations of the cluster here, never part of it. Conditions with random() are drawn once per pair and stay.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunction, conjunctsOf } from '../expression-traversal.js'
import { isVolatile } from '../expression-properties.js'
import { chooseJoinOrder } from '../join-order.js'
import type { JoinTree, Relation } from '../join-order.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { mapInputs, usedColumnsOf } from '../plan-traversal.js'
import { UNKNOWN_ROWS } from '../cost.js'
import { rowWidth } from '../row-width.js'
import { siteOfPlan } from '../site.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { arrange } from './prune-columns.js'

export const orderJoins: Rule = {
  name: 'order-joins',
  scope: 'plan',
  apply(node, context) {
    const result = order(node, context)
    return result === node ? undefined : result
  },
}

function order(node: LogicalPlan, context: RuleContext): LogicalPlan {
  if (!isInner(node)) return mapInputs(node, (input) => order(input, context))
  const leaves: LogicalPlan[] = []
  const conjuncts: Expression[] = []
  flatten(node, leaves, conjuncts)
  const ordered = leaves.map((leaf) => order(leaf, context))
  if (ordered.length < 3 || conjuncts.some(isVolatile)) return rebuild(node, leaves, ordered)
  const { estimator } = context
  const relations = ordered.map((plan): Relation => ({
    rows: estimator.rows(plan) ?? UNKNOWN_ROWS,
    width: rowWidth(columnsOf(plan), estimator.columns(plan)),
    site: siteOfPlan(plan, context.siteOf),
  }))
  const owners = new Map<ColumnId, number>()
  ordered.forEach((plan, index) => columnIdsOf(plan).forEach((id) => owners.set(id, index)))
  const predicates = conjuncts.map((conjunct) => {
    let mask = 0
    for (const id of usedColumnsOf(conjunct)) {
      const owner = owners.get(id)
      if (owner !== undefined) mask |= 1 << owner
    }
    return { mask, selectivity: estimator.joinSelectivity(conjunct, ordered), conjunct }
  })
  const best = chooseJoinOrder(relations, predicates)
  const pending = new Set(predicates)
  const build = (tree: JoinTree): LogicalPlan => {
    if (tree.kind === 'relation') return ordered[tree.index]!
    const left = build(tree.left)
    const right = build(tree.right)
    const ready = [...pending].filter((predicate) => (predicate.mask & ~tree.mask) === 0)
    for (const predicate of ready) pending.delete(predicate)
    const condition = conjunction(ready.map((predicate) => predicate.conjunct))
    return { kind: 'join', joinType: 'inner', left, right, condition, lateral: false }
  }
  return arrange(build(best), columnsOf(node))
}

function isInner(node: LogicalPlan): node is JoinNode {
  return node.kind === 'join' && node.joinType === 'inner' && !node.lateral
}

/** Relations are bits of a 32-bit set: a larger cluster is ordered in parts, each a relation of the one above it. */
const LARGEST_CLUSTER = 30

function flatten(node: JoinNode, leaves: LogicalPlan[], conjuncts: Expression[]): void {
  for (const side of [node.left, node.right]) {
    const other = side === node.left ? node.right : node.left
    const isPart = isInner(side) && leafCount(side) + leafCount(other) <= LARGEST_CLUSTER
    if (isPart && leaves.length + leafCount(side) <= LARGEST_CLUSTER) {
      flatten(side, leaves, conjuncts)
    } else leaves.push(side)
  }
  conjuncts.push(...conjunctsOf(node.condition))
}

function leafCount(node: LogicalPlan): number {
  return isInner(node) ? leafCount(node.left) + leafCount(node.right) : 1
}

/** The cluster as it was, over its reordered leaves. */
function rebuild(
  node: LogicalPlan,
  leaves: readonly LogicalPlan[],
  ordered: readonly LogicalPlan[],
): LogicalPlan {
  const index = leaves.indexOf(node)
  if (index >= 0) return ordered[index]!
  return mapInputs(node, (input) => rebuild(input, leaves, ordered))
}
