/**
 * Draws values that a column probably has, evenly over what its statistics tell of it: common values as often as they are, between the
 * bounds of a histogram, or from smallest to largest, as if spread evenly. What an expression makes of drawn values has nearly the mean, the
 * middle and the ends of what it makes of the rows.
 *
 * Naive: columns are drawn independently of each other.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import { compileExpression } from '../../expressions/compile-expression.js'
import type {
  ColumnExpression,
  ColumnId,
  Expression,
  FunctionReference,
} from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'
import { OID, type Datum } from '../../types/sql-type.js'
import { datumAt, retype, vectorFromDatums } from '../../types/vectors/vector-ops.js'
import { IMMUTABLE_IN_NAME_ALONE } from '../expression-properties.js'
import { hasSubquery, somePart } from '../expression-traversal.js'
import { PLANNING_CONTEXT } from '../planning-context.js'
import { compareTexts, positionOf } from './column-shares.js'

/** Values of a column between two of them, or one alone, and the share of rows that have these. */
interface Stretch {
  readonly low: string
  readonly high: string
  readonly share: number
}

/** A column's values that are not NULL, in order. */
export interface Spread {
  readonly stretches: readonly Stretch[]
  /** The smallest value that is known, and the largest. */
  readonly ends: readonly [string, string]
  readonly oid: number
}

/** How a column's values are spread; undefined: none are known. */
export function spreadOf(statistics: ColumnStatistics, oid: number): Spread | undefined {
  const { mostCommon = [], histogram = [], nullFraction = 0, min, max } = statistics
  const extremes = min === undefined || max === undefined ? [] : [min, max]
  const bounds = histogram.length >= 2 ? histogram : extremes
  const covered = mostCommon.reduce((sum, { share }) => sum + share, 0)
  const rest = Math.max(0, 1 - covered - nullFraction)
  const between = bounds.slice(1).map((high, index): Stretch => ({
    ...{ low: bounds[index]!, high },
    share: rest / (bounds.length - 1),
  }))
  const alone = mostCommon.map(({ value, share }): Stretch => ({ low: value, high: value, share }))
  const byOrder = (a: string, b: string) => compareTexts(a, b, oid)
  const known = [...extremes, ...bounds, ...mostCommon.map(({ value }) => value)].sort(byOrder)
  if (known.length === 0) return undefined
  return {
    stretches: [...alone, ...between].sort((a, b) => byOrder(a.low, b.low)),
    ends: [known[0]!, known.at(-1)!],
    oid,
  }
}

/** A place on a column's line above or below which a condition leaves nothing. */
export interface Bound {
  readonly side: 'below' | 'above'
  readonly at: number
}

/** What is left of a spread of numbers or moments within bounds; undefined: nothing. */
export function within(spread: Spread, bounds: readonly Bound[]): Spread | undefined {
  if (bounds.length === 0) return spread
  const { oid, ends } = spread
  const [most, least] = (['below', 'above'] as const).map((side) =>
    bounds.filter((bound) => bound.side === side).map(({ at }) => at),
  )
  const place = (text: string) => Math.min(...most!, Math.max(...least!, positionOf(text, oid)))
  const moved = (text: string) => {
    const at = place(text)
    return Number.isNaN(at) || at === positionOf(text, oid) ? text : textAt(at, oid)
  }
  const stretches = spread.stretches.flatMap(({ low, high, share }): Stretch[] => {
    const [all, left] = [positionOf(high, oid) - positionOf(low, oid), place(high) - place(low)]
    if (Number.isNaN(left)) return []
    if (all === 0) return moved(low) === low ? [{ low, high, share }] : []
    return left > 0 ? [{ low: moved(low), high: moved(high), share: (share * left) / all }] : []
  })
  if (stretches.length === 0) return undefined
  return { stretches, ends: [moved(ends[0]), moved(ends[1])], oid }
}

/** The value below which a part of a spread lies; 0 and 1: its ends. */
export function valueAt({ stretches, ends, oid }: Spread, part: number): string {
  if (part <= 0) return ends[0]
  if (part >= 1) return ends[1]
  let left = part * stretches.reduce((sum, { share }) => sum + share, 0)
  for (const { low, high, share } of stretches) {
    if (left > share) {
      left -= share
      continue
    }
    const [from, to] = [positionOf(low, oid), positionOf(high, oid)]
    if (low === high || Number.isNaN(from + to)) return low
    return textAt(from + ((to - from) * left) / share, oid)
  }
  return ends[1]
}

/** The largest (1) or smallest (0) of so many rows drawn from all that there are. */
export function extremeOf(spread: Spread, end: 0 | 1, rows: number, all: number): string {
  const part = Math.min(1, (rows / (rows + 1)) * (1 + 1 / Math.max(rows, all)))
  return valueAt(spread, end === 1 ? part : 1 - part)
}

/** A text of a type that stands at a place of its line. */
export function textAt(position: number, oid: number): string {
  switch (oid) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return Math.round(position).toFixed(0)
    case OID.date:
      return new Date(position).toISOString().slice(0, 10)
    case OID.timestamp:
    case OID.timestamptz: {
      const text = new Date(position).toISOString().replace('T', ' ').slice(0, -1)
      return oid === OID.timestamp ? text : `${text}+00`
    }
    default:
      return position.toFixed(6)
  }
}

/** How many values are drawn. */
const DRAWS = 64

/** Steps through the draws, one for each column: those of two columns meet in all combinations of large and small. */
const STRIDES = [1, 23, 37, 13, 51, 29, 7]

/** The golden section: its multiples are spread evenly whatever they are counted in. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * Values of a column in the order of its number: every column has another. NULL as often as it is. Each stands at the middle of its
 * share of the rows, or each elsewhere within it: steps from one to the next are then not equal, as what counts in steps, like `id % 10`,
 * asks for.
 */
export function drawsFrom(
  spread: Spread,
  nullFraction: number,
  column: number,
  at: 'middle' | 'elsewhere' = 'middle',
): readonly Datum[] {
  const stride = STRIDES[column % STRIDES.length]!
  return Array.from({ length: DRAWS }, (_, draw) => {
    const place = (draw * stride) % DRAWS
    const part = (place + (at === 'middle' ? 0.5 : (place * GOLDEN + 0.5) % 1)) / DRAWS
    return part < nullFraction ? null : valueAt(spread, (part - nullFraction) / (1 - nullFraction))
  })
}

/** The same value in every draw. */
export function sameInAll(value: string): readonly Datum[] {
  return Array.from({ length: DRAWS }, () => value)
}

/** What an expression makes of values of its columns; undefined: it cannot be asked, or fails. */
export function resultsOf(
  expression: Expression,
  columns: readonly ColumnExpression[],
  values: readonly (readonly Datum[])[],
): readonly Datum[] | undefined {
  if (whyNotNative(expression) !== undefined) return undefined
  try {
    const length = values[0]?.length ?? 1
    const compiled = compileExpression(expression, columns, PLANNING_CONTEXT)
    const inputs = columns.map(({ type }, index) => vectorFromDatums(type, values[index]!))
    const results = retype(compiled.evaluate({ length, columns: inputs }), expression.type)
    return Array.from({ length }, (_, row) => datumAt(results, row))
  } catch {
    return undefined
  }
}

/** They depend on nothing of a session but its time zone: for estimates any will do. */
const ZONED =
  /^((date|timestamp)\(timestamptz\)|timestamptz\((date|timestamp)\)|(date_trunc|date_part|extract)\(text,timestamptz\)|to_char\(timestamp(tz)?,text\)|(date|timestamp)_[a-z]+_timestamptz\(.*|timestamptz_[a-z]+_(date|timestamp|interval)\(.*)$/

/** The same, but for expressions that come to something else at another time, in another session or with other parameters. */
export function settledResultsOf(
  expression: Expression,
  columns: readonly ColumnExpression[],
  values: readonly (readonly Datum[])[],
): readonly Datum[] | undefined {
  const isOpen = somePart(
    expression,
    (part) =>
      part.kind === 'parameter' ||
      part.kind === 'sql-value' ||
      (part.kind === 'call' &&
        ((part.function.volatility !== 'immutable' && !isZoned(part.function)) ||
          IMMUTABLE_IN_NAME_ALONE.has(part.function.signature))),
  )
  return isOpen || hasSubquery(expression) ? undefined : resultsOf(expression, columns, values)
}

function isZoned({ schema, volatility, signature }: FunctionReference): boolean {
  return schema === 'pg_catalog' && volatility === 'stable' && ZONED.test(signature)
}

/** The columns of an expression, each once. */
export function columnsIn(expression: Expression): readonly ColumnExpression[] {
  const found = new Map<ColumnId, ColumnExpression>()
  somePart(expression, (part) => {
    if (part.kind === 'column') found.set(part.id, part)
    return false
  })
  return [...found.values()]
}
