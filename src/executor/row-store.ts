/** Rows an operator keeps: batches as they come, joined into one vector per column when all are there. */
import type { Column } from '../expressions/expression.js'
import type { Vector } from '../types/vectors/vector.js'
import {
  byteSizeOf,
  concatVectors,
  gather,
  nullVector,
  slice,
} from '../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf, columnAt } from './batch.js'
import type { Batch } from './batch.js'

/** A growing set of rows of known columns. */
export class RowStore {
  readonly #columns: readonly Column[]
  #parts: { readonly columns: Vector[]; readonly length: number }[] = []
  #length = 0
  #bytes = 0

  constructor(columns: readonly Column[]) {
    this.#columns = columns
  }

  get length(): number {
    return this.#length
  }

  /** Bytes of the rows held; joining them takes the largest column once more. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a batch's rows, dense, and gives them. */
  append(batch: Batch): readonly Vector[] {
    const dense = this.#columns.map((_, index) => columnAt(batch, index))
    for (const vector of dense) this.#bytes += byteSizeOf(vector)
    this.#parts.push({ columns: dense, length: batch.length })
    this.#length += batch.length
    return dense
  }

  /** The rows in batches as they came. */
  batches(): Batch[] {
    return this.#parts.map((part) => batchOf(part.columns, part.length))
  }

  /** The rows in batches as they came, each let go of when the next one is asked for; the store is empty afterwards. */
  *takeBatches(): Generator<Batch> {
    const parts = this.#take().toReversed()
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      yield batchOf(part.columns, part.length)
    }
  }

  /** Lets go of all rows. */
  discard(): void {
    this.#take()
  }

  #take(): { readonly columns: Vector[]; readonly length: number }[] {
    const parts = this.#parts
    this.#parts = []
    this.#length = 0
    this.#bytes = 0
    return parts
  }

  /** The rows as one vector per column; the store is empty afterwards. */
  takeColumns(): Vector[] {
    const parts = this.#take()
    return this.#columns.map((column, index) => {
      if (parts.length === 0) return nullVector(column.type, 0)
      const joined = concatVectors(parts.map((part) => part.columns[index]!))
      // The pieces of a joined column are garbage from here on.
      for (const part of parts) part.columns[index] = joined
      return joined
    })
  }
}

/** Streams rows start..end of dense columns as batches that share their buffers. */
export function* sliceBatches(
  columns: readonly Vector[],
  length: number,
  rows = BATCH_ROWS,
): Generator<Batch> {
  for (let start = 0; start < length; start += rows) {
    const end = Math.min(length, start + rows)
    yield batchOf(
      columns.map((column) => slice(column, start, end)),
      end - start,
    )
  }
}

/** Streams rows of dense columns in a given order. */
export function* orderedBatches(
  columns: readonly Vector[],
  order: Int32Array,
  rows = BATCH_ROWS,
): Generator<Batch> {
  for (let start = 0; start < order.length; start += rows) {
    const chosen = order.subarray(start, start + rows)
    yield batchOf(
      columns.map((column) => gather(column, chosen)),
      chosen.length,
    )
  }
}
