/**
 * Shares of rows that pass a condition (Selinger et al. 1979): from common values and histograms where they are known, from the number of
 * different values and the ends of the range otherwise. Naive where nothing is known: columns are taken as independent.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import type { SqlType } from '../../types/sql-type.js'
import { positionOf, shareBelow, shareEqualTo, shareLike } from './column-shares.js'
import { columnsIn, settledResultsOf } from './drawn-values.js'
import { argumentsOf, rewriteExpression, somePart } from '../expression-traversal.js'

/** Shares of rows that pass a condition about which nothing better is known. */
export const SELECTIVITY = {
  ...{ equality: 0.005, range: 1 / 3, like: 0.05, null: 0.01, other: 1 / 3 },
} as const

/** The column that an expression is but for its type. */
export function baseColumn(expression: Expression): ColumnId | undefined {
  if (expression.kind === 'column') return expression.id
  if (expression.kind === 'relabel') return baseColumn(expression.argument)
  if (expression.kind === 'call' && expression.form === 'implicit-cast') {
    const [argument] = expression.arguments
    return argument && baseColumn(argument)
  }
  return undefined
}

type Statistics = ReadonlyMap<ColumnId, ColumnStatistics>

/** The share of rows for which a condition is true. */
export function selectivityOf(
  condition: Expression,
  columns: Statistics,
  rows: number | undefined,
): number {
  switch (condition.kind) {
    case 'and':
      return shareOfAll(condition.arguments, columns, rows)
    case 'or':
      return (
        1 -
        condition.arguments.reduce((share, c) => share * (1 - selectivityOf(c, columns, rows)), 1)
      )
    case 'not':
      return 1 - selectivityOf(condition.argument, columns, rows)
    case 'constant':
      return condition.value === 't' ? 1 : 0
    case 'column':
      return shareEqualTo(columns.get(condition.id), 't') ?? 0.5
    case 'is-null': {
      const id = baseColumn(condition.argument)
      const share =
        (id !== undefined ? columns.get(id)?.nullFraction : undefined) ?? SELECTIVITY.null
      return condition.negated ? 1 - share : share
    }
    case 'array-comparison': {
      const id = baseColumn(condition.left)
      const statistics = id === undefined ? undefined : columns.get(id)
      const values = condition.right.kind === 'array' ? condition.right.elements : undefined
      const sum = values?.reduce(
        (share, value) => share + equalityShare(statistics, rows, value),
        0,
      )
      const any = Math.min(1, sum ?? 10 * equalityShare(statistics, rows))
      if (condition.operator === '=' && condition.quantifier === 'any') return any
      return condition.operator === '<>' ? 1 - any : SELECTIVITY.other
    }
    case 'call':
      return callSelectivity(condition, columns, rows)
    default:
      return SELECTIVITY.other
  }
}

/** Conjuncts are taken as independent, but for the two ends of one range. */
function shareOfAll(
  conjuncts: readonly Expression[],
  columns: Statistics,
  rows: number | undefined,
): number {
  const ends = new Map<ColumnId, Partial<Record<RangeEnd['side'], number>>>()
  let share = 1
  for (const conjunct of conjuncts) {
    const end = rangeEndOf(conjunct)
    const sides = end && (ends.get(end.column) ?? {})
    const own = end && rangeShare(columns.get(end.column), end)
    if (own === undefined || sides?.[end!.side] !== undefined) {
      share *= own ?? selectivityOf(conjunct, columns, rows)
    } else ends.set(end!.column, { ...sides, [end!.side]: own })
  }
  for (const [id, { below, above }] of ends) {
    if (below === undefined || above === undefined) share *= below ?? above ?? 1
    else {
      const present = 1 - (columns.get(id)?.nullFraction ?? 0)
      share *= Math.max(LEAST_SHARE, below + above - present)
    }
  }
  return share
}

/** No range is taken to be emptier: statistics are coarse, and old. */
const LEAST_SHARE = 0.0001
/** The same where the end of the range is itself estimated. */
const LEAST_LIKELY_SHARE = 0.001

/** `column < constant` and the like. */
interface RangeEnd {
  readonly column: ColumnId
  /** Of the bound, where the rows lie that pass. */
  readonly side: 'below' | 'above'
  readonly bound: RangeBound
}

interface RangeBound {
  readonly value: string | null
  readonly type: SqlType
  /** It is not the value itself but what that probably is. */
  readonly isLikely: boolean
}

/** The end of a range that a comparison with a value is, whether that is known or only likely. */
export function rangeEndOf(conjunct: Expression): RangeEnd | undefined {
  if (conjunct.kind !== 'call' || !/^[<>]=?$/.test(conjunct.operator ?? '')) return undefined
  const [a, b] = conjunct.arguments
  const [left, right] = [a && baseColumn(a), b && baseColumn(b)]
  const isUpper = conjunct.operator?.startsWith('<') === true
  const bound = left !== undefined ? b && boundOf(b) : right !== undefined && a && boundOf(a)
  if (!bound) return undefined
  return left !== undefined
    ? { column: left, side: isUpper ? 'below' : 'above', bound }
    : { column: right!, side: isUpper ? 'above' : 'below', bound }
}

/** A constant, or what an expression over values that are likely comes to. */
function boundOf(expression: Expression): RangeBound | undefined {
  const { type } = expression
  if (expression.kind === 'constant') return { value: expression.value, type, isLikely: false }
  const value = likelyResult(expression)
  return value === undefined ? undefined : { value, type, isLikely: true }
}

function likelyResult(expression: Expression): string | undefined {
  if (expression.kind === 'parameter') return expression.likely
  const isLikely = (part: Expression) => part.kind === 'parameter' && part.likely !== undefined
  if (!somePart(expression, isLikely) || columnsIn(expression).length > 0) return undefined
  const known = rewriteExpression(expression, (part) =>
    part.kind === 'parameter' && part.likely !== undefined
      ? { kind: 'constant', value: part.likely, type: part.type }
      : part,
  )
  return settledResultsOf(known, [], [])?.[0] ?? undefined
}

function equalityShare(
  statistics: ColumnStatistics | undefined,
  rows: number | undefined,
  constant?: Expression,
): number {
  const value = constant?.kind === 'constant' ? (constant.value ?? undefined) : undefined
  const known = shareEqualTo(statistics, value)
  if (known !== undefined) return known
  if (statistics?.distinct !== undefined && statistics.distinct > 0) {
    return (1 - (statistics.nullFraction ?? 0)) / statistics.distinct
  }
  return rows !== undefined && rows > 0 && rows < 1 / SELECTIVITY.equality
    ? 1 / rows
    : SELECTIVITY.equality
}

function callSelectivity(
  call: Extract<Expression, { kind: 'call' }>,
  columns: Statistics,
  rows: number | undefined,
): number {
  const [a, b] = argumentsOf(call)
  const ids = [a && baseColumn(a), b && baseColumn(b)]
  const id = ids[0] ?? ids[1]
  const statistics = id === undefined ? undefined : columns.get(id)
  switch (call.operator) {
    case '=':
      return equalityShare(statistics, rows, ids[0] !== undefined ? b : a)
    case '<>':
      return 1 - equalityShare(statistics, rows, ids[0] !== undefined ? b : a)
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const end = rangeEndOf(call)
      const known = end && rangeShare(columns.get(end.column), end)
      return known === undefined ? SELECTIVITY.range : Math.max(LEAST_SHARE, known)
    }
    case '~~':
    case '~~*':
      return likeShare(statistics, b, call.operator === '~~*')
    case '!~~':
    case '!~~*':
      return 1 - likeShare(statistics, b, call.operator === '!~~*')
    default:
      return SELECTIVITY.other
  }
}

/** Where texts are known: the share of those that a pattern matches. */
function likeShare(
  statistics: ColumnStatistics | undefined,
  pattern: Expression | undefined,
  ignoresCase: boolean,
): number {
  if (pattern?.kind !== 'constant' || pattern.value === null) return SELECTIVITY.like
  return shareLike(statistics, pattern.value, ignoresCase) ?? SELECTIVITY.like
}

/** The share of values below (or above) a constant: by the histogram, or as if evenly spread from min to max. Undefined: unknown. */
function rangeShare(
  statistics: ColumnStatistics | undefined,
  { side, bound }: RangeEnd,
): number | undefined {
  if (statistics === undefined || bound.value === null) return undefined
  const present = 1 - (statistics.nullFraction ?? 0)
  const least = bound.isLikely ? LEAST_LIKELY_SHARE : 0
  const below = shareBelow(statistics, bound.value, bound.type.oid)
  if (below !== undefined) return Math.max(least, side === 'below' ? below : present - below)
  if (statistics.min === undefined || statistics.max === undefined) return undefined
  const [low, high, at] = [statistics.min, statistics.max, bound.value].map((text) =>
    positionOf(text, bound.type.oid),
  ) as [number, number, number]
  if (!Number.isFinite(low + high + at) || high < low) return undefined
  const share =
    high === low ? Number(at > low) : Math.min(1, Math.max(0, (at - low) / (high - low)))
  return Math.max(least, present * (side === 'below' ? share : 1 - share))
}
