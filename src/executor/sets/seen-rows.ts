/**
 * Which rows came before, over many rounds. Rows are remembered in a hash table until memory is short; further ones on disk,
 * by their hash. A row that may be one of those waits for the end of its round, and is compared with its partition then.
 *
 * A filter of bits knows most new rows at once: a round of few rows, of which a recursion has many, then reads nothing.
 */
import type { Column } from '../../expressions/expression.js'
import { columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { hashRows } from '../keys/hash-rows.js'
import { KeyTable } from '../keys/key-table.js'
import type { MemoryReservation } from '../memory-budget.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import type { SpillSpace } from '../spill/spill-space.js'
import { SetComparison } from './set-comparison.js'

/** The filter takes this part of the limit. */
const FILTER_SHARE = 1 / 32

/** A growing set of rows. NULLs are equal to each other. */
export class SeenRows {
  readonly #columns: readonly Column[]
  readonly #space: SpillSpace
  readonly #comparison: SetComparison
  readonly #table: KeyTable
  /** What is remembered beyond the table; there is something from the freezing on. */
  #spilled: { readonly rows: RowPartitions; readonly filter: HashFilter } | undefined
  #waiting: RowPartitions | undefined
  #ids = new Int32Array(0)

  /** `memory` is for comparing what waits with what is on disk; the table is the caller's to account for. */
  constructor(columns: readonly Column[], memory: MemoryReservation, space: SpillSpace) {
    this.#columns = columns
    this.#space = space
    this.#comparison = new SetComparison(
      { operation: 'except', all: false, columns },
      memory,
      space,
    )
    this.#table = new KeyTable(columns.map(({ type }) => ({ type, nullsMatch: true })))
  }

  /** Bytes of memory held. */
  get bytes(): number {
    const buffers = (this.#spilled?.rows.bufferBytes ?? 0) + (this.#waiting?.bufferBytes ?? 0)
    return this.#table.bytes + buffers + (this.#spilled?.filter.bytes ?? 0)
  }

  /** Bytes that the table may take before it can be asked again: it grows by doubling. */
  get growingBytes(): number {
    return this.#spilled === undefined ? 2 * this.#table.bytes : this.bytes
  }

  /** Takes no further rows into the table. */
  freeze(): void {
    this.#spilled ??= {
      rows: this.#partitions(),
      filter: new HashFilter(this.#space.memoryLimit * FILTER_SHARE),
    }
  }

  /** Remembers a batch's rows, and gives those that are known to be new; others that may be new wait for `rest`. */
  async add(batch: Batch): Promise<Batch> {
    const { length } = batch
    if (this.#ids.length < length) this.#ids = new Int32Array(length)
    const ids = this.#ids
    const keys = this.#columns.map((_, index) => columnAt(batch, index))
    const fresh = new Int32Array(length)
    let count = 0
    if (this.#spilled === undefined) {
      let next = this.#table.size
      this.#table.assign(keys, length, ids)
      for (let row = 0; row < length; row++) {
        if (ids[row] !== next) continue
        next++
        fresh[count++] = row
      }
      return chosen(batch, fresh, count)
    }
    const { rows, filter } = this.#spilled
    this.#table.lookup(keys, length, ids)
    const hashes = hashRows(keys, length)
    const unsure = new Int32Array(length)
    let unsureCount = 0
    for (let row = 0; row < length; row++) {
      if (ids[row]! >= 0) continue
      if (filter.add(hashes[row]!)) fresh[count++] = row
      else unsure[unsureCount++] = row
    }
    const freshRows = chosen(batch, fresh, count)
    await rows.append(freshRows, hashesOf(hashes, fresh, count))
    if (unsureCount > 0) {
      this.#waiting ??= this.#partitions()
      const waiting = chosen(batch, unsure, unsureCount)
      await this.#waiting.append(waiting, hashesOf(hashes, unsure, unsureCount))
    }
    return freshRows
  }

  /** Ends a round: streams those of the waiting rows that are new, and remembers them. */
  async *rest(): AsyncGenerator<Batch> {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined || this.#spilled === undefined) return
    const known = this.#spilled.rows
    for (const [index, part] of waiting.parts.entries()) {
      if (part.rows === 0) continue
      const own = known.parts[index]!
      // All that is known has been read before the first new row comes.
      for await (const batch of this.#comparison.run(part.read(), own.read(), 1)) {
        await own.append(batch)
        yield batch
      }
    }
  }

  #partitions(): RowPartitions {
    const { file, memoryLimit } = this.#space
    return new RowPartitions(file, this.#columns, partitionsFor(memoryLimit), memoryLimit)
  }
}

function chosen(batch: Batch, rows: Int32Array, count: number): Batch {
  return count === batch.length ? batch : selectRows(batch, rows.subarray(0, count))
}

function hashesOf(hashes: Int32Array, rows: Int32Array, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, at) => hashes[rows[at]!]!)
}

/** A Bloom filter with two bits for each hash: what it does not know was never added. */
class HashFilter {
  readonly #bits: Uint8Array
  /** Bits, less one. */
  readonly #mask: number

  constructor(bytes: number) {
    const size = 2 ** Math.max(6, Math.min(28, Math.floor(Math.log2(bytes))))
    this.#bits = new Uint8Array(size)
    this.#mask = size * 8 - 1
  }

  get bytes(): number {
    return this.#bits.length
  }

  /** Adds a hash; tells whether it is certain that it was not added before. */
  add(hash: number): boolean {
    const first = (Math.imul(hash ^ (hash >>> 16), 0x7feb352d) >>> 0) & this.#mask
    const second = (Math.imul(hash ^ (hash >>> 15), 0x846ca68b) >>> 0) & this.#mask
    const isNew = !this.#has(first) || !this.#has(second)
    this.#bits[first >>> 3]! |= 1 << (first & 7)
    this.#bits[second >>> 3]! |= 1 << (second & 7)
    return isNew
  }

  #has(bit: number): boolean {
    return (this.#bits[bit >>> 3]! & (1 << (bit & 7))) !== 0
  }
}
