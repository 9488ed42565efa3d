/**
 * Finds the parts of a tree of joins that one source holds: what it could group, or reduce to distinct rows, before the rest is joined.
 * The tables of one source that an inner join's conditions connect are one part, however the joins were written.
 */
import type { ColumnId, Expression } from '../expressions/expression.js'
import { isVolatile } from './expression-properties.js'
import { columnReference, conjunction, conjunctsOf } from './expression-traversal.js'
import { columnIdsOf, columnsOf } from './logical-plan.js'
import type { JoinNode, LogicalPlan } from './logical-plan.js'
import { expressionsOf, mapExpressions } from './plan-traversal.js'
import { columnsUsedBy } from './used-columns.js'
import { addFilter } from './rules/push-filter.js'
import { siteOfPlan } from './site.js'

export interface JoinPart {
  readonly plan: LogicalPlan
  readonly columns: ReadonlySet<ColumnId>
  /** The relations it joins, as they would be read one by one. */
  readonly relations: readonly LogicalPlan[]
  /** An outer join gives NULLs for it where nothing matches. */
  readonly supplied: boolean
  /** No row of it is left out above. */
  readonly complete?: boolean
  /** Conditions and projections around it: what they use of it, it must keep. */
  readonly around: readonly Expression[]
  /**
   * The whole tree with another plan in its place; the order of the columns may differ. `map`: what the expressions around become, where
   * the plan has their values.
   */
  replace(part: LogicalPlan, map?: MapExpression): LogicalPlan
}

export type MapExpression = (expression: Expression) => Expression

/** Leaves expressions as they are. */
export const same: MapExpression = (expression) => expression

/** What lies between a node and the root of the tree. */
interface Path {
  readonly supplied: boolean
  readonly around: readonly Expression[]
  replace(node: LogicalPlan, map?: MapExpression): LogicalPlan
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
        replace: (next, map = same) => path.replace(mapExpressions(replace(next), map), map),
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
  const conditions = whereUsed(conjuncts, relations)
  return clustersOf(relations, conditions, siteOf).flatMap((members) => {
    const isWithin = ({ uses }: Condition) => uses.every((index) => members.has(index))
    const within = conditions.filter(isWithin).map(({ conjunct }) => conjunct)
    const between = conditions.filter((condition) => !isWithin(condition)).map((c) => c.conjunct)
    const cluster = relations.filter((_, index) => members.has(index))
    const others = relations.filter((_, index) => !members.has(index))
    const outside: Path = {
      supplied: path.supplied,
      around: [...path.around, ...between],
      replace: (next, map = same) =>
        path.replace(joinAll([next, ...others], between.map(map)), map),
    }
    const [first] = cluster
    if (cluster.length === 1 && siteOfPlan(first!, siteOf) === undefined) {
      return walk(addFilter(first!, within), outside, siteOf)
    }
    const plan = addFilter(joinAll(cluster, within), cluster.length === 1 ? within : [])
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

/** A conjunct, and the plans of a list whose columns it uses, by their places. */
interface Condition {
  readonly conjunct: Expression
  readonly uses: readonly number[]
}

function whereUsed(
  conjuncts: readonly Expression[],
  plans: readonly LogicalPlan[],
): readonly Condition[] {
  const owners = new Map<ColumnId, number>()
  plans.forEach((plan, index) => columnIdsOf(plan).forEach((id) => owners.set(id, index)))
  return conjuncts.map((conjunct) => {
    const uses = new Set<number>()
    for (const id of columnsUsedBy(conjunct)) {
      const owner = owners.get(id)
      if (owner !== undefined) uses.add(owner)
    }
    return { conjunct, uses: [...uses].sort((a, b) => a - b) }
  })
}

/** The places of relations of one site that conditions connect; a relation of no site, or of several, by itself. */
function clustersOf(
  relations: readonly LogicalPlan[],
  conditions: readonly Condition[],
  siteOf: SiteOf,
): readonly ReadonlySet<number>[] {
  const sites = relations.map((relation) => siteOfPlan(relation, siteOf))
  const cluster = relations.map((_, index) => index)
  for (const { uses } of conditions) {
    const [first] = uses
    if (first === undefined || sites[first] === undefined) continue
    if (uses.some((index) => sites[index] !== sites[first])) continue
    const merged = new Set(uses.map((index) => cluster[index]))
    const number = cluster[first]!
    cluster.forEach((own, index) => {
      if (merged.has(own)) cluster[index] = number
    })
  }
  return [...new Set(cluster)].map(
    (number) => new Set(cluster.flatMap((own, index) => (own === number ? [index] : []))),
  )
}

/** Inner joins of all, each with what is connected to it so far where there is such a one. */
export function joinAll(
  plans: readonly LogicalPlan[],
  conjuncts: readonly Expression[],
): LogicalPlan {
  const conditions = whereUsed(conjuncts, plans)
  const missing = conditions.map(({ uses }) => uses.length)
  const waiting = new Set(plans.keys())
  const reached = new Set<number>()
  /** Conditions, by their places, that have all they use once this plan is there. */
  const place = (next: number): number[] => {
    waiting.delete(next)
    reached.delete(next)
    return conditions.flatMap(({ uses }, at) => {
      if (!uses.includes(next)) return []
      for (const index of uses) if (waiting.has(index)) reached.add(index)
      missing[at]! -= 1
      return missing[at] === 0 ? [at] : []
    })
  }
  let joined = plans[0]!
  let ready = conditions.flatMap(({ uses }, at) => (uses.length === 0 ? [at] : []))
  ready.push(...place(0))
  while (waiting.size > 0) {
    const [first] = waiting
    const next = reached.size > 0 ? Math.min(...reached) : first!
    ready.push(...place(next))
    ready.sort((x, y) => x - y)
    const condition = conjunction(ready.map((at) => conjuncts[at]!))
    ready = []
    joined = {
      kind: 'join',
      joinType: 'inner',
      left: joined,
      right: plans[next]!,
      condition,
      lateral: false,
    }
  }
  return joined
}
