/** Puts the parts of a result that were computed for different rows back into one vector. */
import { concatVectors, gather } from '../types/vectors/vector-ops.js'
import type { SqlType } from '../types/sql-type.js'
import type { Float64Vector, Int64Vector, NumericVector, Vector } from '../types/vectors/vector.js'

/** The values of some rows: row k of `vector` belongs to `rows[k]` of the whole. */
export interface PartialResult {
  readonly rows: Int32Array
  readonly vector: Vector
}

/** Merges parts that together cover each of `length` rows once. */
export function mergeParts(type: SqlType, parts: readonly PartialResult[], length: number): Vector {
  const [only] = parts
  if (parts.length === 1 && only !== undefined && only.rows.length === length) return only.vector
  return mergeFixedWidth(type, parts, length) ?? mergeByGather(parts, length)
}

function mergeByGather(parts: readonly PartialResult[], length: number): Vector {
  const positions = new Int32Array(length)
  let base = 0
  for (const { rows } of parts) {
    for (let k = 0; k < rows.length; k++) positions[rows[k] as number] = base + k
    base += rows.length
  }
  return gather(concatVectors(parts.map((part) => part.vector)), positions)
}

/** Scatters straight into a new buffer where every part has the plain form of a fixed-width lane. */
function mergeFixedWidth(
  type: SqlType,
  parts: readonly PartialResult[],
  length: number,
): Vector | undefined {
  const first = parts[0]?.vector
  if (first === undefined) return undefined
  const { lane } = first
  let values: Uint8Array | Int32Array | Float64Array
  switch (lane) {
    case 'bool':
      values = new Uint8Array(length)
      break
    case 'int32':
      values = new Int32Array(length)
      break
    case 'int64':
      if (parts.some((part) => (part.vector as Int64Vector).exact !== undefined)) return undefined
      values = new Float64Array(length)
      break
    case 'float64':
      values = new Float64Array(length)
      break
    case 'numeric': {
      const same = parts.every(({ vector }) => {
        const numeric = vector as NumericVector
        return numeric.exact === undefined && numeric.scale === first.scale
      })
      if (!same) return undefined
      values = new Float64Array(length)
      break
    }
    case 'bytes':
    case 'interval':
      return undefined
  }
  let nulls: Uint8Array | undefined
  for (const { rows, vector } of parts) {
    const source = vector.lane === 'numeric' ? vector.unscaled : (vector as Float64Vector).values
    for (let k = 0; k < rows.length; k++) values[rows[k] as number] = source[k] as number
    if (vector.nulls === undefined) continue
    nulls ??= new Uint8Array(length)
    for (let k = 0; k < rows.length; k++) nulls[rows[k] as number] = vector.nulls[k] as number
  }
  if (lane === 'numeric') {
    return { lane, type, length, unscaled: values as Float64Array, scale: first.scale, nulls }
  }
  return { lane, type, length, values, nulls } as Vector
}
