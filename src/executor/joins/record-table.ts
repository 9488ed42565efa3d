/**
 * A hash table whose slots are the rows: the key, as a double, and beside it the columns that a join takes from its held
 * side. Finding the row of a key and fetching its columns then costs one cache line (and one entry of the processor's
 * table of pages) where a table of row numbers costs one, and each column another.
 *
 * Only for what it can hold: one integer key that no two rows share, and a few columns of numbers without NULLs. `add`
 * says no otherwise, and the caller builds something else.
 */
import type { Column } from '../../expressions/expression.js'
import { laneOf } from '../../types/type-registry.js'
import type { Float64Vector, Int32Vector, Int64Vector, Vector } from '../../types/vectors/vector.js'
import { hashOfHalves } from '../keys/integer-table.js'

/** A slot is at most half a cache line: the key and so many columns. */
const MAXIMUM_COLUMNS = 3

/** Keys per slot at most: low, because a second look costs a mispredicted branch. */
const MAXIMUM_LOAD = 0.6

const MINIMUM_SLOT_BITS = 4

/**
 * Rows that are handled at once: their slots are all read before one is looked at, so that the memory's latencies
 * overlap, and what was read is still near when the columns are fetched.
 */
const AHEAD = 256

/** Vectors that fit into a double each row. */
type NumberVector = Int32Vector | Int64Vector | Float64Vector

/** A column of the held side, by its position there. */
export interface RecordColumn {
  readonly position: number
  readonly type: Vector['type']
  readonly lane: NumberVector['lane']
}

/** The columns of a table that is to hold these; undefined when their types or their number do not suit one. */
export function recordColumns(
  columns: readonly Column[],
  positions: readonly number[] | undefined,
): readonly RecordColumn[] | undefined {
  if (positions === undefined || positions.length > MAXIMUM_COLUMNS) return undefined
  const chosen: RecordColumn[] = []
  for (const position of positions) {
    const { type } = columns[position]!
    const lane = laneOf(type)
    if (lane !== 'int32' && lane !== 'int64' && lane !== 'float64') return undefined
    chosen.push({ position, type, lane })
  }
  return chosen
}

/** Tells whether all rows of a vector fit into doubles, one each. */
export function isPlainNumbers(vector: Vector): vector is NumberVector {
  if (vector.nulls !== undefined) return false
  if (vector.lane === 'int64') return vector.exact === undefined
  return vector.lane === 'int32' || vector.lane === 'float64'
}

/** Rows by their key. */
export class RecordTable {
  readonly #columns: readonly RecordColumn[]
  /** Doubles in a slot. */
  readonly #width: number
  readonly #mask: number
  /** Slot s: [key, column ..] from s * width on; a key of 0 is an empty slot. One more slot holds the row of the key 0. */
  readonly #records: Float64Array
  /** The slot of the key 0, once it is there. */
  #zeroSlot = -1
  /** Nothing reads it: it keeps the reads ahead from being optimised away. */
  touched = 0
  #converted = new Float64Array(0)

  constructor(columns: readonly RecordColumn[], rows: number) {
    this.#columns = columns
    this.#width = columns.length + 1
    this.#mask = slotsFor(rows) - 1
    this.#records = new Float64Array((this.#mask + 2) * this.#width)
  }

  /** Bytes that a table of so many rows takes. */
  static bytesFor(columns: readonly RecordColumn[], rows: number): number {
    return (slotsFor(rows) + 1) * (columns.length + 1) * 8
  }

  get bytes(): number {
    return this.#records.byteLength
  }

  /** Adds rows by their keys, but those whose key is NULL; false when a key is there already or is none for this table. */
  add(key: Vector, columns: readonly NumberVector[], count: number): boolean {
    const values = this.#keysOf(key, count)
    const halves = halvesOf(values)
    const slots = new Int32Array(count)
    for (let start = 0; start < count; start += AHEAD) {
      const end = Math.min(count, start + AHEAD)
      hashBlock(halves, start, end)
      this.#touch(end - start)
      if (!this.#place(values, key.nulls, start, end, slots)) return false
      for (let column = 0; column < columns.length; column++) {
        store(columns[column]!.values, slots, start, end, this.#records, this.#width, column + 1)
      }
    }
    return true
  }

  /**
   * Finds keys: `slots` gets a number that is not negative, or -1 where the key is NULL or unknown. Gives the columns of the
   * rows found, by position, row by row of the keys asked for; under a -1 they hold anything.
   */
  lookup(key: Vector, count: number, slots: Int32Array): ReadonlyMap<number, Vector> {
    const values = this.#keysOf(key, count)
    const halves = halvesOf(values)
    const { nulls } = key
    const found = this.#columns.map(({ lane }) =>
      lane === 'int32' ? new Int32Array(count) : new Float64Array(count),
    )
    for (let start = 0; start < count; start += AHEAD) {
      const end = Math.min(count, start + AHEAD)
      hashBlock(halves, start, end)
      this.#touch(end - start)
      if (!this.#find(values, start, end, slots)) continue
      if (nulls !== undefined) {
        for (let row = start; row < end; row++) if (nulls[row] === 1) slots[row] = -1
      }
      for (let column = 0; column < found.length; column++) {
        const target = found[column]!
        if (target instanceof Float64Array) {
          fetchDoubles(this.#records, this.#width, column + 1, slots, start, end, target)
        } else {
          fetchInts(this.#records, this.#width, column + 1, slots, start, end, target)
        }
      }
    }
    return new Map(
      this.#columns.map(({ position, type, lane }, index) => {
        const vector = { lane, type, length: count, values: found[index]! }
        return [position, vector as Vector]
      }),
    )
  }

  /** Brings the slots of the rows hashed last near. */
  #touch(rows: number): void {
    const records = this.#records
    const mask = this.#mask
    const width = this.#width
    let sum = 0
    for (let row = 0; row < rows; row++) sum += records[(hashes[row]! & mask) * width]!
    this.touched = sum
  }

  /** Takes slots for new keys; false when one of them is not new. Rows without a key get -1. */
  #place(
    values: Float64Array,
    nulls: Uint8Array | undefined,
    start: number,
    end: number,
    slots: Int32Array,
  ): boolean {
    const records = this.#records
    const mask = this.#mask
    const width = this.#width
    for (let row = start; row < end; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        slots[row] = -1
        continue
      }
      const key = values[row]!
      if (key === 0) {
        if (this.#zeroSlot >= 0) return false
        slots[row] = this.#zeroSlot = mask + 1
        continue
      }
      if (Number.isNaN(key)) return false
      let slot = hashes[row - start]! & mask
      let other = records[slot * width]!
      while (other !== 0) {
        if (other === key) return false
        slot = (slot + 1) & mask
        other = records[slot * width]!
      }
      records[slot * width] = key
      slots[row] = slot
    }
    return true
  }

  /** Tells whether any row was found. */
  #find(values: Float64Array, start: number, end: number, slots: Int32Array): boolean {
    const records = this.#records
    const mask = this.#mask
    const width = this.#width
    const zeroSlot = this.#zeroSlot
    let all = -1
    for (let row = start; row < end; row++) {
      const key = values[row]!
      let slot = hashes[row - start]! & mask
      let other = records[slot * width]!
      while (other !== key && other !== 0) {
        slot = (slot + 1) & mask
        other = records[slot * width]!
      }
      if (other === 0) slot = key === 0 ? zeroSlot : -1
      slots[row] = slot
      // Only where all are -1 their AND is.
      all &= slot
    }
    return all !== -1
  }

  /** The keys as doubles; NaN, which equals nothing, where one is none. */
  #keysOf(key: Vector, count: number): Float64Array {
    if (key.lane === 'int64' && key.exact === undefined) return key.values
    if (this.#converted.length < count) this.#converted = new Float64Array(count)
    const converted = this.#converted
    if (key.lane === 'int32') {
      for (let row = 0; row < count; row++) converted[row] = key.values[row]!
    } else if (key.lane === 'int64' && key.exact !== undefined) {
      for (let row = 0; row < count; row++) {
        const value = Number(key.exact[row]!)
        converted[row] = Number.isSafeInteger(value) ? value : NaN
      }
    } else {
      converted.fill(NaN, 0, count)
    }
    return converted
  }
}

/** Hashes of the rows at hand: shared by all tables, as nothing else runs meanwhile, and a constant for the compiler. */
const hashes = new Int32Array(AHEAD)

function hashBlock(halves: Int32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) {
    hashes[row - start] = hashOfHalves(halves[row * 2]!, halves[row * 2 + 1]!)
  }
}

function halvesOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}

function slotsFor(rows: number): number {
  let bits = MINIMUM_SLOT_BITS
  while (2 ** bits * MAXIMUM_LOAD < rows) bits++
  return 2 ** bits
}

function store(
  values: Float64Array | Int32Array,
  slots: Int32Array,
  start: number,
  end: number,
  records: Float64Array,
  width: number,
  offset: number,
): void {
  for (let row = start; row < end; row++) {
    const slot = slots[row]!
    if (slot >= 0) records[slot * width + offset] = values[row]!
  }
}

// Reading at -1 gives undefined, which slows the loop down: the slot is clamped instead.
function fetchDoubles(
  records: Float64Array,
  width: number,
  offset: number,
  slots: Int32Array,
  start: number,
  end: number,
  target: Float64Array,
): void {
  for (let row = start; row < end; row++) {
    const slot = slots[row]!
    target[row] = records[(slot < 0 ? 0 : slot) * width + offset]!
  }
}

function fetchInts(
  records: Float64Array,
  width: number,
  offset: number,
  slots: Int32Array,
  start: number,
  end: number,
  target: Int32Array,
): void {
  for (let row = start; row < end; row++) {
    const slot = slots[row]!
    target[row] = records[(slot < 0 ? 0 : slot) * width + offset]!
  }
}
