/**
 * Groups the rows of each branch of a UNION ALL before they are brought together: `SELECT active, count(*) FROM policies GROUP BY active`
 * over a view of three systems needs each system's groups, not its policies; without groups, one row of each. What the
 * branches give is added up here (split-aggregate.ts). A DISTINCT above a UNION ALL does the same. Only where a source makes groups of a
 * branch itself, and the estimates say that this costs less than sending its rows.
 *
 * Sound because every row of a branch is in one of its groups and none is left out above, so that keys and arguments are computed below
 * as they would be above. A DISTINCT argument is a key below: equal values of two branches meet again. Tempting and wrong: adding
 * up the averages of branches, or sums of floats, whose digits depend on the order.
 */
import type { Column, Expression } from '../../expressions/expression.js'
import { groupingPays, UNKNOWN_ROWS } from '../estimates/cost.js'
import { isVolatile } from '../expression-properties.js'
import { columnReference, hasSubquery } from '../expression-traversal.js'
import { hasDistinctRowsIn } from '../keys.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { AggregateCall, AggregateNode, LogicalPlan, ProjectedColumn } from '../logical-plan.js'
import { usedColumnsOf } from '../plan-traversal.js'
import type { ColumnIds } from '../plan-traversal.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { rowWidth } from '../estimates/row-width.js'
import { siteOfPlan } from '../site.js'
import { splitAggregates } from '../split-aggregate.js'
import { groupingOverInput } from './aggregate-below-join.js'
import { branchesOf, groupBranch, isUnionAll, unionOfGroups } from './group-per-branch.js'

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
      const input = grouping && groupBranches(grouping, context)
      return input && { ...node, input }
    }
    if (node.kind !== 'aggregate') return undefined
    const grouping = overUnion(node, node, context)
    if (grouping === undefined) return undefined
    const whole = { columns: columnIdsOf(grouping.input), supplied: false, complete: true }
    const split = splitAggregates(grouping.aggregates, whole, context.ids)
    if (split === undefined) return undefined
    const keys = grouping.groups.map((group) => withFreshColumn(group, context.ids))
    const told = tellApart(split.final, context.ids)
    if (told === undefined) return undefined
    const input = groupBranches(
      { ...plainGrouping(grouping), groups: [...keys, ...told.keys], aggregates: split.partial },
      context,
    )
    if (input === undefined) return undefined
    const groups = grouping.groups.map(({ column }, index) => ({
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
  },
}

/** The grouping right above a UNION ALL, where not one source does all of it. */
function overUnion(
  node: AggregateNode,
  asked: LogicalPlan,
  { isOneFragment }: RuleContext,
): AggregateNode | undefined {
  const grouping = groupingOverInput(node)
  if (grouping?.input.kind !== 'set-operation' || !isUnionAll(grouping.input)) return undefined
  const read = [
    ...grouping.groups.map((group) => group.expression),
    ...grouping.aggregates.flatMap((call) => call.arguments),
  ]
  if (read.some((expression) => isVolatile(expression) || hasSubquery(expression))) return undefined
  return isOneFragment(asked) ? undefined : grouping
}

function plainGrouping({ input }: AggregateNode): Pick<AggregateNode, 'kind' | 'input'> {
  return { kind: 'aggregate', input }
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
function groupBranches(node: AggregateNode, context: RuleContext): LogicalPlan | undefined {
  const { input } = node
  if (input.kind !== 'set-operation') return undefined
  const branches = branchesOf(input)
  const grouped = branches.map((branch) => groupBranch(node, input, branch, context.ids))
  if (!grouped.some((plan, index) => pays(plan, branches[index]!, context))) return undefined
  return unionOfGroups(columnsOf(node), grouped, context.ids)
}

function pays(grouped: LogicalPlan, branch: LogicalPlan, context: RuleContext): boolean {
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
    { rows, width: rowWidth(columnsOf(branch), statistics), prices },
    groupingAt(branch),
  )
}

/** The grouping of a grouped branch: constant keys may stand beside it. */
function aggregateIn(plan: LogicalPlan): AggregateNode | undefined {
  if (plan.kind === 'aggregate') return plan
  return plan.kind === 'project' || plan.kind === 'filter' ? aggregateIn(plan.input) : undefined
}
