/**
 * Tries a condition on values that its columns probably have, and counts for how many it is true. Of one column its common values are tried
 * by themselves, each for the share of rows that have it, and so is NULL; the others are drawn. Of several columns all values are drawn.
 *
 * Naive: several columns are drawn independently of each other.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { ColumnExpression, ColumnId, Expression } from '../../expressions/expression.js'
import type { Datum } from '../../types/sql-type.js'
import { FEWEST_BOUNDS, positionOf } from './column-shares.js'
import { columnsIn, drawsFrom, settledResultsOf, spreadOf } from './drawn-values.js'

/** What came of a condition. */
export interface Trial {
  /** The share of rows with values tried by themselves for which it is true, and for which it is not NULL. */
  readonly certain: { readonly true: number; readonly known: number }
  /** The number of draws for which it is true, and for which it is not NULL. */
  readonly drawn: { readonly true: number; readonly known: number }
  /** The share of rows that one draw stands for; 0: all values were tried by themselves. */
  readonly step: number
  /** It is true, or false, for a value that was tried, if only for the smallest or the largest. */
  readonly isMet: { readonly true: boolean; readonly false: boolean }
}

/** Values of the columns of a condition. */
interface Sample {
  /** For each column as many; those tried by themselves come first, draws next, values that stand for no rows last. */
  readonly values: readonly (readonly Datum[])[]
  /** Of those tried by themselves. */
  readonly shares: readonly number[]
  readonly draws: number
  readonly step: number
}

type Statistics = ReadonlyMap<ColumnId, ColumnStatistics>

/** Estimates are asked for again and again while a statement is planned. */
const remembered = new WeakMap<
  Expression,
  {
    readonly of: readonly (ColumnStatistics | undefined)[]
    readonly results: readonly Datum[] | undefined
  }
>()

/** Tries a condition; undefined: nothing is known of a column's values, or it comes to something else at another time. */
export function trialOf(condition: Expression, columns: Statistics): Trial | undefined {
  const used = columnsIn(condition)
  const sample = sampleOf(used, columns)
  const results = sample && resultsOn(condition, used, columns, sample)
  if (results === undefined) return undefined
  const { shares, draws, step } = sample!
  const certain = { true: 0, known: 0 }
  const drawn = { true: 0, known: 0 }
  results.forEach((result, index) => {
    if (result === null || index >= shares.length + draws) return
    const [kind, weight] = index < shares.length ? [certain, shares[index]!] : [drawn, 1]
    kind.known += weight
    if (result === 't') kind.true += weight
  })
  return {
    certain,
    drawn,
    step,
    isMet: { true: results.includes('t'), false: results.includes('f') },
  }
}

/** The same of the condition's negation. */
export function negated({ certain, drawn, step, isMet }: Trial): Trial {
  return {
    certain: { true: certain.known - certain.true, known: certain.known },
    drawn: { true: drawn.known - drawn.true, known: drawn.known },
    ...{ step, isMet: { true: isMet.false, false: isMet.true } },
  }
}

/** What an expression comes to for the values drawn, NULL aside. */
export function drawnResultsOf(expression: Expression, columns: Statistics): readonly string[] {
  const used = columnsIn(expression)
  const sample = sampleOf(used, columns)
  const results = sample && resultsOn(expression, used, columns, sample)
  const drawn = results?.slice(sample!.shares.length, sample!.shares.length + sample!.draws)
  return drawn?.filter((result) => result !== null) ?? []
}

function resultsOn(
  expression: Expression,
  used: readonly ColumnExpression[],
  columns: Statistics,
  { values }: Sample,
): readonly Datum[] | undefined {
  const of = used.map(({ id }) => columns.get(id))
  const known = remembered.get(expression)
  if (known?.of.every((statistics, index) => statistics === of[index])) return known.results
  const results = settledResultsOf(expression, used, values)
  remembered.set(expression, { of, results })
  return results
}

/** More columns are not drawn in all combinations. */
const MOST_COLUMNS = 4

function sampleOf(used: readonly ColumnExpression[], columns: Statistics): Sample | undefined {
  const [only] = used
  if (only === undefined || used.length > MOST_COLUMNS) return undefined
  if (used.length === 1) {
    const statistics = columns.get(only.id)
    return statistics && sampleOfColumn(statistics, only.type.oid)
  }
  const values = used.map(({ id, type }, index) => {
    const statistics = columns.get(id)
    return statistics && drawsOfColumn(statistics, type.oid, index)
  })
  if (!values.every((drawn) => drawn !== undefined)) return undefined
  const draws = values[0]!.length
  return { values, shares: [], draws, step: 1 / draws }
}

const samples = new WeakMap<
  ColumnStatistics,
  { readonly oid: number; readonly sample: Sample | undefined }
>()

function sampleOfColumn(statistics: ColumnStatistics, oid: number): Sample | undefined {
  const known = samples.get(statistics)
  if (known?.oid === oid) return known.sample
  const sample = findSample(statistics, oid)
  samples.set(statistics, { oid, sample })
  return sample
}

function findSample(statistics: ColumnStatistics, oid: number): Sample | undefined {
  const { mostCommon = [], histogram, nullFraction = 0, min, max } = statistics
  const covered = mostCommon.reduce((sum, { share }) => sum + share, 0)
  const rest = Math.max(0, 1 - covered - nullFraction)
  const others = isSampled(statistics, oid) && spreadOf({ ...statistics, mostCommon: [] }, oid)
  const isRestKnown = others !== false && others !== undefined
  // Common values alone say little where most rows have others.
  if (!isRestKnown && (mostCommon.length === 0 || rest > covered)) return undefined
  const scale = isRestKnown ? 1 : (1 - nullFraction) / covered
  const drawn = isRestKnown && rest > 0 ? drawsFrom(others, 0, 0, 'elsewhere') : []
  const ends = [min, max, histogram?.[0], histogram?.at(-1)].filter((end) => end !== undefined)
  return {
    values: [[...mostCommon.map(({ value }) => value), null, ...drawn, ...ends]],
    shares: [...mostCommon.map(({ share }) => share * scale), nullFraction],
    draws: drawn.length,
    step: drawn.length === 0 ? 0 : rest / drawn.length,
  }
}

const draws = new WeakMap<ColumnStatistics, Map<string, readonly Datum[] | undefined>>()

/** Draws of a column that is one of several. */
function drawsOfColumn(
  statistics: ColumnStatistics,
  oid: number,
  position: number,
): readonly Datum[] | undefined {
  let known = draws.get(statistics)
  if (known === undefined) draws.set(statistics, (known = new Map()))
  const key = `${oid} ${position}`
  if (!known.has(key)) {
    const { mostCommon = [], nullFraction = 0 } = statistics
    const covered = mostCommon.reduce((sum, { share }) => sum + share, 0)
    const isKnown = isSampled(statistics, oid) || covered >= (1 - nullFraction) / 2
    const spread = isKnown ? spreadOf(statistics, oid) : undefined
    known.set(key, spread && drawsFrom(spread, nullFraction, position, 'elsewhere'))
  }
  return known.get(key)
}

/** Tells whether values that are not common can be drawn: from enough bounds, or between two on a line. */
function isSampled({ histogram = [], min, max }: ColumnStatistics, oid: number): boolean {
  const [low, high] = histogram.length >= 2 ? [histogram[0], histogram.at(-1)] : [min, max]
  if (low === undefined || high === undefined) return false
  return histogram.length >= FEWEST_BOUNDS || Number.isFinite(positionOf(low, oid) + positionOf(high, oid)) // prettier-ignore
}
