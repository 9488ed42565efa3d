/**
 * One SELECT, from the inside out:
 *
 *   WITH > LIMIT > ORDER BY > DISTINCT > select list > windows > HAVING > groups > WHERE > FROM
 *
 * The select list is read before the nodes below it are made, because reading finds the aggregates and window
 * calls that those nodes compute.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Column, Expression } from '../../expressions/expression.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type { LogicalPlan, ProjectedColumn, SortKey } from '../../planner/logical-plan.js'
import { buildCommonTables } from './build-common-tables.js'
import type { BuildContext } from './build-context.js'
import { ExpressionBuilder } from './build-expression.js'
import { buildFrom } from './build-from.js'
import { buildGroups } from './build-groups.js'
import { buildSetOperation } from './build-set-operation.js'
import { entryOfClause, sortKey } from './build-sort.js'
import { buildWindows } from './build-window.js'
import { QueryScope } from './query-scope.js'
import type { Recursion } from './query-scope.js'
import { booleanOf, integerOf, nodeOf, nodesOf, optionalNode, textOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** LIMIT_OPTION_WITH_TIES of LimitOption. */
const WITH_TIES = 1
const SELECT_COMMAND = 1

/** A target entry with the column it becomes. */
interface Target {
  readonly entry: TreeNode
  readonly projected: ProjectedColumn
}

/** Builds a query; its columns are the select list's visible ones, in order. */
export function buildQuery(
  query: TreeNode,
  parent: QueryScope | undefined,
  context: BuildContext,
  recursion?: Recursion,
): LogicalPlan {
  refuseWrites(query)
  const scope = new QueryScope(query, parent, recursion)
  const builder = new ExpressionBuilder(context, scope)
  const tables = buildCommonTables(query, scope, context)
  const setOperations = optionalNode(query, 'setOperations')
  const body =
    setOperations === undefined
      ? buildSelect(query, builder)
      : buildCombined(query, setOperations, builder)
  return tables.length === 0 ? body : { kind: 'with', tables, body }
}

function refuseWrites(query: TreeNode): void {
  if (integerOf(query, 'commandType') !== SELECT_COMMAND || booleanOf(query, 'hasModifyingCTE')) {
    throw new EngineError(SQLSTATE.featureNotSupported, 'Virtual tables are read-only', {
      hint: 'Write to the source directly',
    })
  }
  if (nodesOf(query, 'rowMarks').length > 0) {
    throw new EngineError(
      SQLSTATE.readOnlyTransaction,
      'cannot execute SELECT FOR UPDATE in a read-only transaction',
    )
  }
}

function buildSelect(query: TreeNode, builder: ExpressionBuilder): LogicalPlan {
  const { scope } = builder
  const from = buildFrom(query, builder)
  const groups = buildGroups(query, builder)
  const entries = nodesOf(query, 'targetList').filter((entry) => isNeeded(entry, query))
  const targets = entries.map((entry) => buildTarget(entry, builder))
  const having = optionalNode(query, 'havingQual')
  const condition = having === undefined ? undefined : builder.build(having)
  // Windows may name columns of their own, so they are read before the groups below them are closed.
  const windows = buildWindows(query, { kind: 'values', columns: [], rows: [] }, builder)
  let plan = groups === undefined ? from : groups.close(from)
  if (condition !== undefined) plan = { kind: 'filter', input: plan, condition }
  plan = replaceBottom(windows, plan)
  plan = {
    kind: booleanOf(query, 'hasTargetSRFs') ? 'project-set' : 'project',
    input: plan,
    expressions: targets.map((target) => target.projected),
  }
  scope.phase = 'input'
  return finish(query, plan, targets, builder)
}

/** Puts stacked window nodes over a plan that was not known when they were built. */
function replaceBottom(windows: LogicalPlan, plan: LogicalPlan): LogicalPlan {
  return windows.kind === 'window'
    ? { ...windows, input: replaceBottom(windows.input, plan) }
    : plan
}

/** Hidden entries matter to ORDER BY and DISTINCT ON; groups and windows read theirs from the tree. */
function isNeeded(entry: TreeNode, query: TreeNode): boolean {
  if (!booleanOf(entry, 'resjunk')) return true
  const reference = integerOf(entry, 'ressortgroupref')
  return [...nodesOf(query, 'sortClause'), ...nodesOf(query, 'distinctClause')].some(
    (clause) => integerOf(clause, 'tleSortGroupRef') === reference,
  )
}

function buildTarget(entry: TreeNode, builder: ExpressionBuilder): Target {
  const expression = builder.build(nodeOf(entry, 'expr'))
  const name =
    textOf(entry, 'resname') ?? (expression.kind === 'column' ? expression.name : '?column?')
  return {
    entry,
    projected: { column: builder.context.newColumn(name, expression.type), expression },
  }
}

/** DISTINCT, ORDER BY and LIMIT over the projected columns, hidden ones dropped at the end. */
function finish(
  query: TreeNode,
  projected: LogicalPlan,
  targets: readonly Target[],
  builder: ExpressionBuilder,
): LogicalPlan {
  const keysOf = (clauses: readonly TreeNode[]): SortKey[] =>
    clauses.map((clause) => {
      const entry = entryOfClause(clause, entriesOf(targets))
      return sortKey(clause, entry, columnOfEntry(entry, targets), builder)
    })
  const sortKeys = keysOf(nodesOf(query, 'sortClause'))
  let plan = projected
  const distinct = nodesOf(query, 'distinctClause')
  if (booleanOf(query, 'hasDistinctOn')) {
    const on = distinct.map((clause) =>
      columnOfEntry(entryOfClause(clause, entriesOf(targets)), targets),
    )
    plan = {
      kind: 'distinct-on',
      input: plan,
      on,
      orderBy: orderOfDistinctOn(keysOf(distinct), sortKeys),
    }
  } else if (distinct.length > 0) {
    plan = { kind: 'distinct', input: plan }
  }
  plan = sortAndLimit(query, plan, sortKeys, builder)
  const visible = targets.filter(({ entry }) => !booleanOf(entry, 'resjunk'))
  return visible.length === targets.length ? plan : keepColumns(plan, visible, builder.context)
}

/** ORDER BY decides which row of a group comes first; it may name fewer expressions than DISTINCT ON. */
function orderOfDistinctOn(on: readonly SortKey[], sortKeys: readonly SortKey[]): SortKey[] {
  const idOf = (key: SortKey): number => (key.expression.kind === 'column' ? key.expression.id : -1)
  const sorted = new Set(sortKeys.slice(0, on.length).map(idOf))
  const missing = on.filter((key) => !sorted.has(idOf(key)))
  return [...sortKeys.slice(0, on.length), ...missing, ...sortKeys.slice(on.length)]
}

function sortAndLimit(
  query: TreeNode,
  input: LogicalPlan,
  keys: readonly SortKey[],
  builder: ExpressionBuilder,
): LogicalPlan {
  const plan: LogicalPlan = keys.length === 0 ? input : { kind: 'sort', input, keys }
  const count = optionalNode(query, 'limitCount')
  const offset = optionalNode(query, 'limitOffset')
  if (count === undefined && offset === undefined) return plan
  return {
    kind: 'limit',
    input: plan,
    ...(count === undefined ? {} : { limit: builder.build(count) }),
    ...(offset === undefined ? {} : { offset: builder.build(offset) }),
    withTies: integerOf(query, 'limitOption') === WITH_TIES,
  }
}

function keepColumns(
  input: LogicalPlan,
  visible: readonly Target[],
  context: BuildContext,
): LogicalPlan {
  return {
    kind: 'project',
    input,
    expressions: visible.map(({ projected: { column } }) => ({
      column: context.newColumn(column.name, column.type),
      expression: { kind: 'column', ...column },
    })),
  }
}

function entriesOf(targets: readonly Target[]): readonly TreeNode[] {
  return targets.map((target) => target.entry)
}

function columnOfEntry(entry: TreeNode, targets: readonly Target[]): Expression {
  const target = targets.find((candidate) => candidate.entry === entry)
  if (target === undefined) throw new Unreadable('a sort expression')
  return { kind: 'column', ...target.projected.column }
}

/** A set operation with its ORDER BY and LIMIT, which see the combined columns only. */
function buildCombined(
  query: TreeNode,
  setOperations: TreeNode,
  builder: ExpressionBuilder,
): LogicalPlan {
  const { context, scope } = builder
  const entries = nodesOf(query, 'targetList')
  const names = entries.map((entry) => textOf(entry, 'resname') ?? '?column?')
  const self = scope.recursion
  const plan =
    self === undefined
      ? buildSetOperation(setOperations, names, scope, context)
      : self.build(setOperations, names, scope)
  const columns: readonly Column[] = columnsOf(plan)
  const keys = nodesOf(query, 'sortClause').map((clause) => {
    const entry = entryOfClause(clause, entries)
    const column = columns[entries.indexOf(entry)]
    if (column === undefined) throw new Unreadable('a sort expression')
    return sortKey(clause, entry, { kind: 'column', ...column }, builder)
  })
  return sortAndLimit(query, plan, keys, builder)
}
