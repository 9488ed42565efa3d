/**
 * Turns a piece of a plan over one large source and one small side into a ship join: the small side's rows may be sent to the source,
 * which then does all of the piece, so that only its result moves.
 *
 *     aggregate(join(small, big))          -- small: a table of another source, or anything made here
 *     becomes
 *     ship-join(small, remote: aggregate(join(unnest($1), big)), here: aggregate(bind-join(rows of small, remote: big)))
 *
 * Sound for any piece, outer and anti joins and aggregates as well: all of the small side's rows go in one statement, so the relation
 * at the source is the small side, row for row. What the source cannot do exactly it refuses, as ever. Tempting and wrong: sending the
 * rows in portions, where a group, a limit or a row without a match would be seen once for each.
 */
import {
  costOfMoves,
  costOfShipping,
  costOfWaiting,
  SHIPPING_MARGIN,
  shippingPays,
  UNKNOWN_ROWS,
} from '../estimates/cost.js'
import type { ShipEstimate } from '../estimates/cost.js'
import { asEquality } from '../expression-properties.js'
import { conjunctsOf } from '../expression-traversal.js'
import type { Column } from '../../expressions/expression.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { PhysicalPlan, ShipJoinPlan } from '../physical-plan.js'
import { freeColumnsOf, logicalInputsOf, scansOf } from '../plan-traversal.js'
import { rowWidth } from '../estimates/row-width.js'
import { dearestOf } from '../estimates/source-prices.js'
import { shippedRows } from '../shipped-rows.js'
import { movesOf } from './expected-moves.js'
import type { PlanBuilder } from './plan-builder.js'
import { isPinned } from './join-keys.js'
import { placeOf } from './place-of.js'
import { local } from './plan-part.js'
import type { RemotePart } from './plan-part.js'
import { columnsWithin } from './required-columns.js'
import type { Ids } from './required-columns.js'

/** A piece of a plan that could be one source's work, but for one side. */
interface Candidate {
  readonly small: LogicalPlan
  readonly source: string
}

/** The piece as a ship join, where that promises to keep many rows from moving. */
export function shipRows(
  builder: PlanBuilder,
  node: LogicalPlan,
  required: Ids,
): PhysicalPlan | undefined {
  if (!isPiece(node)) return undefined
  // The limit is looked at by itself: its first rows may need no shipping.
  if (node.kind === 'project' && node.input.kind === 'limit') return undefined
  for (const candidate of candidatesOf(builder, node)) {
    const plan = builder.undoable(() => shipJoin(builder, node, required, candidate))
    if (plan !== undefined) return plan
  }
  return undefined
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

/** The sources of a piece that its other side could be sent to, and where that is worth looking at. */
function candidatesOf(builder: PlanBuilder, node: LogicalPlan): Candidate[] {
  if (placeOf(builder, node) !== 'mixed') return []
  const { estimator } = builder.context
  const result = estimator.rows(node)
  if (result === undefined) return []
  const found = new Map<string, Candidate>()
  for (const [site, source] of sitesIn(builder, node)) {
    const { rows } = builder.context.pushdownOf(source)
    if (rows === undefined) continue
    const sides = sidesOf(builder, node, site)
    const [small, ...others] = sides?.small ?? []
    if (sides === undefined || small === undefined || others.length > 0) continue
    const count = estimator.rows(small)
    if (count === undefined || count > rows.maximum) continue
    const moves = sides.big.reduce((sum, part) => sum + (estimator.rows(part) ?? UNKNOWN_ROWS), 0)
    const width = rowWidth(columnsOf(small), estimator.columns(small))
    const prices = builder.context.pricesOf(source)
    // All that could move at the most: what is not worth shipping then is not worth building.
    const best: ShipEstimate = {
      ...{ rows: count, width, result: { rows: result, width: 0, prices } },
      otherwise: [{ rows: moves, width: 100, prices }],
    }
    if (shippingPays(Math.max(1, count), best)) {
      found.set(source, { small, source })
    }
  }
  return [...found.values()]
}

function shipJoin(
  builder: PlanBuilder,
  node: LogicalPlan,
  required: Ids,
  { small, source }: Candidate,
): PhysicalPlan | undefined {
  if (freeColumnsOf(node).size > 0) return undefined
  const { estimator } = builder.context
  const pushdown = builder.context.pushdownOf(source)
  const transport = pushdown.rows
  if (transport === undefined) return undefined

  const columns = columnsWithin(node, required)
  if (keysDoAsWell(builder, node, required, { small, source }, columns)) return undefined
  let needed: Ids = new Set()
  let firstParameter = 0
  const shipped = builder.attempt(() =>
    builder.substituting(
      small,
      (wanted) => {
        needed = wanted
        const sent = columnsWithin(small, wanted)
        firstParameter = builder.numberParameters(sent.length)
        const fragment = shippedRows(sent, firstParameter)
        if (fragment === undefined || pushdown.judgeNode(fragment).support !== 'exact') {
          return undefined
        }
        return { kind: 'remote', source, pushdown, fragment }
      },
      () => builder.build(node, required),
    ),
  )
  if (shipped?.kind !== 'remote' || firstParameter === 0) return undefined
  const remote = builder.close(asOneOf(shipped, source), columns)
  const input = builder.arranged(builder.closed(small, needed), columnsWithin(small, needed))
  const shared = builder.numberShared()
  const built = builder.substituting(
    small,
    () =>
      local({
        kind: 'shared-reference',
        ...builder.base(small),
        columns: input.columns,
        shared,
        name: 'the rows of the first input',
      }),
    () => builder.build(node, required),
  )
  const here = builder.arranged(builder.close(built, columns), remote.columns)
  const base = builder.base(node)
  const prices = builder.context.pricesOf(source)
  const estimate: ShipEstimate = {
    rows: estimator.rows(small) ?? UNKNOWN_ROWS,
    width: rowWidth(input.columns, estimator.columns(small)),
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
  if (!shippingPays(Math.max(1, Math.round(estimate.rows)), estimate, waiting)) return undefined
  builder.record(() => ({
    work: 'rows',
    detail: input.columns.map((column) => column.name).join(', '),
    source,
    outcome: 'exact',
    reason: 'when they are few, so that it joins there; else the join runs here',
  }))
  const plan: ShipJoinPlan = {
    kind: 'ship-join',
    ...base,
    columns: remote.columns,
    input,
    shared,
    firstParameter,
    transport,
    shipped: { ...remote, estimatedRows: base.estimatedRows },
    here,
    estimate,
  }
  return plan
}

/**
 * Tells whether the plan without shipping may well move as little. It need not read the small side whole: keys of the other side may
 * narrow it, and where it is known badly how few they are they get the benefit of the doubt.
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
  const rows = estimator.rows(small) ?? UNKNOWN_ROWS
  const width = rowWidth(columnsOf(small), estimator.columns(small))
  const result = {
    rows: estimator.rows(node) ?? UNKNOWN_ROWS,
    width: rowWidth(columns, estimator.columns(node)),
    prices: pricesOf(source),
  }
  const own = dearestOf(scansOf(small).map((scan) => pricesOf(scan.source)))
  const shipping = costOfMoves([{ rows, width, prices: own }]) + costOfShipping(rows, result, width)
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
