/** The rows of a join's build side while they are collected, with their keys. */
import type { Column, Expression } from '../../expressions/expression.js'
import type { Vector } from '../../types/vectors/vector.js'
import { byteSizeOf } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import { RowStore } from '../row-store.js'

/** Bytes that the hash table is expected to take for each row. */
export const TABLE_BYTES_PER_ROW = 48

/** Rows that came together, with their keys. */
export interface KeyBatch {
  readonly keys: readonly Vector[]
  /** The rows' columns, dense. */
  readonly columns: readonly Vector[]
  readonly length: number
}

/** Collects rows and their keys. */
export class HeldRows {
  readonly #store: RowStore
  readonly #keys: readonly Expression[]
  #keyBatches: KeyBatch[] = []
  #keyBytes = 0

  constructor(columns: readonly Column[], keys: readonly Expression[]) {
    this.#store = new RowStore(columns)
    this.#keys = keys
  }

  /** Takes rows with their keys. */
  append(batch: Batch, keys: readonly Vector[]): void {
    const columns = this.#store.append(batch)
    for (const [index, vector] of keys.entries()) {
      if (this.#keys[index]!.kind !== 'column') this.#keyBytes += byteSizeOf(vector)
    }
    this.#keyBatches.push({ keys, columns, length: batch.length })
  }

  get length(): number {
    return this.#store.length
  }

  /** Bytes of the rows and their computed keys. */
  get rowBytes(): number {
    return this.#store.bytes + this.#keyBytes
  }

  /** Bytes expected in all, hash table included. */
  get bytes(): number {
    return this.rowBytes + this.length * TABLE_BYTES_PER_ROW
  }

  /** The keys of the rows, in their order. */
  get keyBatches(): readonly KeyBatch[] {
    return this.#keyBatches
  }

  /** The rows as one vector per column; nothing is held afterwards. */
  takeColumns(): Vector[] {
    this.#keyBatches = []
    return this.#store.takeColumns()
  }

  /** Lets go of all rows. */
  discard(): void {
    this.#keyBatches = []
    this.#keyBytes = 0
    this.#store.discard()
  }

  /** The rows as they came; nothing is held afterwards. */
  takeBatches(): Generator<Batch> {
    this.#keyBatches = []
    return this.#store.takeBatches()
  }
}
