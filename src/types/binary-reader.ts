/** Reads PostgreSQL's binary formats field by field, with its errors for malformed input. */
import { EngineError, SQLSTATE } from '../errors.js'

/** Makes the error of a malformed binary value. */
export function malformedBinary(message: string): EngineError {
  return new EngineError(SQLSTATE.invalidBinaryRepresentation, message)
}

/** A position in the bytes of one value. */
export class BinaryReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get rest(): number {
    return this.#bytes.length - this.#at
  }

  #take(size: number): number {
    if (this.rest < size) {
      throw new EngineError(SQLSTATE.protocolViolation, 'insufficient data left in message')
    }
    const at = this.#at
    this.#at += size
    return at
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8))
  }

  float32(): number {
    return this.#view.getFloat32(this.#take(4))
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  bytes(size = this.rest): Uint8Array {
    if (size < 0) {
      throw new EngineError(SQLSTATE.protocolViolation, 'insufficient data left in message')
    }
    const at = this.#take(size)
    return this.#bytes.subarray(at, at + size)
  }

  /** Fails when bytes are left over. */
  end(): void {
    if (this.rest > 0) throw malformedBinary('incorrect binary data format in bind parameter')
  }
}

/** Collects the bytes of one binary value. */
export class BinaryWriter {
  #bytes = new Uint8Array(64)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  #room(size: number): number {
    const at = this.#length
    if (at + size > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, at + size))
      bytes.set(this.#bytes)
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer)
    }
    this.#length += size
    return at
  }

  uint8(value: number): this {
    const at = this.#room(1)
    this.#view.setUint8(at, value)
    return this
  }

  int16(value: number): this {
    // Taking room may replace the view, so it comes first.
    const at = this.#room(2)
    this.#view.setInt16(at, value)
    return this
  }

  int32(value: number): this {
    const at = this.#room(4)
    this.#view.setInt32(at, value)
    return this
  }

  int64(value: bigint): this {
    const at = this.#room(8)
    this.#view.setBigInt64(at, value)
    return this
  }

  float32(value: number): this {
    const at = this.#room(4)
    this.#view.setFloat32(at, value)
    return this
  }

  float64(value: number): this {
    const at = this.#room(8)
    this.#view.setFloat64(at, value)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** Writes a value with its length before it, or the length -1 of a NULL. */
  sized(value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).bytes(value)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}
