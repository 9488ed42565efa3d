/**
 * Estimates how many different combinations of keys a plan's rows have. Keys of one table cannot have more than the table has rows,
 * and columns that joins make equal count once: grouping lines by order number, order date and customer gives no more
 * groups than there are orders. Columns that refer to a key together have no more combinations than it (key-combinations.ts). What
 * expressions have of their columns' values says expression-values.ts. The rows are taken as drawn without putting back from the largest
 * table, whose rows are spread evenly over the possible groups: half of the lines come from most of the orders. Naive where columns of one
 * table depend on each other without a key.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { asEquality, isVolatile } from '../expression-properties.js'
import { conjunctsOf, expressionKey, replaceColumns } from '../expression-traversal.js'
import { columnIdsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import { valuesOf, type ValueFacts } from './expression-values.js'
import { combinationsWithin, type CombinationBound } from './key-combinations.js'
import { baseColumn } from './selectivity.js'

/** What is known of the relations below. */
export interface GroupFacts {
  rows(plan: LogicalPlan): number | undefined
  columns(plan: LogicalPlan): ReadonlyMap<ColumnId, ColumnStatistics>
  distinctOf(plan: LogicalPlan, column: ColumnId): number | undefined
  /** The share of a column's different values that conditions on it leave. */
  shareOfValues(plan: LogicalPlan, column: ColumnId): number
  /** The keys among some columns. */
  boundsByKeys(plan: LogicalPlan, columns: readonly ColumnId[]): readonly CombinationBound[]
}

/** Groups per row where the number of distinct values is unknown. */
const GROUP_SHARE = 0.1

/** A relation, and its columns by the first of those that equal them in every row. */
interface Member {
  readonly relation: LogicalPlan
  readonly byClass: ReadonlyMap<ColumnId, ColumnId>
}

/** Something that groups are told apart by. */
interface Key {
  readonly expression: Expression
  /** The classes of its columns. */
  readonly classes: readonly ColumnId[]
}

/** Groups of a plan with so many rows by these expressions. */
export function estimateGroups(
  input: LogicalPlan,
  rows: number,
  keys: readonly Expression[],
  facts: GroupFacts,
): number {
  if (input.kind === 'project') {
    const computed = new Map(input.expressions.map((item) => [item.column.id, item.expression]))
    const below = keys.map((key) => replaceColumns(key, computed))
    return estimateGroups(input.input, rows, below, facts)
  }
  const equal = new Map<ColumnId, ColumnId>()
  const relations: LogicalPlan[] = []
  collect(input, relations, equal)
  const classOf = (id: ColumnId): ColumnId => {
    const other = equal.get(id)
    return other === undefined ? id : classOf(other)
  }
  const waiting = keysByClass(keys, classOf)
  const asked = new Set(waiting.flatMap(({ classes }) => classes))
  const members = relations.map((relation): Member => {
    const byClass = new Map<ColumnId, ColumnId>()
    if (asked.size > 0) for (const id of columnIdsOf(relation)) byClass.set(classOf(id), id)
    return { relation, byClass }
  })
  const ownerOf = (id: ColumnId) => members.find(({ byClass }) => byClass.has(id))
  const combinationsOf = (of: readonly Key[], owner?: Member): number => {
    const known = factsOf(classOf, owner ? () => owner : ownerOf, facts)
    const parts = of.map(({ expression, classes }) => ({
      id: baseColumn(expression) === undefined ? undefined : owner?.byClass.get(classes[0]!),
      values: valuesOf(expression, known) ?? Math.max(1, rows * GROUP_SHARE),
    }))
    const ids = parts.flatMap(({ id }) => id ?? [])
    return combinationsWithin(parts, owner ? facts.boundsByKeys(owner.relation, ids) : [])
  }
  let possible = 1
  // The relation that has most of the keys bounds them together; of several the one that has the fewest combinations.
  while (waiting.length > 0) {
    const owned = members.map((member) => ({
      member,
      own: waiting.filter(({ classes }) => classes.every((id) => member.byClass.has(id))),
    }))
    const most = Math.max(0, ...owned.map(({ own }) => own.length))
    if (most === 0) {
      possible *= combinationsOf(waiting)
      break
    }
    const bounds = owned
      .filter(({ own }) => own.length === most)
      .map(({ member, own }) => {
        const all = facts.rows(member.relation) ?? rows
        return { own, most: Math.max(1, Math.min(combinationsOf(own, member), all)) }
      })
    const best = bounds.reduce((least, next) => (next.most < least.most ? next : least))
    possible *= best.most
    waiting.splice(0, waiting.length, ...waiting.filter((key) => !best.own.includes(key)))
  }
  // The rows of values that a condition on the key itself leaves out were never to be drawn.
  const drawnFrom = members.map(({ relation, byClass }) =>
    [...asked].reduce(
      (sum, id) => {
        const column = byClass.get(id)
        return column === undefined ? sum : sum * facts.shareOfValues(relation, column)
      },
      facts.rows(withoutFilters(relation)) ?? 0,
    ),
  )
  const all = Math.max(rows, ...drawnFrom)
  const met = possible * (1 - (1 - rows / all) ** (all / possible))
  return Math.max(1, Math.min(rows, met))
}

/** The keys that tell groups apart, each once: not the constants, nor what is computed from other keys. */
function keysByClass(keys: readonly Expression[], classOf: (id: ColumnId) => ColumnId): Key[] {
  const columns = new Map<ColumnId, Key>()
  const computed = new Map<string, Key>()
  for (const expression of keys) {
    const id = baseColumn(expression)
    if (id !== undefined) {
      columns.set(classOf(id), { expression, classes: [classOf(id)] })
      continue
    }
    const classes = [...new Set([...usedColumnsOf(expression)].map(classOf))]
    if (classes.length > 0 || isVolatile(expression)) {
      computed.set(expressionKey(expression), { expression, classes })
    }
  }
  const isNew = ({ expression, classes }: Key) =>
    isVolatile(expression) || !classes.every((id) => columns.has(id))
  return [...columns.values(), ...[...computed.values()].filter(isNew)]
}

/** What is known of columns, by the relations that have them. */
function factsOf(
  classOf: (id: ColumnId) => ColumnId,
  ownerOf: (id: ColumnId) => Member | undefined,
  facts: GroupFacts,
): ValueFacts {
  const ask = <T>(id: ColumnId, question: (plan: LogicalPlan, column: ColumnId) => T) => {
    const owner = ownerOf(classOf(id))
    const column = owner?.byClass.get(classOf(id))
    return owner === undefined || column === undefined
      ? undefined
      : question(owner.relation, column)
  }
  return {
    statistics: (id) => ask(id, (plan, column) => facts.columns(plan).get(column)),
    distinct: (id) => ask(id, (plan, column) => facts.distinctOf(plan, column)),
    share: (id) => ask(id, (plan, column) => facts.shareOfValues(plan, column)) ?? 1,
  }
}

function withoutFilters(plan: LogicalPlan): LogicalPlan {
  return plan.kind === 'filter' || plan.kind === 'project' ? withoutFilters(plan.input) : plan
}

/** The relations under joins and filters, and the columns that are equal in every row. */
function collect(
  plan: LogicalPlan,
  relations: LogicalPlan[],
  equal: Map<ColumnId, ColumnId>,
): void {
  const passes =
    (plan.kind === 'filter' && plan.input.kind === 'join') ||
    (plan.kind === 'join' && !plan.lateral && plan.joinType !== 'mark')
  if (!passes) {
    relations.push(plan)
    return
  }
  const [left, right] = logicalInputsOf(plan)
  collect(left!, relations, equal)
  const isInner = plan.kind === 'filter' || plan.joinType === 'inner'
  if (right !== undefined && plan.kind === 'join') {
    if (plan.joinType === 'semi' || plan.joinType === 'anti') return
    collect(right, relations, equal)
  }
  if (!isInner) return
  const rootOf = (id: ColumnId): ColumnId => {
    const other = equal.get(id)
    return other === undefined ? id : rootOf(other)
  }
  for (const conjunct of conjunctsOf(plan.condition)) {
    const [a, b] = asEquality(conjunct)?.arguments ?? []
    if (a?.kind !== 'column' || b?.kind !== 'column') continue
    const [x, y] = [rootOf(a.id), rootOf(b.id)]
    if (x !== y) equal.set(x, y)
  }
}
