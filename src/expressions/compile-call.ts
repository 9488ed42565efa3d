/** Calls of functions and operators through the kernel registry. */
import { EngineError, SQLSTATE } from '../errors.js'
import { OID, sqlType, type SqlType } from '../types/sql-type.js'
import type { Vector } from '../types/vectors/vector.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { constantExpression } from './constant-vector-cache.js'
import type { EvaluationContext } from './evaluation-context.js'
import type { CallExpression, DistinctExpression, FunctionReference } from './expression.js'
import { boolVector } from './kernels/build-vector.js'
import { findKernel } from './kernels/registry.js'

/** A function bound to what stays the same during an execution. */
export type BoundFunction = (inputs: readonly Vector[], length: number) => Vector

/** Binds a function's kernel; NULLs of strict functions are dealt with here. */
export function compileFunction(
  reference: FunctionReference,
  context: EvaluationContext,
  inputs: readonly { readonly isConstant: boolean }[],
  type: SqlType = sqlType(OID.bool),
): BoundFunction {
  const kernel = findKernel(reference)
  if (kernel === undefined) {
    throw new EngineError(
      SQLSTATE.internalError,
      `function ${reference.signature} has no native kernel`,
    )
  }
  const constant = inputs.map((input) => input.isConstant)
  const { strict } = reference
  return (vectors, length) =>
    kernel.run(vectors, {
      length,
      nulls: strict ? unionOfNulls(vectors) : undefined,
      type,
      context,
      constant,
    })
}

/** Compiles a call. With constant arguments it is computed once. */
export function compileCall(
  expression: CallExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const { type } = expression
  const inputs = expression.arguments.map((argument) => compiler.compile(argument))
  const call = compileFunction(expression.function, compiler.context, inputs, type)
  if (inputs.every((input) => input.isConstant) && expression.function.volatility !== 'volatile') {
    const oneRow = { length: 1, columns: [] }
    return constantExpression(type, () =>
      call(
        inputs.map((input) => input.evaluate(oneRow)),
        1,
      ),
    )
  }
  return {
    type,
    isConstant: false,
    evaluate: (batch) =>
      call(
        inputs.map((input) => input.evaluate(batch)),
        batch.length,
      ),
  }
}

/** Compiles IS DISTINCT FROM. */
export function compileDistinct(
  expression: DistinctExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const [left, right] = expression.arguments.map((argument) => compiler.compile(argument)) as [
    CompiledExpression,
    CompiledExpression,
  ]
  const equals = compileFunction(expression.equality, compiler.context, [left, right])
  return {
    type: expression.type,
    isConstant: left.isConstant && right.isConstant,
    evaluate: (batch) => {
      const a = left.evaluate(batch)
      const b = right.evaluate(batch)
      const equal = equals([a, b], batch.length) as { values: Uint8Array }
      const result = new Uint8Array(batch.length)
      for (let i = 0; i < result.length; i++) {
        const aNull = a.nulls === undefined ? 0 : (a.nulls[i] as number)
        const bNull = b.nulls === undefined ? 0 : (b.nulls[i] as number)
        result[i] = aNull | bNull ? aNull ^ bNull : (equal.values[i] as number) ^ 1
      }
      return boolVector(expression.type, result, undefined)
    },
  }
}

/** Joins the NULL marks of vectors of the same length. */
export function unionOfNulls(vectors: readonly Vector[]): Uint8Array | undefined {
  let union: Uint8Array | undefined
  let owned = false
  for (const { nulls } of vectors) {
    if (nulls === undefined || nulls === union) continue
    if (union === undefined) {
      union = nulls
      continue
    }
    if (!owned) union = union.slice()
    owned = true
    for (let i = 0; i < union.length; i++) union[i] = (union[i] as number) | (nulls[i] as number)
  }
  return union
}
