/** (a, b) < (c, d): the first pair that is not equal decides; a NULL met on the way makes the result unknown. */
import type { BoolVector, Vector } from '../types/vectors/vector.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { createComparator } from './compare.js'
import type { RowComparisonExpression } from './expression.js'
import { boolVector } from './kernels/build-vector.js'
import { evaluateOn, allRows } from './narrow-batch.js'
import { orderingHolds, type Ordering } from './kernels/comparisons.js'

const ORDERING_OF: Readonly<Record<RowComparisonExpression['operator'], Ordering>> = {
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
}

/** Compiles a comparison of rows; pairs beyond the deciding one are not computed. */
export function compileRowComparison(
  expression: RowComparisonExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const ordering = ORDERING_OF[expression.operator]
  const left = expression.left.map((field) => compiler.compile(field))
  const right = expression.right.map((field) => compiler.compile(field))
  const comparators = expression.left.map((field) => createComparator(field.type))
  return {
    type: expression.type,
    isConstant: [...left, ...right].every((field) => field.isConstant),
    evaluate: (batch) => {
      const whenEqual = orderingHolds(ordering, 0) ? 1 : 0
      const values = new Uint8Array(batch.length).fill(whenEqual)
      let nulls: Uint8Array | undefined
      let open = allRows(batch.length)
      for (let f = 0; f < left.length && open.length > 0; f++) {
        const a: Vector = evaluateOn(left[f] as CompiledExpression, batch, open)
        const b: Vector = evaluateOn(right[f] as CompiledExpression, batch, open)
        const compare = comparators[f] as (typeof comparators)[number]
        const remaining = new Int32Array(open.length)
        let count = 0
        for (let k = 0; k < open.length; k++) {
          const row = open[k] as number
          if (a.nulls?.[k] === 1 || b.nulls?.[k] === 1) {
            nulls ??= new Uint8Array(batch.length)
            nulls[row] = 1
            continue
          }
          const comparison = compare(a, k, b, k)
          if (comparison === 0) remaining[count++] = row
          else values[row] = orderingHolds(ordering, comparison) ? 1 : 0
        }
        open = remaining.subarray(0, count)
      }
      return boolVector(expression.type, values, nulls) satisfies BoolVector
    },
  }
}
