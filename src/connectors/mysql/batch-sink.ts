/** Takes row packets apart into one reader per column, and hands the rows over as batches. */
import type { Column } from '../../expressions/expression.js'
import type { Batch } from '../../executor/batch.js'
import type { ColumnReader } from './column-reader.js'
import { createColumnReader } from './column-readers.js'
import { checkColumnCount } from './result-columns.js'
import type { PieceSink } from './running-read.js'
import type { WireColumn } from './wire-protocol.js'

export interface ReadOptions {
  readonly columns: readonly Column[]
  /** What to do with dates that are none, per column. */
  readonly zeroDates: readonly ('null' | 'fail')[]
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export class BatchSink implements PieceSink {
  readonly row: (buffer: Buffer, start: number, end: number) => void
  readonly bytes: (count: number) => void
  #discarding = false
  readonly #options: ReadOptions
  readonly #batchRows: number
  readonly #onBatch: (batch: Batch) => void
  #readers: ColumnReader[] = []
  #rows = 0

  constructor(options: ReadOptions, batchRows: number, onBatch: (batch: Batch) => void) {
    this.#options = options
    this.#batchRows = batchRows
    this.#onBatch = onBatch
    this.bytes = (count) => options.onBytes?.(count)
    this.row = (buffer, start) => {
      if (this.#discarding) return
      const readers = this.#readers
      const columns = readers.length
      const row = this.#rows
      // Behind the leading 0 comes a bitmap of NULLs whose first two bits are unused.
      const nulls = start + 1
      let offset = nulls + ((columns + 9) >> 3)
      for (let c = 0; c < columns; c++) {
        const bit = c + 2
        if ((buffer[nulls + (bit >> 3)]! & (1 << (bit & 7))) !== 0) readers[c]!.readNull(row)
        else offset = readers[c]!.read(buffer, offset, row)
      }
      this.#rows = row + 1
      if (this.#rows === batchRows) this.flush()
    }
  }

  columns(wireColumns: readonly WireColumn[]): void {
    const { columns, zeroDates } = this.#options
    checkColumnCount(wireColumns, columns)
    this.#readers = columns.map((column, i) =>
      createColumnReader({
        type: column.type,
        name: column.name,
        wire: wireColumns[i]!,
        capacity: this.#batchRows,
        zeroDate: zeroDates[i] ?? 'null',
      }),
    )
  }

  discard(): void {
    this.#discarding = true
    this.#rows = 0
  }

  flush(): void {
    const rows = this.#rows
    if (rows === 0) return
    this.#rows = 0
    this.#onBatch({ length: rows, columns: this.#readers.map((reader) => reader.take(rows)) })
  }
}
