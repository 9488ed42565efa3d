/**
 * One remembered value per slot, kept as a reference to a row of some batch's vector. Vectors that only few slots
 * still refer to are compacted away, so that memory follows the slots, not the rows that went by.
 */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import { byteSizeOf, concatVectors, gather } from '../../types/vectors/vector-ops.js'
import { wideInt32 } from './accumulator.js'

/** Remembered rows before a compaction is worth its while. */
const COMPACTION_ROWS = 32_768

/** Values by slot, of one type. */
export class RowReferences {
  readonly #type: SqlType
  #vectors: Vector[] = []
  #bytes = 0
  #rows = 0
  #slots = 0
  /** Index in #vectors plus one; 0: no value. */
  #vectorOf: Int32Array<ArrayBuffer> = new Int32Array(0)
  #rowOf: Int32Array<ArrayBuffer> = new Int32Array(0)

  constructor(type: SqlType) {
    this.#type = type
  }

  grow(slots: number): void {
    this.#slots = slots
    this.#vectorOf = wideInt32(this.#vectorOf, slots)
    this.#rowOf = wideInt32(this.#rowOf, slots)
  }

  /** Announces the vector that following `set` calls refer to, and gives its number. */
  open(vector: Vector): number {
    if (this.#vectors.at(-1) === vector) return this.#vectors.length
    if (this.#rows > Math.max(COMPACTION_ROWS, 4 * this.#slots)) this.#compact()
    this.#vectors.push(vector)
    this.#rows += vector.length
    this.#bytes += byteSizeOf(vector)
    return this.#vectors.length
  }

  isSet(slot: number): boolean {
    return this.#vectorOf[slot] !== 0
  }

  set(slot: number, vectorNumber: number, row: number): void {
    this.#vectorOf[slot] = vectorNumber
    this.#rowOf[slot] = row
  }

  vector(slot: number): Vector {
    return this.#vectors[this.#vectorOf[slot]! - 1]!
  }

  row(slot: number): number {
    return this.#rowOf[slot]!
  }

  copy(from: number, to: number): void {
    this.#vectorOf[to] = this.#vectorOf[from]!
    this.#rowOf[to] = this.#rowOf[from]!
  }

  /** The values of slots 0..slots-1, NULL where none was set. */
  finish(slots: number): Vector {
    if (slots > this.#slots) this.grow(slots)
    this.#compact()
    const positions = new Int32Array(slots)
    const held = this.#vectors[0]
    if (held === undefined || held.length === 0) {
      const builder = createVectorBuilder(this.#type)
      for (let slot = 0; slot < slots; slot++) builder.appendNull()
      return builder.finish()
    }
    // Slots without a value take some row, and become NULL by their flag.
    const nulls = new Uint8Array(slots)
    for (let slot = 0; slot < slots; slot++) {
      if (this.#vectorOf[slot] === 0) nulls[slot] = 1
      else positions[slot] = this.#rowOf[slot]!
    }
    const filled = gather(held, positions)
    for (let slot = 0; slot < slots; slot++) if (filled.nulls?.[slot] === 1) nulls[slot] = 1
    return { ...filled, type: this.#type, nulls } as Vector
  }

  /** Moves all live values into one vector. */
  #compact(): void {
    const live: Int32Array[] = this.#vectors.map(() => new Int32Array(0))
    const counts = new Int32Array(this.#vectors.length)
    for (let slot = 0; slot < this.#slots; slot++) {
      const number = this.#vectorOf[slot]!
      if (number > 0) counts[number - 1]!++
    }
    const starts = new Int32Array(this.#vectors.length)
    let total = 0
    counts.forEach((count, index) => {
      starts[index] = total
      total += count
      live[index] = new Int32Array(count)
      counts[index] = 0
    })
    for (let slot = 0; slot < this.#slots; slot++) {
      const index = this.#vectorOf[slot]! - 1
      if (index < 0) continue
      const at = counts[index]!++
      live[index]![at] = this.#rowOf[slot]!
      this.#rowOf[slot] = starts[index]! + at
      this.#vectorOf[slot] = 1
    }
    const parts = this.#vectors.flatMap((vector, index) =>
      live[index]!.length === 0 ? [] : [gather(vector, live[index]!)],
    )
    const compacted = parts.length === 0 ? undefined : concatVectors(parts)
    this.#vectors = compacted === undefined ? [] : [compacted]
    this.#rows = total
    this.#bytes = compacted === undefined ? 0 : byteSizeOf(compacted)
  }

  get bytes(): number {
    return this.#bytes + this.#vectorOf.byteLength + this.#rowOf.byteLength
  }
}
