/**
 * `require_filter` of a table: a statement must narrow one of these columns, or it is refused before any source is asked. Looked
 * for in the rewritten plan, so that a condition that follows from another (across a join's equality, through a view) counts.
 */
import type { TableDefinition } from '../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { ColumnId, Expression } from '../expressions/expression.js'
import { conjunctsOf, somePart } from './expression-traversal.js'
import { isRowIndependent } from './expression-properties.js'
import { printExpression } from './explain/print-expression.js'
import type { TableOf } from './keys.js'
import type { LogicalPlan, ScanNode } from './logical-plan.js'
import { expressionsOf, logicalInputsOf } from './plan-traversal.js'

/** What is to be known of the tables and of their sources. */
export interface FilterFacts {
  readonly tableOf: TableOf
  /** Why the scan's source is not sent a filter; undefined: it is. One that is only applied here narrows nothing. */
  whyNotSent(scan: ScanNode, filter: Expression): string | undefined
}

/** Says which table a plan reads without the filter its catalog entry requires (53400); undefined: none. */
export function filterRefusal(plan: LogicalPlan, facts: FilterFacts): EngineError | undefined {
  for (const { scan, filters, reason } of scansWithin(plan, [])) {
    const table = facts.tableOf(scan)
    if (table === undefined || table.requireFilter.length === 0) continue
    const narrowing = filters.filter((filter) => narrowsTable(filter, scan, table))
    const reasons = narrowing.map((filter) => {
      const why = facts.whyNotSent(scan, filter)
      return why && `The filter ${printExpression(filter)} is not sent there: ${why}`
    })
    if (reasons.includes(undefined)) continue
    return refusal(scan, table, reasons[0] ?? reason)
  }
  return undefined
}

interface FoundScan {
  readonly scan: ScanNode
  readonly filters: readonly Expression[]
  /** Why it has none. */
  readonly reason?: string
}

function* scansWithin(node: LogicalPlan, above: readonly Expression[]): Generator<FoundScan> {
  if (node.kind === 'scan') yield { scan: node, filters: above }
  // What runs as text in the local PostgreSQL reads its tables whole.
  if (node.kind === 'opaque-query') {
    const reason = `All of it would be read for a part that runs here: ${node.reason}`
    for (const scan of node.tables) yield { scan, filters: [], reason }
  }
  const conjuncts = node.kind === 'filter' ? [...above, ...conjunctsOf(node.condition)] : []
  for (const input of logicalInputsOf(node)) yield* scansWithin(input, conjuncts)
  const subqueries: LogicalPlan[] = []
  for (const expression of expressionsOf(node)) {
    somePart(expression, (part) => {
      if (part.kind === 'subquery') subqueries.push(part.plan)
      return false
    })
  }
  for (const subquery of subqueries) yield* scansWithin(subquery, [])
}

function narrowsTable(filter: Expression, scan: ScanNode, table: TableDefinition): boolean {
  return table.requireFilter.some((name) => {
    const id = scan.columns[scan.tableColumns.indexOf(name)]?.id
    return id !== undefined && narrows(filter, id)
  })
}

function refusal(scan: ScanNode, table: TableDefinition, detail: string | undefined): EngineError {
  const columns = table.requireFilter.join(' or ')
  return new EngineError(
    SQLSTATE.configurationLimitExceeded,
    `Table ${scan.source}.${scan.table} may only be read with a filter on ${columns}`,
    {
      category: 'policy',
      ...(detail === undefined ? {} : { detail }),
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
