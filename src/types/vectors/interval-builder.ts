/** Builder of interval vectors. */
import { utf8Text } from './byte-parsing.js'
import { intervalFromCanonical } from '../datetime/datetime-canonical.js'
import { LaneBuilder } from './lane-builder.js'
import type { Datum, SqlType } from '../sql-type.js'
import type { IntervalVector } from './vector.js'

/** Builds interval vectors. */
export class IntervalBuilder extends LaneBuilder {
  #months: Int32Array
  #days: Int32Array
  #micros: Float64Array

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#months = new Int32Array(this.capacity)
    this.#days = new Int32Array(this.capacity)
    this.#micros = new Float64Array(this.capacity)
  }

  /** Appends an interval by its parts. */
  appendInterval(months: number, days: number, micros: number): void {
    if (this.count === this.capacity) this.grow()
    this.#months[this.count] = months
    this.#days[this.count] = days
    this.#micros[this.count++] = micros
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    this.appendDatum(utf8Text(bytes, start, end))
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 16) throw this.malformedBinary()
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, 16)
    const micros = view.getInt32(0) * 4_294_967_296 + view.getUint32(4)
    this.appendInterval(view.getInt32(12), view.getInt32(8), micros)
  }

  override appendDatum(value: Datum): void {
    if (value === null) {
      this.appendNull()
      return
    }
    const { months, days, micros } = intervalFromCanonical(value)
    this.appendInterval(months, days, micros)
  }

  override finish(): IntervalVector {
    const length = this.count
    const months = this.#months.subarray(0, length)
    const days = this.#days.subarray(0, length)
    const micros = this.#micros.subarray(0, length)
    this.#months = new Int32Array(this.capacity)
    this.#days = new Int32Array(this.capacity)
    this.#micros = new Float64Array(this.capacity)
    const nulls = this.takeNulls()
    return { type: this.type, lane: 'interval', length, nulls, months, days, micros }
  }

  protected override growLane(capacity: number): void {
    const months = new Int32Array(capacity)
    const days = new Int32Array(capacity)
    const micros = new Float64Array(capacity)
    months.set(this.#months)
    days.set(this.#days)
    micros.set(this.#micros)
    this.#months = months
    this.#days = days
    this.#micros = micros
  }
}
