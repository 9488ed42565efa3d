/** Where partitions and groups of peers begin among sorted rows. Memory: one bit a row, and a number for each partition. */
import { compareBetween, compareRows } from '../sort/sort-rows.js'
import type { SortColumn } from '../sort/sort-words.js'
import type { PagePlace } from './paged-rows.js'
import type { WindowOrder } from './partitions.js'

/** The layout of a window's rows; built in their order, then read. */
export class WindowLayout {
  readonly #partitionStarts: number[] = []
  /** A bit for each row that begins a group of peers. */
  #groups = new Uint32Array(1024)
  #length = 0
  #last:
    { readonly id: number; readonly keys: readonly SortColumn[]; readonly row: number } | undefined

  get bytes(): number {
    return this.#groups.byteLength + this.#partitionStarts.length * 8
  }

  /** Takes the next rows: the numbers of their partitions, and their ORDER BY keys. */
  add(ids: Int32Array, keys: readonly SortColumn[]): void {
    const { length } = ids
    if (length === 0) return
    const words = (this.#length + length + 31) >>> 5
    if (words > this.#groups.length) {
      const wider = new Uint32Array(Math.max(words, 2 * this.#groups.length))
      wider.set(this.#groups)
      this.#groups = wider
    }
    const compare = compareRows(keys)
    const last = this.#last
    for (let row = 0; row < length; row++) {
      const at = this.#length + row
      const before = row > 0 ? ids[row - 1] : last?.id
      const isPartition = before !== ids[row]
      if (isPartition) this.#partitionStarts.push(at)
      const isPeer =
        !isPartition &&
        (row > 0 ? compare(row - 1, row) === 0 : isSame(last!.keys, last!.row, keys))
      if (!isPeer) this.#groups[at >>> 5]! |= 1 << (at & 31)
    }
    this.#length += length
    this.#last = { id: ids[length - 1]!, keys, row: length - 1 }
  }

  /** The first position from `at` on that begins a group; the number of rows where none does. */
  groupFrom(at: number): number {
    if (at >= this.#length) return this.#length
    let word = at >>> 5
    let bits = (this.#groups[word]! & (-1 << (at & 31))) >>> 0
    const words = (this.#length + 31) >>> 5
    while (bits === 0) {
      if (++word >= words) return this.#length
      bits = this.#groups[word]!
    }
    return (word << 5) + (31 - Math.clz32(bits & -bits))
  }

  /** The order of each page's rows, from the first to the last. */
  *sections(pages: readonly PagePlace[]): Generator<WindowOrder> {
    let partition = -1
    let start = 0
    let end = 0
    let peerStart = 0
    let peerEnd = 0
    let groups = 0
    for (const { first, length } of pages) {
      const order = {
        ...{ first, length, groupsBefore: first === end ? 0 : groups },
        partitionStart: new Int32Array(length),
        partitionEnd: new Int32Array(length),
        peerStart: new Int32Array(length),
        peerEnd: new Int32Array(length),
      }
      for (let row = 0; row < length; row++) {
        const at = first + row
        if (at === end) {
          start = at
          end = this.#partitionStarts[++partition + 1] ?? this.#length
          groups = 0
        }
        if (at === peerEnd) {
          peerStart = at
          peerEnd = this.groupFrom(at + 1)
          groups++
        }
        order.partitionStart[row] = start
        order.partitionEnd[row] = end
        order.peerStart[row] = peerStart
        order.peerEnd[row] = peerEnd
      }
      yield order
    }
  }
}

function isSame(
  left: readonly SortColumn[],
  leftRow: number,
  right: readonly SortColumn[],
): boolean {
  return left.every(
    ({ vector, descending, nullsFirst }, key) =>
      compareBetween(vector, right[key]!.vector, descending, nullsFirst)(leftRow, 0) === 0,
  )
}
