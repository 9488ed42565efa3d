/**
 * Sorting beyond memory: rows are collected until they are many, sorted and written as a run; at the end the runs are
 * merged. Runs keep the order in which they came, so that the sort stays stable.
 */
import type { Column } from '../../expressions/expression.js'
import type { Vector } from '../../types/vectors/vector.js'
import { concatVectors, gather, slice } from '../../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { MemoryReservation } from '../memory-budget.js'
import { orderedBatches, RowStore } from '../row-store.js'
import { pieceBytesFor } from '../spill/row-partitions.js'
import type { SpillSpace } from '../spill/spill-space.js'
import { SpilledRows } from '../spill/spilled-rows.js'
import { compareBetween, SORT_BYTES_PER_ROW, sortRows } from './sort-rows.js'
import type { RowComparator } from './sort-rows.js'
import type { SortColumn } from './sort-words.js'

/** Runs merged at once. */
const FAN_IN = 32

/** Computes the keys of some rows. Their number and directions are the same for all rows. */
export type SortKeysOf = (columns: readonly Vector[], length: number) => readonly SortColumn[]

export interface ExternalSortOptions extends SpillSpace {
  readonly columns: readonly Column[]
  readonly keysOf: SortKeysOf
}

/** A sort in progress. */
export class ExternalSort {
  readonly #options: ExternalSortOptions
  readonly #pieceBytes: number
  #store: RowStore
  #runs: SpilledRows[] = []

  constructor(options: ExternalSortOptions) {
    this.#options = options
    this.#store = new RowStore(options.columns)
    this.#pieceBytes = pieceBytesFor(options.memoryLimit, FAN_IN)
  }

  /** Bytes that the rows in memory take, sorting them included. */
  get bytes(): number {
    return this.#store.bytes + this.#store.length * SORT_BYTES_PER_ROW
  }

  /** Bytes that merging takes: a batch of each run, and what comes out. */
  get mergeBytes(): number {
    return this.#runs.length === 0 ? 0 : (FAN_IN + 1) * this.#pieceBytes
  }

  add(batch: Batch): void {
    this.#store.append(batch)
  }

  /** Writes the rows in memory as a run. */
  async spill(): Promise<void> {
    if (this.#store.length === 0) return
    this.#runs.push(await this.#writeRun(this.#sorted()))
  }

  /** Streams all rows in order. */
  async *finish(): AsyncGenerator<Batch> {
    if (this.#runs.length === 0) {
      yield* this.#sorted()
      return
    }
    await this.spill()
    while (this.#runs.length > FAN_IN) {
      const merged: SpilledRows[] = []
      for (let at = 0; at < this.#runs.length; at += FAN_IN) {
        const group = this.#runs.slice(at, at + FAN_IN)
        merged.push(group.length === 1 ? group[0]! : await this.#writeRun(this.#merge(group)))
      }
      this.#runs = merged
    }
    yield* this.#merge(this.#runs)
  }

  async *#sorted(): AsyncGenerator<Batch> {
    const { columns: shape, keysOf, pace } = this.#options
    const { length } = this.#store
    const columns = this.#store.takeColumns()
    this.#store = new RowStore(shape)
    const order = await sortRows(keysOf(columns, length), length, pace)
    yield* orderedBatches(columns, order)
  }

  async #writeRun(batches: AsyncIterable<Batch>): Promise<SpilledRows> {
    const { file, columns, pace } = this.#options
    const run = new SpilledRows(file, columns, this.#pieceBytes)
    for await (const batch of batches) {
      await run.appendInPieces(batch)
      if (pace.due()) await pace.turn()
    }
    await run.flush()
    return run
  }

  async *#merge(runs: readonly SpilledRows[]): AsyncGenerator<Batch> {
    const { keysOf, pace } = this.#options
    const cursors: Cursor[] = []
    for (const run of runs) {
      const cursor = new Cursor(run.read(), keysOf, cursors.length)
      if (await cursor.advance()) cursors.push(cursor)
    }
    let heap = new MergeHeap(cursors)
    while (heap.size > 0) {
      const taken: Cursor[] = []
      let ended: Cursor | undefined
      while (taken.length < BATCH_ROWS && ended === undefined) {
        const first = heap.first
        taken.push(first)
        first.at++
        if (first.at === first.length) ended = first
        else heap.sink()
      }
      yield interleaved(taken, cursors)
      if (pace.due()) await pace.turn()
      if (ended === undefined) continue
      if (!(await ended.advance())) cursors.splice(cursors.indexOf(ended), 1)
      heap = new MergeHeap(cursors)
    }
  }
}

/** Sees to it that the sort's rows fit into an operator's memory, beside what else it holds. */
export async function makeRoom(
  sorter: ExternalSort,
  memory: MemoryReservation,
  others = 0,
): Promise<void> {
  if (memory.tryResize(sorter.bytes + others)) return
  await sorter.spill()
  memory.resize(sorter.mergeBytes + others)
}

/** The place where the reading of a run has got to. */
class Cursor {
  readonly #batches: AsyncIterator<Batch>
  readonly #keysOf: SortKeysOf
  /** Ties go to the run that came first. */
  readonly rank: number
  columns: readonly Vector[] = []
  keys: readonly SortColumn[] = []
  length = 0
  at = 0
  /** The first row that has not been given out. */
  start = 0
  readonly #comparators = new Map<Cursor, { keys: readonly SortColumn[]; compare: RowComparator }>()

  constructor(batches: AsyncIterator<Batch>, keysOf: SortKeysOf, rank: number) {
    this.#batches = batches
    this.#keysOf = keysOf
    this.rank = rank
  }

  /** Goes to the next batch; false at the end. */
  async advance(): Promise<boolean> {
    const result = await this.#batches.next()
    if (result.done === true) return false
    this.columns = result.value.columns
    this.length = result.value.length
    this.keys = this.#keysOf(this.columns, this.length)
    this.at = this.start = 0
    this.#comparators.clear()
    return true
  }

  /** Tells whether this run's next row goes before another's. */
  precedes(other: Cursor): boolean {
    let known = this.#comparators.get(other)
    if (known?.keys !== other.keys) {
      known = { keys: other.keys, compare: comparatorOf(this.keys, other.keys) }
      this.#comparators.set(other, known)
    }
    const order = known.compare(this.at, other.at)
    return order === 0 ? this.rank < other.rank : order < 0
  }
}

function comparatorOf(left: readonly SortColumn[], right: readonly SortColumn[]): RowComparator {
  const parts = left.map(({ vector, descending, nullsFirst }, key) =>
    compareBetween(vector, right[key]!.vector, descending, nullsFirst),
  )
  return (a, b) => {
    for (const part of parts) {
      const order = part(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

/** A binary heap of runs, the one with the next row on top. */
class MergeHeap {
  readonly #items: Cursor[]

  constructor(cursors: readonly Cursor[]) {
    this.#items = [...cursors]
    for (let at = (this.#items.length >> 1) - 1; at >= 0; at--) this.#sinkFrom(at)
  }

  get size(): number {
    return this.#items.length
  }

  get first(): Cursor {
    return this.#items[0]!
  }

  /** Puts the top where it belongs after its row changed. */
  sink(): void {
    this.#sinkFrom(0)
  }

  #sinkFrom(start: number): void {
    const items = this.#items
    let at = start
    for (;;) {
      const left = 2 * at + 1
      if (left >= items.length) return
      const right = left + 1
      const child = right < items.length && items[right]!.precedes(items[left]!) ? right : left
      if (!items[child]!.precedes(items[at]!)) return
      const moved = items[at]!
      items[at] = items[child]!
      items[child] = moved
      at = child
    }
  }
}

/** Puts rows of several runs together: each run gives a stretch of its batch, `taken` says in which order. */
function interleaved(taken: readonly Cursor[], cursors: readonly Cursor[]): Batch {
  const sources = cursors.filter((cursor) => cursor.at > cursor.start)
  const next = new Map<Cursor, number>()
  let offset = 0
  for (const cursor of sources) {
    next.set(cursor, offset)
    offset += cursor.at - cursor.start
  }
  const order = new Int32Array(taken.length)
  taken.forEach((cursor, row) => {
    const at = next.get(cursor)!
    order[row] = at
    next.set(cursor, at + 1)
  })
  const columns = sources[0]!.columns.map((_, column) =>
    gather(
      concatVectors(
        sources.map((cursor) => slice(cursor.columns[column]!, cursor.start, cursor.at)),
      ),
      order,
    ),
  )
  for (const cursor of sources) cursor.start = cursor.at
  return batchOf(columns, taken.length)
}
