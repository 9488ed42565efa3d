/** Builds joins whose right side needs the left row. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { columnReference, conjunction, conjunctsOf } from '../expression-traversal.js'
import { isVolatilePlan, usesAny } from '../expression-properties.js'
import { neverFailsPlan } from '../never-fails.js'
import { offerJoin, sameSite } from '../federate.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { freeColumnsOf, substituteInPlan, usedColumnsOf } from '../used-columns.js'
import { mapPlans } from '../walk-plans.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin, withUsed } from './required-columns.js'
import type { Ids } from './required-columns.js'
import { filterAbove } from './build-join.js'
import { keepInvariant, withKeptRows } from './keep-invariant.js'
import { passed } from './plan-builder.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

/** A join whose right side needs the left row: at the source as it is, or run anew for each combination of outer values. */
export function buildLateralJoin(builder: PlanBuilder, given: JoinNode, required: Ids): PlanPart {
  const below = withUsed(required, given.condition)
  for (const id of freeColumnsOf(given.right)) below.add(id)
  const left = builder.build(given.left, below)
  const whole = builder.attempt(() => {
    if (left.kind !== 'remote') return undefined
    const right = builder.build(given.right, below)
    if (right.kind !== 'remote' || sameSite([left, right]) === undefined) return undefined
    const offer = offerJoin(given, left, right, () => true)
    if (offer.part === undefined || offer.residual.length > 0) return undefined
    builder.record(() => entryOf(builder, given, [left, right], undefined))
    return offer.part
  })
  if (whole !== undefined) return whole
  const node = withNativeCondition(builder, given)
  for (const id of usedColumnsOf(...conjunctsOf(node.condition))) below.add(id)
  const reason = 'its right side is run anew for each combination of outer values'
  builder.record(() => entryOf(builder, node, [], [reason]))
  const leftPlan = builder.close(left, columnsWithin(node.left, below))
  const free = freeColumnsOf(node.right)
  const outer = columnsOf(node.left).filter((column) => free.has(column.id))
  const firstParameter = builder.numberParameters(outer.length)

  const likelyOf = (column: ColumnId) =>
    node.leftIsSent === true ? builder.context.estimator.likelyValue(node.left, column) : undefined
  const parameters = new Map<ColumnId, Expression>(
    outer.map(({ id, type }, index) => {
      const likely = likelyOf(id)
      return [
        id,
        {
          ...{ kind: 'parameter', index: firstParameter + index, type },
          ...(likely === undefined ? {} : { likely }),
        },
      ]
    }),
  )
  const rightNode = substituteInPlan(node.right, parameters)
  const built = builder.closed(rightNode, below)
  const { plan: right, kept } =
    outer.length === 0 || isVolatilePlan(rightNode)
      ? { plan: built, kept: [] }
      : // What a statement needs is read off its parameters.
        keepInvariant(builder, builder.printed(built), firstParameter)
  const { joinType, condition, nullAware, atMostOne, mark } = node
  const isForeign = condition !== undefined && whyNotNative(condition) !== undefined
  const columns = [
    ...leftPlan.columns,
    ...(joinType === 'semi' || joinType === 'anti'
      ? []
      : joinType === 'mark'
        ? [mark!]
        : right.columns),
  ]
  const apply: PhysicalPlan = {
    kind: 'apply',
    ...builder.base(node, ['the right side runs for each combination of outer values']),
    columns,
    joinType,
    left: leftPlan,
    right,
    outer,
    firstParameter,
    ...(!isForeign && condition !== undefined ? { condition } : {}),
    ...(nullAware === undefined ? {} : { nullAware }),
    ...(atMostOne === undefined ? {} : { atMostOne }),
    ...(mark === undefined ? {} : { mark }),
    ...askingFor(builder, node),
  }
  const plan = withKeptRows(builder, apply, kept)
  if (!isForeign) return local(plan)
  return filterAbove(builder, node, conjunctsOf(condition), local(plan), below, [])
}

/**
 * Looks for one row of the right side, less the conditions that take the left side's value: without one PostgreSQL would not have
 * computed it. Where the right side needs the value for more than conditions, or the value cannot fail, there is nothing to ask.
 */
function askingFor(
  builder: PlanBuilder,
  { left, right, leftIsSent }: JoinNode,
): { readonly asking?: PhysicalPlan } {
  if (leftIsSent !== true || neverFailsPlan(left)) return {}
  const outer = columnIdsOf(left)
  const without = (condition: Expression | undefined): Expression | undefined =>
    conjunction(conjunctsOf(condition).filter((conjunct) => !usesAny(conjunct, outer)))
  const rows = mapPlans(right, (node) => {
    if (node.kind === 'join' && node.joinType === 'inner') {
      return { ...node, condition: without(node.condition) }
    }
    if (node.kind !== 'filter') return node
    const condition = without(node.condition)
    return condition === undefined ? node.input : { ...node, condition }
  })
  if (freeColumnsOf(rows).size > 0) return {}
  const one: LogicalPlan = {
    ...{ kind: 'limit', input: rows, withTies: false },
    limit: { kind: 'constant', type: sqlType(OID.int8), value: '1' },
  }
  return { asking: builder.unrecorded(() => builder.closed(one, new Set())) }
}

/**
 * A condition that cannot be evaluated here moves into the right side, which has the left row at hand, as a column: what is left of
 * the condition is that column. An inner join needs no such thing, its condition can as well be a filter above it.
 */
function withNativeCondition(builder: PlanBuilder, node: JoinNode): JoinNode {
  const { condition, right } = node
  if (condition === undefined || node.joinType === 'inner') return node
  if (whyNotNative(condition) === undefined) return node
  const verdict = { id: builder.columnIds.next(), name: 'verdict', type: sqlType(OID.bool) }
  const expressions = [...passed(columnsOf(right)), { column: verdict, expression: condition }]
  return {
    ...node,
    right: { kind: 'project', input: right, expressions },
    condition: columnReference(verdict),
  }
}
