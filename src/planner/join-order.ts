/** The search for the cheapest order of joins: numbers in, a tree out. */
import {
  COST,
  costOfJoiningHere,
  costOfJoiningThere,
  costOfMoving,
  costOfWaiting,
  MAXIMUM_KEYS_SENT,
} from './estimates/cost.js'
import { DEFAULT_PRICES, type SourcePrices } from './estimates/source-prices.js'

export interface Relation {
  readonly rows: number
  /** Bytes per row. */
  readonly width: number
  /** Where it lives; undefined: it is computed here. */
  readonly site: string | undefined
  /** Of that site; absent: the default ones. */
  readonly prices?: SourcePrices | undefined
  /** Keys that may be sent there; absent: as many as to any source. */
  readonly mostKeys?: number
  /** The right side of an outer, semi or anti join: it meets rows that have what its condition needs, and nothing else. */
  readonly attached?: Attachment
}

/** A hyperedge: from all the relations its condition needs to the one it attaches. */
export interface Attachment {
  readonly joinType: 'left' | 'semi' | 'anti'
  /** Relations that must be there before. */
  readonly needs: readonly number[]
  /** Share of the pairs of a row and the relation's that match. */
  readonly selectivity: number
  /** Its condition has an equality. */
  readonly hasKey: boolean
  /** A source that has both sides takes it. */
  readonly runsThere: boolean
}

export interface JoinPredicate {
  /** The relations it uses. */
  readonly relations: readonly number[]
  readonly selectivity: number
}

export type JoinTree =
  | { readonly kind: 'relation'; readonly index: number }
  | { readonly kind: 'join'; readonly left: JoinTree; readonly right: JoinTree }

/** The relations of a tree, left to right. */
export function relationsOf(tree: JoinTree): readonly number[] {
  if (tree.kind === 'relation') return [tree.index]
  return [...relationsOf(tree.left), ...relationsOf(tree.right)]
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
  /** Of the site. */
  readonly prices: SourcePrices
  readonly mostKeys: number
  /** Without moving a remote result. */
  readonly cost: number
}

/** Finds an order; every relation occurs once. In a join of the tree an attached relation stands on the right, alone. */
export function chooseJoinOrder(
  relations: readonly Relation[],
  predicates: readonly JoinPredicate[],
): JoinTree {
  const leaves = relations.map((relation, index): Candidate[] => {
    const { rows, width, site, prices = DEFAULT_PRICES, mostKeys = MAXIMUM_KEYS_SENT } = relation
    const tree: JoinTree = { kind: 'relation', index }
    return [{ tree, rows, width, site, prices, mostKeys, cost: rows * 0.01 }]
  })
  const best = relations.length <= EXHAUSTIVE ? searchSets(leaves, relations, predicates) : []
  return cheapest(best.length > 0 ? best : joinGreedily(leaves, relations, predicates)).tree
}

function searchSets(
  leaves: readonly Candidate[][],
  relations: readonly Relation[],
  predicates: readonly JoinPredicate[],
): Candidate[] {
  const maskOf = (list: readonly number[]) => list.reduce((mask, index) => mask | (1 << index), 0)
  const masks = predicates.map((predicate) => maskOf(predicate.relations))
  const needs = relations.map(({ attached }) => (attached ? maskOf(attached.needs) : 0))
  const edges = [...masks, ...needs.map((mask, index) => (mask === 0 ? 0 : mask | (1 << index)))]
  const islands = componentsOf(leaves.length, edges)
  /** All relations of one condition's, or whole islands. */
  const mayBeProduct = (set: number) =>
    edges.some((edge) => (set & ~edge) === 0) ||
    islands.every((island) => (island & set) === 0 || (island & ~set) === 0)
  const full = (1 << leaves.length) - 1
  const found: Candidate[][] = []
  leaves.forEach((leaf, index) => (found[1 << index] = leaf))
  /** What joins two sets: the predicates that their union completes. */
  const linkOf = (left: number, right: number): Link => {
    const completed: JoinPredicate[] = []
    masks.forEach((mask, i) => {
      if ((mask & ~(left | right)) !== 0 || (mask & left) === 0 || (mask & right) === 0) return
      completed.push(predicates[i]!)
    })
    return { completed }
  }
  /** The relation that a set is, if it is an attached one. */
  const attachedIn = (set: number): Relation | undefined =>
    (set & (set - 1)) === 0 ? relations[31 - Math.clz32(set)] : undefined
  for (let set = 1; set <= full; set++) {
    if (found[set] !== undefined) continue
    const lowest = set & -set
    let candidates: Candidate[] = []
    const trySplits = (needsPredicate: boolean) => {
      for (let left = (set - 1) & set; left > 0; left = (left - 1) & set) {
        if ((left & lowest) === 0) continue
        const right = set ^ left
        const [a, b] = [found[left]!, found[right]!]
        if (a.length === 0 || b.length === 0) continue
        const [l, r] = [attachedIn(left)?.attached, attachedIn(right)?.attached]
        if (l !== undefined || r !== undefined) {
          // Neither two of them, nor one that lacks something, nor both at once.
          if (l !== undefined && r !== undefined) continue
          const [own, spine] = r === undefined ? [left, right] : [right, left]
          if ((needs[31 - Math.clz32(own)]! & ~spine) !== 0) continue
          const [to, what] = r === undefined ? [b, a] : [a, b]
          candidates = merge(candidates, attach(to, what, (l ?? r)!, linkOf(left, right)))
          continue
        }
        const link = linkOf(left, right)
        if (needsPredicate && link.completed.length === 0) continue
        candidates = merge(candidates, combine(a, b, link))
      }
    }
    trySplits(true)
    // A product only where there is no choice: of what no condition connects, and of what one condition needs at once.
    if (candidates.length === 0 && mayBeProduct(set)) trySplits(false)
    found[set] = candidates
  }
  return found[full]!
}

/** The sets of relations that conditions connect. */
function componentsOf(count: number, edges: readonly number[]): readonly number[] {
  let components = Array.from({ length: count }, (_, index) => 1 << index)
  for (const edge of edges) {
    const touched = components.filter((component) => (component & edge) !== 0)
    const union = touched.reduce((mask, component) => mask | component, 0)
    if (touched.length < 2) continue
    components = [...components.filter((component) => (component & edge) === 0), union]
  }
  return components
}

/** Joins the two cheapest neighbours again and again. */
function joinGreedily(
  leaves: readonly Candidate[][],
  relations: readonly Relation[],
  predicates: readonly JoinPredicate[],
): Candidate[] {
  interface Part {
    readonly candidates: Candidate[]
    readonly members: ReadonlySet<number>
    readonly attached: Attachment | undefined
  }
  interface Pair {
    readonly a: Part
    readonly b: Part
    readonly link: Link
    readonly isProduct: boolean
    /** What costs this much, once it was asked for. */
    joined?: { readonly candidates: Candidate[]; readonly cost: number }
  }
  const completes = ({ relations: used }: JoinPredicate, a: Part, b: Part) => {
    let [inA, inB] = [false, false]
    for (const index of used) {
      if (a.members.has(index)) inA = true
      else if (b.members.has(index)) inB = true
      else return false
    }
    return inA && inB
  }
  const pairOf = (a: Part, b: Part): Pair | undefined => {
    if (a.attached !== undefined && b.attached !== undefined) return undefined
    if (a.attached !== undefined) return pairOf(b, a)
    if (b.attached?.needs.every((index) => a.members.has(index)) === false) return undefined
    const completed: JoinPredicate[] = []
    for (const predicate of predicates) {
      if (completes(predicate, a, b)) completed.push(predicate)
    }
    const isProduct = b.attached === undefined && completed.length === 0
    return { a, b, link: { completed }, isProduct }
  }
  const joinOf = (pair: Pair) => {
    if (pair.joined === undefined) {
      const { a, b, link } = pair
      const candidates =
        b.attached === undefined
          ? combine(a.candidates, b.candidates, link)
          : attach(a.candidates, b.candidates, b.attached, link)
      pair.joined = { candidates, cost: total(cheapest(candidates)) }
    }
    return pair.joined
  }
  let parts = leaves.map((candidates, index): Part => ({
    ...{ candidates, members: new Set([index]), attached: relations[index]!.attached },
  }))
  let pairs = parts.flatMap((a, i) => parts.slice(i + 1).flatMap((b) => pairOf(a, b) ?? []))
  while (parts.length > 1) {
    // Products are made only where no condition is left that joins two parts.
    const connected = pairs.filter((pair) => !pair.isProduct)
    const best = (connected.length > 0 ? connected : pairs).reduce((least, pair) =>
      joinOf(pair).cost < joinOf(least).cost ? pair : least,
    )
    const { a, b } = best
    const part: Part = {
      ...{ candidates: joinOf(best).candidates, members: new Set([...a.members, ...b.members]) },
      attached: undefined,
    }
    const isGone = (one: Part) => one === a || one === b
    parts = parts.filter((one) => !isGone(one))
    // Only pairs with what is new are new.
    pairs = pairs.filter((pair) => !isGone(pair.a) && !isGone(pair.b))
    pairs.push(...parts.flatMap((one) => pairOf(part, one) ?? []))
    parts.push(part)
  }
  return parts[0]!.candidates
}

interface Link {
  /** The predicates that a join makes complete. */
  readonly completed: readonly JoinPredicate[]
}

function shareOf({ completed }: Link): number {
  return completed.reduce((share, predicate) => share * predicate.selectivity, 1)
}

/** Joins two sets here, and, where both can be had at one site, there. */
function combine(left: readonly Candidate[], right: readonly Candidate[], link: Link): Candidate[] {
  const a = cheapest(left)
  const b = cheapest(right)
  const rows = Math.max(1, a.rows * b.rows * shareOf(link))
  const hasKey = link.completed.length > 0
  return joined(left, right, {
    ...{ rows, width: a.width + b.width, hasKey, runsThere: hasKey },
    binds: hasKey ? 'either' : 'neither',
  })
}

/** Attaches a relation to a set that has all it needs. */
function attach(
  left: readonly Candidate[],
  right: readonly Candidate[],
  attachment: Attachment,
  link: Link,
): Candidate[] {
  const a = cheapest(left)
  const b = cheapest(right)
  const matches = b.rows * attachment.selectivity
  const perRow =
    attachment.joinType === 'left'
      ? Math.max(1, matches)
      : attachment.joinType === 'semi'
        ? Math.min(1, matches)
        : Math.max(LEAST_LEFT_BY_ANTI_JOIN, 1 - matches)
  const { hasKey, runsThere } = attachment
  return joined(left, right, {
    rows: Math.max(1, a.rows * perRow * shareOf(link)),
    width: attachment.joinType === 'left' ? a.width + b.width : a.width,
    ...{ hasKey, runsThere },
    binds: !hasKey ? 'neither' : attachment.joinType === 'semi' ? 'either' : 'right',
  })
}

/** An anti join is taken to leave at least this share. */
const LEAST_LEFT_BY_ANTI_JOIN = 0.1

interface Join {
  readonly rows: number
  readonly width: number
  /** Rows are found by a hash table. */
  readonly hasKey: boolean
  /** A source that has both sides takes it. */
  readonly runsThere: boolean
  /** Which side keys may be sent to. */
  readonly binds: 'either' | 'right' | 'neither'
}

function joined(left: readonly Candidate[], right: readonly Candidate[], join: Join): Candidate[] {
  const a = cheapest(left)
  const b = cheapest(right)
  const { rows, width } = join
  const bringing = Math.min(
    total(a) + total(b),
    join.binds === 'neither' ? Infinity : costOfBinding(a, b, rows),
    join.binds === 'either' ? costOfBinding(b, a, rows) : Infinity,
  )
  const found: Candidate[] = [
    {
      tree: { kind: 'join', left: a.tree, right: b.tree },
      ...{ rows, width, site: undefined, prices: DEFAULT_PRICES, mostKeys: 0 },
      cost: bringing + costOfJoiningHere(a.rows, b.rows, rows, join.hasKey),
    },
  ]
  if (!join.runsThere) return found
  for (const l of left) {
    if (l.site === undefined) continue
    const r = right.find((candidate) => candidate.site === l.site)
    if (r === undefined) continue
    found.push({
      tree: { kind: 'join', left: l.tree, right: r.tree },
      ...{ rows, width, site: l.site, prices: l.prices },
      mostKeys: Math.min(l.mostKeys, r.mostKeys),
      cost: l.cost + r.cost + costOfJoiningThere(l.rows, r.rows, rows),
    })
  }
  return found
}

/** Cost of asking the bound side for the rows of the key side's keys, in one round trip after the other. */
function costOfBinding(keySide: Candidate, bound: Candidate, joined: number): number {
  if (bound.site === undefined || keySide.rows > bound.mostKeys) return Infinity
  // Each row asked for is in the result at least once, if the estimate is right.
  const matched = Math.min(bound.rows, joined)
  const asking = costOfWaiting(bound.prices) + costOfMoving(matched, bound.width, bound.prices)
  return total(keySide) + bound.cost + keySide.rows * COST.keySent + asking
}

/** Cost with the result here. */
function total(candidate: Candidate): number {
  if (candidate.site === undefined) return candidate.cost
  return candidate.cost + costOfMoving(candidate.rows, candidate.width, candidate.prices)
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
