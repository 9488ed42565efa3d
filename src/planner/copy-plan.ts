/** Copies of plans for a second use in the same statement: every column that comes into being in them gets a new id. */
import type { Column, ColumnId, Expression } from '../expressions/expression.js'
import { assertNever } from '../errors.js'
import { mapArguments } from './expression-traversal.js'
import type { LogicalPlan } from './logical-plan.js'
import { declaredColumnsOf } from './column-ids.js'
import { mapExpressions } from './plan-traversal.js'
import { mapPlans, visitPlans } from './walk-plans.js'
import type { ColumnIds } from './column-ids.js'

/** Copies a plan under new column ids; columns from outside stay. */
export function copyWithFreshColumns(plan: LogicalPlan, ids: ColumnIds): LogicalPlan {
  const renamed = new Map<ColumnId, ColumnId>()
  visitPlans(plan, (node) => {
    for (const column of declaredColumnsOf(node)) {
      if (!renamed.has(column.id)) renamed.set(column.id, ids.next())
    }
  })
  const rename = (column: Column): Column => {
    const id = renamed.get(column.id)
    return id === undefined ? column : { ...column, id }
  }
  const renameIn = (expression: Expression): Expression => {
    if (expression.kind !== 'column') return mapArguments(expression, renameIn)
    const id = renamed.get(expression.id)
    return id === undefined ? expression : { ...expression, id }
  }
  return mapPlans(plan, (node) => renameDeclared(mapExpressions(node, renameIn), rename))
}

function renameDeclared(node: LogicalPlan, rename: (column: Column) => Column): LogicalPlan {
  const renameItem = <T extends { readonly column: Column }>(item: T): T => ({
    ...item,
    column: rename(item.column),
  })
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'set-operation':
    case 'cte-reference':
    case 'recursive-union':
      return { ...node, columns: node.columns.map(rename) }
    case 'opaque-query':
      return {
        ...node,
        columns: node.columns.map(rename),
        tables: node.tables.map((table) => ({ ...table, columns: table.columns.map(rename) })),
      }
    case 'table-function':
      return {
        ...node,
        functions: node.functions.map((item) => ({ ...item, columns: item.columns.map(rename) })),
        ...(node.ordinality ? { ordinality: rename(node.ordinality) } : {}),
      }
    case 'project':
    case 'project-set':
      return { ...node, expressions: node.expressions.map(renameItem) }
    case 'join':
      return node.mark ? { ...node, mark: rename(node.mark) } : node
    case 'aggregate':
      return {
        ...node,
        groups: node.groups.map(renameItem),
        aggregates: node.aggregates.map(renameItem),
        ...(node.groupingCalls ? { groupingCalls: node.groupingCalls.map(renameItem) } : {}),
      }
    case 'window':
      return { ...node, calls: node.calls.map(renameItem) }
    case 'filter':
    case 'distinct':
    case 'distinct-on':
    case 'sort':
    case 'limit':
    case 'with':
    case 'view':
      return node
    default:
      return assertNever(node)
  }
}
