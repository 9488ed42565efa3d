/**
 * Turns the first rows of a join across sources into a plan that reads the rows which decide the order in that order, and no more of
 * them than it takes until enough have a match. Without an order, any rows of a side will do.
 *
 *     limit(10, sort(join(items, orders) by items.price))
 *     becomes
 *     first-rows(items in order: 40, or 200, or 1000 of them; join of these with orders; else all of it)
 *
 *     limit(10, join(items, orders))
 *     becomes
 *     first-rows(any 10 items, or 100, or 1000 of them; join of these with orders; else all of it)
 *
 * Sound because the part's order is the order of the whole (rows-in-order.ts): when the first n rows of the part give as many rows as are
 * wanted, rows behind them cannot come before these; which of equal rows come is open, here as in PostgreSQL. Each attempt is a statement
 * of its own that begins again at the first row. Without an order each row of the join is as good as any other, and those of some rows of
 * the part are rows of the join. Tempting and wrong: going on behind the last row seen, where rows equal to it would be lost or come
 * twice, and what changed in between as well; without an order, another statement's OFFSET, which may count the rows anew; giving out
 * what an attempt has found before it is known to be enough; WITH TIES, which wants more than the limit says.
 */
import {
  costOfMoves,
  costOfMoving,
  costOfShipping,
  firstRowsPay,
  MAXIMUM_KEYS_SENT,
} from '../estimates/cost.js'
import type { ExpectedMove } from '../estimates/cost.js'
import { isVolatilePlan } from '../expression-properties.js'
import type { LimitNode, LogicalPlan } from '../logical-plan.js'
import { dearestOf, DEFAULT_PRICES } from '../estimates/source-prices.js'
import { inputsOf } from '../physical-plan.js'
import type {
  FirstRowsPlan,
  LimitPlan,
  PhysicalPlan,
  ShipJoinPlan,
  TopNPlan,
} from '../physical-plan.js'
import { freeColumnsOf } from '../used-columns.js'
import { scansOf } from '../walk-plans.js'
import { printExpression, printSortKey } from '../explain/print-expression.js'
import { movementOf } from '../estimates/plan-cost.js'
import { mostRows } from '../estimates/row-counts.js'
import { movesOf } from './expected-moves.js'
import { arrangementsOf, candidatesOf, firstOf } from './first-rows-candidates.js'
import type { Arrangement, Candidate } from './first-rows-candidates.js'
import { forecastMoves } from './forecast-moves.js'
import { placeOf } from './place-of.js'
import type { PlanBuilder } from './plan-builder.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin, withOneOf } from './required-columns.js'
import type { Ids } from './required-columns.js'

/** What the first rows are wanted of. */
interface Wanted {
  readonly node: LimitNode
  readonly required: Ids
  /** The plan that reads all. */
  readonly rest: PhysicalPlan
  /** Tells whether moving this promises to keep many rows from moving. */
  pays(moves: readonly ExpectedMove[]): boolean
}

/** The plan by first rows, where that promises to keep many rows from moving; else that of `otherwise`, which reads all. */
export function firstRows(
  builder: PlanBuilder,
  node: LogicalPlan,
  asked: Ids,
  otherwise: (required: Ids) => PlanPart,
): PlanPart {
  const candidates = node.kind === 'limit' ? candidatesAt(builder, node) : []
  if (node.kind !== 'limit' || candidates.length === 0) return otherwise(asked)
  const required = withOneOf(node, asked)
  // It is part of the plan by first rows: so it is built once, and says what that is worth.
  const all = otherwise(required)
  if (all.kind === 'remote') return all
  const { plan: rest } = all
  const wanted: Wanted = { node, required, rest, pays: judgeOf(builder, node, required, rest) }
  const promising = candidates.filter((candidate) => wanted.pays([leastOf(builder, candidate)]))
  for (const candidate of promising.slice(0, MOST_TRIED)) {
    const draft = cheapestDraft(builder, wanted, candidate)
    const plan = draft && builder.undoable(() => planOf(builder, wanted, draft))
    if (plan !== undefined) return local(plan)
  }
  return all
}

/** Parts that are tried at most: each takes time, and those that come first should read the fewest rows. */
const MOST_TRIED = 3

function candidatesAt(builder: PlanBuilder, node: LimitNode): readonly Candidate[] {
  if (node.withTies) return []
  const most = mostRows(node, builder.context.atMost)
  if (most === undefined || most === 0n || most > MAXIMUM_KEYS_SENT) return []
  if (placeOf(builder, node) !== 'mixed') return []
  const candidates = candidatesOf(builder, node, Number(most))
  const isLeftAlone =
    candidates.length === 0 || isVolatilePlan(node) || freeColumnsOf(node).size > 0
  return isLeftAlone ? [] : candidates
}

/** What moves at least for a candidate: the rows of the first attempt. */
function leastOf({ context }: PlanBuilder, { part, sizes }: Candidate): ExpectedMove {
  const prices = dearestOf(scansOf(part.part).map((scan) => context.pricesOf(scan.source)))
  return { rows: sizes[0]!, width: 0, prices }
}

/** Judges what moves for first rows by what moves without them, and where a ship join does that, by the ship join as well. */
function judgeOf(
  builder: PlanBuilder,
  node: LimitNode,
  required: Ids,
  rest: PhysicalPlan,
): Wanted['pays'] {
  const isOrdered = node.input.kind === 'sort'
  const read = movesOf(isPlain(rest) ? rest : plainPlan(builder, node, required), true)
  const all = isOrdered ? read : read.map(stopped)
  if (rest.kind !== 'ship-join') return (moves) => firstRowsPay(moves, all)
  const cost = costOfShipJoin(rest)
  const shipped = movesOfShipJoin(rest)
  return (moves) =>
    firstRowsPay(moves, all) &&
    costOfMoves(moves) <= cost &&
    // The limit goes with the rows that are shipped: that is done at once, however few of them match.
    (isOrdered || firstRowsPay(moves, shipped, rest.estimate.sides))
}

/** Tells whether a plan neither ships rows nor reads first ones. */
function isPlain(plan: PhysicalPlan): boolean {
  if (plan.kind === 'ship-join' || plan.kind === 'first-rows') return false
  return inputsOf(plan).every(isPlain)
}

function plainPlan(builder: PlanBuilder, node: LimitNode, required: Ids): PhysicalPlan {
  const columns = columnsWithin(node, required)
  return builder.trial(() => builder.close(builder.build(node, required), columns))
}

/** What runs over the first rows of a part. */
interface Draft extends Arrangement {
  readonly shared: number
  /** Columns that it reads of the part. */
  readonly needed: Ids
  /** The first one. */
  readonly attempt: Attempt
  readonly joined: LimitPlan | TopNPlan
  readonly cost: number
}

interface Attempt {
  readonly source: string
  readonly rows: number
  readonly input: PhysicalPlan
}

function cheapestDraft(
  builder: PlanBuilder,
  wanted: Wanted,
  candidate: Candidate,
): Draft | undefined {
  let cheapest: Draft | undefined
  let cheapestForecast = Infinity
  for (const arrangement of arrangementsOf(builder, candidate)) {
    const { first, overFirst } = arrangement
    const least = leastOf(builder, arrangement)
    const moves = forecastMoves(builder, overFirst, (plan) => plan === first)
    const forecast = costOfAsking([least, ...moves])
    const isTooDear = !wanted.pays([least, ...moves.map(halved)])
    if (isTooDear || (cheapest !== undefined && forecast >= cheapestForecast)) continue
    builder.undoable(() => {
      const draft = draftOf(builder, wanted, arrangement)
      if (draft === undefined || draft.cost >= (cheapest?.cost ?? Infinity)) return undefined
      cheapestForecast = forecast
      return (cheapest = draft)
    })
  }
  return cheapest
}

/** A forecast is rough: a draft may move half of it. */
function halved(move: ExpectedMove): ExpectedMove {
  return { ...move, rows: move.rows / 2 }
}

function costOfAsking(moves: readonly ExpectedMove[]): number {
  return moves.reduce(
    (sum, { rows, width, prices = DEFAULT_PRICES }) => sum + costOfMoving(rows, width, prices),
    0,
  )
}

function draftOf(
  builder: PlanBuilder,
  { node, required, pays }: Wanted,
  arrangement: Arrangement,
): Draft | undefined {
  const { isOrdered, sizes, first, overFirst } = arrangement
  const columns = columnsWithin(node, required)
  const over: LogicalPlan = {
    ...node,
    input: node.input.kind === 'sort' ? { ...node.input, input: overFirst } : overFirst,
  }
  const shared = builder.numberShared()
  let needed: Ids | undefined
  const joined = builder.unrecorded(() => {
    const rowsRead = (wanted: Ids): PlanPart => {
      needed = wanted
      return local({
        kind: 'shared-reference',
        ...builder.base(first),
        columns: columnsWithin(first, wanted),
        ...{ shared, name: 'the first rows read' },
      })
    }
    const built = builder.substituting(new Map([[first, rowsRead]]), () =>
      builder.build(over, required),
    )
    return builder.close(built, columns)
  })
  if (needed === undefined || joined.kind !== (isOrdered ? 'top-n' : 'limit')) return undefined
  const moves = movesOf(joined)
  if (!pays(moves)) return undefined
  const attempt = attemptAt(builder, arrangement, needed, sizes[0]!)
  if (attempt === undefined || !pays([...movesOf(attempt.input), ...moves])) return undefined
  const cost = movementOf(attempt.input).cost + movementOf(joined).cost
  return { ...arrangement, shared, needed, attempt, joined, cost }
}

/** So many rows of a part, where its source gives them. */
function attemptAt(
  builder: PlanBuilder,
  { part }: Candidate,
  needed: Ids,
  rows: number,
): Attempt | undefined {
  const read = firstOf(part, rows)
  const remote = builder.unrecorded(() => builder.attempt(() => builder.build(read, needed)))
  if (remote?.kind !== 'remote') return undefined
  const columns = columnsWithin(read, needed)
  const input = builder.arranged(builder.close(remote, columns), columns)
  return { source: remote.source, rows, input }
}

function planOf(
  builder: PlanBuilder,
  { node, required, rest }: Wanted,
  draft: Draft,
): FirstRowsPlan | undefined {
  const { input, isOrdered, part, sizes, needed, attempt, joined, shared } = draft
  const { estimator } = builder.context
  const columns = columnsWithin(node, required)
  const attempts: Attempt[] = [attempt]
  for (const rows of sizes.slice(1)) {
    const next = attemptAt(builder, draft, needed, rows)
    if (next === undefined) return undefined
    attempts.push(next)
  }
  builder.record(() => ({
    work: 'limit',
    detail:
      `${part.keys.map(printSortKey).join(', ')} limit ${printExpression(node.limit!)}`.trimStart(),
    source: attempt.source,
    outcome: 'exact',
    reason: isOrdered
      ? 'its first rows are read in this order until enough of them have a match'
      : 'so many rows of it are read, then more, until enough of them have a match',
  }))
  return {
    kind: 'first-rows',
    ...builder.base(node),
    columns,
    attempts: attempts.map(({ rows, input }) => ({ rows, input })),
    shared,
    joined: builder.arranged(joined, columns),
    counted: joined.input.id,
    isOrdered,
    limit: node.limit!,
    offset: node.offset,
    otherwise: builder.arranged(rest, columns),
    matching: Math.min(1, estimator.rows(input)! / estimator.rows(part.part)!),
  }
}

function costOfShipJoin(plan: ShipJoinPlan): number {
  const { sides, result } = plan.estimate
  return costOfMoves(sidesThatMove(plan)) + costOfShipping(sides, result)
}

function movesOfShipJoin(plan: ShipJoinPlan): readonly ExpectedMove[] {
  return [...sidesThatMove(plan), plan.estimate.result]
}

function sidesThatMove({ sides, estimate }: ShipJoinPlan): readonly ExpectedMove[] {
  return estimate.sides.map((side, index) => {
    const input = sides[index]?.input
    return { ...side, prices: input?.kind === 'remote-query' ? input.prices : undefined }
  })
}

/** Rows that come before a source that is read no further has stopped. */
const ROWS_BEFORE_STOP = 8_192

/** What moves at least of rows that are read until a limit is reached: that it is all of a side that is read first is left out. */
function stopped(move: ExpectedMove): ExpectedMove {
  const { rows, matched } = move
  return {
    ...move,
    rows: Math.min(rows, ROWS_BEFORE_STOP),
    ...(matched === undefined ? {} : { matched: Math.min(matched, ROWS_BEFORE_STOP) }),
  }
}
