/** Which columns an expression may name where it is printed, and how they are spelled there. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { isRowIndependent, isVolatile } from '../../planner/expression-properties.js'
import { hasSubquery } from '../../planner/expression-traversal.js'

/**
 * A column's spelling. `plain`: a name (`t1."id"`). `computed`: an expression, which may be repeated or moved.
 * `fixed`: must be computed just once and where it stands (volatile calls, subqueries): to use it, the block is nested first.
 */
export interface ScopeEntry {
  readonly text: string
  readonly form: 'plain' | 'computed' | 'fixed'
  /** Contains an aggregate or window call of its block. */
  readonly over?: 'group' | 'window'
  /** Contains an expression that the block is grouped by, which is more than a name. */
  readonly grouped?: true
  /** The same for every row. */
  readonly constant?: true
}

export interface Scope {
  readonly columns: ReadonlyMap<ColumnId, ScopeEntry>
  /** The enclosing query of a subquery or lateral side. */
  readonly outer: Scope | undefined
}

/** Finds a column in a scope or those around it. */
export function findInScope(scope: Scope | undefined, id: ColumnId): ScopeEntry | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    const entry = at.columns.get(id)
    if (entry !== undefined) return entry
  }
  return undefined
}

/** Tells whether an expression is the same for every row of a block. */
export function isConstantIn(entries: Scope['columns'], expression: Expression): boolean {
  return expression.kind === 'column'
    ? entries.get(expression.id)?.constant === true
    : isRowIndependent(expression)
}

/** Tells whether evaluating an expression twice could differ from, or cost far more than, evaluating it once. */
export function mustStayPut(expression: Expression): boolean {
  return hasSubquery(expression) || isVolatile(expression)
}
