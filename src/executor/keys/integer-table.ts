/**
 * The hash table of a single 64-bit integer key: slots of 16 bytes hold the key as a double beside its number, so that a
 * probe touches one cache line. Slots of a whole batch are computed first; those of a large table are then read some
 * hundreds at a time before any is looked at: without a branch between them the memory's latencies overlap, and a wrongly
 * predicted branch afterwards waits for the cache alone. Integers beyond 2^53 are no doubles and lie in a map.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Int64Vector, Vector } from '../../types/vectors/vector.js'

const MINIMUM_SLOT_BITS = 10

/** Keys per slot before the table grows: low, because a second look costs a mispredicted branch. */
const MAXIMUM_LOAD = 0.6

/** Rows whose slots are read ahead: few enough for the nearest cache, as each takes a line of it. */
const AHEAD = 256

/** From so many slots on a table no longer lies in the core's own cache. */
const LARGE_SLOTS = 2 ** 15

/** Bytes that a map's entry takes, roughly. */
const WIDE_ENTRY_BYTES = 64

/** Numbers distinct integers from 0 in order of appearance. */
export class IntegerTable {
  /** A NULL is a value like any other; otherwise it matches nothing. */
  readonly #nullsMatch: boolean
  #size = 0
  #nullId = -1
  #mask = 0
  /** Slot s: the key at [2 s]. */
  #keys = new Float64Array(0)
  /** The same memory: number + 1 at [4 s + 2], 0 in an empty slot. */
  #numbers = new Int32Array(0)
  readonly #wide = new Map<bigint, number>()
  #hashed = new Float64Array(0)
  #halves = new Int32Array(0)
  #slots = new Int32Array(0)

  constructor(nullsMatch: boolean) {
    this.#nullsMatch = nullsMatch
    this.#resize(MINIMUM_SLOT_BITS)
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#keys.byteLength + this.#wide.size * WIDE_ENTRY_BYTES
  }

  /** Makes room for so many keys in all, before the first one comes. */
  reserve(keys: number): void {
    if (this.#size > 0) return
    let bits = MINIMUM_SLOT_BITS
    while (2 ** bits * MAXIMUM_LOAD < keys) bits++
    this.#resize(bits)
  }

  /** Numbers the keys of rows 0..count-1; -1 where a NULL matches nothing or, without `add`, the key is unknown. */
  number(vector: Vector, count: number, ids: Int32Array, add: boolean): void {
    if (vector.lane !== 'int64') {
      throw new EngineError(SQLSTATE.internalError, `Integer key came as ${vector.lane}`)
    }
    const { values, nulls, exact } = vector
    this.#hash(values, count)
    for (let start = 0; start < count; start += AHEAD) {
      const end = Math.min(count, start + AHEAD)
      const isNothingThere = this.#mask >= LARGE_SLOTS && this.#touch(start, end) === 0
      if (nulls !== undefined || exact !== undefined) {
        this.#numberEach(vector, start, end, ids, add)
      } else if (add) {
        this.#addAll(values, start, end, ids)
      } else if (isNothingThere) {
        ids.fill(-1, start, end)
      } else {
        this.#findAll(values, start, end, ids)
      }
    }
  }

  /** Brings the slots of rows near; 0 when all of them are empty. */
  #touch(start: number, end: number): number {
    const numbers = this.#numbers
    const mask = this.#mask
    const slots = this.#slots
    let all = 0
    for (let row = start; row < end; row++) all |= numbers[(slots[row]! & mask) * 4 + 2]!
    return all
  }

  #numberEach(
    { values, nulls, exact }: Int64Vector,
    start: number,
    end: number,
    ids: Int32Array,
    add: boolean,
  ): void {
    const slots = this.#slots
    for (let row = start; row < end; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        ids[row] = this.#nullKey(add)
      } else if (exact !== undefined) {
        ids[row] = this.#exactKey(exact[row]!, add)
      } else {
        ids[row] = this.#key(values[row]!, slots[row]!, add)
      }
    }
  }

  #key(key: number, hash: number, add: boolean): number {
    const keys = this.#keys
    const numbers = this.#numbers
    const mask = this.#mask
    let slot = hash & mask
    for (;;) {
      const number = numbers[slot * 4 + 2]!
      if (number === 0) break
      if (keys[slot * 2] === key) return number - 1
      slot = (slot + 1) & mask
    }
    if (!add) return -1
    keys[slot * 2] = key
    numbers[slot * 4 + 2] = ++this.#size
    const number = this.#size - 1
    if (this.#size > mask * MAXIMUM_LOAD) this.#grow()
    return number
  }

  #addAll(values: Float64Array, start: number, end: number, ids: Int32Array): void {
    let keys = this.#keys
    let numbers = this.#numbers
    let mask = this.#mask
    const slots = this.#slots
    let size = this.#size
    for (let row = start; row < end; row++) {
      const key = values[row]!
      let slot = slots[row]! & mask
      let number = numbers[slot * 4 + 2]!
      while (number !== 0 && keys[slot * 2] !== key) {
        slot = (slot + 1) & mask
        number = numbers[slot * 4 + 2]!
      }
      if (number === 0) {
        number = ++size
        keys[slot * 2] = key
        numbers[slot * 4 + 2] = number
        if (size > mask * MAXIMUM_LOAD) {
          this.#grow()
          keys = this.#keys
          numbers = this.#numbers
          mask = this.#mask
        }
      }
      ids[row] = number - 1
    }
    this.#size = size
  }

  #findAll(values: Float64Array, start: number, end: number, ids: Int32Array): void {
    const keys = this.#keys
    const numbers = this.#numbers
    const mask = this.#mask
    const slots = this.#slots
    for (let row = start; row < end; row++) {
      const key = values[row]!
      let slot = slots[row]! & mask
      let number = numbers[slot * 4 + 2]!
      while (number !== 0 && keys[slot * 2] !== key) {
        slot = (slot + 1) & mask
        number = numbers[slot * 4 + 2]!
      }
      ids[row] = number - 1
    }
  }

  /** The numbers of NULL and of wide keys are given out in the order of rows, as all numbers are. */
  #nullKey(add: boolean): number {
    if (!this.#nullsMatch) return -1
    if (this.#nullId < 0 && add) this.#nullId = this.#size++
    return this.#nullId
  }

  #exactKey(key: bigint, add: boolean): number {
    const narrow = Number(key)
    if (Number.isSafeInteger(narrow)) return this.#key(narrow, hashOf(narrow), add)
    let number = this.#wide.get(key)
    if (number === undefined) {
      if (!add) return -1
      number = this.#size++
      this.#wide.set(key, number)
    }
    return number
  }

  /** Hashes the values' bits into #slots; the table's size is applied later, as it may change on the way. */
  #hash(values: Float64Array, count: number): void {
    if (this.#slots.length < count) {
      this.#slots = new Int32Array(count)
      this.#hashed = new Float64Array(count)
      this.#halves = new Int32Array(this.#hashed.buffer)
    }
    const hashed = this.#hashed
    const halves = this.#halves
    const slots = this.#slots
    // Adding 0 turns -0 into 0.
    for (let row = 0; row < count; row++) hashed[row] = values[row]! + 0
    for (let row = 0; row < count; row++) {
      slots[row] = hashOfHalves(halves[row * 2]!, halves[row * 2 + 1]!)
    }
  }

  #resize(bits: number): void {
    this.#mask = 2 ** bits - 1
    this.#keys = new Float64Array(2 ** bits * 2)
    this.#numbers = new Int32Array(this.#keys.buffer)
  }

  #grow(): void {
    const oldNumbers = this.#numbers
    const oldKeys = this.#keys
    this.#resize(Math.log2(this.#mask + 1) + 1)
    const numbers = this.#numbers
    const mask = this.#mask
    for (let old = 0; old < oldKeys.length; old += 2) {
      const number = oldNumbers[old * 2 + 2]!
      if (number === 0) continue
      const key = oldKeys[old]!
      let slot = hashOf(key) & mask
      while (numbers[slot * 4 + 2] !== 0) slot = (slot + 1) & mask
      this.#keys[slot * 2] = key
      numbers[slot * 4 + 2] = number
    }
  }
}

const scratch = new Float64Array(1)
const scratchHalves = new Int32Array(scratch.buffer)

/** Hashes a key. */
function hashOf(key: number): number {
  // Adding 0 turns -0 into 0.
  scratch[0] = key + 0
  return hashOfHalves(scratchHalves[0]!, scratchHalves[1]!)
}

/** Spreads the two halves of a double over 32 bits. */
export function hashOfHalves(low: number, high: number): number {
  const folded = low ^ Math.imul(high, 0x9e3779b1)
  let hash = Math.imul(folded ^ (folded >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
