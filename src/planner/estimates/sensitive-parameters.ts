/**
 * Parameters whose value decides how many rows a filter or a limit lets through. A generic plan takes every value for an average one; where a
 * value is ten times rarer or more common, the session asks for a plan that was estimated with it. Of a LIMIT it knows nothing: plans
 * are made for limits up to so many rows.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { shareBelow, shareEqualTo } from './column-shares.js'
import type { RowEstimator } from './estimate-rows.js'
import { conjunctsOf } from '../expression-traversal.js'
import type { LogicalPlan } from '../logical-plan.js'
import { visitPlans } from '../walk-plans.js'
import { countParameter, stepAbove, type MostByParameter } from './row-counts.js'

/** Plain data: it is judged where the values are bound. */
export type SensitiveParameter = ComparedParameter | CountedParameter

/** A count in LIMIT or OFFSET. */
export interface CountedParameter {
  readonly comparison: 'counts'
  /** 1-based, as in $n. */
  readonly index: number
}

/** One comparison of a column with a parameter. */
export interface ComparedParameter {
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
const COMPARISONS: Readonly<Record<string, ComparedParameter['comparison']>> = {
  ...{ '=': 'equal', '<': 'below', '<=': 'below', '>': 'above', '>=': 'above' },
}
const MIRRORED = { equal: 'equal', below: 'above', above: 'below' } as const

/** Finds the parameters of a plan whose columns' values are known unevenly spread. */
export function sensitiveParameters(
  plan: LogicalPlan,
  estimator: RowEstimator,
): readonly ComparedParameter[] {
  const found: ComparedParameter[] = []
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

/** Finds the parameters of limits that may go below what they stand over. */
export function countedParameters(plan: LogicalPlan): readonly CountedParameter[] {
  const found = new Set<number>()
  visitPlans(plan, (node) => {
    if (node.kind !== 'limit' || node.withTies || !LIMITED.has(node.input.kind)) return
    for (const count of [node.limit, node.offset]) {
      const parameter = countParameter(count)
      if (parameter !== undefined) found.add(parameter.index)
    }
  })
  return [...found].map((index) => ({ comparison: 'counts', index }))
}

const LIMITED: ReadonlySet<LogicalPlan['kind']> = new Set(['sort', 'join', 'set-operation'])

function withoutRelabel(expression: Expression): Expression {
  return expression.kind === 'relabel' ? withoutRelabel(expression.argument) : expression
}

/** Values that share a plan, as what the plan may know of them. */
export interface Departure {
  /** Equal ones may share a plan. */
  readonly key: string
  /** Values to estimate with, by index. */
  readonly assumed: Readonly<Record<string, string | null>>
  readonly atMost: MostByParameter
}

/** Says how far values are from what the generic plan takes for granted; undefined: it is the plan for them. */
export function departureOf(
  sensitive: readonly SensitiveParameter[],
  values: readonly (string | null)[],
): Departure | undefined {
  const assumed: Record<string, string | null> = {}
  const atMost: Record<string, string> = {}
  let departs = false
  const keys = sensitive.map((parameter) => {
    const value = values[parameter.index - 1] ?? null
    if (parameter.comparison !== 'counts') {
      const orders = ordersAway(parameter, value)
      if (orders !== 0) departs = true
      assumed[parameter.index] ??= value
      return orders
    }
    const step = stepAbove(value)
    if (step === undefined) return ''
    departs = true
    assumed[parameter.index] = atMost[parameter.index] = String(step)
    return step
  })
  return departs ? { key: keys.join(), assumed, atMost } : undefined
}

/** Orders of ten between the rows that a value lets through and those of the generic plan. */
function ordersAway(
  { oid, comparison, statistics, assumed }: ComparedParameter,
  value: string | null,
): number {
  if (value === null) return 0
  const below = (): number | undefined => shareBelow(statistics, value, oid)
  const share =
    comparison === 'equal'
      ? shareEqualTo(statistics, value)
      : comparison === 'below'
        ? below()
        : 1 - (below() ?? 1 - assumed) - (statistics.nullFraction ?? 0)
  return share === undefined ? 0 : Math.trunc(Math.log10(Math.max(share, 1e-6) / assumed))
}
