/** The columns that come into being in a plan, and ids for others. */
import { assertNever } from '../errors.js'
import type { Column, ColumnId, Expression } from '../expressions/expression.js'
import { argumentsOf } from './expression-traversal.js'
import type { LogicalPlan } from './logical-plan.js'
import { expressionsOf } from './plan-traversal.js'
import { visitPlans } from './walk-plans.js'

/** Hands out column ids that a statement does not use yet. */
export interface ColumnIds {
  next(): ColumnId
}

/** Starts handing out ids above all those a plan uses. */
export function columnIdsAbove(plan: LogicalPlan): ColumnIds {
  let last: number | undefined
  return { next: () => (last = (last ?? highestColumnId(plan)) + 1) }
}

function highestColumnId(plan: LogicalPlan): ColumnId {
  let last = 0
  const see = (columns: readonly Column[]) => {
    for (const column of columns) if (column.id > last) last = column.id
  }
  visitPlans(plan, (node) => {
    see(declaredColumnsOf(node))
    // Rules that make common tables number them from here, too.
    if (node.kind === 'with') for (const { id } of node.tables) last = Math.max(last, id)
    for (const expression of expressionsOf(node)) {
      walk(expression, (part) => {
        if (part.kind === 'array-cast' && part.placeholder > last) last = part.placeholder
      })
    }
  })
  return last
}

function walk(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression)
  for (const argument of argumentsOf(expression)) walk(argument, visit)
}

/** The columns that come into being at a node. */
export function declaredColumnsOf(node: LogicalPlan): readonly Column[] {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'set-operation':
    case 'cte-reference':
    case 'recursive-union':
      return node.columns
    case 'opaque-query':
      return [...node.columns, ...node.tables.flatMap((table) => table.columns)]
    case 'table-function': {
      const columns = node.functions.flatMap((item) => item.columns)
      return node.ordinality ? [...columns, node.ordinality] : columns
    }
    case 'project':
    case 'project-set':
      return node.expressions.map((item) => item.column)
    case 'join':
      return node.mark ? [node.mark] : []
    case 'aggregate':
      return [
        ...node.groups.map((item) => item.column),
        ...node.aggregates.map((call) => call.column),
        ...(node.groupingCalls ?? []).map((call) => call.column),
      ]
    case 'window':
      return node.calls.map((call) => call.column)
    case 'filter':
    case 'distinct':
    case 'distinct-on':
    case 'sort':
    case 'limit':
    case 'with':
    case 'view':
      return []
    default:
      return assertNever(node)
  }
}
