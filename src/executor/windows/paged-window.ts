/**
 * Windows over rows that do not fit into memory, one huge partition among them: the rows are sorted on disk, and lie there in pages.
 * Calls are computed page by page; what they see of other pages (frames, lag, lead) is read again. Aggregates whose frames
 * shrink towards the partition's end are computed from the last page to the first before, and their results wait on disk.
 *
 * Memory: some pages, one bit a row, and the partitions' beginnings.
 */
import { OID, sqlType } from '../../types/sql-type.js'
import type { Int32Vector, Vector } from '../../types/vectors/vector.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import type { MemoryReservation } from '../memory-budget.js'
import { ExternalSort, makeRoom } from '../sort/external-sort.js'
import { pieceBytesFor } from '../spill/row-partitions.js'
import type { SpilledBatch } from '../spill/spill-file.js'
import type { SpillSpace } from '../spill/spill-space.js'
import { SpilledRows } from '../spill/spilled-rows.js'
import type { CompiledWindow, CompiledWindowCall, Participation } from './compiled-window.js'
import { FrameAggregation } from './frame-aggregate.js'
import type { FrameRows } from './frame-aggregate.js'
import type { Frames } from './frames.js'
import { PagedFrames } from './paged-bounds.js'
import { PagedColumn, PagedRows, PAGES_HELD } from './paged-rows.js'
import type { PagePlace } from './paged-rows.js'
import type { WindowOrder } from './partitions.js'
import { WindowLayout } from './window-layout.js'

const INT4 = sqlType(OID.int4)

/** Pages, and what is computed of them, that there is room for. */
const PAGES_COUNTED = 2 * PAGES_HELD

/** A window in the making. */
export class PagedWindow {
  readonly #window: CompiledWindow
  readonly #memory: MemoryReservation
  readonly #space: SpillSpace
  readonly #sorter: ExternalSort
  readonly #pieceBytes: number
  readonly #layout = new WindowLayout()

  constructor(window: CompiledWindow, memory: MemoryReservation, space: SpillSpace) {
    const { columns } = window.plan.input
    this.#window = window
    this.#memory = memory
    this.#space = space
    this.#pieceBytes = pieceBytesFor(space.memoryLimit, PAGES_HELD)
    this.#sorter = new ExternalSort({
      ...space,
      columns: [...columns, { id: -1, name: '', type: INT4 }],
      keysOf: (vectors, length) => [
        { vector: vectors.at(-1)!, descending: false, nullsFirst: false },
        ...window.sortColumns(vectors.slice(0, -1), length),
      ],
    })
  }

  /** Takes rows with the numbers of their partitions. `others`: bytes that the operator holds beside. */
  async add(batch: Batch, ids: Int32Array, others: number): Promise<void> {
    const { length } = batch
    const columns = batch.columns.map((_, index) => columnAt(batch, index))
    this.#sorter.add(
      batchOf([...columns, { lane: 'int32', type: INT4, length, values: ids }], length),
    )
    await makeRoom(this.#sorter, this.#memory, others)
  }

  /** Computes all calls, and streams the rows in window order. */
  async *finish(): AsyncGenerator<Batch> {
    const { pace } = this.#space
    const window = this.#window
    const rows = await this.#writePages()
    this.#memory.resize(this.#layout.bytes + PAGES_COUNTED * this.#pieceBytes)
    const calls = window.calls.map((call) => new PagedCall(call, window, rows, this.#space))
    if (calls.some((call) => call.goesBackwards)) {
      const sections: SpilledBatch[] = []
      for await (const section of this.#sections(rows)) sections.push(await this.#write(section))
      for (let page = sections.length - 1; page >= 0; page--) {
        const section = sectionOf(await this.#space.file.read(sections[page]!), rows.pages[page]!)
        for (const call of calls) if (call.goesBackwards) await call.precompute(section, page)
        if (pace.due()) await pace.turn()
      }
    }
    let page = 0
    for await (const section of this.#sections(rows)) {
      const results: Vector[] = []
      for (const call of calls) results.push(await call.compute(section, page))
      const batch = await rows.page(page)
      yield batchOf([...batch.columns, ...results], batch.length)
      if (pace.due()) await pace.turn()
      page++
    }
  }

  /** Sorts the rows into pages, and sees where partitions and peers begin. */
  async #writePages(): Promise<PagedRows> {
    const { file, pace } = this.#space
    const pages = new SpilledRows(file, this.#window.plan.input.columns, this.#pieceBytes)
    // What is in memory would stay there, not accounted for, until the last row has been written.
    await this.#sorter.spill()
    for await (const batch of this.#sorter.finish()) {
      const columns = batch.columns.slice(0, -1)
      const ids = (batch.columns.at(-1) as Int32Vector).values.subarray(0, batch.length)
      this.#layout.add(ids, this.#window.sortColumns(columns, batch.length))
      await pages.appendInPieces(batchOf(columns, batch.length))
      this.#memory.resize(this.#sorter.mergeBytes + this.#layout.bytes + this.#pieceBytes)
      if (pace.due()) await pace.turn()
    }
    await pages.flush()
    return new PagedRows(file, pages.batches)
  }

  async *#sections(rows: PagedRows): AsyncGenerator<Section> {
    const keys = this.#window.rangeKeyColumn(rows)
    const frames = new PagedFrames(this.#window, this.#layout, rows, keys)
    let page = 0
    for (const order of this.#layout.sections(rows.pages)) {
      yield { order, frames: await frames.section(order, page++) }
    }
  }

  #write({ order, frames }: Section): Promise<SpilledBatch> {
    const arrays = [
      ...[frames.starts, frames.ends, order.partitionStart, order.partitionEnd],
      ...[order.peerStart, order.peerEnd],
    ]
    const { length } = order
    return this.#space.file.append(
      batchOf(
        arrays.map((values) => ({ lane: 'int32', type: INT4, length, values })),
        length,
      ),
    )
  }
}

/** One page's rows among the others. */
interface Section {
  readonly order: WindowOrder
  readonly frames: Frames
}

function sectionOf(batch: Batch, place: PagePlace): Section {
  const [starts, ends, partitionStart, partitionEnd, peerStart, peerEnd] = batch.columns.map(
    (column) => (column as Int32Vector).values,
  ) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]
  const order = { ...place, groupsBefore: 0, partitionStart, partitionEnd, peerStart, peerEnd }
  return { order, frames: { starts, ends } }
}

/** One call over pages. */
class PagedCall {
  readonly #call: CompiledWindowCall
  readonly #window: CompiledWindow
  readonly #file: SpillSpace['file']
  readonly #columns: readonly PagedColumn[]
  readonly #aggregation: FrameAggregation | undefined
  readonly #taking: FrameRows | undefined
  /** By page, of a call that was computed backwards. */
  readonly #results: SpilledBatch[] = []

  constructor(
    call: CompiledWindowCall,
    window: CompiledWindow,
    rows: PagedRows,
    { file, pace }: SpillSpace,
  ) {
    this.#call = call
    this.#window = window
    this.#file = file
    this.#columns = call.arguments.map(
      (argument, index) => new PagedColumn(rows, argument, call.call.arguments[index]!.type),
    )
    if (call.definition === undefined) return
    const accumulator = call.definition.create(call.call.column.type)
    this.#aggregation = new FrameAggregation(accumulator, window.frame, true, pace)
    this.#taking = new PagedFrameRows(call, rows, (page, from, to, slot) => {
      const taken = page.rows.subarray(from, to)
      const slots = new Int32Array(taken.length).fill(slot)
      accumulator.add(page.inputs, taken, slots, taken.length)
    }, () => pace.due() ? pace.turn() : undefined) // prettier-ignore
  }

  get goesBackwards(): boolean {
    return this.#call.goesBackwards
  }

  /** Computes a page; the pages behind it are done. */
  async precompute({ order, frames }: Section, page: number): Promise<void> {
    const result = await this.#aggregation!.section(this.#taking!, order, frames, true)
    this.#results[page] = await this.#file.append(batchOf([result], order.length))
  }

  /** The results of a page; those before it are done. */
  async compute({ order, frames }: Section, page: number): Promise<Vector> {
    const known = this.#results[page]
    if (known !== undefined) return columnAt(await this.#file.read(known), 0)
    if (this.#aggregation !== undefined) {
      return this.#aggregation.section(this.#taking!, order, frames, false)
    }
    const inputs = []
    for (const column of this.#columns) {
      const own = await column.page(page)
      inputs.push({ own, at: (positions: Int32Array) => column.at(positions) })
    }
    const { type } = this.#call.call.column
    return this.#call.run!({ order, frames, frame: this.#window.frame, inputs, type })
  }
}

/** Adds those rows from..to-1 of a page's participants to a slot. */
type AddRows = (page: Participation, from: number, to: number, slot: number) => void

/** The rows that take part in a call, numbered by their positions. */
class PagedFrameRows implements FrameRows {
  readonly #call: CompiledWindowCall
  readonly #rows: PagedRows
  readonly #addRows: AddRows
  readonly #turn: () => Promise<void> | undefined
  readonly #known = new WeakMap<Batch, Participation>()
  #place: PagePlace = { first: 0, length: 0 }
  #page: Participation | undefined

  constructor(
    call: CompiledWindowCall,
    rows: PagedRows,
    addRows: AddRows,
    turn: () => Promise<void> | undefined,
  ) {
    this.#call = call
    this.#rows = rows
    this.#addRows = addRows
    this.#turn = turn
  }

  before(position: number): number {
    return position
  }

  add(start: number, end: number, slot: number): Promise<void> | undefined {
    const { first, length } = this.#place
    if (start < first || end > first + length) return this.#addPages(start, end, slot)
    this.#addWithin(start, end, slot)
    return undefined
  }

  async #addPages(start: number, end: number, slot: number): Promise<void> {
    for (let at = start; at < end;) {
      await this.#load(this.#rows.pageOf(at))
      const to = Math.min(end, this.#place.first + this.#place.length)
      this.#addWithin(at, to, slot)
      at = to
      await this.#turn()
    }
  }

  #addWithin(start: number, end: number, slot: number): void {
    const page = this.#page!
    const { first } = this.#place
    const from = page.before[start - first]!
    const to = page.before[end - first]!
    if (to > from) this.#addRows(page, from, to, slot)
  }

  async #load(index: number): Promise<void> {
    const batch = await this.#rows.page(index)
    let page = this.#known.get(batch)
    if (page === undefined) {
      page = this.#call.participation(batch)
      this.#known.set(batch, page)
    }
    this.#page = page
    this.#place = this.#rows.pages[index]!
  }
}
