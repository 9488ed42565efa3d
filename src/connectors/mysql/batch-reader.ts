/**
 * Runs one statement on a connection and yields its rows as batches. Row packets go straight into column readers;
 * when two batches wait to be taken the socket is paused, and with it the server.
 */
import type { Column } from '../../expressions/expression.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Batch } from '../../executor/batch.js'
import type { ColumnReader } from './column-reader.js'
import { createColumnReader } from './column-readers.js'
import type { RowSink, WireConnection } from './wire-connection.js'
import type { WireColumn, WireParameter } from './wire-protocol.js'

const BATCHES_AHEAD = 2

export interface ReadOptions {
  readonly columns: readonly Column[]
  /** What to do with dates that are none, per column. */
  readonly zeroDates: readonly ('null' | 'fail')[]
  readonly batchRows: number
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** A statement under way. `batches` ends when the last row was taken, or throws what the server said. */
export interface RunningRead {
  readonly batches: AsyncGenerator<Batch, void, undefined>
  /** The server has sent everything: nothing is left to cancel. */
  readonly finished: () => boolean
  /** Makes `batches` throw at once. */
  readonly fail: (reason: unknown) => void
  /** Throws away what still comes; resolves when the server is done with the statement. */
  readonly drain: () => Promise<void>
}

/** Starts a statement. The connection is the reader's until `finished`. */
export function readBatches(
  connection: WireConnection,
  sql: string,
  parameters: readonly WireParameter[],
  options: ReadOptions,
): RunningRead {
  const ready: Batch[] = []
  let wake: (() => void) | undefined
  let failure: unknown
  let ended = false
  let paused = false
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const sink = new ColumnSink(options, (batch) => {
    ready.push(batch)
    if (ready.length >= BATCHES_AHEAD && !paused) {
      paused = true
      connection.pause()
    }
    notify()
  })
  const done = connection.run(sql, parameters, sink).then(
    () => {
      sink.flush()
      ended = true
      notify()
    },
    (error: unknown) => {
      failure ??= error
      ended = true
      notify()
    },
  )
  async function* batches(): AsyncGenerator<Batch, void, undefined> {
    for (;;) {
      if (failure !== undefined && !ended) throw failure
      const batch = ready.shift()
      if (batch) {
        if (paused && ready.length < BATCHES_AHEAD) {
          paused = false
          connection.resume()
        }
        yield batch
      } else if (ended) {
        if (failure !== undefined) throw failure
        return
      } else {
        await new Promise<void>((resolve) => (wake = resolve))
      }
    }
  }
  return {
    batches: batches(),
    finished: () => ended,
    fail: (reason) => {
      failure ??= reason
      notify()
    },
    drain: () => {
      sink.discard()
      if (paused) connection.resume()
      paused = false
      return done
    },
  }
}

/** Takes row packets apart into one reader per column. */
class ColumnSink implements RowSink {
  readonly row: (buffer: Buffer, start: number, end: number) => void
  readonly bytes: (count: number) => void
  #discarding = false
  readonly #options: ReadOptions
  readonly #onBatch: (batch: Batch) => void
  #readers: ColumnReader[] = []
  #rows = 0

  constructor(options: ReadOptions, onBatch: (batch: Batch) => void) {
    this.#options = options
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
      if (this.#rows === options.batchRows) this.flush()
    }
  }

  columns(wireColumns: readonly WireColumn[]): void {
    const { columns, batchRows, zeroDates } = this.#options
    if (wireColumns.length !== Math.max(1, columns.length)) {
      throw new EngineError(
        SQLSTATE.sourceError,
        `The source returned ${wireColumns.length} columns where ${columns.length} were asked for`,
      )
    }
    this.#readers = columns.map((column, i) =>
      createColumnReader({
        type: column.type,
        name: column.name,
        wire: wireColumns[i]!,
        capacity: batchRows,
        zeroDate: zeroDates[i] ?? 'null',
      }),
    )
  }

  /** Ignores all further rows. */
  discard(): void {
    this.#discarding = true
    this.#rows = 0
  }

  /** Hands over the rows read so far, if any. */
  flush(): void {
    const rows = this.#rows
    if (rows === 0) return
    this.#rows = 0
    this.#onBatch({ length: rows, columns: this.#readers.map((reader) => reader.take(rows)) })
  }
}
