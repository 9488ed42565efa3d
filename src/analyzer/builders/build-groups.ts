/** GROUP BY, grouping sets and the aggregate node. */
import type { LogicalPlan, ProjectedColumn } from '../../planner/logical-plan.js'
import { groupPosition } from './build-aggregate.js'
import type { ExpressionBuilder } from './build-expression.js'
import { expandGroupingSets } from './grouping-sets.js'
import { RangeKind } from './range-kind.js'
import { booleanOf, integerOf, listOf, nodesOf, optionalNode, TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

export interface OpenGroups {
  /** Makes the aggregate node, once all expressions over the groups have been read. */
  close(input: LogicalPlan): LogicalPlan
}

/** Reads the groups and turns the scope to the grouped phase; undefined for a query without groups. */
export function buildGroups(query: TreeNode, builder: ExpressionBuilder): OpenGroups | undefined {
  const { context, scope } = builder
  const sets = nodesOf(query, 'groupingSets')
  const isGrouped =
    booleanOf(query, 'hasAggs') ||
    nodesOf(query, 'groupClause').length > 0 ||
    sets.length > 0 ||
    optionalNode(query, 'havingQual') !== undefined
  if (!isGrouped) return undefined
  scope.groups = groupExpressions(query).map(({ name, node }): ProjectedColumn => {
    if (returnsSet(node)) throw new Unreadable('GROUP BY a set-returning function')
    const expression = builder.build(node)
    return { column: context.newColumn(name, expression.type), expression }
  })
  const written = scope.groups.length
  const groupingSets =
    sets.length === 0
      ? undefined
      : expandGroupingSets(sets, booleanOf(query, 'groupDistinct'), (reference) =>
          groupPosition(scope, reference),
        )
  scope.phase = 'grouped'
  return {
    close: (input) => {
      // Columns determined by a grouped key are in every set.
      const determined = scope.groups.slice(written).map((_, index) => written + index)
      return {
        kind: 'aggregate',
        input,
        groups: scope.groups,
        aggregates: [...scope.aggregates.values()],
        ...(groupingSets === undefined
          ? {}
          : { groupingSets: groupingSets.map((set) => [...set, ...determined]) }),
        ...(scope.groupingCalls.length === 0 ? {} : { groupingCalls: scope.groupingCalls }),
      }
    },
  }
}

function groupExpressions(query: TreeNode): readonly { name: string; node: TreeNode }[] {
  const entry = nodesOf(query, 'rtable').find(
    (candidate) => integerOf(candidate, 'rtekind') === RangeKind.group,
  )
  if (entry === undefined) return []
  const alias = entry.fields.get('eref')
  const names = alias instanceof TreeNode ? listOf(alias, 'colnames') : []
  return nodesOf(entry, 'groupexprs').map((node, index) => ({
    name: String(names[index] ?? '?column?'),
    node,
  }))
}

function returnsSet(node: TreeNode): boolean {
  if (booleanOf(node, 'funcretset') || booleanOf(node, 'opretset')) return true
  for (const value of node.fields.values()) {
    const items = value instanceof TreeNode ? [value] : Array.isArray(value) ? value : []
    for (const item of items as readonly unknown[]) {
      if (item instanceof TreeNode && returnsSet(item)) return true
    }
  }
  return false
}
