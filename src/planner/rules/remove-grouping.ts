/**
 * Makes a projection of a grouping whose groups have one row each, because a key is among them: `SELECT id, max(x) FROM t GROUP BY
 * id` is `SELECT id, x FROM t` where id is unique. Sources that cannot group as PostgreSQL does then do all of it; and where a source
 * has grouped the orders by customer, and each customer is a group, the sums are what they are: the first ten customers by sum
 * are the first ten sums.
 *
 * Tempting and wrong: avg, whose result has more digits than its argument, and count(x), which is 0 for NULL and not 1. A key
 * that may be NULL has one group for several rows.
 */
import type { Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { isVolatile } from '../expression-properties.js'
import { hasDistinctRowsIn } from '../keys.js'
import { asNumeric, widen } from '../known-functions.js'
import type { AggregateCall } from '../logical-plan.js'
import type { Rule } from '../rewrite.js'

export const removeGrouping: Rule = {
  name: 'remove-grouping',
  kinds: ['aggregate'],
  apply(node, { estimator }) {
    if (node.kind !== 'aggregate' || node.groups.length === 0) return undefined
    if (node.groupingSets !== undefined || (node.groupingCalls ?? []).length > 0) return undefined
    const ids = new Set(
      node.groups.flatMap(({ expression }) =>
        expression.kind === 'column' ? [expression.id] : [],
      ),
    )
    if (!hasDistinctRowsIn(node.input, ids, estimator.tableOf)) return undefined
    const values = node.aggregates.map((call) => ({
      column: call.column,
      expression: ofOneRow(call),
    }))
    const known = values.flatMap(({ column, expression }) =>
      expression === undefined ? [] : [{ column, expression }],
    )
    if (known.length < values.length) return undefined
    return { kind: 'project', input: node.input, expressions: [...node.groups, ...known] }
  },
}

const ITSELF = new Set(['min', 'max', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or'])

/** What an aggregate is over one row; undefined: not something simple. */
function ofOneRow(call: AggregateCall): Expression | undefined {
  const { function: fn, filter } = call
  if (fn.schema !== 'pg_catalog' || call.form !== 'normal') return undefined
  if (filter !== undefined && isVolatile(filter)) return undefined
  const [argument] = call.arguments
  if (fn.name === 'count') {
    const one = integer('1')
    const isThere: Expression | undefined =
      argument === undefined
        ? undefined
        : { kind: 'is-null', argument, negated: true, type: sqlType(OID.bool) }
    const counted = isThere === undefined ? one : when(isThere, one, integer('0'))
    return filter === undefined ? counted : when(filter, counted, integer('0'))
  }
  if (argument === undefined || call.arguments.length > 1) return undefined
  const value = oneValue(call, argument)
  if (value === undefined || filter === undefined) return value
  return when(filter, value, { kind: 'constant', value: null, type: value.type })
}

function oneValue(call: AggregateCall, argument: Expression): Expression | undefined {
  const { function: fn, column } = call
  const hasSameType =
    argument.type.oid === column.type.oid && argument.type.typmod === column.type.typmod
  if (ITSELF.has(fn.name)) return hasSameType ? argument : undefined
  if (fn.name !== 'sum') return undefined
  switch (argument.type.oid) {
    case OID.int2:
    case OID.int4:
      return widen(argument, sqlType(OID.int8))
    case OID.float4:
    case OID.float8:
      return argument
    case OID.int8:
      return asNumeric(argument)
    case OID.numeric:
      return hasSameType ? argument : undefined
    default:
      return undefined
  }
}

function integer(value: string): Expression {
  return { kind: 'constant', value, type: sqlType(OID.int8) }
}

function when(condition: Expression, result: Expression, otherwise: Expression): Expression {
  return { kind: 'case', branches: [{ condition, result }], otherwise, type: result.type }
}
