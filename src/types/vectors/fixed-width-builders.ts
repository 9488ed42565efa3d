/** Builders of the lanes with one machine word per row: bool, int32, int64, float64. */
import {
  dateFromBytes,
  floatFromBytes,
  integerFromBytes,
  timeFromBytes,
  timestampFromBytes,
  utf8Text,
} from './byte-parsing.js'
import {
  daysFromCanonical,
  timeFromCanonical,
  timestampFromCanonical,
} from '../datetime/datetime-canonical.js'
import { LaneBuilder } from './lane-builder.js'
import { OID, type Datum, type SqlType } from '../sql-type.js'
import type { BoolVector, Float64Vector, Int32Vector, Int64Vector } from './vector.js'

const LETTER_T = 116

/** Builds bool vectors. */
export class BoolBuilder extends LaneBuilder {
  #values: Uint8Array

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#values = new Uint8Array(this.capacity)
  }

  override appendNumber(value: number): void {
    if (this.count === this.capacity) this.grow()
    this.#values[this.count++] = value === 0 ? 0 : 1
  }

  override appendText(bytes: Uint8Array, start: number, _end: number): void {
    this.appendNumber(bytes[start] === LETTER_T ? 1 : 0)
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 1) throw this.malformedBinary()
    this.appendNumber(bytes[start]!)
  }

  override appendDatum(value: Datum): void {
    if (value === null) this.appendNull()
    else this.appendNumber(value === 't' || value === 'true' ? 1 : 0)
  }

  override finish(): BoolVector {
    const length = this.count
    const values = this.#values.subarray(0, length)
    this.#values = new Uint8Array(this.capacity)
    return { type: this.type, lane: 'bool', length, nulls: this.takeNulls(), values }
  }

  protected override growLane(capacity: number): void {
    const values = new Uint8Array(capacity)
    values.set(this.#values)
    this.#values = values
  }
}

/** Builds int2, int4 and date vectors. */
export class Int32Builder extends LaneBuilder {
  readonly #isDate: boolean
  #values: Int32Array

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#isDate = type.oid === OID.date
    this.#values = new Int32Array(this.capacity)
  }

  override appendNumber(value: number): void {
    if (this.count === this.capacity) this.grow()
    this.#values[this.count++] = value
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    const value = this.#isDate
      ? dateFromBytes(bytes, start, end)
      : integerFromBytes(bytes, start, end)
    if (value === value) this.appendNumber(value)
    else this.appendDatum(utf8Text(bytes, start, end))
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    const width = end - start
    if (width === 4) {
      this.appendNumber(
        (bytes[start]! << 24) |
          (bytes[start + 1]! << 16) |
          (bytes[start + 2]! << 8) |
          bytes[start + 3]!,
      )
    } else if (width === 2) {
      this.appendNumber(((bytes[start]! << 24) >> 16) | bytes[start + 1]!)
    } else {
      throw this.malformedBinary()
    }
  }

  override appendDatum(value: Datum): void {
    if (value === null) this.appendNull()
    else this.appendNumber(this.#isDate ? daysFromCanonical(value) : Number(value))
  }

  override finish(): Int32Vector {
    const length = this.count
    const values = this.#values.subarray(0, length)
    this.#values = new Int32Array(this.capacity)
    return { type: this.type, lane: 'int32', length, nulls: this.takeNulls(), values }
  }

  protected override growLane(capacity: number): void {
    const values = new Int32Array(capacity)
    values.set(this.#values)
    this.#values = values
  }
}

/** Builds int8, oid, time, timestamp and timestamptz vectors. */
export class Int64Builder extends LaneBuilder {
  readonly #form: 'integer' | 'time' | 'timestamp'
  #values: Float64Array
  /** Made when the first value beyond 2^53 arrives; then written for every row. */
  #exact: BigInt64Array | undefined

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#form =
      type.oid === OID.time
        ? 'time'
        : type.oid === OID.timestamp || type.oid === OID.timestamptz
          ? 'timestamp'
          : 'integer'
    this.#values = new Float64Array(this.capacity)
  }

  override appendNumber(value: number): void {
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
      this.appendBigInt(BigInt(value))
      return
    }
    if (this.count === this.capacity) this.grow()
    if (this.#exact !== undefined) this.#exact[this.count] = BigInt(value)
    this.#values[this.count++] = value
  }

  override appendBigInt(value: bigint): void {
    const approximate = Number(value)
    if (Number.isSafeInteger(approximate)) {
      this.appendNumber(approximate)
      return
    }
    if (this.count === this.capacity) this.grow()
    this.#exact ??= this.#exactSoFar()
    this.#exact[this.count] = value
    this.#values[this.count++] = approximate
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    const value =
      this.#form === 'integer'
        ? integerFromBytes(bytes, start, end)
        : this.#form === 'timestamp'
          ? timestampFromBytes(bytes, start, end)
          : timeFromBytes(bytes, start, end)
    if (value === value) this.appendNumber(value)
    else this.appendDatum(utf8Text(bytes, start, end))
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    const width = end - start
    const high =
      (bytes[start]! << 24) |
      (bytes[start + 1]! << 16) |
      (bytes[start + 2]! << 8) |
      bytes[start + 3]!
    if (width === 8) {
      const low =
        ((bytes[start + 4]! << 24) |
          (bytes[start + 5]! << 16) |
          (bytes[start + 6]! << 8) |
          bytes[start + 7]!) >>>
        0
      if (high >= -0x200000 && high < 0x200000) this.appendNumber(high * 4_294_967_296 + low)
      else this.appendBigInt((BigInt(high) << 32n) | BigInt(low))
    } else if (width === 4) {
      // oid is unsigned.
      this.appendNumber(high >>> 0)
    } else {
      throw this.malformedBinary()
    }
  }

  override appendDatum(value: Datum): void {
    if (value === null) this.appendNull()
    else if (this.#form === 'time') this.appendNumber(timeFromCanonical(value))
    else if (this.#form === 'timestamp') this.appendBigInt(timestampFromCanonical(value))
    else if (value.length < 16) this.appendNumber(Number(value))
    else this.appendBigInt(BigInt(value))
  }

  override finish(): Int64Vector {
    const length = this.count
    const values = this.#values.subarray(0, length)
    const exact = this.#exact?.subarray(0, length)
    this.#values = new Float64Array(this.capacity)
    this.#exact = undefined
    return { type: this.type, lane: 'int64', length, nulls: this.takeNulls(), values, exact }
  }

  protected override growLane(capacity: number): void {
    const values = new Float64Array(capacity)
    values.set(this.#values)
    this.#values = values
    if (this.#exact === undefined) return
    const exact = new BigInt64Array(capacity)
    exact.set(this.#exact)
    this.#exact = exact
  }

  #exactSoFar(): BigInt64Array {
    const exact = new BigInt64Array(this.capacity)
    for (let row = 0; row < this.count; row++) exact[row] = BigInt(this.#values[row]!)
    return exact
  }
}

const scratch = new DataView(new ArrayBuffer(8))

/** Builds float4 and float8 vectors. */
export class Float64Builder extends LaneBuilder {
  readonly #isSingle: boolean
  #values: Float64Array

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#isSingle = type.oid === OID.float4
    this.#values = new Float64Array(this.capacity)
  }

  override appendNumber(value: number): void {
    if (this.count === this.capacity) this.grow()
    this.#values[this.count++] = this.#isSingle ? Math.fround(value) : value
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    const value = floatFromBytes(bytes, start, end)
    this.appendNumber(value === value ? value : Number(utf8Text(bytes, start, end)))
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    const width = end - start
    if (width !== 8 && width !== 4) throw this.malformedBinary()
    for (let i = 0; i < width; i++) scratch.setUint8(i, bytes[start + i]!)
    this.appendNumber(width === 8 ? scratch.getFloat64(0) : scratch.getFloat32(0))
  }

  override appendDatum(value: Datum): void {
    if (value === null) this.appendNull()
    else this.appendNumber(Number(value))
  }

  override finish(): Float64Vector {
    const length = this.count
    const values = this.#values.subarray(0, length)
    this.#values = new Float64Array(this.capacity)
    return { type: this.type, lane: 'float64', length, nulls: this.takeNulls(), values }
  }

  protected override growLane(capacity: number): void {
    const values = new Float64Array(capacity)
    values.set(this.#values)
    this.#values = values
  }
}
