/**
 * Finds whether a fragment restricts the columns that a table must be filtered by: a partitioned table may refuse to be read
 * whole. BigQuery would refuse the statement; so do we, before it is sent, with the columns named.
 */
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunctsOf } from '../../planner/expression-traversal.js'
import type { LogicalPlan, ScanNode } from '../../planner/logical-plan.js'
import { expressionsOf, visitPlans } from '../../planner/plan-traversal.js'
import { isWithoutColumns } from '../sql/without-columns.js'

/** A table of a fragment that is read without the filter it requires; undefined when there is none. */
export function missingFilter(
  fragment: LogicalPlan,
  source: SourceDefinition,
): { readonly table: string; readonly columns: readonly string[] } | undefined {
  const scans: { readonly node: ScanNode; readonly table: TableDefinition }[] = []
  const restricted = new Set<ColumnId>()
  visitPlans(fragment, (node) => {
    if (node.kind === 'scan') {
      const table = source.tables.find((candidate) => candidate.name === node.table)
      if (table && table.requireFilter.length > 0) scans.push({ node, table })
    }
    const isCondition =
      node.kind === 'filter' || (node.kind === 'join' && node.joinType === 'inner')
    if (!isCondition) return
    for (const expression of expressionsOf(node)) {
      for (const conjunct of conjunctsOf(expression)) {
        const column = restrictedBy(conjunct)
        if (column !== undefined) restricted.add(column)
      }
    }
  })
  for (const { node, table } of scans) {
    const isRestricted = table.requireFilter.some((name) => {
      const at = node.tableColumns.indexOf(name)
      return at >= 0 && restricted.has(node.columns[at]!.id)
    })
    if (!isRestricted)
      return { table: `${source.name}.${table.name}`, columns: table.requireFilter }
  }
  return undefined
}

/** The column that a condition compares with a value known before the statement runs. */
function restrictedBy(condition: Expression): ColumnId | undefined {
  switch (condition.kind) {
    case 'call':
    case 'distinct': {
      const column = condition.arguments.find((argument) => argument.kind === 'column')
      const others = condition.arguments.filter((argument) => argument !== column)
      return column?.kind === 'column' && others.every(isWithoutColumns) ? column.id : undefined
    }
    case 'array-comparison':
      return condition.left.kind === 'column' && isWithoutColumns(condition.right)
        ? condition.left.id
        : undefined
    case 'is-null':
      return condition.argument.kind === 'column' ? condition.argument.id : undefined
    case 'or': {
      const columns = condition.arguments.map(restrictedBy)
      return columns.every((column) => column === columns[0]) ? columns[0] : undefined
    }
    default:
      return undefined
  }
}
