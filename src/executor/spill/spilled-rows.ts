/** Rows on disk that are read in the order they were written. Small batches are collected and written together. */
import type { Column } from '../../expressions/expression.js'
import { byteSizeOf, slice } from '../../types/vectors/vector-ops.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import { RowStore } from '../row-store.js'
import type { SpilledBatch, SpillFile } from './spill-file.js'

/** A growing sequence of rows in a spill file. */
export class SpilledRows {
  readonly #file: SpillFile
  readonly #columns: readonly Column[]
  readonly #pieceBytes: number
  readonly #batches: SpilledBatch[] = []
  #pending: RowStore
  #rows = 0

  /** `pieceBytes`: how much is written, and read back, at once. */
  constructor(file: SpillFile, columns: readonly Column[], pieceBytes: number) {
    this.#file = file
    this.#columns = columns
    this.#pieceBytes = pieceBytes
    this.#pending = new RowStore(columns)
  }

  /** How many rows were appended. */
  get rows(): number {
    return this.#rows
  }

  /** Where the written rows lie; `flush` first. */
  get batches(): readonly SpilledBatch[] {
    return this.#batches
  }

  async append(batch: Batch): Promise<void> {
    if (batch.length === 0) return
    this.#rows += batch.length
    this.#pending.append(batch)
    if (this.#pending.bytes >= this.#pieceBytes) await this.flush()
  }

  /** As append, for a batch that may be larger than what is to be read back at once. */
  async appendInPieces(batch: Batch): Promise<void> {
    let bytes = 0
    for (const [index] of batch.columns.entries()) bytes += byteSizeOf(columnAt(batch, index))
    const pieces = Math.max(1, Math.ceil(bytes / this.#pieceBytes))
    const rows = Math.max(1, Math.ceil(batch.length / pieces))
    for (let start = 0; start < batch.length; start += rows) {
      const end = Math.min(batch.length, start + rows)
      const columns = batch.columns.map((_, index) => slice(columnAt(batch, index), start, end))
      await this.append(batchOf(columns, end - start))
    }
  }

  /** Writes what is still in memory. */
  async flush(): Promise<void> {
    const { length } = this.#pending
    if (length === 0) return
    const columns = this.#pending.takeColumns()
    this.#pending = new RowStore(this.#columns)
    this.#batches.push(await this.#file.append(batchOf(columns, length)))
  }

  /** Streams the rows appended so far; those that are not written yet stay in memory. */
  async *read(): AsyncGenerator<Batch> {
    const pending = this.#pending.batches()
    for (const batch of [...this.#batches]) yield await this.#file.read(batch)
    yield* pending
  }
}
