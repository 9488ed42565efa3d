/** The search for the cheapest order of inner joins: numbers in, a tree out. Relations are bits of a set. */
import {
  COST,
  costOfJoiningHere,
  costOfJoiningThere,
  costOfMoving,
  MAXIMUM_KEYS_SENT,
} from './cost.js'

export interface Relation {
  readonly rows: number
  /** Bytes per row. */
  readonly width: number
  /** Where it lives; undefined: it is computed here. */
  readonly site: string | undefined
}

export interface JoinPredicate {
  /** The relations it uses. */
  readonly mask: number
  readonly selectivity: number
}

export type JoinTree =
  | { readonly kind: 'relation'; readonly index: number; readonly mask: number }
  | {
      readonly kind: 'join'
      readonly left: JoinTree
      readonly right: JoinTree
      readonly mask: number
    }

/** Sets of relations up to this size are searched exhaustively. */
const EXHAUSTIVE = 10

/** The best way known to compute a set of relations at one place. */
interface Candidate {
  readonly tree: JoinTree
  readonly rows: number
  readonly width: number
  /** undefined: here. */
  readonly site: string | undefined
  /** Without moving a remote result. */
  readonly cost: number
}

/** Finds an order; every relation occurs once. */
export function chooseJoinOrder(
  relations: readonly Relation[],
  predicates: readonly JoinPredicate[],
): JoinTree {
  const leaves = relations.map((relation, index): Candidate[] => {
    const tree: JoinTree = { kind: 'relation', index, mask: 1 << index }
    return [{ ...relation, tree, cost: relation.rows * 0.01 }]
  })
  const best =
    relations.length <= EXHAUSTIVE
      ? searchSets(relations.length, leaves, predicates)
      : joinGreedily(leaves, predicates)
  return cheapest(best).tree
}

function searchSets(
  count: number,
  leaves: readonly Candidate[][],
  predicates: readonly JoinPredicate[],
): Candidate[] {
  const full = (1 << count) - 1
  const found: Candidate[][] = []
  leaves.forEach((leaf, index) => (found[1 << index] = leaf))
  for (let set = 1; set <= full; set++) {
    if (found[set] !== undefined) continue
    const lowest = set & -set
    let candidates: Candidate[] = []
    const trySplits = (needsPredicate: boolean) => {
      for (let left = (set - 1) & set; left > 0; left = (left - 1) & set) {
        if ((left & lowest) === 0) continue
        const right = set ^ left
        const [a, b] = [found[left], found[right]]
        if (a === undefined || b === undefined) continue
        const link = linkOf(left, right, predicates)
        if (needsPredicate && !link.connected) continue
        candidates = merge(candidates, combine(a, b, link))
      }
    }
    trySplits(true)
    // A product only where the whole, or a set without any join to the rest inside, leaves no choice.
    if (candidates.length === 0) trySplits(false)
    found[set] = candidates
  }
  return found[full]!
}

/** Joins the two cheapest neighbours again and again. */
function joinGreedily(
  leaves: readonly Candidate[][],
  predicates: readonly JoinPredicate[],
): Candidate[] {
  const parts = [...leaves]
  while (parts.length > 1) {
    let best: { i: number; j: number; joined: Candidate[]; score: number } | undefined
    for (let i = 0; i < parts.length; i++) {
      for (let j = i + 1; j < parts.length; j++) {
        const [a, b] = [parts[i]!, parts[j]!]
        const link = linkOf(a[0]!.tree.mask, b[0]!.tree.mask, predicates)
        const joined = combine(a, b, link)
        const score = total(cheapest(joined)) + (link.connected ? 0 : Number.MAX_VALUE / 4)
        if (best === undefined || score < best.score) best = { i, j, joined, score }
      }
    }
    const { i, j, joined } = best!
    parts.splice(j, 1)
    parts.splice(i, 1, joined)
  }
  return parts[0]!
}

interface Link {
  readonly connected: boolean
  readonly selectivity: number
}

/** What joins two sets: the predicates that their union completes. */
function linkOf(left: number, right: number, predicates: readonly JoinPredicate[]): Link {
  const set = left | right
  let connected = false
  let selectivity = 1
  for (const predicate of predicates) {
    const { mask } = predicate
    if ((mask & ~set) !== 0 || (mask & left) === 0 || (mask & right) === 0) continue
    connected = true
    selectivity *= predicate.selectivity
  }
  return { connected, selectivity }
}

/** Joins two sets here, and, where both can be had at one site, there. */
function combine(left: readonly Candidate[], right: readonly Candidate[], link: Link): Candidate[] {
  const joined: Candidate[] = []
  const a = cheapest(left)
  const b = cheapest(right)
  const rows = Math.max(1, a.rows * b.rows * link.selectivity)
  const width = a.width + b.width
  const mask = a.tree.mask | b.tree.mask
  joined.push({
    tree: { kind: 'join', left: a.tree, right: b.tree, mask },
    rows,
    width,
    site: undefined,
    cost:
      costOfBringing(a, b, rows, link) + costOfJoiningHere(a.rows, b.rows, rows, link.connected),
  })
  if (!link.connected) return joined
  for (const l of left) {
    if (l.site === undefined) continue
    const r = right.find((candidate) => candidate.site === l.site)
    if (r === undefined) continue
    joined.push({
      tree: { kind: 'join', left: l.tree, right: r.tree, mask },
      rows,
      width,
      site: l.site,
      cost: l.cost + r.cost + costOfJoiningThere(l.rows, r.rows, rows),
    })
  }
  return joined
}

/** Cost of having both sides here: all their rows, or one side's rows and those of the other that keys ask for. */
function costOfBringing(a: Candidate, b: Candidate, joined: number, link: Link): number {
  const whole = total(a) + total(b)
  if (!link.connected) return whole
  return Math.min(whole, costOfBinding(a, b, joined), costOfBinding(b, a, joined))
}

/** Cost of asking the bound side for the rows of the key side's keys, in one round trip after the other. */
function costOfBinding(keySide: Candidate, bound: Candidate, joined: number): number {
  if (bound.site === undefined || keySide.rows > MAXIMUM_KEYS_SENT) return Infinity
  // Each row asked for is in the result at least once, if the estimate is right.
  const matched = Math.min(bound.rows, joined)
  return (
    total(keySide) + bound.cost + keySide.rows * COST.keySent + costOfMoving(matched, bound.width)
  )
}

/** Cost with the result here. */
function total(candidate: Candidate): number {
  if (candidate.site === undefined) return candidate.cost
  return candidate.cost + costOfMoving(candidate.rows, candidate.width)
}

function cheapest(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, next) => (total(next) < total(best) ? next : best))
}

/** Keeps the best per site. */
function merge(known: readonly Candidate[], more: readonly Candidate[]): Candidate[] {
  const best = new Map<string | undefined, Candidate>()
  for (const candidate of [...known, ...more]) {
    const other = best.get(candidate.site)
    if (other === undefined || candidate.cost < other.cost) best.set(candidate.site, candidate)
  }
  return [...best.values()]
}
