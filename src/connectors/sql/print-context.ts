/** What the printers of the node kinds share, and how a block is made ready for the next clause. */
import type { ColumnId, Expression, SubqueryExpression } from '../../expressions/expression.js'
import { hasSubquery } from '../../planner/expression-traversal.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import type { Dialect, ExpressionPrinter, PrintedRelation } from './dialect.js'
import { createExpressionPrinter } from './print-expression.js'
import type { Scope } from './scope.js'
import { isAtMost, nestBlock, type SelectBlock, type Stage } from './select-block.js'
import type { StatementText } from './statement-text.js'

export interface PrintContext {
  readonly dialect: Dialect
  readonly statement: StatementText
  /** Replaces a subtree by a relation. */
  readonly relation: (node: LogicalPlan) => PrintedRelation | undefined
  /** The common tables in reach, by id. */
  readonly commonTables: Map<number, PrintedRelation>
  /** Prints a node as a block; `outer` is the enclosing query's scope. */
  readonly block: (node: LogicalPlan, outer: Scope | undefined) => SelectBlock
  /** Prints a subquery inside an expression. */
  readonly subquery: (expression: SubqueryExpression, outer: Scope) => string
}

/** The scope of expressions over a block. */
export function scopeOf(block: SelectBlock, outer: Scope | undefined): Scope {
  return { columns: block.entries, outer }
}

/** Makes the expression printer of a scope. */
export function printerOf(context: PrintContext, scope: Scope): ExpressionPrinter {
  return createExpressionPrinter(context.dialect, context.statement, scope, context.subquery)
}

/** Closes a block and goes on with its rows. */
export function nest(context: PrintContext, block: SelectBlock): SelectBlock {
  return nestBlock(block, context.dialect, context.statement)
}

/** Makes a block to which a clause of `stage` over these expressions can be added: the same one, or its rows nested. */
export function readyFor(
  context: PrintContext,
  block: SelectBlock,
  stage: Stage,
  expressions: readonly (Expression | undefined)[],
): SelectBlock {
  if (!isAtMost(block, stage) || block.sealed) return nest(context, block)
  return usesInPlace(block, expressions) ? block : nest(context, block)
}

/** Tells whether expressions can be printed over a block's own spellings. */
export function usesInPlace(
  block: SelectBlock,
  expressions: readonly (Expression | undefined)[],
): boolean {
  for (const expression of expressions) {
    if (expression === undefined) continue
    const used = [...usedColumnsOf(expression)].map((id) => block.entries.get(id))
    if (used.some((entry) => entry?.form === 'fixed')) return false
    // Inside a subquery, count(*) of the block would be the subquery's own.
    if (hasSubquery(expression) && used.some((entry) => entry?.over !== undefined)) return false
  }
  return true
}

/** Tells whether an expression uses a column computed by the block's aggregates (`group`) or windows. */
export function usesCallsOf(
  block: SelectBlock,
  expression: Expression,
  over: 'group' | 'window',
): boolean {
  return [...usedColumnsOf(expression)].some((id: ColumnId) => block.entries.get(id)?.over === over)
}
