/**
 * Estimates how many different values a function has from those it gives for the values of its column that are known: the common ones and
 * the bounds of the histogram. `left(code, 3)` is the same for all codes, or another for each: nothing but the codes tells.
 *
 * Where the known ones are not all, by Haas and Stokes as PostgreSQL does for columns: results met once stand for more of their kind,
 * results met again and again are all there are.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { ColumnExpression, Expression } from '../../expressions/expression.js'
import { resultsOf } from './drawn-values.js'

/** Fewer values say nothing of the others. */
const FEWEST_VALUES = 10

/** Estimates are asked for again and again while a statement is planned. */
const remembered = new WeakMap<
  Expression,
  { readonly of: ColumnStatistics; readonly values: number | undefined }
>()

/** Different values of an expression over one column that has so many; undefined: too few of them are known. */
export function sampledValues(
  expression: Expression,
  column: ColumnExpression,
  statistics: ColumnStatistics,
): number | undefined {
  const known = remembered.get(expression)
  if (known?.of === statistics) return known.values
  const values = estimate(expression, column, statistics)
  remembered.set(expression, { of: statistics, values })
  return values
}

function estimate(
  expression: Expression,
  column: ColumnExpression,
  { mostCommon = [], histogram = [], distinct }: ColumnStatistics,
): number | undefined {
  const sample = [...new Set([...mostCommon.map(({ value }) => value), ...histogram])]
  const all = Math.max(distinct ?? sample.length, sample.length)
  if (sample.length < Math.min(FEWEST_VALUES, all) || sample.length === 0) return undefined
  const results = resultsOf(expression, [column], [sample])
  if (results === undefined) return undefined
  const times = new Map<string | null, number>()
  for (const result of results) times.set(result, (times.get(result) ?? 0) + 1)
  const once = [...times.values()].filter((count) => count === 1).length
  const { length: seen } = sample
  return Math.min(all, (seen * times.size) / (seen - once + (once * seen) / all))
}
