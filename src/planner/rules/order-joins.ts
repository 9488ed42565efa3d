/**
 * Chooses the order of joins by cost, with the site as a property of every sub-plan [2]: joins whose tables live in one source are
 * cheap together and become one remote statement; small and selective inputs are joined first. Exhaustive up to ten relations
 * (dynamic programming over sets), greedy beyond. [2] in docs/references.md: Selinger et al. 1979; Lohman 1988.
 *
 * Inner joins may come in any order. A left, semi or anti join among them does something to each row of its left side by itself,
 * given the columns its condition uses: it commutes with any join that leaves those columns alone, so its right side is attached
 * as soon, or as late, as is cheapest. What needs the right side's columns comes after it. These are the hyperedges of [5] without the
 * rotations into the right side: that side is a relation here, with an order of its own.
 *
 * Tempting and wrong: `a LEFT JOIN (b JOIN c)` is not `(a LEFT JOIN b) JOIN c`. Full joins, NOT IN with NULLs, lateral joins and the
 * check of a scalar subquery for a second row (its error may only come from rows that are kept) are relations of the cluster,
 * never part of it. Conditions with random() are drawn once per pair and stay.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunction, conjunctsOf } from '../expression-traversal.js'
import { asEquality, isVolatile } from '../expression-properties.js'
import { chooseJoinOrder } from '../join-order.js'
import type { JoinTree, Relation } from '../join-order.js'
import { joinAll } from '../join-parts.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { mapInputs } from '../plan-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import { UNKNOWN_ROWS } from '../estimates/cost.js'
import { rowWidth } from '../estimates/row-width.js'
import { siteOfPlan } from '../site.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { arrange } from './prune-columns.js'
import { addFilter } from './push-filter.js'

export const orderJoins: Rule = {
  name: 'order-joins',
  scope: 'plan',
  apply(node, context) {
    const result = order(node, context)
    return result === node ? undefined : result
  },
}

type Attached = JoinNode & { readonly joinType: 'left' | 'semi' | 'anti' }

/** A leaf of a cluster; `attached`: the join whose right side it is. */
interface Leaf {
  readonly plan: LogicalPlan
  readonly attached?: Attached
  /** Relations on the left of that join. */
  readonly below?: readonly number[]
}

function order(node: LogicalPlan, context: RuleContext): LogicalPlan {
  if (!isOrdered(node)) return mapInputs(node, (input) => order(input, context))
  const leaves: Leaf[] = []
  const conjuncts: Expression[] = []
  flatten(node, leaves, conjuncts)
  const ordered = leaves.map(({ plan }) => order(plan, context))
  const conditions = [...conjuncts, ...leaves.map((leaf) => leaf.attached?.condition)]
  const stays = conditions.some((condition) => condition !== undefined && isVolatile(condition))
  if (ordered.length < 3 || stays) return rebuild(node, leaves, ordered)
  const owners = new Map<ColumnId, number>()
  ordered.forEach((plan, index) => columnIdsOf(plan).forEach((id) => owners.set(id, index)))
  const { estimator } = context
  const usedBy = (expression: Expression): number[] => {
    const used = new Set<number>()
    for (const id of usedColumnsOf(expression)) {
      const owner = owners.get(id)
      if (owner !== undefined) used.add(owner)
    }
    return [...used]
  }
  const relations = ordered.map((plan, index): Relation => {
    const { attached, below = [] } = leaves[index]!
    const needed = attached?.condition === undefined ? [] : usedBy(attached.condition)
    const needs = needed.filter((other) => other !== index)
    const site = siteOfPlan(plan, context.siteOf)
    return {
      rows: estimator.rows(plan) ?? UNKNOWN_ROWS,
      width: rowWidth(columnsOf(plan), estimator.columns(plan)),
      site,
      ...(site === undefined ? {} : { prices: context.pricesAt(plan) }),
      mostKeys: context.mostKeysTo(plan),
      ...(attached === undefined
        ? {}
        : {
            attached: {
              joinType: attached.joinType,
              // A condition that uses nothing of its left side is about all of it.
              needs: needs.length === 0 ? below : needs,
              selectivity: estimator
                .joinSelectivities(conjunctsOf(attached.condition), ordered)
                .reduce((product, share) => product * share, 1),
              hasKey: conjunctsOf(attached.condition).some((c) => asEquality(c) !== undefined),
              runsThere: runsThere(attached, needs, ordered, index, context),
            },
          }),
    }
  })
  const [first] = relations
  const isPlain = leaves.every(({ attached }) => attached === undefined)
  if (isPlain && first?.site !== undefined && relations.every(({ site }) => site === first.site)) {
    // One source has them all, and an order of its own; some take joins only as they are written.
    const written = joinAll(ordered, conjuncts)
    if (context.isOneFragment(written)) return arrange(written, columnsOf(node))
  }
  const shares = estimator.joinSelectivities(conjuncts, ordered)
  const predicates = conjuncts.map((conjunct, index) => ({
    ...{ relations: usedBy(conjunct), selectivity: shares[index]!, conjunct },
  }))
  const best = chooseJoinOrder(relations, predicates)
  const pending = new Set(predicates)
  const build = (tree: JoinTree): { plan: LogicalPlan; members: ReadonlySet<number> } => {
    if (tree.kind === 'relation') {
      return { plan: ordered[tree.index]!, members: new Set([tree.index]) }
    }
    const left = build(tree.left)
    const right = build(tree.right)
    const members = new Set([...left.members, ...right.members])
    const ready = [...pending].filter(({ relations: used }) => used.every((i) => members.has(i)))
    for (const predicate of ready) pending.delete(predicate)
    const completed = ready.map((predicate) => predicate.conjunct)
    const attached = tree.right.kind === 'relation' ? leaves[tree.right.index]?.attached : undefined
    const sides = { left: left.plan, right: right.plan }
    const plan: LogicalPlan =
      attached === undefined
        ? {
            ...{ kind: 'join', joinType: 'inner', ...sides, lateral: false },
            condition: conjunction(completed),
          }
        : addFilter({ ...attached, ...sides }, completed)
    return { plan, members }
  }
  return arrange(build(best).plan, columnsOf(node))
}

/** Asks the source about the join of the two sides alone; where there are more, it is taken to do what it does for one. */
function runsThere(
  join: Attached,
  needs: readonly number[],
  ordered: readonly LogicalPlan[],
  index: number,
  { siteOf, acceptsNode }: RuleContext,
): boolean {
  const [only, ...others] = needs
  if (only === undefined) return false
  if (others.length > 0) return true
  const alone: JoinNode = { ...join, left: ordered[only]!, right: ordered[index]! }
  return siteOfPlan(alone, siteOf) === undefined || acceptsNode(alone)
}

function isInner(node: LogicalPlan): node is JoinNode {
  return node.kind === 'join' && node.joinType === 'inner' && !node.lateral
}

function isAttaching(node: LogicalPlan): node is Attached {
  return (
    node.kind === 'join' &&
    (node.joinType === 'left' || node.joinType === 'semi' || node.joinType === 'anti') &&
    !(node.lateral || node.nullAware === true || node.atMostOne === true)
  )
}

function isOrdered(node: LogicalPlan): node is JoinNode {
  return isInner(node) || isAttaching(node)
}

function flatten(node: JoinNode, leaves: Leaf[], conjuncts: Expression[]): void {
  const first = leaves.length
  const side = (plan: LogicalPlan): void => {
    if (isOrdered(plan)) flatten(plan, leaves, conjuncts)
    else leaves.push({ plan })
  }
  side(node.left)
  if (isAttaching(node)) {
    const below = leaves.slice(first).map((_leaf, i) => first + i)
    leaves.push({ plan: node.right, attached: node, below })
    return
  }
  side(node.right)
  conjuncts.push(...conjunctsOf(node.condition))
}

/** The cluster as it was, over its reordered leaves. */
function rebuild(
  node: LogicalPlan,
  leaves: readonly Leaf[],
  ordered: readonly LogicalPlan[],
): LogicalPlan {
  const index = leaves.findIndex((leaf) => leaf.plan === node)
  if (index >= 0) return ordered[index]!
  return mapInputs(node, (input) => rebuild(input, leaves, ordered))
}
