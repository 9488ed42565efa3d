/**
 * Finds the parts of a tree of joins that one source holds: what it could group, or reduce to distinct rows, before the rest is joined.
 * The tables of one source that an inner join's conditions connect are one part, however the joins were written.
 */
import type { ColumnId, Expression } from '../expressions/expression.js'
import { isVolatile, usesAny } from './expression-properties.js'
import { columnReference, conjunction, conjunctsOf } from './expression-traversal.js'
import { columnIdsOf, columnsOf } from './logical-plan.js'
import type { JoinNode, LogicalPlan } from './logical-plan.js'
import { expressionsOf } from './plan-traversal.js'
import { siteOfPlan } from './site.js'

export interface JoinPart {
  readonly plan: LogicalPlan
  readonly columns: ReadonlySet<ColumnId>
  /** The relations it joins, as they would be read one by one. */
  readonly relations: readonly LogicalPlan[]
  /** An outer join gives NULLs for it where nothing matches. */
  readonly supplied: boolean
  /** Conditions and projections around it: what they use of it, it must keep. */
  readonly around: readonly Expression[]
  /** The whole tree with another plan in its place; the order of the columns may differ. */
  replace(part: LogicalPlan): LogicalPlan
}

/** What lies between a node and the root of the tree. */
interface Path {
  readonly supplied: boolean
  readonly around: readonly Expression[]
  replace(node: LogicalPlan): LogicalPlan
}

type SiteOf = (source: string) => string | undefined

/** The parts of a tree, none where conditions around are volatile. */
export function partsOf(tree: LogicalPlan, siteOf: SiteOf): readonly JoinPart[] {
  const parts = walk(tree, { supplied: false, around: [], replace: (node) => node }, siteOf)
  return parts.filter(({ around }) => !around.some(isVolatile))
}

function walk(node: LogicalPlan, path: Path, siteOf: SiteOf): readonly JoinPart[] {
  if (siteOfPlan(node, siteOf) !== undefined) {
    return [{ ...path, plan: node, columns: columnIdsOf(node), relations: [node] }]
  }
  const into = (
    input: LogicalPlan,
    replace: (next: LogicalPlan) => LogicalPlan,
    supplied = false,
  ) =>
    walk(
      input,
      {
        supplied: path.supplied || supplied,
        around: [...path.around, ...expressionsOf(node)],
        replace: (next) => path.replace(replace(next)),
      },
      siteOf,
    )
  switch (node.kind) {
    case 'filter':
      return into(node.input, (input) => ({ ...node, input }))
    case 'project': {
      // What the part has more than before is handed on.
      const known = columnIdsOf(node.input)
      return into(node.input, (input) => {
        const more = columnsOf(input).filter((column) => !known.has(column.id))
        const passed = more.map((column) => ({ column, expression: columnReference(column) }))
        return { ...node, input, expressions: [...node.expressions, ...passed] }
      })
    }
    case 'join': {
      if (node.lateral) return []
      const left = (supplied = false) =>
        into(node.left, (next) => ({ ...node, left: next }), supplied)
      const right = (supplied = false) =>
        into(node.right, (next) => ({ ...node, right: next }), supplied)
      switch (node.joinType) {
        case 'inner':
          return walkInner(node, path, siteOf)
        case 'left':
          // A second match is an error there: its rows must not become fewer.
          return node.atMostOne === true ? left() : [...left(), ...right(true)]
        case 'right':
          return [...left(true), ...right()]
        case 'full':
          return [...left(true), ...right(true)]
        case 'semi':
        case 'anti':
        case 'mark':
          return left()
      }
      return []
    }
    default:
      return []
  }
}

function walkInner(node: JoinNode, path: Path, siteOf: SiteOf): readonly JoinPart[] {
  const relations: LogicalPlan[] = []
  const conjuncts: Expression[] = []
  flatten(node, relations, conjuncts)
  return clustersOf(relations, conjuncts, siteOf).flatMap((cluster) => {
    const others = relations.filter((relation) => !cluster.includes(relation))
    const elsewhere = columnsOfAll(others)
    const within = conjuncts.filter((conjunct) => !usesAny(conjunct, elsewhere))
    const between = conjuncts.filter((conjunct) => !within.includes(conjunct))
    const outside: Path = {
      supplied: path.supplied,
      around: [...path.around, ...between],
      replace: (next) => path.replace(joinAll([next, ...others], between)),
    }
    const [first] = cluster
    if (cluster.length === 1 && siteOfPlan(first!, siteOf) === undefined) {
      return walk(addConjuncts(first!, within), outside, siteOf)
    }
    const plan = addConjuncts(joinAll(cluster, within), cluster.length === 1 ? within : [])
    return [{ ...outside, plan, columns: columnIdsOf(plan), relations: cluster }]
  })
}

function flatten(node: LogicalPlan, relations: LogicalPlan[], conjuncts: Expression[]): void {
  if (node.kind !== 'join' || node.joinType !== 'inner' || node.lateral) {
    relations.push(node)
    return
  }
  flatten(node.left, relations, conjuncts)
  flatten(node.right, relations, conjuncts)
  conjuncts.push(...conjunctsOf(node.condition))
}

/** Relations of one site that conditions connect; a relation of no site, or of several, by itself. */
function clustersOf(
  relations: readonly LogicalPlan[],
  conjuncts: readonly Expression[],
  siteOf: SiteOf,
): readonly (readonly LogicalPlan[])[] {
  const sites = relations.map((relation) => siteOfPlan(relation, siteOf))
  const ids = relations.map(columnIdsOf)
  const cluster = relations.map((_, index) => index)
  for (const conjunct of conjuncts) {
    const joined = relations.flatMap((_, index) => (usesAny(conjunct, ids[index]!) ? [index] : []))
    const [first] = joined
    if (first === undefined || sites[first] === undefined) continue
    if (joined.some((index) => sites[index] !== sites[first])) continue
    const merged = new Set(joined.map((index) => cluster[index]))
    cluster.forEach((number, index) => {
      if (merged.has(number)) cluster[index] = cluster[first]!
    })
  }
  return [...new Set(cluster)].map((number) =>
    relations.filter((_, index) => cluster[index] === number),
  )
}

function columnsOfAll(plans: readonly LogicalPlan[]): ReadonlySet<ColumnId> {
  return new Set(plans.flatMap((plan) => [...columnIdsOf(plan)]))
}

/** Inner joins of all, each with what is connected to it so far where there is such a one. */
export function joinAll(
  plans: readonly LogicalPlan[],
  conjuncts: readonly Expression[],
): LogicalPlan {
  let [joined, ...waiting] = plans as [LogicalPlan, ...LogicalPlan[]]
  let pending = [...conjuncts]
  while (waiting.length > 0) {
    const here = columnIdsOf(joined)
    const next =
      waiting.find((plan) => {
        const there = columnIdsOf(plan)
        return pending.some((conjunct) => usesAny(conjunct, here) && usesAny(conjunct, there))
      }) ?? waiting[0]!
    waiting = waiting.filter((plan) => plan !== next)
    const later = columnsOfAll(waiting)
    const ready = pending.filter((conjunct) => !usesAny(conjunct, later))
    pending = pending.filter((conjunct) => usesAny(conjunct, later))
    const condition = conjunction(ready)
    joined = {
      kind: 'join',
      joinType: 'inner',
      left: joined,
      right: next,
      condition,
      lateral: false,
    }
  }
  return joined
}

function addConjuncts(plan: LogicalPlan, conjuncts: readonly Expression[]): LogicalPlan {
  const condition = conjunction(conjuncts)
  return condition === undefined ? plan : { kind: 'filter', input: plan, condition }
}
