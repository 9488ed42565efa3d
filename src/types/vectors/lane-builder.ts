/** What the builders of all lanes share: row count, capacity and NULL flags. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Datum, SqlType } from '../sql-type.js'
import type { Vector } from './vector.js'

/** Rows a builder has room for before it grows. */
export const DEFAULT_CAPACITY = 8192

/** Base of the vector builders. A lane overrides the appends that mean something to it. */
export abstract class LaneBuilder {
  readonly type: SqlType
  protected capacity: number
  protected count = 0
  protected nulls: Uint8Array | undefined

  constructor(type: SqlType, capacity: number) {
    this.type = type
    this.capacity = Math.max(capacity, 16)
  }

  /** Rows appended since the last finish. */
  get length(): number {
    return this.count
  }

  /** Appends a value in PostgreSQL's canonical text form. */
  abstract appendText(bytes: Uint8Array, start: number, end: number): void
  /** Appends a value in PostgreSQL's binary send format. */
  abstract appendBinary(bytes: Uint8Array, start: number, end: number): void
  /** Appends a datum. */
  abstract appendDatum(value: Datum): void
  /** Hands out the rows as a vector and starts anew. */
  abstract finish(): Vector
  /** Doubles the lane's arrays; `capacity` is raised by the caller. */
  protected abstract growLane(capacity: number): void

  /** Appends a NULL. */
  appendNull(): void {
    if (this.count === this.capacity) this.grow()
    this.nulls ??= new Uint8Array(this.capacity)
    this.nulls[this.count++] = 1
  }

  /** Appends a number: lanes bool, int32, int64, float64 and numeric (whole numbers). */
  appendNumber(_value: number): void {
    throw this.unfit('a number')
  }

  /** Appends a 64-bit integer: lanes int64 and numeric. */
  appendBigInt(_value: bigint): void {
    throw this.unfit('a bigint')
  }

  /** Appends unscaled / 10^scale: lane numeric. */
  appendDecimal(_unscaled: number, _scale: number): void {
    throw this.unfit('a decimal')
  }

  /** Appends bytes as they are: lane bytes (text, raw bytea, raw uuid). */
  appendUtf8(_bytes: Uint8Array, _start: number, _end: number): void {
    throw this.unfit('bytes')
  }

  protected grow(): void {
    const capacity = this.capacity * 2
    this.growLane(capacity)
    if (this.nulls !== undefined) {
      const nulls = new Uint8Array(capacity)
      nulls.set(this.nulls)
      this.nulls = nulls
    }
    this.capacity = capacity
  }

  /** Takes the NULL flags out and resets the row count. */
  protected takeNulls(): Uint8Array | undefined {
    const nulls = this.nulls?.subarray(0, this.count)
    this.nulls = undefined
    this.count = 0
    return nulls
  }

  protected unfit(what: string): EngineError {
    return new EngineError(
      SQLSTATE.internalError,
      `Vector of type ${this.type.oid} cannot take ${what}`,
    )
  }

  protected malformedBinary(): EngineError {
    return new EngineError(
      SQLSTATE.invalidBinaryRepresentation,
      'insufficient data left in message',
    )
  }
}
