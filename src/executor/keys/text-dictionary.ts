/**
 * Distinct byte strings, numbered from 0 in order of appearance: open addressing over typed arrays, the bytes in one
 * growing buffer. Text keys become these numbers, so that everything after works on integers.
 */
const MINIMUM_SLOTS = 256

/** A dictionary of byte strings. */
export class TextDictionary {
  /** Number + 1 of the entry in each slot; 0 is free. */
  #slots = new Int32Array(MINIMUM_SLOTS)
  #hashes = new Int32Array(MINIMUM_SLOTS / 2)
  #ends = new Int32Array(MINIMUM_SLOTS / 2)
  #data = new Uint8Array(4096)
  #used = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return (
      this.#slots.byteLength +
      this.#hashes.byteLength +
      this.#ends.byteLength +
      this.#data.byteLength
    )
  }

  /**
   * Numbers the strings `rows[0..count)` (or 0..count) of an offsets/data pair into out[at], out[at + stride], ...
   * With `add` unseen strings get the next number, otherwise -1. Rows flagged in `nulls` get 0 and are not looked at.
   */
  encode(
    offsets: Int32Array,
    data: Uint8Array,
    nulls: Uint8Array | undefined,
    count: number,
    add: boolean,
    out: Int32Array,
    at: number,
    stride: number,
  ): void {
    let target = at
    for (let row = 0; row < count; row++, target += stride) {
      if (nulls !== undefined && nulls[row] === 1) {
        out[target] = 0
        continue
      }
      out[target] = this.intern(data, offsets[row]!, offsets[row + 1]!, add)
    }
  }

  /** The number of one string: found, added, or -1 when it is unseen and `add` is false. */
  intern(data: Uint8Array, start: number, end: number, add: boolean): number {
    let hash = 0x811c9dc5 | 0
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash ^= hash >>> 13
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    for (;;) {
      const entry = slots[slot]! - 1
      if (entry < 0) break
      if (this.#hashes[entry] === hash && this.#matches(entry, data, start, end)) return entry
      slot = (slot + 1) & mask
    }
    return add ? this.#insert(hash, slot, data, start, end) : -1
  }

  #matches(entry: number, data: Uint8Array, start: number, end: number): boolean {
    const ends = this.#ends
    const from = entry === 0 ? 0 : ends[entry - 1]!
    const length = end - start
    if (ends[entry]! - from !== length) return false
    const held = this.#data
    for (let i = 0; i < length; i++) if (held[from + i] !== data[start + i]) return false
    return true
  }

  #insert(hash: number, slot: number, data: Uint8Array, start: number, end: number): number {
    const number = this.#size++
    if (number === this.#hashes.length) {
      this.#hashes = grown(this.#hashes, number * 2)
      this.#ends = grown(this.#ends, number * 2)
    }
    const used = this.#used + (end - start)
    if (used > this.#data.length) {
      const wider = new Uint8Array(Math.max(used, this.#data.length * 2))
      wider.set(this.#data.subarray(0, this.#used))
      this.#data = wider
    }
    if (end - start < 32) {
      // A short copy by hand: subarray() would cost more than the bytes do.
      for (let i = start, to = this.#used; i < end; i++, to++) this.#data[to] = data[i]!
    } else {
      this.#data.set(data.subarray(start, end), this.#used)
    }
    this.#used = used
    this.#hashes[number] = hash
    this.#ends[number] = used
    this.#slots[slot] = number + 1
    if (this.#size * 2 > this.#slots.length) this.#rehash()
    return number
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = this.#hashes[entry]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry + 1
    }
    this.#slots = slots
  }
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(length)
  wider.set(array)
  return wider
}
