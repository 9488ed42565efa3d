/** One column of a DuckDB chunk as raw memory: what the column readers read. */
import bindings from '@duckdb/node-bindings'
import type { DuckDBDataChunk } from '@duckdb/node-api'

/** A DuckDB vector of `rows` values. */
export interface ChunkVector {
  readonly chunk: DuckDBDataChunk
  readonly column: number
  readonly rows: number
  /** `bytesPerRow * rows` bytes of values. */
  data(bytesPerRow: number): DataView
  /** One bit per row, set where there is a value; undefined: all are there. */
  readonly validity: Uint8Array | undefined
}

/** Opens a column of a chunk. */
export function chunkVector(chunk: DuckDBDataChunk, column: number, rows: number): ChunkVector {
  const vector = bindings.data_chunk_get_vector(chunk.chunk, column)
  // The binding gives null for a vector without NULLs, though its type does not say so.
  const validity = bindings.vector_get_validity(
    vector,
    Math.ceil(rows / 64) * 8,
  ) as Uint8Array | null
  return {
    chunk,
    column,
    rows,
    validity: validity ?? undefined,
    data: (bytesPerRow) => {
      const bytes = bindings.vector_get_data(vector, bytesPerRow * rows)
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
  }
}

/** Reads bytes from the memory a pointer inside `view` points to. */
export function bytesBehind(view: DataView, offset: number, length: number): Uint8Array {
  return bindings.get_data_from_pointer(
    view.buffer as ArrayBuffer,
    view.byteOffset + offset,
    length,
  )
}
