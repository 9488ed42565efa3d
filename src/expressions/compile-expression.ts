/** Compiles typed expressions into functions over column batches. */
import type { Batch } from '../executor/batch.js'
import type { Datum } from '../types/sql-type.js'
import type { CompiledExpression } from './compiled-expression.js'
import type { EvaluationContext } from './evaluation-context.js'
import type { Column, Expression } from './expression.js'

/** Compiles an expression over `input` (column i of the batches is `input[i]`). */
export function compileExpression(
  expression: Expression,
  input: readonly Column[],
  context: EvaluationContext,
): CompiledExpression {
  void [expression, input, context]
  throw new Error('not implemented')
}

/** Compiles a filter: keeps the rows for which the expression is true, by composing the selection. */
export function compilePredicate(
  expression: Expression,
  input: readonly Column[],
  context: EvaluationContext,
): (batch: Batch) => Batch {
  void [expression, input, context]
  throw new Error('not implemented')
}

/** Evaluates an expression without columns. */
export function evaluateConstant(expression: Expression, context: EvaluationContext): Datum {
  void [expression, context]
  throw new Error('not implemented')
}
