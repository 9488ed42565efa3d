/** What an expression compiles to, and what its compiler offers to the compilers of the single kinds. */
import type { Batch } from '../executor/batch.js'
import type { SqlType } from '../types/sql-type.js'
import type { Vector } from '../types/vectors/vector.js'
import type { EvaluationContext } from './evaluation-context.js'
import type { Column, Expression } from './expression.js'

/** An expression bound to the columns of its input. */
export interface CompiledExpression {
  readonly type: SqlType
  /** The value is the same for every row of the execution. */
  readonly isConstant: boolean
  /** Computes the expression for the batch's rows: a dense vector of `batch.length` rows. */
  evaluate(batch: Batch): Vector
}

/** What a compiler of one kind needs: its arguments compiled, and the execution's context. */
export interface ExpressionCompiler {
  readonly context: EvaluationContext
  compile(expression: Expression): CompiledExpression
  /** Compiles over an input of its own: the elements of an array. */
  compileOver(expression: Expression, input: readonly Column[]): CompiledExpression
}
