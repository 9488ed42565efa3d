/**
 * Guesses the value of a column of a plan's only row before it is known: `(SELECT avg(price) FROM other)` is probably the mean of what the
 * statistics of `price` tell, max its largest value, a value of a row found by its key the middle one. What is compared with it can be
 * estimated by it, and nothing else may be done with it. Without values in the statistics, as of columns with a tag, there is no guess.
 *
 * Naive: conditions on other columns leave all values as likely as they were, and sums of a group are taken to be like the mean of all sums.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import type { Datum } from '../../types/sql-type.js'
import { columnReference, conjunctsOf } from '../expression-traversal.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { AggregateCall, AggregateNode, LogicalPlan, SortNode } from '../logical-plan.js'
import { compareTexts, positionOf } from './column-shares.js'
import {
  columnsIn,
  drawsFrom,
  extremeOf,
  sameInAll,
  settledResultsOf,
  spreadOf,
  textAt,
  within,
  type Bound,
  type Spread,
} from './drawn-values.js'
import { hasAtMostOneRow } from './row-bounds.js'
import { baseColumn, rangeEndOf } from './selectivity.js'

/** What is known of the plans below. */
export interface LikelyFacts {
  rows(plan: LogicalPlan): number | undefined
  columns(plan: LogicalPlan): ReadonlyMap<ColumnId, ColumnStatistics>
  distinctOf(plan: LogicalPlan, column: ColumnId): number | undefined
  selectivity(condition: Expression, input: LogicalPlan): number
  /** The expression with the parameters' values, where there are some to estimate with. */
  withAssumed(expression: Expression): Expression
}

/** What a column of a plan of at most one row probably holds, as text of its type; undefined: nothing tells. */
export function likelyValue(
  plan: LogicalPlan,
  id: ColumnId,
  facts: LikelyFacts,
): string | undefined {
  switch (plan.kind) {
    case 'project': {
      const item = plan.expressions.find(({ column }) => column.id === id)
      return item && likelyResult(item.expression, plan.input, facts)
    }
    case 'aggregate': {
      const call = plan.aggregates.find(({ column }) => column.id === id)
      return call && plan.groups.length === 0
        ? aggregated(call, plan.input, facts.rows(plan.input), facts)
        : middleOf(plan, id, facts)
    }
    case 'limit': {
      const first = plan.input.kind === 'sort' ? plan.input.keys[0] : undefined
      if (first === undefined || baseColumn(first.expression) !== id) {
        return belowOrMiddle(plan, id, facts)
      }
      const { input } = plan.input as SortNode
      return extreme(first.descending ? 1 : 0, first.expression, input, facts.rows(input), facts)
    }
    case 'filter':
    case 'sort':
    case 'distinct':
    case 'view':
      return belowOrMiddle(plan, id, facts)
    case 'join': {
      const side = [plan.left, plan.right].find((input) => columnIdsOf(input).has(id))
      return side && likelyValue(side, id, facts)
    }
    case 'values': {
      const position = plan.columns.findIndex((column) => column.id === id)
      const value = plan.rows[0]?.[position]
      return value && likelyResult(value, plan, facts)
    }
    default:
      return middleOf(plan, id, facts)
  }
}

/** Of what hands on its input's rows: the only one, or one of them. */
function belowOrMiddle(
  plan: LogicalPlan & { readonly input: LogicalPlan },
  id: ColumnId,
  facts: LikelyFacts,
): string | undefined {
  return hasAtMostOneRow(plan.input)
    ? likelyValue(plan.input, id, facts)
    : middleOf(plan, id, facts)
}

/** What an expression makes of the likely values of its columns. */
function likelyResult(
  expression: Expression,
  input: LogicalPlan,
  facts: LikelyFacts,
): string | undefined {
  const known = facts.withAssumed(expression)
  const columns = columnsIn(known)
  if (columns.length === 1 && known.kind === 'column') return likelyValue(input, known.id, facts)
  const values: (readonly Datum[])[] = []
  for (const { id } of columns) {
    const value = columnIdsOf(input).has(id) ? likelyValue(input, id, facts) : undefined
    if (value === undefined) return undefined
    values.push([value])
  }
  return settledResultsOf(known, columns, values)?.[0] ?? undefined
}

/** What an aggregate probably comes to over so many rows of a plan. */
function aggregated(
  call: AggregateCall,
  input: LogicalPlan,
  allRows: number | undefined,
  facts: LikelyFacts,
): string | undefined {
  const { function: of, column, filter } = call
  if (of.schema !== 'pg_catalog') return undefined
  const share = filter === undefined ? 1 : facts.selectivity(filter, input)
  const rows = allRows === undefined ? undefined : allRows * share
  const print = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? undefined : textAt(value, column.type.oid)
  const [argument] = call.form === 'normal' ? call.arguments : call.orderBy.map((key) => key.expression) // prettier-ignore
  if (argument === undefined) return of.name === 'count' ? print(rows) : undefined
  const base = baseColumn(argument)
  if (call.distinct && of.name !== 'min' && of.name !== 'max') {
    const values = base === undefined ? undefined : facts.distinctOf(input, base)
    return of.name === 'count' ? print(values) : undefined
  }
  if (of.name === 'min' || of.name === 'max') {
    return extreme(of.name === 'max' ? 1 : 0, argument, input, rows, facts)
  }
  const drawn = drawsOf(argument, input, facts)
  const values = drawn?.values.filter((value) => value !== null) ?? []
  const present = drawn === undefined ? 1 : values.length / drawn.values.length
  if (of.name === 'count') return rows === undefined ? undefined : print(rows * present)
  if (drawn === undefined || values.length === 0) return undefined
  if (call.form !== 'normal') return drawn.isSpread ? percentile(call, values) : undefined
  const places = values.map((value) => positionOf(value, argument.type.oid))
  const mean = places.reduce((sum, place) => sum + place, 0) / places.length
  if (of.name === 'avg') return print(mean)
  if (of.name === 'sum') return rows === undefined ? undefined : print(mean * present * rows)
  const power = DEVIATIONS[of.name]
  if (power === undefined || !drawn.isSpread) return undefined
  const variance = places.reduce((sum, place) => sum + (place - mean) ** 2, 0) / places.length
  return print(variance ** power)
}

const DEVIATIONS: Readonly<Record<string, number>> = {
  ...{ stddev: 0.5, stddev_samp: 0.5, stddev_pop: 0.5, variance: 1, var_samp: 1, var_pop: 1 },
}

/** percentile_cont and percentile_disc: a value at a part of the way through all. */
function percentile(
  { function: of, directArguments, orderBy }: AggregateCall,
  values: readonly string[],
): string | undefined {
  const [part] = directArguments
  const [key] = orderBy
  if (!/^percentile_(cont|disc)$/.test(of.name) || part?.kind !== 'constant') return undefined
  if (key === undefined) return undefined
  const sorted = values.toSorted((a, b) => compareTexts(a, b, key.expression.type.oid))
  const place = Number(part.value) * sorted.length
  const at = key.descending ? sorted.length - place : place
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.floor(at)))]
}

/** The largest (1) or smallest (0) value of an expression in so many rows. */
function extreme(
  end: 0 | 1,
  argument: Expression,
  input: LogicalPlan,
  rows: number | undefined,
  facts: LikelyFacts,
): string | undefined {
  const base = baseColumn(argument)
  const origin = base === undefined ? undefined : originOf(input, base, facts)
  if (origin?.kind === 'spread') {
    const { spread, nullFraction, rows: all = Infinity } = origin
    return extremeOf(spread, end, (rows ?? Infinity) * (1 - nullFraction), all)
  }
  const drawn = drawsOf(argument, input, facts)
  if (drawn?.isSpread !== true) return undefined
  const sorted = drawn.values
    .filter((value) => value !== null)
    .toSorted((a, b) => compareTexts(a, b, argument.type.oid))
  return sorted.at(end === 1 ? -1 : 0)
}

/** The middle one of a column's values. */
function middleOf(plan: LogicalPlan, id: ColumnId, facts: LikelyFacts): string | undefined {
  const column = columnsOf(plan).find((candidate) => candidate.id === id)
  const drawn = column && drawsOf(columnReference(column), plan, facts)
  const values = drawn?.values.filter((value) => value !== null) ?? []
  const sorted = values.toSorted((a, b) => compareTexts(a, b, column!.type.oid))
  return sorted[Math.floor(sorted.length / 2)]
}

interface Drawn {
  readonly values: readonly Datum[]
  /** false: they stand for the mean of values that are not known by themselves. */
  readonly isSpread: boolean
}

/** What an expression makes of a plan's rows, in so many draws. */
function drawsOf(expression: Expression, plan: LogicalPlan, facts: LikelyFacts): Drawn | undefined {
  const known = facts.withAssumed(expression)
  const columns = columnsIn(known)
  const inputs: (readonly Datum[])[] = []
  let isSpread = true
  for (const [index, { id }] of columns.entries()) {
    const origin = originOf(plan, id, facts)
    if (origin === undefined) return undefined
    if (origin.kind === 'spread') inputs.push(drawsFrom(origin.spread, origin.nullFraction, index))
    else {
      inputs.push(origin.drawn.values)
      isSpread &&= origin.drawn.isSpread
    }
  }
  if (columns.length === 0) return undefined
  if (known.kind === 'column') return { values: inputs[0]!, isSpread }
  const values = settledResultsOf(known, columns, inputs)
  return values && { values, isSpread }
}

/** Where a column's values come from: a table's column, or an expression or aggregate below. */
type Origin =
  | {
      readonly kind: 'spread'
      readonly spread: Spread
      readonly nullFraction: number
      /** Of the table, those within the bounds. */
      readonly rows: number | undefined
    }
  | { readonly kind: 'drawn'; readonly drawn: Drawn }

function originOf(
  plan: LogicalPlan,
  id: ColumnId,
  facts: LikelyFacts,
  bounds: readonly Bound[] = [],
): Origin | undefined {
  switch (plan.kind) {
    case 'scan': {
      const column = plan.columns.find((candidate) => candidate.id === id)
      const statistics = facts.columns(plan).get(id)
      const whole = column && statistics && spreadOf(statistics, column.type.oid)
      const spread = whole && within(whole, bounds)
      if (spread === undefined) return undefined
      const nullFraction = bounds.length > 0 ? 0 : (statistics?.nullFraction ?? 0)
      const rows = facts.rows(plan)
      return { kind: 'spread', spread, nullFraction, rows }
    }
    case 'filter': {
      const own = conjunctsOf(plan.condition).flatMap((conjunct): Bound[] => {
        const end = rangeEndOf(facts.withAssumed(conjunct))
        if (end?.column !== id || end.bound.value === null) return []
        const at = positionOf(end.bound.value, end.bound.type.oid)
        return Number.isNaN(at) ? [] : [{ side: end.side, at }]
      })
      return originOf(plan.input, id, facts, [...bounds, ...own])
    }
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'distinct-on':
    case 'view':
      return originOf(plan.input, id, facts, bounds)
    case 'join': {
      const side = [plan.left, plan.right].find((input) => columnIdsOf(input).has(id))
      return side && originOf(side, id, facts, bounds)
    }
    case 'project':
    case 'aggregate': {
      const items = plan.kind === 'project' ? plan.expressions : plan.groups
      const item = items.find(({ column }) => column.id === id)
      const base = item && baseColumn(item.expression)
      if (base !== undefined) return originOf(plan.input, base, facts, bounds)
      const drawn =
        item !== undefined
          ? drawsOf(item.expression, plan.input, facts)
          : plan.kind === 'aggregate'
            ? meanOfGroups(plan, id, facts)
            : undefined
      return drawn && { kind: 'drawn', drawn }
    }
    default:
      return undefined
  }
}

/** What an aggregate comes to in a group of middling size. */
function meanOfGroups(node: AggregateNode, id: ColumnId, facts: LikelyFacts): Drawn | undefined {
  const call = node.aggregates.find(({ column }) => column.id === id)
  const [rows, groups] = [facts.rows(node.input), facts.rows(node)]
  if (call === undefined || rows === undefined || groups === undefined) return undefined
  const value = aggregated(call, node.input, rows / Math.max(1, groups), facts)
  return value === undefined ? undefined : { values: sameInAll(value), isSpread: false }
}
