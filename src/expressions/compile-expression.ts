/** Compiles typed expressions into functions over column batches. */
import { columnAt, selectRows, type Batch } from '../executor/batch.js'
import { EngineError, SQLSTATE, assertNever } from '../errors.js'
import type { Datum } from '../types/sql-type.js'
import { datumAt, retype, vectorFromDatums } from '../types/vectors/vector-ops.js'
import { compileArray, compileArrayCast, compileSubscript } from './compile-array.js'
import { compileArrayComparison } from './compile-array-comparison.js'
import { compileCall, compileDistinct } from './compile-call.js'
import { compileIoCast, compileRelabel } from './compile-cast.js'
import {
  compileCase,
  compileCoalesce,
  compileMinMax,
  compileNullIf,
} from './compile-conditional.js'
import { compileBooleanTest, compileIsNull, compileLogical, compileNot } from './compile-logical.js'
import { compileRowComparison } from './compile-row-comparison.js'
import { compileSqlValue } from './compile-sql-value.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { constantExpression } from './constant-vector-cache.js'
import type { EvaluationContext } from './evaluation-context.js'
import type { Column, Expression } from './expression.js'
import { trueRows } from './narrow-batch.js'

/** Compiles an expression over `input` (column i of the batches is `input[i]`). */
export function compileExpression(
  expression: Expression,
  input: readonly Column[],
  context: EvaluationContext,
): CompiledExpression {
  const positions = new Map(input.map((column, position) => [column.id, position]))
  const compiler: ExpressionCompiler = {
    context,
    compile: (part) => compilePart(part, positions, compiler),
    compileOver: (part, columns) => compileExpression(part, columns, context),
  }
  return compiler.compile(expression)
}

function compilePart(
  expression: Expression,
  positions: ReadonlyMap<number, number>,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const { type } = expression
  switch (expression.kind) {
    case 'column': {
      const position = positions.get(expression.id)
      if (position === undefined) {
        throw new EngineError(
          SQLSTATE.internalError,
          `Column ${expression.name} (${expression.id}) is not part of the input`,
        )
      }
      return { type, isConstant: false, evaluate: (batch) => columnAt(batch, position) }
    }
    case 'constant':
      return constantExpression(type, () => vectorFromDatums(type, [expression.value]))
    case 'parameter': {
      const value = compiler.context.parameters[expression.index - 1] ?? null
      return constantExpression(type, () => vectorFromDatums(type, [value]))
    }
    case 'sql-value':
      return compileSqlValue(expression, compiler)
    case 'call':
      return compileCall(expression, compiler)
    case 'distinct':
      return compileDistinct(expression, compiler)
    case 'and':
    case 'or':
      return compileLogical(expression, compiler)
    case 'not':
      return compileNot(expression, compiler)
    case 'is-null':
      return compileIsNull(expression, compiler)
    case 'boolean-test':
      return compileBooleanTest(expression, compiler)
    case 'case':
      return compileCase(expression, compiler)
    case 'coalesce':
      return compileCoalesce(expression, compiler)
    case 'null-if':
      return compileNullIf(expression, compiler)
    case 'min-max':
      return compileMinMax(expression, compiler)
    case 'array-comparison':
      return compileArrayComparison(expression, compiler)
    case 'row-comparison':
      return compileRowComparison(expression, compiler)
    case 'relabel':
      return compileRelabel(expression, compiler)
    case 'io-cast':
      return compileIoCast(expression, compiler)
    case 'array-cast':
      return compileArrayCast(expression, compiler)
    case 'array':
      return compileArray(expression, compiler)
    case 'subscript':
      return compileSubscript(expression, compiler)
    case 'row':
    case 'subquery':
      throw new EngineError(
        SQLSTATE.internalError,
        `An expression of kind ${expression.kind} cannot be evaluated natively`,
      )
    default:
      return assertNever(expression)
  }
}

/** Compiles a filter: keeps the rows for which the expression is true, by composing the selection. */
export function compilePredicate(
  expression: Expression,
  input: readonly Column[],
  context: EvaluationContext,
): (batch: Batch) => Batch {
  // A row that fails one conjunct is not asked the next, NULL or false.
  const conjuncts = conjunctsOf(expression).map((conjunct) =>
    compileExpression(conjunct, input, context),
  )
  return (batch) => {
    let kept = batch
    for (const conjunct of conjuncts) {
      if (kept.length === 0) break
      const rows = trueRows(conjunct.evaluate(kept))
      if (rows.length < kept.length) kept = selectRows(kept, rows)
    }
    return kept
  }
}

function conjunctsOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.arguments.flatMap(conjunctsOf) : [expression]
}

/** Evaluates an expression without columns. */
export function evaluateConstant(expression: Expression, context: EvaluationContext): Datum {
  const vector = compileExpression(expression, [], context).evaluate({ length: 1, columns: [] })
  return datumAt(retype(vector, expression.type), 0)
}
