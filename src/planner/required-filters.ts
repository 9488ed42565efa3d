/**
 * `require_filter` of a table: a statement must narrow one of these columns, or it is refused before any source is asked. Looked
 * for in the rewritten plan, so that a condition that follows from another (across a join's equality, through a view) counts.
 */
import type { TableDefinition } from '../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { ColumnId, Expression } from '../expressions/expression.js'
import { conjunctsOf, somePart } from './expression-traversal.js'
import { isRowIndependent } from './expression-properties.js'
import type { TableOf } from './keys.js'
import type { LogicalPlan, ScanNode } from './logical-plan.js'
import { expressionsOf, logicalInputsOf } from './plan-traversal.js'

/** Refuses a plan that reads a table without the filter its catalog entry requires (53400). */
export function requireFilters(plan: LogicalPlan, tableOf: TableOf): void {
  visit(plan, [], tableOf)
}

function visit(node: LogicalPlan, above: readonly Expression[], tableOf: TableOf): void {
  if (node.kind === 'scan') {
    const table = tableOf(node)
    if (table !== undefined && table.requireFilter.length > 0) check(node, table, above)
    return
  }
  // What runs as text in the local PostgreSQL reads its tables whole.
  if (node.kind === 'opaque-query') for (const table of node.tables) visit(table, [], tableOf)
  const conjuncts = node.kind === 'filter' ? [...above, ...conjunctsOf(node.condition)] : []
  for (const input of logicalInputsOf(node)) visit(input, conjuncts, tableOf)
  for (const expression of expressionsOf(node)) {
    somePart(expression, (part) => {
      if (part.kind === 'subquery') visit(part.plan, [], tableOf)
      return false
    })
  }
}

function check(scan: ScanNode, table: TableDefinition, filters: readonly Expression[]): void {
  const isNarrowed = table.requireFilter.some((name) => {
    const id = scan.columns[scan.tableColumns.indexOf(name)]?.id
    return id !== undefined && filters.some((filter) => narrows(filter, id))
  })
  if (isNarrowed) return
  const columns = table.requireFilter.join(' or ')
  throw new EngineError(
    SQLSTATE.configurationLimitExceeded,
    `Table ${scan.source}.${scan.table} may only be read with a filter on ${columns}`,
    {
      category: 'policy',
      hint: `Compare ${columns} with a constant or a parameter; the table's require_filter in the catalog says so`,
    },
  )
}

const COMPARISONS = new Set(['=', '<', '<=', '>', '>='])

/** Tells whether a condition holds a column to something known before the table is read. */
function narrows(condition: Expression, id: ColumnId): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.arguments.some((part) => narrows(part, id))
    case 'or':
      return condition.arguments.every((part) => narrows(part, id))
    case 'array-comparison':
      return (
        condition.operator === '=' &&
        condition.quantifier === 'any' &&
        isColumn(condition.left, id) &&
        isRowIndependent(condition.right)
      )
    case 'call': {
      const [a, b] = condition.arguments
      if (!COMPARISONS.has(condition.operator ?? '') || a === undefined || b === undefined) {
        return false
      }
      return (isColumn(a, id) && isRowIndependent(b)) || (isColumn(b, id) && isRowIndependent(a))
    }
    default:
      return false
  }
}

/** The column, also cast: `trx_date::timestamp >= ...`. */
function isColumn(expression: Expression, id: ColumnId): boolean {
  if (expression.kind === 'column') return expression.id === id
  if (expression.kind === 'relabel') return isColumn(expression.argument, id)
  const [argument, ...others] = expression.kind === 'call' ? expression.arguments : []
  const isCast = expression.kind === 'call' && /cast$/.test(expression.form)
  return isCast && argument !== undefined && others.length === 0 && isColumn(argument, id)
}
