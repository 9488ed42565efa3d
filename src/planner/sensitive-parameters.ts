/**
 * Parameters whose value decides how many rows a filter lets through. A generic plan takes every value for an average one; where a
 * value is ten times rarer or more common, the session asks for a plan that was estimated with it.
 */
import type { ColumnStatistics } from '../catalog/catalog.js'
import type { Expression } from '../expressions/expression.js'
import { shareBelow, shareEqualTo } from './column-shares.js'
import type { RowEstimator } from './estimate-rows.js'
import { conjunctsOf } from './expression-traversal.js'
import type { LogicalPlan } from './logical-plan.js'
import { visitPlans } from './plan-traversal.js'

/** One comparison of a column with a parameter. Plain data: it is judged where the values are bound. */
export interface SensitiveParameter {
  /** 1-based, as in $n. */
  readonly index: number
  readonly oid: number
  readonly comparison: 'equal' | 'below' | 'above'
  readonly statistics: Pick<
    ColumnStatistics,
    'mostCommon' | 'histogram' | 'nullFraction' | 'distinct'
  >
  /** The share of rows that the generic plan takes for granted. */
  readonly assumed: number
}

/** Of a range whose end is not known. */
const HALF_OPEN = 1 / 3
const COMPARISONS: Readonly<Record<string, SensitiveParameter['comparison']>> = {
  ...{ '=': 'equal', '<': 'below', '<=': 'below', '>': 'above', '>=': 'above' },
}
const MIRRORED = { equal: 'equal', below: 'above', above: 'below' } as const

/** Finds the parameters of a plan whose columns' values are known unevenly spread. */
export function sensitiveParameters(
  plan: LogicalPlan,
  estimator: RowEstimator,
): readonly SensitiveParameter[] {
  const found: SensitiveParameter[] = []
  visitPlans(plan, (node) => {
    if (node.kind !== 'filter') return
    const columns = estimator.columns(node.input)
    for (const conjunct of conjunctsOf(node.condition)) {
      if (conjunct.kind !== 'call' || conjunct.function.schema !== 'pg_catalog') continue
      const comparison = COMPARISONS[conjunct.operator ?? '']
      const [a, b] = conjunct.arguments.map(withoutRelabel)
      if (comparison === undefined || a === undefined || b === undefined) continue
      const [column, parameter] = a.kind === 'column' ? [a, b] : [b, a]
      if (column.kind !== 'column' || parameter.kind !== 'parameter') continue
      const known = columns.get(column.id)
      if (known?.mostCommon === undefined && known?.histogram === undefined) continue
      const { mostCommon, histogram, nullFraction, distinct } = known
      found.push({
        index: parameter.index,
        oid: parameter.type.oid,
        comparison: a === column ? comparison : MIRRORED[comparison],
        statistics: Object.fromEntries(
          Object.entries({ mostCommon, histogram, nullFraction, distinct }).filter(
            ([, value]) => value !== undefined,
          ),
        ),
        assumed: comparison === 'equal' ? (shareEqualTo(known, undefined) ?? 1) : HALF_OPEN,
      })
    }
  })
  return found
}

function withoutRelabel(expression: Expression): Expression {
  return expression.kind === 'relabel' ? withoutRelabel(expression.argument) : expression
}

/**
 * Says how far values are from what the generic plan assumes, as orders of ten by parameter; undefined where none is an order away.
 * Equal answers may share a plan.
 */
export function departureOf(
  sensitive: readonly SensitiveParameter[],
  values: readonly (string | null)[],
): string | undefined {
  const orders = sensitive.map(({ index, oid, comparison, statistics, assumed }) => {
    const value = values[index - 1] ?? null
    if (value === null) return 0
    const below = (): number | undefined => shareBelow(statistics, value, oid)
    const share =
      comparison === 'equal'
        ? shareEqualTo(statistics, value)
        : comparison === 'below'
          ? below()
          : 1 - (below() ?? 1 - assumed) - (statistics.nullFraction ?? 0)
    if (share === undefined) return 0
    return Math.trunc(Math.log10(Math.max(share, 1e-6) / assumed))
  })
  return orders.some((order) => order !== 0) ? orders.join() : undefined
}
