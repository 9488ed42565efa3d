/** AND, OR, NOT and the tests of truth: three-valued, and evaluated only as far as needed. */
import type {
  BooleanTestExpression,
  IsNullExpression,
  LogicalExpression,
  NotExpression,
} from './expression.js'
import { assertNever } from '../errors.js'
import type { BoolVector } from '../types/vectors/vector.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { boolVector } from './kernels/build-vector.js'
import { allRows, evaluateOn } from './narrow-batch.js'

/** Compiles AND and OR: an argument is computed for the rows that the ones before left open. */
export function compileLogical(
  expression: LogicalExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const terms = expression.arguments.map((argument) => compiler.compile(argument))
  // The value that decides: false for AND, true for OR.
  const decisive = expression.kind === 'and' ? 0 : 1
  const { type } = expression
  return {
    type,
    isConstant: terms.every((term) => term.isConstant),
    evaluate: (batch) => {
      const values = new Uint8Array(batch.length).fill(1 - decisive)
      let nulls: Uint8Array | undefined
      let open: Int32Array | undefined
      for (const term of terms) {
        const rows: Int32Array = open ?? allRows(batch.length)
        if (rows.length === 0) break
        const result = evaluateOn(term, batch, rows) as BoolVector
        const remaining = new Int32Array(rows.length)
        let count = 0
        for (let k = 0; k < rows.length; k++) {
          const row = rows[k] as number
          if (result.nulls !== undefined && result.nulls[k] === 1) {
            nulls ??= new Uint8Array(batch.length)
            nulls[row] = 1
            remaining[count++] = row
          } else if (result.values[k] === decisive) {
            values[row] = decisive
            if (nulls !== undefined) nulls[row] = 0
          } else {
            remaining[count++] = row
          }
        }
        open = remaining.subarray(0, count)
      }
      return boolVector(type, values, nulls)
    },
  }
}

/** Compiles NOT. */
export function compileNot(
  expression: NotExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const argument = compiler.compile(expression.argument)
  return {
    type: expression.type,
    isConstant: argument.isConstant,
    evaluate: (batch) => {
      const { values, nulls } = argument.evaluate(batch) as BoolVector
      const result = new Uint8Array(batch.length)
      for (let i = 0; i < result.length; i++) result[i] = (values[i] as number) ^ 1
      return boolVector(expression.type, result, nulls)
    },
  }
}

/** Compiles IS [NOT] NULL of a scalar. */
export function compileIsNull(
  expression: IsNullExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const argument = compiler.compile(expression.argument)
  return {
    type: expression.type,
    isConstant: argument.isConstant,
    evaluate: (batch) => {
      const { nulls } = argument.evaluate(batch)
      const flip = expression.negated ? 1 : 0
      const result = new Uint8Array(batch.length)
      if (nulls === undefined) result.fill(flip)
      else for (let i = 0; i < result.length; i++) result[i] = (nulls[i] as number) ^ flip
      return boolVector(expression.type, result, undefined)
    },
  }
}

/** Compiles IS [NOT] TRUE, FALSE, UNKNOWN. */
export function compileBooleanTest(
  expression: BooleanTestExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const argument = compiler.compile(expression.argument)
  const [whenFalse, whenTrue, whenNull] = outcomes(expression.test)
  return {
    type: expression.type,
    isConstant: argument.isConstant,
    evaluate: (batch) => {
      const { values, nulls } = argument.evaluate(batch) as BoolVector
      const result = new Uint8Array(batch.length)
      for (let i = 0; i < result.length; i++) {
        if (nulls !== undefined && nulls[i] === 1) result[i] = whenNull
        else result[i] = values[i] === 1 ? whenTrue : whenFalse
      }
      return boolVector(expression.type, result, undefined)
    },
  }
}

function outcomes(test: BooleanTestExpression['test']): readonly [number, number, number] {
  switch (test) {
    case 'true':
      return [0, 1, 0]
    case 'not-true':
      return [1, 0, 1]
    case 'false':
      return [1, 0, 0]
    case 'not-false':
      return [0, 1, 1]
    case 'unknown':
      return [0, 0, 1]
    case 'not-unknown':
      return [1, 1, 0]
    default:
      return assertNever(test)
  }
}
