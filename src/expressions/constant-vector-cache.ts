/** Vectors that repeat one value, made once for the longest batch seen. */
import { gather, slice } from '../types/vectors/vector-ops.js'
import type { SqlType } from '../types/sql-type.js'
import type { Vector } from '../types/vectors/vector.js'
import type { CompiledExpression } from './compiled-expression.js'

/** Compiles a value that is the same in every row; `compute` gives it as a vector of one row, when first needed. */
export function constantExpression(type: SqlType, compute: () => Vector): CompiledExpression {
  let one: Vector | undefined
  let longest: Vector | undefined
  return {
    type,
    isConstant: true,
    evaluate: ({ length }) => {
      one ??= compute()
      if (length === 1) return one
      if (longest === undefined || longest.length < length) {
        longest = gather(one, new Int32Array(length))
      }
      return longest.length === length ? longest : slice(longest, 0, length)
    },
  }
}
