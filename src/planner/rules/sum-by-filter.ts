/**
 * Makes `sum(CASE WHEN paid THEN price ELSE 0 END)` of numerics the sum of those that are paid, where a source takes that and not the other:
 * a CASE over a price of two digits and a zero of none has results of either form, and other servers give them all one. The columns
 * of a pivot are written like this; without the rewrite all rows would come.
 *
 *     coalesce(sum(price) FILTER (WHERE paid), CASE WHEN count(*) FILTER (WHERE paid IS NOT TRUE) > 0 THEN 0 END)
 *
 * Exact: a sum has the most digits of what is added, and zeros add none; where nothing is paid it is the sum of zeros, or NULL where there
 * are none of these either. Tempting and wrong: coalesce(sum, 0) alone, for prices that may all be NULL; a zero of more digits than
 * the price is known to have (`ELSE 0.000`); and floats, where -0 + 0 is 0.
 */
import type { ColumnId, ConstantExpression, Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { ColumnIds } from '../column-ids.js'
import { isVolatile, usesOnly } from '../expression-properties.js'
import { columnReference, hasSubquery } from '../expression-traversal.js'
import { partsOf } from '../join-parts.js'
import { isNeverNull } from '../keys.js'
import { COUNT_ROWS, int8Above } from '../known-functions.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { AggregateCall, AggregateNode, LogicalPlan } from '../logical-plan.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import { groupingOverInput } from './aggregate-below-join.js'

export const sumByFilter: Rule = {
  name: 'sum-by-filter',
  kinds: ['aggregate'],
  apply(node, context) {
    if (node.kind !== 'aggregate' || !node.aggregates.some((call) => sumOfCase(call))) {
      return undefined
    }
    const grouping = groupingOverInput(node)
    if (grouping === undefined || context.isOneFragment(grouping)) return undefined
    const values = new Map<ColumnId, Expression>()
    const aggregates = grouping.aggregates.flatMap((call): readonly AggregateCall[] => {
      const parts = sumOfCase(call)
      const split = parts && splitCall(call, parts, grouping, context)
      if (split === undefined || !isForTheSource(call, split.calls, grouping, context))
        return [call]
      values.set(call.column.id, split.value)
      return split.calls
    })
    if (values.size === 0) return undefined
    return {
      kind: 'project',
      input: { ...grouping, aggregates },
      expressions: columnsOf(node).map((column) => ({
        column,
        expression: values.get(column.id) ?? columnReference(column),
      })),
    }
  },
}

/** `CASE WHEN condition THEN summand ELSE zero END`. */
interface SumOfCase {
  readonly condition: Expression
  readonly summand: Expression
  readonly zero: ConstantExpression
}

function sumOfCase(call: AggregateCall): SumOfCase | undefined {
  const { function: fn, form, distinct, orderBy, arguments: list } = call
  if (fn.name !== 'sum' || fn.schema !== 'pg_catalog' || form !== 'normal') return undefined
  const [cases] = list
  if (distinct || orderBy.length > 0 || cases?.kind !== 'case') return undefined
  const [branch, ...others] = cases.branches
  if (branch === undefined || others.length > 0 || cases.type.oid !== OID.numeric) return undefined
  const { condition, result: summand } = branch
  const zero = cases.otherwise
  if (zero?.kind !== 'constant' || !hasNoMoreDigits(zero.value, summand)) return undefined
  // Twice is drawn twice.
  const read = call.filter === undefined ? [cases] : [cases, call.filter]
  if (read.some((each) => isVolatile(each) || hasSubquery(each))) return undefined
  return { condition, summand, zero }
}

/** NULL, or a zero whose digits behind the point are no more than those that a numeric has for sure. */
function hasNoMoreDigits(zero: string | null, { type }: Expression): boolean {
  if (zero === null) return true
  const digits = /^0(?:\.(0+))?$/.exec(zero)
  if (digits === null) return false
  const scale = type.oid === OID.numeric && type.typmod >= 0 ? (type.typmod - 4) & 0x7ff : 0
  return (digits[1]?.length ?? 0) <= scale
}

interface SplitCall {
  readonly calls: readonly AggregateCall[]
  readonly value: Expression
}

function splitCall(
  call: AggregateCall,
  { condition, summand, zero }: SumOfCase,
  { input, groups, groupingSets }: AggregateNode,
  { ids, estimator }: RuleContext,
): SplitCall {
  const sum = filtered({ ...call, arguments: [summand] }, condition, ids)
  const total = columnReference(sum.column)
  if (zero.value === null) return { calls: [sum], value: total }
  const isThere = summand.kind === 'column' && isNeverNull(input, summand.id, estimator.tableOf)
  if (isThere && groups.length > 0 && groupingSets === undefined && call.filter === undefined) {
    // A group has rows: where none is added, there is a zero.
    return { calls: [sum], value: { kind: 'coalesce', arguments: [total, zero], type: total.type } }
  }
  const isZero: Expression = {
    ...{ kind: 'boolean-test', argument: condition, test: 'not-true', type: sqlType(OID.bool) },
  }
  const counted = { ...call, function: COUNT_ROWS, arguments: [], star: true }
  const column = { ...call.column, name: 'zeros', type: sqlType(OID.int8) }
  const zeros = filtered({ ...counted, column }, isZero, ids)
  const none: Expression = { kind: 'constant', value: '0', type: sqlType(OID.int8) }
  const other: Expression = {
    kind: 'case',
    branches: [{ condition: int8Above(columnReference(zeros.column), none), result: zero }],
    otherwise: { kind: 'constant', value: null, type: zero.type },
    type: zero.type,
  }
  return {
    calls: [sum, zeros],
    value: { kind: 'coalesce', arguments: [total, other], type: total.type },
  }
}

/** A call over those of its rows that meet a condition as well. */
function filtered(call: AggregateCall, condition: Expression, ids: ColumnIds): AggregateCall {
  const filter: Expression =
    call.filter === undefined
      ? condition
      : { kind: 'and', arguments: [call.filter, condition], type: sqlType(OID.bool) }
  return { ...call, filter, column: { ...call.column, id: ids.next() } }
}

/** Tells whether the source of all that a call reads makes the one and not the other. */
function isForTheSource(
  call: AggregateCall,
  split: readonly AggregateCall[],
  { input }: AggregateNode,
  { siteOf, isOneFragment }: RuleContext,
): boolean {
  const parts =
    siteOfPlan(input, siteOf) === undefined
      ? partsOf(input, siteOf)
      : [{ plan: input, columns: columnIdsOf(input) }]
  const read = [...call.arguments, ...(call.filter === undefined ? [] : [call.filter])]
  const part = parts.find(({ columns }) => read.every((each) => usesOnly(each, columns)))
  if (part === undefined) return false
  const grouped = (aggregates: readonly AggregateCall[]): LogicalPlan => ({
    ...{ kind: 'aggregate', input: part.plan, groups: [], aggregates },
  })
  return !isOneFragment(grouped([call])) && isOneFragment(grouped(split))
}
