/**
 * Shares of rows that pass a condition (Selinger et al. 1979): from common values and histograms where they are known, from the number of
 * different values and the ends of the range otherwise. Naive where nothing is known: columns are taken as independent.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type {
  ArrayComparisonExpression,
  CallExpression,
  ColumnId,
  DistinctExpression,
  Expression,
  LogicalExpression,
} from '../../expressions/expression.js'
import type { SqlType } from '../../types/sql-type.js'
import { LEAST_SHARE, positionOf, shareBelow, shareEqualTo, shareLike } from './column-shares.js'
import { columnsIn, settledResultsOf } from './drawn-values.js'
import {
  expressionEndOf,
  shareOfEqual,
  shareOfKnown,
  shareOfRange,
  shareOfTrue,
  type EqualShare,
} from './expression-shares.js'
import {
  argumentsOf,
  expressionKey,
  hasSubquery,
  rewriteExpression,
  somePart,
} from '../expression-traversal.js'
import { usedColumnsOf } from '../used-columns.js'

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
      return shareOfAny(condition, columns, rows)
    case 'not':
      return 1 - selectivityOf(condition.argument, columns, rows)
    case 'constant':
      return condition.value === 't' ? 1 : 0
    case 'column':
      return shareEqualTo(columns.get(condition.id), 't') ?? 0.5
    case 'is-null': {
      const id = baseColumn(condition.argument)
      if (id === undefined) return shareOfTrue(condition, columns) ?? defaultOfNull(condition)
      const share = columns.get(id)?.nullFraction ?? SELECTIVITY.null
      return condition.negated ? 1 - share : share
    }
    case 'array-comparison': {
      const id = baseColumn(condition.left)
      const statistics = id === undefined ? undefined : columns.get(id)
      const values = condition.right.kind === 'array' ? condition.right.elements : undefined
      if (id === undefined) {
        const known = shareOfList(condition, values, columns, rows)
        if (known !== undefined) return known
      }
      const sum = values?.reduce(
        (share, value) => share + equalityShare(statistics, rows, value),
        0,
      )
      const any = Math.min(1, sum ?? 10 * equalityShare(statistics, rows))
      if (condition.operator === '=' && condition.quantifier === 'any') return any
      if (condition.operator === '<>') return 1 - any
      return shareOfTrue(condition, columns) ?? SELECTIVITY.other
    }
    case 'distinct':
      return 1 - (notDistinctShare(condition, columns, rows) ?? 1 - SELECTIVITY.other)
    case 'call':
      return callSelectivity(condition, columns, rows)
    default:
      return shareOfTrue(condition, columns) ?? SELECTIVITY.other
  }
}

function defaultOfNull({ negated }: { readonly negated: boolean }): number {
  return negated ? 1 - SELECTIVITY.null : SELECTIVITY.null
}

/** What an expression is one of, or none of; undefined: nothing is known. */
function shareOfList(
  condition: ArrayComparisonExpression,
  values: readonly Expression[] | undefined,
  columns: Statistics,
  rows: number | undefined,
): number | undefined {
  const { operator, quantifier, left } = condition
  const isIn = operator === '=' && quantifier === 'any'
  const isNotIn = operator === '<>' && quantifier === 'all'
  if ((isIn || isNotIn) && values?.every(isFixed) === true && !isFixed(left)) {
    const known = shareOfEqual(condition, isNotIn, left, values, columns, rows)
    return known && (isIn ? known.equal : known.present - known.equal)
  }
  return shareOfTrue(condition, columns)
}

/** Of `a IS NOT DISTINCT FROM constant`; undefined: nothing is known. */
function notDistinctShare(
  condition: DistinctExpression,
  columns: Statistics,
  rows: number | undefined,
): number | undefined {
  const [a, b] = condition.arguments
  const [expression, value] = isFixed(a) ? [b, a] : [a, b]
  const id = baseColumn(expression)
  const statistics = id === undefined ? undefined : columns.get(id)
  if (value.kind === 'constant' && value.value === null && statistics !== undefined) {
    return statistics.nullFraction
  }
  if (statistics?.distinct !== undefined && isFixed(value)) {
    return equalityShare(statistics, rows, value)
  }
  const known = shareOfTrue(condition, columns)
  return known === undefined ? undefined : 1 - known
}

/** It is the same for every row. */
function isFixed(expression: Expression): boolean {
  return usedColumnsOf(expression).size === 0
}

/**
 * Conditions of which one is enough are taken as independent. Those on one and the same column are not: values drawn say how far they
 * overlap.
 */
function shareOfAny(
  condition: LogicalExpression,
  columns: Statistics,
  rows: number | undefined,
): number {
  const shares = condition.arguments.map((part) => selectivityOf(part, columns, rows))
  const apart = 1 - shares.reduce((share, own) => share * (1 - own), 1)
  if (usedColumnsOf(condition).size !== 1) return apart
  const together = shareOfTrue(condition, columns)
  const sum = shares.reduce((total, share) => total + share, 0)
  return together === undefined ? apart : Math.max(...shares, Math.min(1, sum, together))
}

/** Conjuncts are taken as independent, but for the two ends of one range. */
function shareOfAll(
  conjuncts: readonly Expression[],
  columns: Statistics,
  rows: number | undefined,
): number {
  const ends = new Map<ColumnId | string, Partial<Record<RangeEnd['side'], ShareOfEnd>>>()
  let share = 1
  for (const conjunct of conjuncts) {
    const end = shareOfEnd(conjunct, columns)
    const sides = end && (ends.get(end.of) ?? {})
    if (end === undefined || sides?.[end.side] !== undefined) {
      share *= end?.share ?? selectivityOf(conjunct, columns, rows)
    } else ends.set(end.of, { ...sides, [end.side]: end })
  }
  for (const { below, above } of ends.values()) {
    if (below === undefined || above === undefined) share *= (below ?? above)?.share ?? 1
    else share *= Math.max(LEAST_SHARE, below.share + above.share - below.present)
  }
  return share
}

/** An end of a range and the rows that pass. */
interface ShareOfEnd {
  /** The column, or a key of the expression. */
  readonly of: ColumnId | string
  readonly side: RangeEnd['side']
  readonly share: number
  /** Of the rows, those with a value that can be compared. */
  readonly present: number
}

function shareOfEnd(conjunct: Expression, columns: Statistics): ShareOfEnd | undefined {
  const end = rangeEndOf(conjunct)
  if (end !== undefined) {
    const statistics = columns.get(end.column)
    const share = rangeShare(statistics, end)
    const present = 1 - (statistics?.nullFraction ?? 0)
    return share === undefined ? undefined : { of: end.column, side: end.side, share, present }
  }
  const other = expressionEndOf(conjunct)
  const share = other && shareOfRange(conjunct, columns)
  if (share === undefined) return undefined
  const { expression, side } = other!
  return { of: expressionKey(expression), side, share, present: shareOfKnown(conjunct, columns) }
}

/** The least of a range whose end is itself estimated. */
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
  call: CallExpression,
  columns: Statistics,
  rows: number | undefined,
): number {
  const [a, b] = argumentsOf(call)
  const ids = [a && baseColumn(a), b && baseColumn(b)]
  const id = ids[0] ?? ids[1]
  const statistics = id === undefined ? undefined : columns.get(id)
  switch (call.operator) {
    case '=': {
      const known = expressionEquality(call, columns, rows)
      return known?.equal ?? equalityShare(statistics, rows, ids[0] !== undefined ? b : a)
    }
    case '<>': {
      const known = expressionEquality(call, columns, rows)
      if (known !== undefined) return Math.max(LEAST_SHARE, known.present - known.equal)
      return 1 - equalityShare(statistics, rows, ids[0] !== undefined ? b : a)
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const end = rangeEndOf(call)
      const known = end ? rangeShare(columns.get(end.column), end) : shareOfRange(call, columns)
      return known === undefined ? SELECTIVITY.range : Math.max(LEAST_SHARE, known)
    }
    case '~~':
    case '~~*':
      return likeShare(statistics, b, call.operator === '~~*') ?? shareOfTrue(call, columns) ?? SELECTIVITY.like // prettier-ignore
    case '!~~':
    case '!~~*': {
      const known = likeShare(statistics, b, call.operator === '!~~*')
      if (known !== undefined) return 1 - known
      return shareOfTrue(call, columns) ?? 1 - SELECTIVITY.like
    }
    default:
      return shareOfTrue(call, columns) ?? SELECTIVITY.other
  }
}

/** Of `=` or `<>` between an expression and a value, or another expression; undefined: it is a column's, or nothing is known. */
function expressionEquality(
  call: CallExpression,
  columns: Statistics,
  rows: number | undefined,
): EqualShare | undefined {
  const [a, b] = argumentsOf(call)
  if (a === undefined || b === undefined || hasSubquery(call)) return undefined
  if (baseColumn(a) !== undefined || baseColumn(b) !== undefined) return undefined
  const sides = [
    [a, b],
    [b, a],
  ] as const
  const shares = sides.flatMap(([expression, other]) => {
    if (isFixed(expression)) return []
    return (
      shareOfEqual(call, call.operator === '<>', expression, [other], columns, rows) ?? 'unknown'
    )
  })
  const known = shares.filter((share) => share !== 'unknown')
  if (known.length < shares.length) return undefined
  // Of two expressions, as of two keys, the one that has more values decides.
  return known.toSorted((x, y) => x.equal - y.equal)[0]
}

/** Where texts of a column are known: the share of those that a pattern matches. */
function likeShare(
  statistics: ColumnStatistics | undefined,
  pattern: Expression | undefined,
  ignoresCase: boolean,
): number | undefined {
  if (pattern?.kind !== 'constant' || pattern.value === null) return undefined
  return shareLike(statistics, pattern.value, ignoresCase)
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
