/** What collects one column of a result, chunk by chunk, into vectors. */
import type { Vector } from '../../types/vectors/vector.js'
import type { ChunkVector } from './chunk-vector.js'

export interface ColumnReader {
  /** Appends a chunk's values at row `at` of the batch. */
  append(vector: ChunkVector, at: number): void
  /** Hands over the column of `rows` rows and starts anew. */
  take(rows: number): Vector
}

/** Copies a chunk's NULLs into flags; returns the flags, made on the first NULL. */
export function copyNulls(
  vector: ChunkVector,
  nulls: Uint8Array | undefined,
  at: number,
  capacity: number,
): Uint8Array | undefined {
  const { validity, rows } = vector
  if (validity === undefined) return nulls
  let flags = nulls
  for (let row = 0; row < rows; row++) {
    const byte = validity[row >> 3]!
    if (byte === 0xff) {
      row |= 7
    } else if ((byte & (1 << (row & 7))) === 0) {
      flags ??= new Uint8Array(capacity)
      flags[at + row] = 1
    }
  }
  return flags
}
