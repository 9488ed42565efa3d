/**
 * Turns the first rows of a join across sources into a plan that reads the rows which decide the order in that order, and no more of
 * them than it takes until enough have a match.
 *
 *     limit(10, sort(join(items, orders) by items.price))
 *     becomes
 *     first-rows(items in order: 40, or 200, or 1000 of them; join of these with orders; else all of it)
 *
 * Sound because the part's order is the order of the whole (rows-in-order.ts): when the first n rows of the part give as many rows as are
 * wanted, rows behind them cannot come before these; which of equal rows come is open, here as in PostgreSQL. Each attempt is a statement
 * of its own that begins again at the first row. Tempting and wrong: going on behind the last row seen, where rows equal to it would be
 * lost or come twice, and what changed in between as well; WITH TIES, which wants more than the limit says.
 */
import { OID, sqlType } from '../../types/sql-type.js'
import type { Expression } from '../../expressions/expression.js'
import { costOfMoves, costOfShipping, firstRowsPay, MAXIMUM_KEYS_SENT } from '../estimates/cost.js'
import { isVolatilePlan } from '../expression-properties.js'
import type { LimitNode, LogicalPlan } from '../logical-plan.js'
import { dearestOf } from '../estimates/source-prices.js'
import type { FirstRowsPlan, PhysicalPlan, ShipJoinPlan } from '../physical-plan.js'
import { freeColumnsOf, scansOf } from '../plan-traversal.js'
import { printExpression, printSortKey } from '../explain/print-expression.js'
import { leadingParts, withLeadingPart } from './rows-in-order.js'
import type { LeadingPart } from './rows-in-order.js'
import { mostRows } from '../estimates/row-counts.js'
import { movesOf } from './expected-moves.js'
import { placeOf } from './place-of.js'
import type { PlanBuilder } from './plan-builder.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin } from './required-columns.js'
import type { Ids } from './required-columns.js'

/** Attempts at most, each of so many times the rows of the one before. */
const ATTEMPTS = 3
const GROWTH = 5

/** An attempt reads at most this share of the part's rows: more of them are not worth beginning again for. */
const LARGEST_SHARE = 1 / 4

/** The plan by first rows, where that promises to keep many rows from moving. `otherwise`: the plan that reads all. */
export function firstRows(
  builder: PlanBuilder,
  node: LogicalPlan,
  required: Ids,
  otherwise: () => PlanPart,
): PlanPart | undefined {
  if (node.kind !== 'limit' || node.withTies || node.input.kind !== 'sort') return undefined
  const wanted = mostRows(node, builder.context.atMost)
  if (wanted === undefined || wanted === 0n || wanted > MAXIMUM_KEYS_SENT) return undefined
  if (placeOf(builder, node) !== 'mixed') return undefined
  const { keys, input } = node.input
  const isOneSource = (part: LogicalPlan) => typeof placeOf(builder, part) === 'object'
  for (const part of leadingParts(input, keys, isOneSource)) {
    const sizes = sizesOf(builder, input, part.part, Number(wanted))
    if (sizes.length === 0 || isVolatilePlan(node) || freeColumnsOf(node).size > 0) continue
    const plan = builder.undoable(() => planOf(builder, { node, required, part, sizes, otherwise }))
    if (plan !== undefined) return local(plan)
  }
  return undefined
}

/** How many rows of the part the attempts read. */
function sizesOf(
  builder: PlanBuilder,
  whole: LogicalPlan,
  part: LogicalPlan,
  wanted: number,
): readonly number[] {
  const { estimator } = builder.context
  const [rows, joined] = [estimator.rows(part), estimator.rows(whole)]
  if (rows === undefined || joined === undefined || rows < 1) return []
  const most = Math.min(MAXIMUM_KEYS_SENT, rows * LARGEST_SHARE)
  // Matches do not come evenly: with twice the deviation to spare, one attempt is enough where the estimate is right.
  const first = Math.ceil((wanted + 2 * Math.sqrt(wanted)) / Math.min(1, joined / rows))
  const sizes: number[] = []
  for (let size = first; size <= most && sizes.length < ATTEMPTS; size *= GROWTH) sizes.push(size)
  return sizes
}

interface Candidate {
  readonly node: LimitNode
  readonly required: Ids
  readonly part: LeadingPart
  readonly sizes: readonly number[]
  otherwise(): PlanPart
}

function planOf(builder: PlanBuilder, candidate: Candidate): FirstRowsPlan | undefined {
  const { node, required, part, sizes } = candidate
  const { estimator } = builder.context
  const columns = columnsWithin(node, required)
  const plain = builder.trial(() => builder.close(builder.build(node, required), columns))
  const all = movesOf(plain, true)
  const prices = dearestOf(scansOf(part.part).map((scan) => builder.context.pricesOf(scan.source)))
  if (!firstRowsPay([{ rows: sizes[0]!, width: 0, prices }], all)) return undefined

  const firstOf = (rows: number): LogicalPlan => {
    const limit: Expression = { kind: 'constant', value: String(rows), type: sqlType(OID.int8) }
    const sort: LogicalPlan = { kind: 'sort', input: part.part, keys: part.keys }
    return { kind: 'limit', input: sort, limit, withTies: false }
  }
  const first = firstOf(sizes[0]!)
  const sort = node.input as Extract<LogicalPlan, { kind: 'sort' }>
  const over: LogicalPlan = {
    ...node,
    input: { ...sort, input: withLeadingPart(sort.input, part.part, first) },
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
  if (needed === undefined || joined.kind !== 'top-n') return undefined
  const attempts: { rows: number; input: PhysicalPlan }[] = []
  let source = ''
  for (const rows of sizes) {
    const read = firstOf(rows)
    const wanted = needed
    const remote = builder.unrecorded(() => builder.attempt(() => builder.build(read, wanted)))
    if (remote?.kind !== 'remote') return undefined
    source = remote.source
    const input = builder.close(remote, columnsWithin(read, needed))
    attempts.push({ rows, input: builder.arranged(input, columnsWithin(first, needed)) })
  }
  const moves = [...movesOf(attempts[0]!.input), ...movesOf(joined)]
  if (!firstRowsPay(moves, all)) return undefined
  const rest = builder.close(candidate.otherwise(), columns)
  if (rest.kind === 'ship-join' && costOfShipJoin(rest) < costOfMoves(moves)) return undefined
  builder.record(() => ({
    work: 'limit',
    detail: `${part.keys.map(printSortKey).join(', ')} limit ${printExpression(node.limit!)}`,
    source,
    outcome: 'exact',
    reason: 'its first rows are read in this order until enough of them have a match',
  }))
  return {
    kind: 'first-rows',
    ...builder.base(node),
    columns,
    attempts,
    shared,
    joined: builder.arranged(joined, columns),
    counted: joined.input.id,
    limit: joined.limit,
    offset: joined.offset,
    otherwise: builder.arranged(rest, columns),
    matching: Math.min(1, estimator.rows(sort.input)! / estimator.rows(part.part)!),
  }
}

function costOfShipJoin({ sides, estimate }: ShipJoinPlan): number {
  const moves = estimate.sides.map((side, index) => {
    const input = sides[index]?.input
    return { ...side, prices: input?.kind === 'remote-query' ? input.prices : undefined }
  })
  return costOfMoves(moves) + costOfShipping(estimate.sides, estimate.result)
}
