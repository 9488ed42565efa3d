/** CASE, COALESCE, NULLIF, GREATEST and LEAST: branches are computed only for the rows that take them. */
import { gather } from '../types/vectors/vector-ops.js'
import type { BoolVector, Vector } from '../types/vectors/vector.js'
import { createComparator } from './compare.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { compileFunction } from './compile-call.js'
import type {
  CaseExpression,
  CoalesceExpression,
  MinMaxExpression,
  NullIfExpression,
} from './expression.js'
import { mergeParts, type PartialResult } from './merge-vectors.js'
import { allRows, evaluateOn } from './narrow-batch.js'

/** Compiles CASE. */
export function compileCase(
  expression: CaseExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const branches = expression.branches.map(({ condition, result }) => ({
    condition: compiler.compile(condition),
    result: compiler.compile(result),
  }))
  const otherwise = compiler.compile(expression.otherwise)
  return {
    type: expression.type,
    isConstant:
      otherwise.isConstant &&
      branches.every(({ condition, result }) => condition.isConstant && result.isConstant),
    evaluate: (batch) => {
      const parts: PartialResult[] = []
      let open = allRows(batch.length)
      for (const { condition, result } of branches) {
        if (open.length === 0) break
        const [taken, left] = splitRows(evaluateOn(condition, batch, open), open)
        if (taken.length > 0) parts.push({ rows: taken, vector: evaluateOn(result, batch, taken) })
        open = left
      }
      if (open.length > 0 || batch.length === 0) {
        parts.push({ rows: open, vector: evaluateOn(otherwise, batch, open) })
      }
      return mergeParts(expression.type, parts, batch.length)
    },
  }
}

/** Splits rows into those where the condition is true and the others. */
function splitRows(condition: Vector, rows: Int32Array): [Int32Array, Int32Array] {
  const { values, nulls } = condition as BoolVector
  const taken = new Int32Array(rows.length)
  const left = new Int32Array(rows.length)
  let takenCount = 0
  let leftCount = 0
  for (let k = 0; k < rows.length; k++) {
    if (values[k] === 1 && (nulls === undefined || nulls[k] === 0)) {
      taken[takenCount++] = rows[k] as number
    } else {
      left[leftCount++] = rows[k] as number
    }
  }
  return [taken.subarray(0, takenCount), left.subarray(0, leftCount)]
}

/** Compiles COALESCE. */
export function compileCoalesce(
  expression: CoalesceExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const candidates = expression.arguments.map((argument) => compiler.compile(argument))
  return {
    type: expression.type,
    isConstant: candidates.every((candidate) => candidate.isConstant),
    evaluate: (batch) => {
      const parts: PartialResult[] = []
      let open = allRows(batch.length)
      for (const [position, candidate] of candidates.entries()) {
        if (open.length === 0 && position > 0) break
        const vector = evaluateOn(candidate, batch, open)
        const { nulls } = vector
        if (nulls === undefined || position === candidates.length - 1) {
          parts.push({ rows: open, vector })
          break
        }
        const present = new Int32Array(open.length)
        const presentAt = new Int32Array(open.length)
        const left = new Int32Array(open.length)
        let presentCount = 0
        let leftCount = 0
        for (let k = 0; k < open.length; k++) {
          if (nulls[k] === 1) {
            left[leftCount++] = open[k] as number
          } else {
            presentAt[presentCount] = k
            present[presentCount++] = open[k] as number
          }
        }
        if (leftCount === 0) {
          parts.push({ rows: open, vector })
          break
        }
        if (presentCount > 0) {
          const rows = present.subarray(0, presentCount)
          parts.push({ rows, vector: gather(vector, presentAt.subarray(0, presentCount)) })
        }
        open = left.subarray(0, leftCount)
      }
      return mergeParts(expression.type, parts, batch.length)
    },
  }
}

/** Compiles NULLIF: the first argument, NULL where it equals the second. */
export function compileNullIf(
  expression: NullIfExpression,
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
      const value = left.evaluate(batch)
      const equal = equals([value, right.evaluate(batch)], batch.length) as BoolVector
      const nulls = value.nulls?.slice() ?? new Uint8Array(batch.length)
      for (let i = 0; i < batch.length; i++) {
        if (equal.values[i] === 1 && (equal.nulls === undefined || equal.nulls[i] === 0)) {
          nulls[i] = 1
        }
      }
      return { ...value, nulls }
    },
  }
}

/** Compiles GREATEST and LEAST; NULLs are passed over. */
export function compileMinMax(
  expression: MinMaxExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const candidates = expression.arguments.map((argument) => compiler.compile(argument))
  const compare = createComparator(expression.type)
  const sign = expression.operation === 'greatest' ? 1 : -1
  return {
    type: expression.type,
    isConstant: candidates.every((candidate) => candidate.isConstant),
    evaluate: (batch) => {
      const vectors = candidates.map((candidate) => candidate.evaluate(batch))
      const winners = new Int32Array(batch.length)
      for (let i = 0; i < batch.length; i++) {
        let best = -1
        for (let v = 0; v < vectors.length; v++) {
          const vector = vectors[v] as Vector
          if (vector.nulls !== undefined && vector.nulls[i] === 1) continue
          if (best === -1 || compare(vector, i, vectors[best] as Vector, i) * sign > 0) best = v
        }
        winners[i] = best === -1 ? 0 : best
      }
      const parts = vectors.map((vector, v): PartialResult => {
        const rows = allRows(batch.length).filter((row) => winners[row] === v)
        return { rows, vector: gather(vector, rows) }
      })
      return mergeParts(expression.type, parts, batch.length)
    },
  }
}
