/**
 * Shares of rows that pass a condition on what an expression makes of columns: `id % 20 = 0`, `lower(name) LIKE 'a%'`.
 * One value of an expression is as likely as each of the others, unless what it makes of drawn values says otherwise than by chance;
 * the end of a range lies among these, or between the last of them and the end of all values.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { CallExpression, ColumnId, Expression } from '../../expressions/expression.js'
import { compareTexts, LEAST_SHARE, positionOf } from './column-shares.js'
import { drawnResultsOf, negated, trialOf, type Trial } from './condition-draws.js'
import { rangeOf, valuesOf, type ValueFacts } from './expression-values.js'
import { usedColumnsOf } from '../used-columns.js'

type Statistics = ReadonlyMap<ColumnId, ColumnStatistics>

/** The share of rows for which a condition is true, by those of the values tried; undefined: none are known. */
export function shareOfTrue(condition: Expression, columns: Statistics): number | undefined {
  const trial = trialOf(condition, columns)
  return trial && Math.max(LEAST_SHARE, trial.certain.true + drawnShare(trial))
}

/** What no draw meets is taken to be met by half of one. */
function drawnShare({ drawn, step }: Trial): number {
  return Math.max(drawn.true, 0.5) * step
}

/** The shares of rows for which an equality is true, and for which it is not NULL. */
export interface EqualShare {
  readonly equal: number
  readonly present: number
}

/**
 * Of an expression that is compared with values by `condition`: `=` and IN, or `<>` and NOT IN that are their negations. Undefined: nothing
 * is known.
 */
export function shareOfEqual(
  condition: Expression,
  isNegation: boolean,
  expression: Expression,
  values: readonly Expression[],
  columns: Statistics,
  rows: number | undefined,
): EqualShare | undefined {
  const [only, other] = values
  if (only?.kind === 'constant' && only.value === null && other === undefined) {
    return { equal: 0, present: 0 }
  }
  const facts = factsOf(columns)
  const known = valuesOf(expression, facts)
  const all = known === undefined ? undefined : Math.max(1, Math.min(known, rows ?? known))
  const tried = trialOf(condition, columns)
  const trial = tried && isNegation ? negated(tried) : tried
  const isNone = values.every(
    (value) => trial?.isMet.true !== true && isOutside(expression, value, all, columns),
  )
  if (trial === undefined) {
    const present = presentIn(expression, columns)
    if (all === undefined) return undefined
    return { equal: isNone ? LEAST_SHARE : present * Math.min(1, values.length / all), present }
  }
  const { certain, drawn, step } = trial
  const rest = drawn.known * step
  const others = all === undefined ? undefined : Math.min(all, othersOf(expression, columns))
  const part = others === undefined ? undefined : Math.min(1, values.length / others)
  const equal = isNone
    ? 0
    : part === undefined || isNoChance(drawn, part)
      ? drawnShare(trial)
      : rest * part
  return {
    equal: Math.max(LEAST_SHARE, certain.true + equal),
    present: certain.known + rest,
  }
}

/** Tells whether draws meet a part of the values too often, or too seldom, for all values to be alike. */
function isNoChance(drawn: Trial['drawn'], part: number): boolean {
  const expected = drawn.known * part
  return Math.abs(drawn.true - expected) > 2 * Math.sqrt(expected * (1 - part)) + 1
}

/** The values of the only column that are not common. */
function othersOf(expression: Expression, columns: Statistics): number {
  const [id, other] = usedColumnsOf(expression)
  const { distinct, mostCommon = [] } = (id === undefined ? undefined : columns.get(id)) ?? {}
  if (other !== undefined || distinct === undefined) return Infinity
  return Math.max(1, distinct - mostCommon.length)
}

/** Tells whether a value lies where the expression has none: further from its ends than its values from each other. */
function isOutside(
  expression: Expression,
  value: Expression,
  values: number | undefined,
  columns: Statistics,
): boolean {
  const range = value.kind === 'constant' ? rangeOf(expression, factsOfEnds(columns)) : undefined
  if (range === undefined || value.kind !== 'constant') return false
  const at = positionOf(value.value ?? '', value.type.oid)
  const between = (range.high - range.low) / (values ?? 1)
  return at < range.low - between || at > range.high + between
}

/** The share of rows in which no column of an expression is NULL. */
function presentIn(expression: Expression, columns: Statistics): number {
  let share = 1
  for (const id of usedColumnsOf(expression)) share *= 1 - (columns.get(id)?.nullFraction ?? 0)
  return share
}

/** An expression compared with a constant, as `price * 2 > 100`. */
export interface ExpressionEnd {
  readonly expression: Expression
  /** Of the constant, where the values lie that pass. */
  readonly side: 'below' | 'above'
  readonly value: string
  readonly oid: number
}

/** The end of a range that a condition is; undefined: it is none. */
export function expressionEndOf(condition: Expression): ExpressionEnd | undefined {
  if (condition.kind !== 'call' || !isOrder(condition)) return undefined
  const [a, b] = condition.arguments
  const isUpper = condition.operator?.startsWith('<') === true
  const end = (expression: Expression, bound: Expression, side: ExpressionEnd['side']) =>
    bound.kind === 'constant' && bound.value !== null && usedColumnsOf(expression).size > 0
      ? { expression, side, value: bound.value, oid: bound.type.oid }
      : undefined
  if (a === undefined || b === undefined) return undefined
  return end(a, b, isUpper ? 'below' : 'above') ?? end(b, a, isUpper ? 'above' : 'below')
}

function isOrder({ operator }: CallExpression): boolean {
  return /^[<>]=?$/.test(operator ?? '')
}

/** The share of rows that pass a comparison by order; undefined: nothing is known. */
export function shareOfRange(condition: Expression, columns: Statistics): number | undefined {
  const trial = trialOf(condition, columns)
  if (trial === undefined) return undefined
  const end = trial.drawn.true === 0 ? expressionEndOf(condition) : undefined
  const beyond = end && shareBeyondDraws(end, columns)
  const drawn = beyond === undefined ? drawnShare(trial) : beyond * 0.5 * trial.step
  return Math.max(LEAST_SHARE, trial.certain.true + drawn)
}

/** The share of rows for which a condition is true or false, not NULL. */
export function shareOfKnown(condition: Expression, columns: Statistics): number {
  const trial = trialOf(condition, columns)
  return trial === undefined ? 1 : trial.certain.known + trial.drawn.known * trial.step
}

/** Which part of the way from the last draw to the end of all values lies past a constant; undefined: there is no such way. */
function shareBeyondDraws(end: ExpressionEnd, columns: Statistics): number | undefined {
  const { expression, side, value, oid } = end
  const range = rangeOf(expression, factsOfEnds(columns))
  const results = drawnResultsOf(expression, columns)
  if (range === undefined || results.length === 0) return undefined
  const at = positionOf(value, oid)
  const type = expression.type.oid
  const sorted = results.toSorted((a, b) => compareTexts(a, b, type))
  const [last, limit] =
    side === 'above'
      ? [positionOf(sorted.at(-1)!, type), range.high]
      : [positionOf(sorted[0]!, type), range.low]
  const part = (limit - at) / (limit - last)
  return Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : undefined
}

function factsOf(columns: Statistics): ValueFacts {
  return {
    statistics: (id) => columns.get(id),
    distinct: (id) => columns.get(id)?.distinct,
    share: () => 1,
  }
}

/** The same without columns of which no values are known. */
function factsOfEnds(columns: Statistics): ValueFacts {
  const statistics = (id: ColumnId) => {
    const known = columns.get(id)
    const hasValues = known?.min ?? known?.histogram?.[0] ?? known?.mostCommon?.[0]
    return hasValues === undefined ? undefined : known
  }
  return { ...factsOf(columns), statistics }
}
