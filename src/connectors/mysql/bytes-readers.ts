/** Readers of text, binary strings and BIT values. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { BoolVector, BytesVector } from '../../types/vectors/vector.js'
import type { ColumnReader, ReaderOptions } from './column-reader.js'
import { NullMask } from './null-mask.js'
import { lengthBytes, readLength } from './wire-protocol.js'

/** Shorter values are copied byte by byte, which beats the call of a bulk copy. */
const SHORT = 24

/** Text (UTF-8 already, by the connection's character set) and bytea. */
export class BytesReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  #offsets: Int32Array<ArrayBuffer>
  #data: Uint8Array<ArrayBuffer>
  #end = 0

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#offsets = new Int32Array(options.capacity + 1)
    this.#data = new Uint8Array(options.capacity * 16)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const first = buffer[offset]!
    const start = offset + (first < 0xfb ? 1 : lengthBytes(first))
    const length = first < 0xfb ? first : readLength(buffer, offset)
    const at = this.#end
    const end = at + length
    if (end > this.#data.length) this.#grow(end)
    const data = this.#data
    if (length < SHORT) {
      for (let i = 0; i < length; i++) data[at + i] = buffer[start + i]!
    } else {
      data.set(buffer.subarray(start, start + length), at)
    }
    this.#end = end
    this.#offsets[row + 1] = end
    return start + length
  }

  readNull(row: number): void {
    this.#nulls.set(row)
    this.#offsets[row + 1] = this.#end
  }

  #grow(needed: number): void {
    if (needed > 0x7fffffff) {
      throw new EngineError(
        SQLSTATE.outOfMemory,
        `A batch of column "${this.#options.name}" exceeds 2 GB`,
      )
    }
    const larger = new Uint8Array(Math.min(0x7fffffff, Math.max(needed, this.#data.length * 2)))
    larger.set(this.#data.subarray(0, this.#end))
    this.#data = larger
  }

  take(rows: number): BytesVector {
    const offsets = this.#offsets.subarray(0, rows + 1)
    const data = this.#data.subarray(0, this.#end)
    this.#offsets = new Int32Array(this.#options.capacity + 1)
    // A batch is about as wide as the one before.
    this.#data = new Uint8Array(Math.max(this.#options.capacity, Math.ceil(this.#end * 1.1)))
    this.#end = 0
    return {
      lane: 'bytes',
      type: this.#options.type,
      length: rows,
      offsets,
      data,
      nulls: this.#nulls.take(rows),
    }
  }
}

/** bit(1) as boolean. */
export class BitReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  #values: Uint8Array<ArrayBuffer>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#values = new Uint8Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const length = buffer[offset]!
    let bits = 0
    for (let i = 1; i <= length; i++) bits |= buffer[offset + i]!
    this.#values[row] = bits === 0 ? 0 : 1
    return offset + 1 + length
  }

  readNull(row: number): void {
    this.#nulls.set(row)
  }

  take(rows: number): BoolVector {
    const values = this.#values.subarray(0, rows)
    this.#values = new Uint8Array(this.#options.capacity)
    return {
      lane: 'bool',
      type: this.#options.type,
      length: rows,
      values,
      nulls: this.#nulls.take(rows),
    }
  }
}
