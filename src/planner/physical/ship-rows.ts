/**
 * Turns a piece of a plan over one large source and small sides into a ship join: the small sides' rows may be sent to the source,
 * which then does all of the piece, so that only its result moves.
 *
 *     aggregate(join(small, big))          -- small: a table of another source, or anything made here
 *     becomes
 *     ship-join(small, remote: aggregate(join(unnest($1), big)), here: aggregate(bind-join(rows of small, remote: big)))
 *
 * A fact table with dimensions in several sources (`fact JOIN part ... JOIN customer ... GROUP BY part.brand, customer.nation`) has several
 * small sides: they are sent together, each as a relation of its own.
 *
 * Sound for any piece, outer and anti joins and aggregates as well: all of a small side's rows go in one statement, so the relation
 * at the source is the small side, row for row. What the source cannot do exactly it refuses, as ever. Tempting and wrong: sending the
 * rows in portions, where a group, a limit or a row without a match would be seen once for each; sending one of two sides when the other
 * turns out too large, since the statement at the source is about both.
 */
import {
  costOfMoves,
  costOfShipping,
  costOfWaiting,
  SHIPPING_MARGIN,
  shippingPays,
  UNKNOWN_ROWS,
} from '../estimates/cost.js'
import type { SentRows, ShipEstimate } from '../estimates/cost.js'
import { asEquality } from '../expression-properties.js'
import { conjunctsOf } from '../expression-traversal.js'
import type { Column } from '../../expressions/expression.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { PhysicalPlan, ShipJoinPlan, ShippedSide } from '../physical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { freeColumnsOf } from '../used-columns.js'
import { scansOf } from '../walk-plans.js'
import { movementOf } from '../estimates/plan-cost.js'
import { rowWidth } from '../estimates/row-width.js'
import { dearestOf } from '../estimates/source-prices.js'
import { shippedRows } from '../shipped-rows.js'
import { movesOf } from './expected-moves.js'
import type { PlanBuilder, Substitutes } from './plan-builder.js'
import { isPinned } from './join-keys.js'
import { placeOf } from './place-of.js'
import { local } from './plan-part.js'
import type { PlanPart, RemotePart } from './plan-part.js'
import { columnsWithin, withOneOf } from './required-columns.js'
import type { Ids } from './required-columns.js'

/** Sides that are sent together at most: with more of them, what their joins leave is a guess. */
const MOST_SIDES = 4

/** A piece of a plan that could be one source's work, but for some sides. */
interface Candidate {
  /** At least one. */
  readonly small: readonly LogicalPlan[]
  readonly source: string
}

/** Builds the piece as a ship join, where that promises to keep many rows from moving; else as `otherwise` does. */
export function shipRows(
  builder: PlanBuilder,
  node: LogicalPlan,
  required: Ids,
  otherwise: () => PlanPart,
): PlanPart {
  if (!isPiece(node)) return otherwise()
  // The limit is looked at by itself: its first rows may need no shipping.
  if (node.kind === 'project' && node.input.kind === 'limit') return otherwise()
  const candidates = candidatesOf(builder, node)
  const ship = (candidate: Candidate) =>
    builder.undoable(() => shipJoin(builder, node, required, candidate))
  for (const candidate of candidates) {
    if (candidate.small.length > 1) continue
    const plan = ship(candidate)
    if (plan !== undefined) return local(plan)
  }
  const ofSeveral = candidates.filter(({ small }) => small.length > 1)
  if (ofSeveral.length === 0) return otherwise()
  // One of the sides alone may be sent to a part of the piece: that is compared.
  return builder.unlessBetter(otherwise, (part) => {
    if (part.kind === 'remote') return undefined
    const cost = costOfRows(part.plan)
    for (const candidate of ofSeveral) {
      const plan = ship(candidate)
      if (plan !== undefined && costOfRows(plan) < cost * SHIPPING_MARGIN) return local(plan)
    }
    return undefined
  })
}

/** What the rows that move cost. Sources are asked about as often either way, and whether to wait has been weighed. */
function costOfRows(plan: PhysicalPlan): number {
  const { cost, asking } = movementOf(plan)
  return cost - asking
}

/** Nodes that a piece is made of. What reads rows more than once, or anew for each outer row, is none. */
function isPiece(node: LogicalPlan): boolean {
  switch (node.kind) {
    case 'join':
      return !node.lateral
    case 'filter':
    case 'project':
    case 'aggregate':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'distinct-on':
    case 'window':
      return true
    default:
      return false
  }
}

/** The sources of a piece that its other sides could be sent to, and where that is worth looking at. */
function candidatesOf(builder: PlanBuilder, node: LogicalPlan): Candidate[] {
  if (placeOf(builder, node) !== 'mixed') return []
  const { estimator } = builder.context
  const result = estimator.rows(node)
  if (result === undefined) return []
  const found = new Map<string, Candidate>()
  for (const [site, source] of sitesIn(builder, node)) {
    const { rows } = builder.context.pushdownOf(source)
    if (rows === undefined) continue
    const { small, big } = sidesOf(builder, node, site) ?? { small: [], big: [] }
    if (small.length === 0 || small.length > MOST_SIDES) continue
    // Rows that are held are read once.
    if (new Set(small).size < small.length) continue
    if (small.some((side) => estimator.rows(side) === undefined)) continue
    const sides = small.map((side) => sentRows(builder, side))
    if (sides.reduce((sum, side) => sum + side.rows, 0) > rows.maximum) continue
    const moves = big.reduce((sum, part) => sum + (estimator.rows(part) ?? UNKNOWN_ROWS), 0)
    const prices = builder.context.pricesOf(source)
    // All that could move at the most: what is not worth shipping then is not worth building.
    const best: ShipEstimate = {
      sides,
      result: { rows: result, width: 0, prices },
      otherwise: [{ rows: moves, width: 100, prices }],
    }
    if (shippingPays(atLeastOne(sides), best)) found.set(source, { small, source })
  }
  return [...found.values()]
}

function sentRows(
  { context: { estimator } }: PlanBuilder,
  side: LogicalPlan,
  columns = columnsOf(side),
): SentRows {
  const rows = estimator.rows(side) ?? UNKNOWN_ROWS
  return { rows, width: rowWidth(columns, estimator.columns(side)) }
}

/** No row at all is never sent; but that there are none is an estimate. */
function atLeastOne(sides: readonly SentRows[]): readonly number[] {
  return sides.map((side) => Math.max(1, side.rows))
}

function shipJoin(
  builder: PlanBuilder,
  node: LogicalPlan,
  asked: Ids,
  { small, source }: Candidate,
): ShipJoinPlan | undefined {
  if (freeColumnsOf(node).size > 0) return undefined
  const required = withOneOf(node, asked)
  const { estimator } = builder.context
  const pushdown = builder.context.pushdownOf(source)
  const transport = pushdown.rows
  if (transport === undefined) return undefined

  const columns = columnsWithin(node, required)
  if (keysDoAsWell(builder, node, required, { small, source }, columns)) return undefined
  const wantedOf = new Map<LogicalPlan, { needed: Ids; firstParameter: number }>()
  const relations: Substitutes = new Map(
    small.map((side) => [
      side,
      (needed: Ids): PlanPart | undefined => {
        const sent = shippedPart(builder, side, needed, source)
        if (sent !== undefined) {
          wantedOf.set(side, { needed, firstParameter: sent.firstParameter })
        }
        return sent?.part
      },
    ]),
  )
  const shipped = builder.attempt(() =>
    builder.substituting(relations, () => builder.build(node, required)),
  )
  if (shipped?.kind !== 'remote') return undefined
  const remote = builder.close(asOneOf(shipped, source), columns)
  const sides: ShippedSide[] = []
  const held = new Map<LogicalPlan, () => PlanPart>()
  for (const [index, side] of small.entries()) {
    const wanted = wantedOf.get(side)
    if (wanted === undefined) return undefined
    const { needed, firstParameter } = wanted
    const input = builder.arranged(builder.closed(side, needed), columnsWithin(side, needed))
    const shared = builder.numberShared()
    sides.push({ input, shared, firstParameter })
    held.set(side, () =>
      local({
        kind: 'shared-reference',
        ...builder.base(side),
        columns: input.columns,
        shared,
        name: `the rows of the ${ORDINALS[index]!} input`,
      }),
    )
  }
  const built = builder.substituting(held, () => builder.build(node, required))
  const here = builder.arranged(builder.close(built, columns), remote.columns)
  const base = builder.base(node)
  const prices = builder.context.pricesOf(source)
  const estimate: ShipEstimate = {
    sides: small.map((side, index) => sentRows(builder, side, sides[index]!.input.columns)),
    result: {
      rows: estimator.rows(node) ?? UNKNOWN_ROWS,
      width: rowWidth(remote.columns, estimator.columns(node)),
      prices,
    },
    otherwise: movesOf(here),
  }
  // Keys would have to be waited for as well.
  const isBound = estimate.otherwise.some((move) => move.matched !== undefined)
  const waiting = isBound ? 0 : costOfWaiting(prices)
  const expected = atLeastOne(estimate.sides).map(Math.round)
  if (!shippingPays(expected, estimate, waiting)) return undefined
  for (const { input } of sides) {
    builder.record(() => ({
      work: 'rows',
      detail: input.columns.map((column) => column.name).join(', '),
      source,
      outcome: 'exact',
      reason: 'when they are few, so that it joins there; else the join runs here',
    }))
  }
  return {
    kind: 'ship-join',
    ...base,
    columns: remote.columns,
    sides,
    transport,
    shipped: { ...remote, estimatedRows: base.estimatedRows },
    here,
    estimate,
  }
}

const ORDINALS = ['first', 'second', 'third', 'fourth'] as const

/** The rows of a node as a relation at a source that they are sent to; undefined where it does not take such rows. */
export function shippedPart(
  builder: PlanBuilder,
  node: LogicalPlan,
  wanted: Ids,
  source: string,
): { readonly part: RemotePart; readonly firstParameter: number } | undefined {
  const pushdown = builder.context.pushdownOf(source)
  const sent = columnsWithin(node, wanted)
  const firstParameter = builder.numberParameters(sent.length)
  const fragment = shippedRows(sent, firstParameter)
  if (fragment === undefined || pushdown.judgeNode(fragment).support !== 'exact') return undefined
  return { part: { kind: 'remote', source, pushdown, fragment }, firstParameter }
}

/**
 * Tells whether the plan without shipping may well move as little. It need not read the small sides whole: keys of the other side may
 * narrow them, and where it is known badly how few they are they get the benefit of the doubt.
 */
function keysDoAsWell(
  builder: PlanBuilder,
  node: LogicalPlan,
  required: Ids,
  { small, source }: Candidate,
  columns: readonly Column[],
): boolean {
  const { estimator, pricesOf } = builder.context
  const plan = builder.trial(() =>
    builder.close(builder.build(node, required), columnsWithin(node, required)),
  )
  const result = {
    rows: estimator.rows(node) ?? UNKNOWN_ROWS,
    width: rowWidth(columns, estimator.columns(node)),
    prices: pricesOf(source),
  }
  const sides = small.map((side) => ({
    ...sentRows(builder, side),
    prices: dearestOf(scansOf(side).map((scan) => pricesOf(scan.source))),
  }))
  const shipping = costOfMoves(sides) + costOfShipping(sides, result)
  return shipping > costOfMoves(movesOf(plan, true)) * SHIPPING_MARGIN
}

/** The fragment as one of a source whose tables are in it: the shipped rows have no source of their own. */
function asOneOf(part: RemotePart, source: string): RemotePart {
  return { ...part, source }
}

/** The sites of a plan's scans, each with one source of it. */
function sitesIn(builder: PlanBuilder, node: LogicalPlan): ReadonlyMap<string, string> {
  let sites = builder.sites.get(node)
  if (sites === undefined) {
    const place = placeOf(builder, node)
    if (typeof place === 'object') sites = new Map([[place.site, place.source]])
    else {
      const inputs = place === 'mixed' ? logicalInputsOf(node) : []
      sites = new Map(inputs.flatMap((input) => [...sitesIn(builder, input)]))
    }
    builder.sites.set(node, sites)
  }
  return sites
}

/** The largest parts of a piece that are a site's alone, and those that have nothing of it; undefined: it is not such a piece. */
function sidesOf(
  builder: PlanBuilder,
  node: LogicalPlan,
  site: string,
): { readonly big: readonly LogicalPlan[]; readonly small: readonly LogicalPlan[] } | undefined {
  const big: LogicalPlan[] = []
  const small: LogicalPlan[] = []
  const visit = (part: LogicalPlan): boolean => {
    const place = placeOf(builder, part)
    if (typeof place === 'object' && place.site === site) big.push(part)
    else if (!sitesIn(builder, part).has(site)) small.push(part)
    else return isPiece(part) && !joinsOneValue(part) && logicalInputsOf(part).every(visit)
    return true
  }
  return visit(node) ? { big, small } : undefined
}

/** A join whose key has one known value on both sides: each source finds its rows by itself. */
function joinsOneValue(node: LogicalPlan): boolean {
  if (node.kind !== 'join') return false
  return conjunctsOf(node.condition).some((conjunct) => {
    const sides = asEquality(conjunct)?.arguments ?? []
    return sides.length === 2 && sides.every((side) => isPinned(node, side))
  })
}
