/** Reads VARCHAR and BLOB. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { SqlType } from '../../types/sql-type.js'
import type { BytesVector } from '../../types/vectors/vector.js'
import { bytesBehind, type ChunkVector } from './chunk-vector.js'
import { copyNulls, type ColumnReader } from './column-reader.js'

/** A string of up to this many bytes lies in its slot; a longer one is a pointer. */
const INLINE = 12
const SLOT = 16
/** The smallest page of memory on any machine we run on. */
const PAGE = 4096
const LONGEST_RUN = 1 << 20

/**
 * Long strings lie one behind the other in DuckDB's heap, so runs of them are fetched with one call. Reading the gap
 * between two strings is safe while it is shorter than a page: its bytes are on the page of the one or the other.
 */
export class BytesReader implements ColumnReader {
  readonly #type: SqlType
  readonly #capacity: number
  #offsets: Int32Array
  #data: Uint8Array
  #end = 0
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, capacity: number) {
    this.#type = type
    this.#capacity = capacity
    this.#offsets = new Int32Array(capacity + 1)
    this.#data = new Uint8Array(capacity * SLOT)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const nulls = this.#nulls
    const { rows } = vector
    const view = vector.data(SLOT)
    const slots = new Uint8Array(view.buffer, view.byteOffset, rows * SLOT)
    let run: Uint8Array | undefined
    let runStart = 0
    let runEnd = 0
    for (let row = 0; row < rows; row++) {
      const slot = row * SLOT
      const length = nulls?.[at + row] === 1 ? 0 : view.getUint32(slot, true)
      const to = this.#end
      this.#reserve(to + length)
      const data = this.#data
      if (length <= INLINE) {
        for (let i = 0; i < length; i++) data[to + i] = slots[slot + 4 + i]!
      } else {
        const start = addressAt(view, slot + 8)
        if (run === undefined || start < runStart || start + length > runEnd) {
          runStart = start
          runEnd = runFrom(view, row, rows, start, length, nulls, at)
          run = bytesBehind(view, slot + 8, runEnd - runStart)
        }
        data.set(run.subarray(start - runStart, start - runStart + length), to)
      }
      this.#end = to + length
      this.#offsets[at + row + 1] = this.#end
    }
  }

  #reserve(needed: number): void {
    if (needed <= this.#data.length) return
    if (needed > 0x7fffffff) {
      throw new EngineError(SQLSTATE.outOfMemory, 'A batch of one column exceeds 2 GB')
    }
    const larger = new Uint8Array(Math.min(0x7fffffff, Math.max(needed, this.#data.length * 2)))
    larger.set(this.#data.subarray(0, this.#end))
    this.#data = larger
  }

  take(rows: number): BytesVector {
    const result: BytesVector = {
      lane: 'bytes',
      type: this.#type,
      length: rows,
      offsets: this.#offsets.subarray(0, rows + 1),
      data: this.#data.subarray(0, this.#end),
      nulls: this.#nulls?.subarray(0, rows),
    }
    this.#offsets = new Int32Array(this.#capacity + 1)
    this.#data = new Uint8Array(Math.max(this.#capacity, Math.ceil(this.#end * 1.1)))
    this.#end = 0
    this.#nulls = undefined
    return result
  }
}

/** An address fits a double: processors use 48 bits (57 at most, of which user space has taken 47 or less so far). */
function addressAt(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 0x100000000 + view.getUint32(offset, true)
}

/** Where the run of strings ends that begins at `start`. */
function runFrom(
  view: DataView,
  row: number,
  rows: number,
  start: number,
  length: number,
  nulls: Uint8Array | undefined,
  at: number,
): number {
  let end = start + length
  for (let next = row + 1; next < rows; next++) {
    if (nulls?.[at + next] === 1) continue
    const size = view.getUint32(next * SLOT, true)
    if (size <= INLINE) continue
    const address = addressAt(view, next * SLOT + 8)
    if (address < end || address - end >= PAGE || address + size - start > LONGEST_RUN) break
    end = address + size
  }
  return end
}
