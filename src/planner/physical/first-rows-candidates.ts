/** Finds the parts of a join across sources that its first rows can be made from, and how many of their rows that should take. */
import { OID, sqlType } from '../../types/sql-type.js'
import type { Expression } from '../../expressions/expression.js'
import { MAXIMUM_KEYS_SENT } from '../estimates/cost.js'
import type { LimitNode, LogicalPlan } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { placeOf } from './place-of.js'
import type { PlanBuilder } from './plan-builder.js'
import { leadingParts, partAround, withLeadingPart } from './rows-in-order.js'
import type { LeadingPart } from './rows-in-order.js'

/** Attempts at most, each of so many times the rows of the one before: where they are sorted each time, and where they are not. */
const ATTEMPTS = 3
const GROWTH = 5
const GROWTH_WITHOUT_ORDER = 10

/** An attempt reads at most this share of the part's rows: more of them are not worth beginning again for. */
const LARGEST_SHARE = 1 / 4

/** A part to read the first rows of. */
export interface Candidate {
  /** Rows that are wanted of the whole: LIMIT and OFFSET together. */
  readonly wanted: number
  readonly isOrdered: boolean
  /** What is below the limit, and its sort. */
  readonly input: LogicalPlan
  readonly part: LeadingPart
  /** How many rows of the part the attempts read: at least one. */
  readonly sizes: readonly number[]
}

/** A candidate with its joins in some order. */
export interface Arrangement extends Candidate {
  /** The rows that the first attempt reads. */
  readonly first: LimitNode
  /** What is below the limit, and its sort, with these in the place of the part. */
  readonly overFirst: LogicalPlan
}

/** The parts of what is below a limit whose first rows may do, the one first of which the fewest rows should. */
export function candidatesOf(
  builder: PlanBuilder,
  node: LimitNode,
  wanted: number,
): readonly Candidate[] {
  const isOrdered = node.input.kind === 'sort'
  const { keys, input } = node.input.kind === 'sort' ? node.input : { keys: [], input: node.input }
  return leadingParts(input, keys, (part) => isOneSource(builder, part))
    .flatMap((part) => withSizes(builder, { wanted, isOrdered, input, part }))
    .map((candidate) => ({ candidate, read: rowsRead(builder, candidate) }))
    .sort((a, b) => a.read - b.read)
    .map(({ candidate }) => candidate)
}

function isOneSource(builder: PlanBuilder, part: LogicalPlan): boolean {
  return typeof placeOf(builder, part) === 'object'
}

/** A part with the rows that the attempts read of it; none: there would be too many. */
function withSizes(
  { context: { estimator } }: PlanBuilder,
  candidate: Omit<Candidate, 'sizes'>,
): readonly Candidate[] {
  const { wanted, isOrdered, input, part } = candidate
  const [rows, joined] = [estimator.rows(part.part), estimator.rows(input)]
  if (rows === undefined || joined === undefined || rows < 1) return []
  const most = Math.min(MAXIMUM_KEYS_SENT, rows * LARGEST_SHARE)
  // Matches do not come evenly: with twice the deviation to spare, one attempt is enough where the estimate is right.
  const matching = Math.min(1, joined / rows)
  // A second attempt without an order costs little: where all are expected to match there is nothing to spare.
  const deviation = isOrdered ? wanted : wanted * (1 - matching)
  const growth = isOrdered ? GROWTH : GROWTH_WITHOUT_ORDER
  const first = Math.ceil((wanted + 2 * Math.sqrt(deviation)) / matching)
  const sizes: number[] = []
  for (let size = first; size <= most && sizes.length < ATTEMPTS; size *= growth) sizes.push(size)
  return sizes.length === 0 ? [] : [{ ...candidate, sizes }]
}

/** Rows that the first attempt is expected to read: those of the part, and their matches. */
function rowsRead({ context }: PlanBuilder, { input, part, sizes }: Candidate): number {
  const { estimator } = context
  const matches = estimator.rows(input)! / Math.max(1, estimator.rows(part.part)!)
  return sizes[0]! * (1 + matches)
}

/**
 * The joins in the order they have, and in the order that so few rows of the part ask for, which need not be that of all its rows. What then
 * stands beside the part and lives where it lives is joined there, before the first rows are taken; or it is not.
 */
export function* arrangementsOf(
  builder: PlanBuilder,
  candidate: Candidate,
): Generator<Arrangement> {
  const written = arranged(candidate)
  yield written
  const { first, overFirst } = written
  const isFirst = (plan: LogicalPlan) => plan.kind === 'limit' && plan.limit === first.limit
  const anew = builder.context.inOrderAnew(overFirst)
  if (anew === overFirst || joinsAlike(anew, overFirst)) return
  const found = partAround(anew, isFirst, (plan) => isOneSource(builder, plan))
  if (found === undefined) return
  const { inner, outer } = found
  const { part } = candidate
  if (outer !== inner) {
    const larger = withLeadingPart(outer, inner, part.part)
    const around = {
      ...candidate,
      input: withLeadingPart(anew, outer, larger),
      part: { ...part, part: larger },
    }
    yield* withSizes(builder, around).map(arranged)
  }
  if (inner.kind === 'limit') yield { ...candidate, first: inner, overFirst: anew }
}

function arranged(candidate: Candidate): Arrangement {
  const { input, part, sizes } = candidate
  const first = firstOf(part, sizes[0]!)
  return { ...candidate, first, overFirst: withLeadingPart(input, part.part, first) }
}

/** Tells whether two plans join the same relations with each other, on whichever side. */
function joinsAlike(a: LogicalPlan, b: LogicalPlan): boolean {
  const numbers = new Map<LogicalPlan, bigint>()
  const [inA, inB] = [joinedIn(a, numbers), joinedIn(b, numbers)]
  return inA.size === inB.size && [...inA].every((joined) => inB.has(joined))
}

/** What each join of a plan joins, as a set of bits: one for each relation. */
function joinedIn(plan: LogicalPlan, bits: Map<LogicalPlan, bigint>): ReadonlySet<bigint> {
  const joins = new Set<bigint>()
  const relationsOf = (node: LogicalPlan): bigint => {
    if (bits.has(node)) return bits.get(node)!
    if (node.kind === 'project' || node.kind === 'filter') return relationsOf(node.input)
    if (node.kind === 'join') {
      const members = logicalInputsOf(node).reduce((all, input) => all | relationsOf(input), 0n)
      joins.add(members)
      return members
    }
    const bit = 1n << BigInt(bits.size)
    bits.set(node, bit)
    return bit
  }
  relationsOf(plan)
  return joins
}

/** So many rows of a part: the first of them, where they are in an order. */
export function firstOf({ part, keys }: LeadingPart, rows: number): LimitNode {
  const limit: Expression = { kind: 'constant', value: String(rows), type: sqlType(OID.int8) }
  const input: LogicalPlan = keys.length > 0 ? { kind: 'sort', input: part, keys } : part
  return { kind: 'limit', input, limit, withTies: false }
}
