/** The rows of a join's build side while they are collected, with their keys computed. */
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { Column, Expression } from '../../expressions/expression.js'
import type { Vector } from '../../types/vector.js'
import { byteSizeOf } from '../../types/vector-ops.js'
import type { Batch } from '../batch.js'
import { RowStore } from '../row-store.js'

/** Bytes that the hash table is expected to take for each row. */
export const TABLE_BYTES_PER_ROW = 48

/** Collects rows and their keys. */
export class HeldRows {
  readonly #store: RowStore
  readonly #keys: readonly Expression[]
  readonly #expressions: readonly CompiledExpression[]
  #keyBatches: { keys: readonly Vector[]; length: number }[] = []
  #keyBytes = 0

  constructor(
    columns: readonly Column[],
    keys: readonly Expression[],
    expressions: readonly CompiledExpression[],
  ) {
    this.#store = new RowStore(columns)
    this.#keys = keys
    this.#expressions = expressions
  }

  append(batch: Batch): void {
    this.#store.append(batch)
    const keys = this.#expressions.map((expression) => expression.evaluate(batch))
    for (const [index, vector] of keys.entries()) {
      if (this.#keys[index]!.kind !== 'column') this.#keyBytes += byteSizeOf(vector)
    }
    this.#keyBatches.push({ keys, length: batch.length })
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
  get keyBatches(): readonly { readonly keys: readonly Vector[]; readonly length: number }[] {
    return this.#keyBatches
  }

  /** The rows as one vector per column; nothing is held afterwards. */
  takeColumns(): Vector[] {
    this.#keyBatches = []
    return this.#store.takeColumns()
  }

  /** The rows as they came; nothing is held afterwards. */
  takeBatches(): Generator<Batch> {
    this.#keyBatches = []
    return this.#store.takeBatches()
  }
}
