/**
 * Groups the rows of each branch of a UNION ALL before they are brought together: `SELECT active, count(*) FROM policies GROUP BY active`
 * over a view of three systems needs each system's groups, not its policies; without groups, one row of each. A DISTINCT above a
 * UNION ALL does the same.
 *
 * What the branches give is added up here (split-aggregate.ts), where a source makes groups of a branch itself, and the estimates say that
 * this costs less than sending its rows. Where a key is another constant in every branch no group has rows of two of them: their groups
 * are the result, whatever the aggregates are, and never more than the rows.
 *
 * Sound because every row of a branch is in one of its groups and none is left out above, so that keys and arguments are computed below
 * as they would be above. A DISTINCT argument is a key below: equal values of two branches meet again. Tempting and wrong: adding
 * up the averages of branches, or sums of floats, whose digits depend on the order; and nothing above where two branches have the same
 * constant, or there are no groups: those of `SELECT 'a' ... UNION ALL SELECT 'a' ...` span both, and without groups one row is for all.
 */
import type { Column, Expression } from '../../expressions/expression.js'
import { groupingPays, UNKNOWN_ROWS } from '../estimates/cost.js'
import { isVolatile } from '../expression-properties.js'
import { columnReference, hasSubquery } from '../expression-traversal.js'
import { hasDistinctRowsIn } from '../keys.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type {
  AggregateCall,
  AggregateNode,
  LogicalPlan,
  ProjectedColumn,
  SetOperationNode,
} from '../logical-plan.js'
import { expressionsOf } from '../plan-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import type { ColumnIds } from '../column-ids.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { rowWidth } from '../estimates/row-width.js'
import { siteOfPlan } from '../site.js'
import { splitAggregates } from '../split-aggregate.js'
import { groupingOverInput } from './aggregate-below-join.js'
import {
  branchesAreApart,
  branchesOf,
  groupBranch,
  isUnionAll,
  unionOfGroups,
} from './grouping/grouped-branches.js'

export const groupBelowUnion: Rule = {
  name: 'group-below-union',
  kinds: ['aggregate', 'distinct'],
  apply(node, context) {
    if (node.kind === 'distinct') {
      const groups = columnsOf(node).map((column) => ({
        column,
        expression: columnReference(column),
      }))
      const keys: AggregateNode = { kind: 'aggregate', input: node.input, groups, aggregates: [] }
      const grouping = overUnion(keys, node, context)
      if (grouping === undefined) return undefined
      const input = groupedApart(grouping, context)
      if (input !== undefined) return input
      const grouped = groupedWhereItPays(grouping, context)
      return grouped && { ...node, input: grouped }
    }
    if (node.kind !== 'aggregate') return undefined
    const grouping = overUnion(node, node, context)
    return grouping && (groupedApart(grouping, context) ?? addedUp(grouping, context))
  },
}

/** Each branch grouped by itself, where no group has rows of two. */
function groupedApart(node: UnionGrouping, { ids }: RuleContext): LogicalPlan | undefined {
  if (node.groupingSets !== undefined || (node.groupingCalls ?? []).length > 0) return undefined
  const branches = branchesOf(node.input)
  if (!branchesAreApart(node, node.input, branches)) return undefined
  const grouped = branches.map((branch) => groupBranch(node, node.input, branch, ids))
  return unionOfGroups(columnsOf(node), grouped, ids)
}

/** Groups of each branch, and groups of these. */
function addedUp(node: UnionGrouping, context: RuleContext): LogicalPlan | undefined {
  const whole = { columns: columnIdsOf(node.input), supplied: false, complete: true }
  const split = splitAggregates(node.aggregates, whole, context.ids)
  if (split === undefined) return undefined
  const keys = node.groups.map((group) => withFreshColumn(group, context.ids))
  const told = tellApart(split.final, context.ids)
  if (told === undefined) return undefined
  const input = groupedWhereItPays(
    {
      kind: 'aggregate',
      input: node.input,
      groups: [...keys, ...told.keys],
      aggregates: split.partial,
    },
    context,
  )
  if (input === undefined) return undefined
  const groups = node.groups.map(({ column }, index) => ({
    column,
    expression: columnReference(keys[index]!.column),
  }))
  return {
    kind: 'project',
    input: { ...node, input, groups, aggregates: told.calls },
    expressions: columnsOf(node).map((column) => ({
      column,
      expression: split.values.get(column.id) ?? columnReference(column),
    })),
  }
}

type UnionGrouping = AggregateNode & { readonly input: SetOperationNode }

/** The grouping right above a UNION ALL, where not one source does all of it. */
function overUnion(
  node: AggregateNode,
  asked: LogicalPlan,
  { isOneFragment }: RuleContext,
): UnionGrouping | undefined {
  const grouping = groupingOverInput(node)
  if (grouping?.input.kind !== 'set-operation' || !isUnionAll(grouping.input)) return undefined
  const { input } = grouping
  const read = expressionsOf(grouping)
  if (read.some((expression) => isVolatile(expression) || hasSubquery(expression))) return undefined
  return isOneFragment(asked) ? undefined : { ...grouping, input }
}

function withFreshColumn(item: ProjectedColumn, ids: ColumnIds): ProjectedColumn {
  return { ...item, column: { ...item.column, id: ids.next() } }
}

/** The arguments of DISTINCT aggregates as keys below, and the aggregates over these keys; undefined for those with a FILTER. */
function tellApart(
  calls: readonly AggregateCall[],
  ids: ColumnIds,
): { keys: readonly ProjectedColumn[]; calls: readonly AggregateCall[] } | undefined {
  const keys: ProjectedColumn[] = []
  const above: AggregateCall[] = []
  for (const call of calls) {
    const [argument] = call.arguments
    if (!call.distinct || argument === undefined) {
      above.push(call)
      continue
    }
    if (call.filter !== undefined) return undefined
    const column: Column = { id: ids.next(), name: 'key', type: argument.type }
    keys.push({ column, expression: argument })
    above.push({ ...call, arguments: [columnReference(column)] })
  }
  return { keys, calls: above }
}

/** Each branch grouped by itself; undefined where this spares no branch its rows. */
function groupedWhereItPays(node: UnionGrouping, context: RuleContext): LogicalPlan | undefined {
  const branches = branchesOf(node.input)
  const grouped = branches.map((branch) => groupBranch(node, node.input, branch, context.ids))
  // What else the union has is asked of no source.
  const used = usedColumnsOf(...expressionsOf(node))
  const isSpared = grouped.some((plan, index) => {
    const branch = branches[index]!
    const sent = columnsOf(branch).filter((_, position) =>
      used.has(node.input.columns[position]!.id),
    )
    return pays(plan, branch, sent, context)
  })
  if (!isSpared) return undefined
  return unionOfGroups(columnsOf(node), grouped, context.ids)
}

function pays(
  grouped: LogicalPlan,
  branch: LogicalPlan,
  sent: readonly Column[],
  context: RuleContext,
): boolean {
  const { estimator, isOneFragment, groupingAt, pricesAt, siteOf } = context
  if (siteOfPlan(branch, siteOf) === undefined) return false
  const grouping = aggregateIn(grouped)
  const keys = grouping?.groups.map((group) => group.expression) ?? []
  const isByColumns = keys.every((key: Expression) => key.kind === 'column')
  if (isByColumns && hasDistinctRowsIn(branch, usedColumnsOf(...keys), estimator.tableOf)) {
    return false
  }
  const rows = estimator.rows(branch) ?? UNKNOWN_ROWS
  const made = estimator.rows(grouped) ?? rows
  if (made >= rows || !isOneFragment(grouping ?? grouped)) return false
  const prices = pricesAt(branch)
  const statistics = estimator.columns(branch)
  return groupingPays(
    rows,
    { rows: made, width: rowWidth(columnsOf(grouped), statistics), prices },
    { rows, width: rowWidth(sent, statistics), prices },
    groupingAt(branch),
  )
}

/** The grouping of a grouped branch: constant keys may stand beside it. */
function aggregateIn(plan: LogicalPlan): AggregateNode | undefined {
  if (plan.kind === 'aggregate') return plan
  return plan.kind === 'project' || plan.kind === 'filter' ? aggregateIn(plan.input) : undefined
}
