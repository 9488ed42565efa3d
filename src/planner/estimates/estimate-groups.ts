/**
 * Estimates how many different combinations of columns a plan's rows have. Columns of one table cannot have more than the table has rows,
 * and columns that joins make equal count once: grouping lines by order number, order date and customer gives no more
 * groups than there are orders. The rows are taken as drawn without putting back from the largest table, whose rows are spread evenly over
 * the possible groups: half of the lines come from most of the orders. Naive where columns of one table depend on each other without
 * a key.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { asEquality } from '../expression-properties.js'
import { conjunctsOf } from '../expression-traversal.js'
import { columnIdsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'

/** What is known of the relations below. */
export interface GroupFacts {
  rows(plan: LogicalPlan): number | undefined
  distinctOf(plan: LogicalPlan, column: ColumnId): number | undefined
  /** The share of a column's different values that conditions on it leave. */
  shareOfValues(plan: LogicalPlan, column: ColumnId): number
}

/** Groups per row where the number of distinct values is unknown. */
const GROUP_SHARE = 0.1

/** Groups of a plan with so many rows by these expressions. */
export function estimateGroups(
  input: LogicalPlan,
  rows: number,
  keys: readonly Expression[],
  facts: GroupFacts,
): number {
  const equal = new Map<ColumnId, ColumnId>()
  const relations: LogicalPlan[] = []
  collect(input, relations, equal)
  const classOf = (id: ColumnId): ColumnId => {
    const other = equal.get(id)
    return other === undefined ? id : classOf(other)
  }
  const waiting = new Set<ColumnId>()
  let possible = 1
  for (const key of keys) {
    if (key.kind === 'column') waiting.add(classOf(key.id))
    else possible *= Math.max(1, rows * GROUP_SHARE)
  }
  const members = relations.map((relation) => {
    const byClass = new Map<ColumnId, ColumnId>()
    if (waiting.size > 0) for (const id of columnIdsOf(relation)) byClass.set(classOf(id), id)
    return { relation, byClass }
  })
  const asked = [...waiting]
  const covered = (byClass: ReadonlyMap<ColumnId, ColumnId>) =>
    [...waiting].filter((id) => byClass.has(id))
  // The relation that has most of the keys bounds them together.
  while (waiting.size > 0) {
    const [best] = members
      .map(({ relation, byClass }) => ({ relation, byClass, ids: covered(byClass) }))
      .sort((a, b) => b.ids.length - a.ids.length)
    if (best === undefined || best.ids.length === 0) {
      possible *= Math.max(1, rows * GROUP_SHARE) ** waiting.size
      break
    }
    const most = facts.rows(best.relation) ?? rows
    let combinations = 1
    for (const id of best.ids) {
      const column = best.byClass.get(id)!
      combinations *= facts.distinctOf(best.relation, column) ?? Math.max(1, rows * GROUP_SHARE)
      waiting.delete(id)
    }
    possible *= Math.max(1, Math.min(combinations, most))
  }
  // The rows of values that a condition on the key itself leaves out were never to be drawn.
  const drawnFrom = members.map(({ relation, byClass }) =>
    asked.reduce(
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
