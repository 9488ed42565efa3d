/**
 * DISTINCT inside an aggregate: lets the first of equal rows through. When memory is short the table of rows seen is
 * closed: what it does not know goes to disk, partitioned, and is told apart at the end.
 */
import type { Column } from '../../expressions/expression.js'
import { columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { hashRows } from '../keys/hash-rows.js'
import { KeyTable } from '../keys/key-table.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import type { SpillSpace } from '../spill/spill-space.js'

/** Rows of slot, arguments and more, distinct by slot and arguments. */
export class DistinctRows {
  readonly #columns: readonly Column[]
  /** Slot and arguments come first. */
  readonly #keyCount: number
  readonly #space: SpillSpace
  readonly #depth: number
  #table: KeyTable
  #isFrozen = false
  #later: RowPartitions | undefined
  #pending: Batch[] = []
  #ids = new Int32Array(0)

  constructor(columns: readonly Column[], argumentCount: number, space: SpillSpace, depth = 0) {
    this.#columns = columns
    this.#keyCount = 1 + argumentCount
    this.#space = space
    this.#depth = depth
    this.#table = this.#newTable()
  }

  get bytes(): number {
    return this.#table.bytes + (this.#later?.bufferBytes ?? 0)
  }

  /** The rows that are the first of their kind. */
  firstOfTheirKind(batch: Batch): Batch {
    const { length } = batch
    if (this.#ids.length < length) this.#ids = new Int32Array(length)
    const ids = this.#ids
    const keys = this.#keysOf(batch)
    const rows = new Int32Array(length)
    let count = 0
    if (this.#isFrozen) {
      this.#table.lookup(keys, length, ids)
      for (let row = 0; row < length; row++) if (ids[row]! < 0) rows[count++] = row
      if (count > 0) this.#pending.push(selectRows(batch, rows.subarray(0, count)))
      return selectRows(batch, new Int32Array(0))
    }
    let next = this.#table.size
    this.#table.assign(keys, length, ids)
    for (let row = 0; row < length; row++) {
      if (ids[row] !== next) continue
      next++
      rows[count++] = row
    }
    return count === length ? batch : selectRows(batch, rows.subarray(0, count))
  }

  /** Takes no further rows into the table. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** Writes what was left out since the last call. */
  async settle(): Promise<void> {
    const { file, memoryLimit } = this.#space
    for (const batch of this.#pending) {
      const partitions = partitionsFor(memoryLimit)
      this.#later ??= new RowPartitions(file, this.#columns, partitions, memoryLimit, this.#depth)
      await this.#later.append(batch, hashRows(this.#keysOf(batch), batch.length))
    }
    this.#pending = []
  }

  /** Streams the first of their kind among the rows on disk. `hold` is asked whether the table may go on growing. */
  async *rest(hold: () => boolean): AsyncGenerator<Batch> {
    await this.settle()
    const later = this.#later
    this.#later = undefined
    this.#table = this.#newTable()
    if (later === undefined) return
    await later.flush()
    for (const part of later.parts) {
      const rows = new DistinctRows(this.#columns, this.#keyCount - 1, this.#space, this.#depth + 1)
      this.#table = rows.#table
      for await (const batch of part.read()) {
        const first = rows.firstOfTheirKind(batch)
        if (first.length > 0) yield first
        await rows.settle()
        if (!hold()) rows.freeze()
      }
      yield* rows.rest(hold)
    }
  }

  #newTable(): KeyTable {
    const keys = this.#columns.slice(0, this.#keyCount)
    return new KeyTable(keys.map(({ type }) => ({ type, nullsMatch: true })))
  }

  #keysOf(batch: Batch) {
    return this.#columns.slice(0, this.#keyCount).map((_, index) => columnAt(batch, index))
  }
}
