/**
 * Moves the conjuncts of a filter towards the scans: into a filter below, through projections, sorts, DISTINCT, grouping,
 * windows and set operations, and into the sides of joins. What uses both sides of an inner join becomes its condition.
 *
 * Tempting and wrong:
 * - below LIMIT: `SELECT * FROM (SELECT * FROM t ORDER BY x LIMIT 3) s WHERE y > 0` asks for those three only;
 * - below grouping without groups: `SELECT count(*) FROM t HAVING false` has no row, with the filter below it has one;
 * - below a window, unless on all-partition columns: `WHERE rn = 1` above, and also `WHERE x > 0`, change the row numbers;
 * - to the NULL-extended side of an outer join: `a LEFT JOIN b ... WHERE b.x IS NULL` looks for missing rows;
 * - anything volatile: `WHERE random() < 0.5` above a projection is not the same below a join.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import {
  columnReference,
  conjunction,
  conjunctsOf,
  sameExpression,
} from '../expression-traversal.js'
import { isVolatile, usesOnly } from '../expression-properties.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { AggregateNode, JoinNode, LogicalPlan, SetOperationNode } from '../logical-plan.js'
import { mapInputs } from '../plan-traversal.js'
import { substituteColumns, usedColumnsOf } from '../used-columns.js'
import { replacementsOf } from './merge-projects.js'
import type { Rule } from '../rewrite.js'

export const pushFilter: Rule = {
  name: 'push-filter',
  kinds: ['filter'],
  apply: (node) => pushedOnce(node),
}

/** Moves a filter as near to the scans as it gets. */
export function pushToScans(node: LogicalPlan): LogicalPlan {
  const pushed = pushedOnce(node)
  return pushed === undefined ? node : mapInputs(pushed, pushToScans)
}

function pushedOnce(node: LogicalPlan): LogicalPlan | undefined {
  if (node.kind !== 'filter') return undefined
  const conjuncts = conjunctsOf(node.condition)
  const movable = conjuncts.filter((conjunct) => !isVolatile(conjunct))
  const pushed = pushInto(node.input, movable)
  if (pushed === undefined) return undefined
  const gone = new Set(pushed.taken)
  return addFilter(
    pushed.plan,
    conjuncts.filter((conjunct) => !gone.has(conjunct)),
  )
}

interface Pushed {
  readonly plan: LogicalPlan
  readonly taken: readonly Expression[]
}

/** Puts a filter on a plan, merging it into one that is there. */
export function addFilter(plan: LogicalPlan, conditions: readonly Expression[]): LogicalPlan {
  if (conditions.length === 0) return plan
  if (plan.kind === 'filter') {
    const merged = conjunction([...conjunctsOf(plan.condition), ...conditions])!
    return { ...plan, condition: merged }
  }
  return { kind: 'filter', input: plan, condition: conjunction(conditions)! }
}

function pushInto(input: LogicalPlan, conjuncts: readonly Expression[]): Pushed | undefined {
  if (conjuncts.length === 0) return undefined
  switch (input.kind) {
    case 'filter':
      return { plan: addFilter(input, conjuncts), taken: conjuncts }
    case 'project': {
      const replacements = replacementsOf(input)
      const hidden = new Set(
        input.expressions.filter((i) => isVolatile(i.expression)).map((i) => i.column.id),
      )
      const taken = conjuncts.filter((conjunct) => usesNone(conjunct, hidden))
      if (taken.length === 0) return undefined
      const below = taken.map((conjunct) => substituteColumns(conjunct, replacements))
      return { plan: { ...input, input: addFilter(input.input, below) }, taken }
    }
    case 'project-set': {
      // Which calls return sets is not known here: only columns passed through are safe.
      const passed = input.expressions.filter((item) => item.expression.kind === 'column')
      const ids = new Set(passed.map((item) => item.column.id))
      const replacements = new Map(passed.map((item) => [item.column.id, item.expression]))
      const taken = conjuncts.filter((conjunct) => usesOnly(conjunct, ids))
      if (taken.length === 0) return undefined
      const below = taken.map((conjunct) => substituteColumns(conjunct, replacements))
      return { plan: { ...input, input: addFilter(input.input, below) }, taken }
    }
    case 'sort':
    case 'distinct':
      return { plan: { ...input, input: addFilter(input.input, conjuncts) }, taken: conjuncts }
    case 'with':
      return { plan: { ...input, body: addFilter(input.body, conjuncts) }, taken: conjuncts }
    case 'distinct-on':
    case 'window': {
      const keys = input.kind === 'window' ? input.partitionBy : input.on
      const ids = new Set(keys.flatMap((key) => (key.kind === 'column' ? [key.id] : [])))
      const taken = conjuncts.filter((conjunct) => usesOnly(conjunct, ids))
      if (taken.length === 0) return undefined
      return { plan: { ...input, input: addFilter(input.input, taken) }, taken }
    }
    case 'aggregate':
      return pushIntoAggregate(input, conjuncts)
    case 'set-operation':
      return pushIntoSetOperation(input, conjuncts)
    case 'join':
      return pushIntoJoin(input, conjuncts)
    default:
      return undefined
  }
}

function pushIntoAggregate(
  input: AggregateNode,
  conjuncts: readonly Expression[],
): Pushed | undefined {
  if (input.groups.length === 0) return undefined
  const everywhere = input.groups.filter(
    (group, index) =>
      !isVolatile(group.expression) &&
      (input.groupingSets === undefined ||
        (input.groupingSets.length > 0 && input.groupingSets.every((set) => set.includes(index)))),
  )
  const ids = new Set(everywhere.map((group) => group.column.id))
  const taken = conjuncts.filter(
    (conjunct) => usedColumnsOf(conjunct).size > 0 && usesOnly(conjunct, ids),
  )
  if (taken.length === 0) return undefined
  const replacements = new Map(everywhere.map((group) => [group.column.id, group.expression]))
  const below = taken.map((conjunct) => substituteColumns(conjunct, replacements))
  return { plan: { ...input, input: addFilter(input.input, below) }, taken }
}

function pushIntoSetOperation(input: SetOperationNode, conjuncts: readonly Expression[]): Pushed {
  const side = (plan: LogicalPlan) => {
    const produced = columnsOf(plan)
    const replacements = new Map<ColumnId, Expression>(
      input.columns.map((column, index) => [column.id, columnReference(produced[index]!)]),
    )
    return addFilter(
      plan,
      conjuncts.map((conjunct) => substituteColumns(conjunct, replacements)),
    )
  }
  return { plan: { ...input, left: side(input.left), right: side(input.right) }, taken: conjuncts }
}

function pushIntoJoin(input: JoinNode, conjuncts: readonly Expression[]): Pushed | undefined {
  const { joinType } = input
  const leftIds = columnIdsOf(input.left)
  const rightIds = columnIdsOf(input.right)
  // A conjunct without columns of either side (an outer column, a parameter) goes left, where that is sound.
  const usesRight = (conjunct: Expression) => usesSome(conjunct, rightIds)
  const usesLeft = (conjunct: Expression) => usesSome(conjunct, leftIds)
  const usesMark = (conjunct: Expression) =>
    input.mark !== undefined && usedColumnsOf(conjunct).has(input.mark.id)

  const toLeft: Expression[] = []
  const toRight: Expression[] = []
  const toCondition: Expression[] = []
  for (const conjunct of conjuncts) {
    if (usesMark(conjunct)) continue
    switch (joinType) {
      case 'inner':
        if (!usesRight(conjunct)) toLeft.push(conjunct)
        else if (!usesLeft(conjunct)) toRight.push(conjunct)
        else toCondition.push(conjunct)
        break
      case 'left':
        if (!usesRight(conjunct)) toLeft.push(conjunct)
        break
      case 'right':
        if (!usesLeft(conjunct)) toRight.push(conjunct)
        break
      case 'semi':
      case 'anti':
      case 'mark':
        toLeft.push(conjunct)
        break
      case 'full':
        break
    }
  }
  const taken = [...toLeft, ...toRight, ...toCondition]
  if (taken.length === 0) return undefined
  const condition = conjunction([...conjunctsOf(input.condition), ...toCondition])
  const left = addFilter(input.left, toLeft)
  const right = addFilter(input.right, toRight)
  return { plan: { ...input, left, right, condition }, taken }
}

function usesSome(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of usedColumnsOf(expression)) if (ids.has(id)) return true
  return false
}

function usesNone(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  return ids.size === 0 || !usesSome(expression, ids)
}

/** Finds the column a grouping makes of an expression, if it is one of its groups. */
export function groupColumnOf(node: AggregateNode, expression: Expression): Column | undefined {
  return node.groups.find((group) => sameExpression(group.expression, expression))?.column
}
