/**
 * Computes avg(x) as sum(x) / count(x) where the source of a grouping takes these but not the average: MySQL rounds it to four digits
 * more than its argument has, DuckDB makes it a floating-point number. The groups come then, not their rows, and the division is
 * PostgreSQL's own, here.
 *
 * Exact for whole numbers and numeric, which are added exactly in any order; avg is NULL where the sum is. Tempting and wrong: floats,
 * whose sum depends on the order, and intervals, whose average carries months over to days.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { columnReference, sameExpression } from '../expression-traversal.js'
import { asNumeric, COUNT, exactSumOf, numericQuotient } from '../known-functions.js'
import { columnsOf } from '../logical-plan.js'
import type { AggregateCall } from '../logical-plan.js'
import type { ColumnIds } from '../column-ids.js'
import type { Rule } from '../rewrite.js'
import { siteOfPlan } from '../site.js'

export const divideAverages: Rule = {
  name: 'divide-averages',
  kinds: ['aggregate'],
  apply(node, { ids, siteOf, isOneFragment }) {
    if (node.kind !== 'aggregate' || node.groupingSets !== undefined) return undefined
    if ((node.groupingCalls ?? []).length > 0 || !node.aggregates.some(isExactAverage)) {
      return undefined
    }
    if (siteOfPlan(node, siteOf) === undefined || isOneFragment(node)) return undefined
    const aggregates: AggregateCall[] = []
    const values = new Map<ColumnId, Expression>()
    for (const call of node.aggregates) {
      if (!isExactAverage(call)) aggregates.push(call)
    }
    for (const call of node.aggregates) {
      if (!isExactAverage(call)) continue
      const { function: sum, type } = exactSumOf(call.arguments[0]!.type.oid)!
      const total = addCall({ ...call, function: sum }, { name: 'sum', type }, aggregates, ids)
      const counted = { name: 'count', type: sqlType(OID.int8) }
      const rows = addCall({ ...call, function: COUNT }, counted, aggregates, ids)
      values.set(call.column.id, numericQuotient(asNumeric(total), asNumeric(rows)))
    }
    const input = { ...node, aggregates }
    if (!isOneFragment(input)) return undefined
    const expressions = columnsOf(node).map((column) => ({
      column,
      expression: values.get(column.id) ?? columnReference(column),
    }))
    return { kind: 'project', input, expressions }
  },
}

function isExactAverage({ function: fn, form, column, arguments: list }: AggregateCall): boolean {
  const argument = list[0]
  if (fn.name !== 'avg' || fn.schema !== 'pg_catalog' || form !== 'normal') return false
  if (argument === undefined || column.type.oid !== OID.numeric) return false
  return exactSumOf(argument.type.oid) !== undefined
}

/** Adds a call, unless the same is there already; gives its result. */
function addCall(
  call: AggregateCall,
  { name, type }: Pick<Column, 'name' | 'type'>,
  calls: AggregateCall[],
  ids: ColumnIds,
): Expression {
  const same = calls.find((other) => isSameCall(other, call))
  if (same !== undefined) return columnReference(same.column)
  const column: Column = { id: ids.next(), name, type }
  calls.push({ ...call, column })
  return columnReference(column)
}

function isSameCall(a: AggregateCall, b: AggregateCall): boolean {
  if (a.function.oid !== b.function.oid || a.distinct !== b.distinct || a.star !== b.star)
    return false
  if (a.form !== b.form || a.orderBy.length > 0 || b.orderBy.length > 0) return false
  const filters = [a.filter, b.filter].filter((filter) => filter !== undefined)
  if (filters.length === 1 || a.arguments.length !== b.arguments.length) return false
  return (
    a.arguments.every((argument, i) => sameExpression(argument, b.arguments[i]!)) &&
    (filters.length === 0 || sameExpression(filters[0]!, filters[1]!))
  )
}
