/** One column's share of row encoding: the frame of the writers, and the writer for values that need a string. */
import type { Vector } from '../types/vectors/vector.js'
import { writeBytes } from '../types/numbers/digit-output.js'

/**
 * Writes the values of one column. `begin` takes the next batch's vector; `write` puts the bytes of one physical row
 * (never a NULL), without their length, at a position and returns the position after.
 */
export abstract class ColumnWriter {
  /**
   * Takes a vector and gives the most bytes that the rows to be written can need together.
   * `selection` lists the physical rows, `rows` of them; without it they are 0..rows-1.
   */
  abstract begin(vector: Vector, rows: number, selection: Int32Array | undefined): number
  abstract write(buffer: Uint8Array, at: number, row: number): number
}

const encoder = new TextEncoder()
const NO_BYTES = new Uint8Array(0)

/** How a slow value becomes bytes: text is encoded as UTF-8. */
export type ValueRenderer = (vector: Vector, row: number) => string | Uint8Array

/** Renders a column's values up front, then copies them: for values whose length has no cheap bound. */
export class RenderedWriter extends ColumnWriter {
  readonly #render: ValueRenderer
  #starts: Int32Array = new Int32Array(0)
  #ends: Int32Array = new Int32Array(0)
  #data: Uint8Array = NO_BYTES

  constructor(render: ValueRenderer) {
    super()
    this.#render = render
  }

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    if (this.#starts.length < vector.length) {
      this.#starts = new Int32Array(vector.length)
      this.#ends = new Int32Array(vector.length)
    }
    let used = 0
    for (let i = 0; i < rows; i++) {
      const row = selection === undefined ? i : selection[i]!
      if (vector.nulls !== undefined && vector.nulls[row] === 1) continue
      const value = this.#render(vector, row)
      const bound = typeof value === 'string' ? value.length * 3 : value.length
      if (used + bound > this.#data.length) this.#grow(used, bound)
      this.#starts[row] = used
      if (typeof value === 'string') {
        used += encoder.encodeInto(value, this.#data.subarray(used)).written
      } else {
        this.#data.set(value, used)
        used += value.length
      }
      this.#ends[row] = used
    }
    return used
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    return writeBytes(buffer, at, this.#data, this.#starts[row]!, this.#ends[row]!)
  }

  #grow(used: number, needed: number): void {
    const data = new Uint8Array(Math.max(this.#data.length * 2, used + needed, 4096))
    data.set(this.#data.subarray(0, used))
    this.#data = data
  }
}
