/**
 * Counts the different values that conditions on a column itself leave of it: one after `x = 7`, three after `x IN (1, 2, 3)`, as large a
 * part as of the rows after `x < 100`. A join on that column meets these values, not all that its table has: where both sides were narrowed
 * by the same condition, as one side's is carried over to the other, it counts once. Conditions on other columns are not looked at:
 * rows are taken to bring their values with them.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { argumentsOf, conjunctsOf, hasSubquery } from '../expression-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import { baseColumn, selectivityOf } from './selectivity.js'

/** Different values of the columns that a condition narrows, by column. */
export function valuesLeft(
  condition: Expression,
  columns: ReadonlyMap<ColumnId, ColumnStatistics>,
): ReadonlyMap<ColumnId, number> {
  const left = new Map<ColumnId, number>()
  const ranges = new Map<ColumnId, Expression[]>()
  const keep = (id: ColumnId, values: number) =>
    left.set(id, Math.min(values, left.get(id) ?? Infinity))
  for (const conjunct of conjunctsOf(condition)) {
    const comparison = comparisonOf(conjunct)
    if (comparison === undefined) continue
    const { column, values } = comparison
    if (values !== 'a range') keep(column, values)
    else ranges.set(column, [...(ranges.get(column) ?? []), conjunct])
  }
  for (const [id, ends] of ranges) {
    const { distinct, nullFraction = 0 } = columns.get(id) ?? {}
    if (distinct === undefined || nullFraction >= 1) continue
    const both: Expression = { kind: 'and', arguments: ends, type: ends[0]!.type }
    const share = selectivityOf(both, columns, undefined) / (1 - nullFraction)
    keep(id, Math.max(1, distinct * Math.min(1, share)))
  }
  return left
}

/** A column compared with what does not depend on a row, and the values that pass. */
function comparisonOf(
  conjunct: Expression,
): { readonly column: ColumnId; readonly values: number | 'a range' } | undefined {
  if (conjunct.kind === 'array-comparison') {
    const { left, right, operator, quantifier } = conjunct
    const column = baseColumn(left)
    if (column === undefined || operator !== '=' || quantifier !== 'any') return undefined
    if (right.kind !== 'array' || !isFixed(right)) return undefined
    return { column, values: right.elements.length }
  }
  if (conjunct.kind !== 'call' || !/^(=|[<>]=?)$/.test(conjunct.operator ?? '')) return undefined
  const [a, b] = argumentsOf(conjunct)
  if (a === undefined || b === undefined) return undefined
  const [column, other] = baseColumn(a) === undefined ? [baseColumn(b), a] : [baseColumn(a), b]
  if (column === undefined || !isFixed(other)) return undefined
  return { column, values: conjunct.operator === '=' ? 1 : 'a range' }
}

function isFixed(expression: Expression): boolean {
  return usedColumnsOf(expression).size === 0 && !hasSubquery(expression)
}
