/** Picks rows of a batch, so that a branch of an expression is computed only where PostgreSQL computes it. */
import { selectRows, type Batch } from '../executor/batch.js'
import type { Vector } from '../types/vectors/vector.js'
import type { CompiledExpression } from './compiled-expression.js'

/** Lists the rows 0..length-1. */
export function allRows(length: number): Int32Array {
  const rows = new Int32Array(length)
  for (let i = 0; i < length; i++) rows[i] = i
  return rows
}

/** Computes an expression for some rows, given in ascending order; row k of the result belongs to `rows[k]`. */
export function evaluateOn(expression: CompiledExpression, batch: Batch, rows: Int32Array): Vector {
  return expression.evaluate(rows.length === batch.length ? batch : selectRows(batch, rows))
}

/** Lists the rows at which a boolean vector is true. */
export function trueRows(condition: Vector): Int32Array {
  const { values } = condition as { values: Uint8Array }
  const { length, nulls } = condition
  const rows = new Int32Array(length)
  let count = 0
  if (nulls === undefined) {
    for (let i = 0; i < length; i++) {
      rows[count] = i
      count += values[i] as number
    }
  } else {
    for (let i = 0; i < length; i++) {
      rows[count] = i
      count += (values[i] as number) & ((nulls[i] as number) ^ 1)
    }
  }
  return rows.subarray(0, count)
}
