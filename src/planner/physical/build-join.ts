/** Builds joins: at the source that both sides share, else here. */
import { joinPlan, splitCondition } from './join-plan.js'
import type { Expression } from '../../expressions/expression.js'
import { offerJoin } from '../federate.js'
import { hasNoSecondRow } from '../keys.js'
import { columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { rowWidth } from '../estimates/row-width.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { sendKeys } from './send-keys.js'
import { columnsWithin, withUsed } from './required-columns.js'
import type { Ids } from './required-columns.js'
import { localPostgresNode } from './build-plain-node.js'
import { applyFilter } from './build-filter.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

export function buildJoin(builder: PlanBuilder, node: JoinNode, required: Ids): PlanPart {
  const below = withUsed(required, node.condition)
  const left = builder.build(node.left, below)
  const right = builder.build(node.right, below)
  const offer = offerJoin(node, left, right, () => productFits(builder, node))
  builder.record(() =>
    entryOf(builder, node, [left, right], offer.part === undefined ? offer.reasons : undefined),
  )
  if (offer.part !== undefined) {
    if (offer.residual.length === 0) return offer.part
    // The join went there, some conjuncts of an inner join stay: a filter above it.
    const joined = { ...node, condition: undefined }
    return filterAbove(builder, joined, offer.residual, offer.part, below, offer.reasons)
  }
  const leftPlan = builder.close(left, columnsWithin(node.left, below))
  const rightPlan = builder.close(right, columnsWithin(node.right, below))
  return joinHere(builder, node, leftPlan, rightPlan, below, offer.reasons)
}

function joinHere(
  builder: PlanBuilder,
  node: JoinNode,
  left: PhysicalPlan,
  right: PhysicalPlan,
  below: Ids,
  notes: readonly string[],
): PlanPart {
  const condition = splitCondition(node)
  if (condition.foreign.length > 0 && node.joinType !== 'inner') {
    const reason = condition.reason ?? 'not native'
    return local(
      localPostgresNode(builder, node, [node.left, node.right], [left, right], reason, notes),
    )
  }
  const { id, estimatedRows, ...rest } = builder.base(node, notes)
  const plan = { ...joinPlan(node, left, right, condition, id, estimatedRows), ...rest }
  if (condition.foreign.length === 0) return local(sendKeys(builder, node, plan))
  return filterAbove(builder, node, condition.foreign, local(plan), below, [])
}

/** Applies conjuncts above a join. */
export function filterAbove(
  builder: PlanBuilder,
  node: LogicalPlan,
  conjuncts: readonly Expression[],
  part: PlanPart,
  below: Ids,
  notes: readonly string[],
): PlanPart {
  const plan = builder.close(part, columnsWithin(node, below))
  const filtered = applyFilter(builder, node, conjuncts, local(plan), below)
  if (filtered.kind === 'remote' || notes.length === 0) return filtered
  return local({ ...filtered.plan, notes: [...(filtered.plan.notes ?? []), ...notes] })
}

/** A product is sent whole where one side is a row at most, or when it is known to be smaller than its parts. */
function productFits(builder: PlanBuilder, node: JoinNode): boolean {
  const { estimator } = builder.context
  if ([node.left, node.right].some((side) => hasNoSecondRow(side, estimator.tableOf))) return true
  const bytes = (plan: LogicalPlan) => {
    const rows = estimator.rows(plan)
    return rows === undefined
      ? undefined
      : rows * rowWidth(columnsOf(plan), estimator.columns(plan))
  }
  const [whole, left, right] = [bytes(node), bytes(node.left), bytes(node.right)]
  if (whole === undefined || left === undefined || right === undefined) return false
  return whole <= left + right
}
