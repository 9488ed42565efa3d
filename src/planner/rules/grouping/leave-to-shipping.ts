/**
 * Tells whether a grouping over a join is better left to a source that is sent the rows of the other sides (physical/ship-rows.ts): then
 * its groups alone move, where the part's groups would move one for each key of the join. A grouping that was split is sums of sums above, which
 * fewer sources compute exactly, and moves less without shipping: it would not be shipped any more.
 *
 * Says so only where shipping is clearly cheaper and the source takes the whole as one statement: it is decided for good when plans are built.
 */
import {
  costOfMoves,
  costOfShipping,
  costOfWaiting,
  SHIPPING_MARGIN,
  shippingPays,
  UNKNOWN_ROWS,
} from '../../estimates/cost.js'
import { rowWidth } from '../../estimates/row-width.js'
import type { JoinPart } from '../../join-parts.js'
import { columnsOf } from '../../logical-plan.js'
import type { LogicalPlan } from '../../logical-plan.js'
import { scansOf } from '../../walk-plans.js'
import type { RuleContext } from '../../rewrite.js'

type Above = Extract<LogicalPlan, { kind: 'aggregate' | 'distinct' }>

/** `parts`: all of the tree below the grouping. `groups`: what would move of one of them, were it grouped. */
export function leavesToShipping(
  node: Above,
  parts: readonly JoinPart[],
  part: JoinPart,
  groups: LogicalPlan,
  context: RuleContext,
): boolean {
  const { estimator, pricesAt } = context
  const others = parts.filter((candidate) => candidate !== part)
  const [scan] = scansOf(part.plan)
  const [other, ...more] = others
  if (other === undefined || scan === undefined) return false
  const result = estimator.rows(node)
  const made = estimator.rows(groups)
  if (result === undefined || made === undefined) return false
  const widthOf = (plan: LogicalPlan) => rowWidth(columnsOf(plan), estimator.columns(plan))
  const sides = others.map(({ plan }) => ({
    ...{ rows: estimator.rows(plan) ?? UNKNOWN_ROWS, width: widthOf(plan), prices: pricesAt(plan) },
  }))
  const rows = sides.map((side) => Math.max(1, side.rows))
  if (rows.reduce((a, b) => a + b) > context.mostRowsTo(scan.source)) return false
  const prices = pricesAt(part.plan)
  const answer = { rows: result, width: widthOf(node), prices }
  const move = { rows: metBy(node, groups, made, context), width: widthOf(groups), prices }
  const estimate = { sides, result: answer, otherwise: [move] }
  if (!shippingPays(rows, estimate, costOfWaiting(prices))) return false
  const shipping = costOfMoves(sides) + costOfShipping(sides, answer)
  if (shipping > costOfMoves([...sides, move]) * SHIPPING_MARGIN) return false
  // The tables of one other source are one relation; of several sources they are as they stand.
  const input = more.length === 0 ? other.replace(other.plan) : node.input
  const sent = others.map(({ plan }) => plan)
  return context.isOneFragmentWith({ ...node, input }, sent, scan.source)
}

/** Of the part's groups, those that the keys of the other side leave. */
function metBy(node: Above, groups: LogicalPlan, made: number, { estimator }: RuleContext): number {
  if (groups.kind !== 'aggregate') return made
  return Math.min(made, estimator.rows({ ...groups, input: node.input, aggregates: [] }) ?? made)
}
