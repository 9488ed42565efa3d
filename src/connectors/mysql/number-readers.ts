/** Readers of booleans, integers and floating-point numbers. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID } from '../../types/sql-type.js'
import type {
  BoolVector,
  Float64Vector,
  Int32Vector,
  Int64Vector,
} from '../../types/vectors/vector.js'
import type { ColumnReader, ReaderOptions } from './column-reader.js'
import { NullMask } from './null-mask.js'
import { WIRE } from './wire-protocol.js'

/** Reads a signed or unsigned integer of up to 4 bytes, or 2 of YEAR. */
function readSmall(buffer: Buffer, offset: number, wireType: number, unsigned: boolean): number {
  switch (wireType) {
    case WIRE.tiny:
      return unsigned ? buffer[offset]! : (buffer[offset]! << 24) >> 24
    case WIRE.short:
    case WIRE.year: {
      const value = buffer[offset]! | (buffer[offset + 1]! << 8)
      return unsigned || wireType === WIRE.year ? value : (value << 16) >> 16
    }
    default: {
      const value =
        buffer[offset]! |
        (buffer[offset + 1]! << 8) |
        (buffer[offset + 2]! << 16) |
        (buffer[offset + 3]! << 24)
      return unsigned ? value >>> 0 : value
    }
  }
}

/** Bytes of an integer on the wire: YEAR takes 2, MEDIUMINT 4. */
function widthOf(wireType: number): number {
  if (wireType === WIRE.tiny) return 1
  if (wireType === WIRE.short || wireType === WIRE.year) return 2
  return wireType === WIRE.longlong ? 8 : 4
}

function outOfRange(options: ReaderOptions): EngineError {
  const name =
    options.type.oid === OID.int2
      ? 'smallint'
      : options.type.oid === OID.int4
        ? 'integer'
        : 'bigint'
  return new EngineError(SQLSTATE.numericValueOutOfRange, `${name} out of range`, {
    detail: `Column "${options.name}" holds a larger value than its catalog type`,
  })
}

/** tinyint(1) and other integers as boolean: anything but 0 is true. */
export class BoolReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  readonly #width: number
  #values: Uint8Array<ArrayBuffer>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#width = widthOf(options.wire.type)
    this.#values = new Uint8Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const end = offset + this.#width
    let bits = 0
    for (let i = offset; i < end; i++) bits |= buffer[i]!
    this.#values[row] = bits === 0 ? 0 : 1
    return end
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

/** Integers into 32-bit lanes. */
export class Int32Reader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  readonly #wire: number
  readonly #unsigned: boolean
  readonly #width: number
  readonly #low: number
  readonly #high: number
  #values: Int32Array<ArrayBuffer>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#wire = options.wire.type
    this.#unsigned = options.wire.unsigned
    this.#width = widthOf(options.wire.type)
    this.#high = options.type.oid === OID.int2 ? 0x7fff : 0x7fffffff
    this.#low = -this.#high - 1
    this.#values = new Int32Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    let value: number
    if (this.#wire === WIRE.longlong) {
      const high = buffer.readInt32LE(offset + 4)
      value =
        this.#unsigned && high < 0 ? Infinity : high * 0x100000000 + buffer.readUInt32LE(offset)
    } else {
      value = readSmall(buffer, offset, this.#wire, this.#unsigned)
    }
    if (value < this.#low || value > this.#high) throw outOfRange(this.#options)
    this.#values[row] = value
    return offset + this.#width
  }

  readNull(row: number): void {
    this.#nulls.set(row)
  }

  take(rows: number): Int32Vector {
    const values = this.#values.subarray(0, rows)
    this.#values = new Int32Array(this.#options.capacity)
    return {
      lane: 'int32',
      type: this.#options.type,
      length: rows,
      values,
      nulls: this.#nulls.take(rows),
    }
  }
}

/** Integers into 64-bit lanes; `exact` appears with the first value beyond 2^53. */
export class Int64Reader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  readonly #wire: number
  readonly #unsigned: boolean
  readonly #width: number
  #values: Float64Array<ArrayBuffer>
  #exact: BigInt64Array<ArrayBuffer> | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#wire = options.wire.type
    this.#unsigned = options.wire.unsigned
    this.#width = widthOf(options.wire.type)
    this.#values = new Float64Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    if (this.#wire !== WIRE.longlong) {
      const value = readSmall(buffer, offset, this.#wire, this.#unsigned)
      this.#values[row] = value
      if (this.#exact) this.#exact[row] = BigInt(value)
      return offset + this.#width
    }
    const low =
      (buffer[offset]! |
        (buffer[offset + 1]! << 8) |
        (buffer[offset + 2]! << 16) |
        (buffer[offset + 3]! << 24)) >>>
      0
    const high =
      buffer[offset + 4]! |
      (buffer[offset + 5]! << 8) |
      (buffer[offset + 6]! << 16) |
      (buffer[offset + 7]! << 24)
    if (this.#unsigned && high < 0) throw outOfRange(this.#options)
    const value = high * 0x100000000 + low
    this.#values[row] = value
    if (this.#exact || value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
      this.#exactValues(row)[row] = buffer.readBigInt64LE(offset)
    }
    return offset + 8
  }

  readNull(row: number): void {
    this.#nulls.set(row)
    this.#values[row] = 0
    if (this.#exact) this.#exact[row] = 0n
  }

  #exactValues(row: number): BigInt64Array {
    if (this.#exact) return this.#exact
    this.#exact = new BigInt64Array(this.#options.capacity)
    for (let i = 0; i < row; i++) this.#exact[i] = BigInt(this.#values[i]!)
    return this.#exact
  }

  take(rows: number): Int64Vector {
    const values = this.#values.subarray(0, rows)
    const exact = this.#exact?.subarray(0, rows)
    this.#values = new Float64Array(this.#options.capacity)
    this.#exact = undefined
    return {
      lane: 'int64',
      type: this.#options.type,
      length: rows,
      values,
      ...(exact ? { exact } : {}),
      nulls: this.#nulls.take(rows),
    }
  }
}

/** FLOAT and DOUBLE; a DOUBLE asked for as float4 is rounded to single precision. */
export class Float64Reader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  readonly #single: boolean
  readonly #round: boolean
  #values: Float64Array<ArrayBuffer>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#single = options.wire.type === WIRE.float
    this.#round = options.type.oid === OID.float4
    this.#values = new Float64Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const value = this.#single ? buffer.readFloatLE(offset) : buffer.readDoubleLE(offset)
    this.#values[row] = this.#round ? Math.fround(value) : value
    return offset + (this.#single ? 4 : 8)
  }

  readNull(row: number): void {
    this.#nulls.set(row)
  }

  take(rows: number): Float64Vector {
    const values = this.#values.subarray(0, rows)
    this.#values = new Float64Array(this.#options.capacity)
    return {
      lane: 'float64',
      type: this.#options.type,
      length: rows,
      values,
      nulls: this.#nulls.take(rows),
    }
  }
}
