/** Builds joins whose right side needs the left row. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { whyNotNative } from '../../expressions/native.js'
import { conjunctsOf } from '../expression-traversal.js'
import { offerJoin, sameSite } from '../federate.js'
import { columnsOf } from '../logical-plan.js'
import type { JoinNode } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { freeColumnsOf, substituteInPlan } from '../plan-traversal.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin, withUsed } from './required-columns.js'
import type { Ids } from './required-columns.js'
import { filterAbove } from './build-join.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

/** A join whose right side needs the left row: at the source as it is, or run anew for each combination of outer values. */
export function buildLateralJoin(builder: PlanBuilder, node: JoinNode, required: Ids): PlanPart {
  const below = withUsed(required, node.condition)
  for (const id of freeColumnsOf(node.right)) below.add(id)
  const left = builder.build(node.left, below)
  const whole = builder.attempt(() => {
    if (left.kind !== 'remote') return undefined
    const right = builder.build(node.right, below)
    if (right.kind !== 'remote' || sameSite([left, right]) === undefined) return undefined
    const offer = offerJoin(node, left, right, () => true)
    if (offer.part === undefined || offer.residual.length > 0) return undefined
    builder.record(entryOf(node, [left, right], undefined))
    return offer.part
  })
  if (whole !== undefined) return whole
  const reason = 'its right side is run anew for each combination of outer values'
  builder.record(entryOf(node, [], [reason]))
  const leftPlan = builder.close(left, columnsWithin(node.left, below))
  const free = freeColumnsOf(node.right)
  const outer = columnsOf(node.left).filter((column) => free.has(column.id))
  const firstParameter = builder.numberParameters(outer.length)

  const parameters = new Map<ColumnId, Expression>(
    outer.map((column, index) => [
      column.id,
      { kind: 'parameter', index: firstParameter + index, type: column.type },
    ]),
  )
  const rightNode = substituteInPlan(node.right, parameters)
  const right = builder.closed(rightNode, below)
  const { joinType, condition, nullAware, atMostOne, mark } = node
  const foreign = condition === undefined ? undefined : whyNotNative(condition)
  if (foreign !== undefined && joinType !== 'inner') {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      `This correlated subquery is not supported: ${foreign}`,
    )
  }
  const columns = [
    ...leftPlan.columns,
    ...(joinType === 'semi' || joinType === 'anti'
      ? []
      : joinType === 'mark'
        ? [mark!]
        : right.columns),
  ]
  const plan: PhysicalPlan = {
    kind: 'apply',
    ...builder.base(node, ['the right side runs for each combination of outer values']),
    columns,
    joinType,
    left: leftPlan,
    right,
    outer,
    firstParameter,
    ...(foreign === undefined && condition !== undefined ? { condition } : {}),
    ...(nullAware === undefined ? {} : { nullAware }),
    ...(atMostOne === undefined ? {} : { atMostOne }),
    ...(mark === undefined ? {} : { mark }),
  }
  if (foreign === undefined) return local(plan)
  return filterAbove(builder, node, conjunctsOf(condition), local(plan), below, [])
}
