/**
 * Numbers distinct keys from 0 in order of appearance: the hash table under joins, groups, DISTINCT and set
 * operations. Keys are rows of 32-bit words (see key-encoder.ts) in open addressing over typed arrays. Narrow keys
 * lie in the slots themselves, so that a probe costs one cache miss; wider ones in a side array with their hashes.
 */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { laneOf } from '../../types/type-registry.js'
import { IntegerTable } from './integer-table.js'
import { createKeyEncoder } from './key-encoder.js'
import type { KeyEncoder } from './key-encoder.js'

/** One column of a key. */
export interface KeyColumn {
  readonly type: SqlType
  /** NULL is a value like any other (grouping, IS NOT DISTINCT FROM); otherwise a NULL makes the row match nothing. */
  readonly nullsMatch: boolean
}

const MINIMUM_SLOTS = 1024

/** Keys per slot before the table grows. */
const MAXIMUM_LOAD = 0.72

/** Stands in `ids` for a single column's NULL until its number is known. */
const NULL_KEY = -2

/** A growing set of distinct keys. */
export class KeyTable {
  readonly #columns: readonly KeyColumn[]
  /** Does all the work where the key is one 64-bit integer. */
  readonly #integers: IntegerTable | undefined
  readonly #encoders: readonly KeyEncoder[]
  /** Words per key, null mask included. */
  readonly #width: number
  /** Leading words that tell which columns are NULL; a single column needs none: its NULL has a number of its own. */
  readonly #maskWords: number
  #size = 0
  #nullId = -1
  /** Width 1 and 2: [word.., id + 1] per slot. Wider: [hash, id + 1]. */
  #slots: Int32Array<ArrayBuffer>
  #mask = MINIMUM_SLOTS - 1
  /** Words of keys by id, when they do not lie in the slots. */
  #keys: Int32Array<ArrayBuffer> = new Int32Array(0)
  #scratch: Int32Array<ArrayBuffer> = new Int32Array(0)

  constructor(columns: readonly KeyColumn[]) {
    this.#columns = columns
    const [only] = columns
    const isInteger = columns.length === 1 && laneOf(only!.type) === 'int64'
    this.#integers = isInteger ? new IntegerTable(only!.nullsMatch) : undefined
    this.#encoders = columns.map((column) => createKeyEncoder(column.type))
    const words = this.#encoders.reduce((sum, encoder) => sum + encoder.words, 0)
    const needsMask = columns.length > 1 && columns.some((column) => column.nullsMatch)
    this.#maskWords = needsMask ? Math.ceil(columns.length / 32) : 0
    this.#width = words + this.#maskWords
    this.#slots = new Int32Array(MINIMUM_SLOTS * slotWords(this.#width))
    if (this.#width > 2) this.#keys = new Int32Array(256 * this.#width)
  }

  /** How many distinct keys there are. */
  get size(): number {
    return this.#integers?.size ?? this.#size
  }

  /** Bytes of memory held. */
  get bytes(): number {
    if (this.#integers !== undefined) return this.#integers.bytes
    let bytes = this.#slots.byteLength + this.#keys.byteLength + this.#scratch.byteLength
    for (const encoder of this.#encoders) bytes += encoder.bytes
    return bytes
  }

  /** Makes room for so many keys in all, before the first one comes: growing step by step costs more. */
  reserve(keys: number): void {
    this.#integers?.reserve(keys)
    if (this.#integers !== undefined) return
    if (this.#size > 0) return
    let slots = MINIMUM_SLOTS
    while (slots * MAXIMUM_LOAD < keys) slots *= 2
    this.#mask = slots - 1
    this.#slots = new Int32Array(slots * slotWords(this.#width))
  }

  /** Numbers the keys of rows 0..count-1 into `ids`, adding unseen ones; -1 where a NULL matches nothing. */
  assign(vectors: readonly Vector[], count: number, ids: Int32Array): void {
    this.#number(vectors, count, ids, true)
  }

  /** Finds the numbers of keys; -1 where a key is unknown or a NULL matches nothing. */
  lookup(vectors: readonly Vector[], count: number, ids: Int32Array): void {
    this.#number(vectors, count, ids, false)
  }

  #number(vectors: readonly Vector[], count: number, ids: Int32Array, add: boolean): void {
    if (this.#integers !== undefined) {
      this.#integers.number(vectors[0]!, count, ids, add)
      return
    }
    const width = this.#width
    if (this.#columns.length === 0) {
      if (add && count > 0) this.#size = 1
      ids.fill(this.#size - 1, 0, count)
      return
    }
    if (this.#scratch.length < count * width) this.#scratch = new Int32Array(count * width)
    const words = this.#scratch
    let at = this.#maskWords
    this.#encoders.forEach((encoder, column) => {
      encoder.encode(vectors[column]!, count, add, words, at, width)
      at += encoder.words
    })
    ids.fill(0, 0, count)
    this.#applyNulls(vectors, count, ids)
    if (width === 1) this.#numberNarrow(words, count, ids, add)
    else if (width === 2) this.#numberPairs(words, count, ids, add)
    else this.#numberWide(words, count, ids, add)
  }

  /** The number of a single column's NULL. It is given out in the order of rows, as all numbers are. */
  #nullKey(add: boolean): number {
    if (this.#nullId < 0 && add) this.#nullId = this.#size++
    return this.#nullId
  }

  /** Marks rows that need no search (ids -1, or NULL_KEY) and fills the null masks. */
  #applyNulls(vectors: readonly Vector[], count: number, ids: Int32Array): void {
    const width = this.#width
    const words = this.#scratch
    const maskWords = this.#maskWords
    for (let word = 0; word < maskWords; word++) {
      for (let row = 0; row < count; row++) words[row * width + word] = 0
    }
    let at = this.#maskWords
    this.#columns.forEach((column, index) => {
      const columnWords = this.#encoders[index]!.words
      const nulls = vectors[index]!.nulls
      const first = at
      at += columnWords
      if (nulls === undefined) return
      for (let row = 0; row < count; row++) {
        if (nulls[row] !== 1) continue
        if (!column.nullsMatch) {
          ids[row] = -1
        } else if (maskWords > 0) {
          const start = row * width
          const bit = start + (index >> 5)
          words[bit] = words[bit]! | (1 << (index & 31))
          words.fill(0, start + first, start + first + columnWords)
        } else {
          ids[row] = NULL_KEY
        }
      }
    })
  }

  #numberNarrow(words: Int32Array, count: number, ids: Int32Array, add: boolean): void {
    let slots = this.#slots
    let mask = this.#mask
    for (let row = 0; row < count; row++) {
      const state = ids[row]!
      if (state < 0) {
        if (state === NULL_KEY) ids[row] = this.#nullKey(add)
        continue
      }
      const word = words[row]!
      let slot = mix(word) & mask
      for (;;) {
        const id = slots[slot * 2 + 1]!
        if (id === 0) {
          if (!add) {
            ids[row] = -1
            break
          }
          slots[slot * 2] = word
          slots[slot * 2 + 1] = ++this.#size
          ids[row] = this.#size - 1
          if (this.#size > mask * MAXIMUM_LOAD) {
            this.#growNarrow()
            slots = this.#slots
            mask = this.#mask
          }
          break
        }
        if (slots[slot * 2] === word) {
          ids[row] = id - 1
          break
        }
        slot = (slot + 1) & mask
      }
    }
  }

  #growNarrow(): void {
    const old = this.#slots
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array((mask + 1) * 2)
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === 0) continue
      let slot = mix(old[at]!) & mask
      while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
      slots[slot * 2] = old[at]!
      slots[slot * 2 + 1] = old[at + 1]!
    }
    this.#slots = slots
    this.#mask = mask
  }

  #numberPairs(words: Int32Array, count: number, ids: Int32Array, add: boolean): void {
    let slots = this.#slots
    let mask = this.#mask
    for (let row = 0; row < count; row++) {
      const state = ids[row]!
      if (state < 0) {
        if (state === NULL_KEY) ids[row] = this.#nullKey(add)
        continue
      }
      const low = words[row * 2]!
      const high = words[row * 2 + 1]!
      let slot = (mix(low ^ Math.imul(high, 0x9e3779b1)) & mask) * 3
      for (;;) {
        const id = slots[slot + 2]!
        if (id === 0) {
          if (!add) {
            ids[row] = -1
            break
          }
          slots[slot] = low
          slots[slot + 1] = high
          slots[slot + 2] = ++this.#size
          ids[row] = this.#size - 1
          if (this.#size > mask * MAXIMUM_LOAD) {
            this.#growPairs()
            slots = this.#slots
            mask = this.#mask
          }
          break
        }
        if (slots[slot] === low && slots[slot + 1] === high) {
          ids[row] = id - 1
          break
        }
        slot += 3
        if (slot === slots.length) slot = 0
      }
    }
  }

  #growPairs(): void {
    const old = this.#slots
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array((mask + 1) * 3)
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] === 0) continue
      let slot = (mix(old[at]! ^ Math.imul(old[at + 1]!, 0x9e3779b1)) & mask) * 3
      while (slots[slot + 2] !== 0) {
        slot += 3
        if (slot === slots.length) slot = 0
      }
      slots[slot] = old[at]!
      slots[slot + 1] = old[at + 1]!
      slots[slot + 2] = old[at + 2]!
    }
    this.#slots = slots
    this.#mask = mask
  }

  #numberWide(words: Int32Array, count: number, ids: Int32Array, add: boolean): void {
    const width = this.#width
    for (let row = 0; row < count; row++) {
      const state = ids[row]!
      if (state < 0) {
        if (state === NULL_KEY) ids[row] = this.#nullKey(add)
        continue
      }
      const start = row * width
      let hash = 0x2545f491
      for (let i = start; i < start + width; i++) {
        hash = Math.imul(hash ^ words[i]!, 0x9e3779b1)
        hash ^= hash >>> 15
      }
      hash = mix(hash)
      ids[row] = this.#findWide(words, start, hash, add)
    }
  }

  #findWide(words: Int32Array, start: number, hash: number, add: boolean): number {
    const slots = this.#slots
    const mask = this.#mask
    const width = this.#width
    const keys = this.#keys
    let slot = hash & mask
    for (;;) {
      const id = slots[slot * 2 + 1]! - 1
      if (id < 0) break
      if (slots[slot * 2] === hash) {
        let i = 0
        const key = id * width
        while (i < width && keys[key + i] === words[start + i]) i++
        if (i === width) return id
      }
      slot = (slot + 1) & mask
    }
    if (!add) return -1
    const id = this.#size++
    if ((id + 1) * width > this.#keys.length) {
      const wider = new Int32Array(this.#keys.length * 2)
      wider.set(this.#keys)
      this.#keys = wider
    }
    for (let i = 0; i < width; i++) this.#keys[id * width + i] = words[start + i]!
    slots[slot * 2] = hash
    slots[slot * 2 + 1] = id + 1
    if (this.#size > mask * MAXIMUM_LOAD) this.#growWide()
    return id
  }

  #growWide(): void {
    const old = this.#slots
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array((mask + 1) * 2)
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === 0) continue
      let slot = old[at]! & mask
      while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
      slots[slot * 2] = old[at]!
      slots[slot * 2 + 1] = old[at + 1]!
    }
    this.#slots = slots
    this.#mask = mask
  }
}

/** Words per slot for keys of a width. */
function slotWords(width: number): number {
  return width === 2 ? 3 : 2
}

/** Spreads a word over all bits. */
function mix(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
