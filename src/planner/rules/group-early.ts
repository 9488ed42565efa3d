/**
 * Groups rows that were joined here before they are joined once more: `SELECT c.segment, sum(l.price) FROM line l JOIN orders o ... JOIN
 * customer c ... GROUP BY 1`, each of another source, needs one sum per customer where the customers' rows come in, not one row per
 * line. The same rewrite as aggregate-below-join [4] and as sound, at another place: rows are held, sent for and put together by the
 * group, and what comes late (the customers wait for the keys of the lines) finds the lines' work done.
 *
 * Only where groups are known to be a quarter of the rows at most: finding a row's group costs about what looking it up once costs.
 */
import { UNKNOWN_ROWS } from '../estimates/cost.js'
import { isVolatile } from '../expression-properties.js'
import { same, type JoinPart } from '../join-parts.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { expressionsOf, mapExpressions } from '../plan-traversal.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import {
  canGroupBy,
  groupingOverInput,
  splitAt,
  type groupPart,
  type Split,
} from './aggregate-below-join.js'
import { columnKeys, computedKeys } from './grouping/keys-of-part.js'

/** Groups per row above which it is not worth it. */
const MOST_GROUPS = 0.25

/** Fewer rows are joined as they are. */
const FEWEST_ROWS = 10_000

export const groupEarly: Rule = {
  name: 'group-early',
  kinds: ['aggregate'],
  apply(node, context) {
    if (node.kind !== 'aggregate' || siteOfPlan(node.input, context.siteOf) !== undefined) {
      return undefined
    }
    const grouping = groupingOverInput(node)
    if (grouping?.input.kind !== 'join') return undefined
    let most: Split | undefined
    for (const part of joinedParts(grouping.input, ROOT, context)) {
      const split = splitAt(grouping, part, context, groupHere)
      if (split !== undefined && split.saved > (most?.saved ?? 0)) most = split
    }
    return most?.whole()
  },
}

type Path = Pick<JoinPart, 'supplied' | 'around' | 'replace'>

const ROOT: Path = { supplied: false, around: [], replace: (node) => node }

/** The joins below a join that are made here. */
function joinedParts(node: JoinNode, path: Path, context: RuleContext): readonly JoinPart[] {
  const around = [...path.around, ...expressionsOf(node)]
  if (node.lateral || around.some(isVolatile)) return []
  return groupableSides(node).flatMap(({ side, supplied }) => {
    const plan = node[side]
    if (plan.kind !== 'join' || siteOfPlan(plan, context.siteOf) !== undefined) return []
    const below: Path = {
      supplied: path.supplied || supplied,
      around,
      replace: (next, map = same) =>
        path.replace(mapExpressions({ ...node, [side]: next }, map), map),
    }
    const part = { ...below, plan, columns: columnIdsOf(plan), relations: [plan] }
    return [part, ...joinedParts(plan, below, context)]
  })
}

/** The sides of a join whose rows may become fewer, equal ones at once. */
function groupableSides(
  node: JoinNode,
): readonly { readonly side: 'left' | 'right'; readonly supplied: boolean }[] {
  const { joinType } = node
  const left = { side: 'left', supplied: joinType === 'right' || joinType === 'full' } as const
  const right = { side: 'right', supplied: joinType === 'left' || joinType === 'full' } as const
  const isFilter = joinType === 'semi' || joinType === 'anti' || joinType === 'mark'
  // A second match is an error there.
  return isFilter || node.atMostOne === true ? [left] : [left, right]
}

const groupHere: typeof groupPart = (part, above, aggregates, { estimator, ids }) => {
  const rows = estimator.rows(part.plan) ?? UNKNOWN_ROWS
  if (rows < FEWEST_ROWS) return undefined
  const ways = [columnKeys(part, above), computedKeys(part, above, ids, () => true)]
  const [best] = ways
    .flatMap((way) => {
      if (way === undefined || way.groups.length === 0) return []
      const { groups, map } = way
      if (
        !canGroupBy(
          groups.map(({ column }) => column),
          above.map(map),
        )
      )
        return []
      const plan: LogicalPlan = { kind: 'aggregate', input: part.plan, groups, aggregates }
      const known = estimator.columns(plan)
      if (groups.some(({ column }) => known.get(column.id)?.distinct === undefined)) return []
      return [{ plan, map, saved: rows - (estimator.rows(plan) ?? rows) }]
    })
    .sort((a, b) => b.saved - a.saved)
  return best !== undefined && best.saved >= rows * (1 - MOST_GROUPS) ? best : undefined
}
