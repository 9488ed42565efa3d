/** Readers of values of fixed width: booleans, integers, floating-point numbers, dates, times, intervals, UUIDs. */
import { DuckDBTypeId } from '@duckdb/node-api'
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import type {
  BoolVector,
  BytesVector,
  Float64Vector,
  Int32Vector,
  Int64Vector,
  IntervalVector,
} from '../../types/vectors/vector.js'
import type { ChunkVector } from './chunk-vector.js'
import { copyNulls, type ColumnReader } from './column-reader.js'

/** Days and microseconds from 1970-01-01 (DuckDB) to 2000-01-01 (PostgreSQL). */
const EPOCH_DAYS = 10_957
const EPOCH_MICROSECONDS = 946_684_800_000_000
const DATE_INFINITY = 0x7fffffff
const INT64_MAX = 2n ** 63n - 1n
const TWO_32 = 0x100000000

/** BOOLEAN. */
export class BoolReader implements ColumnReader {
  readonly #type: SqlType
  readonly #capacity: number
  #values: Uint8Array
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, capacity: number) {
    this.#type = type
    this.#capacity = capacity
    this.#values = new Uint8Array(capacity)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const view = vector.data(1)
    for (let row = 0; row < vector.rows; row++) {
      this.#values[at + row] = view.getUint8(row) === 0 ? 0 : 1
    }
  }

  take(rows: number): BoolVector {
    const values = this.#values.subarray(0, rows)
    const nulls = this.#nulls?.subarray(0, rows)
    this.#values = new Uint8Array(this.#capacity)
    this.#nulls = undefined
    return { lane: 'bool', type: this.#type, length: rows, values, nulls }
  }
}

/** Integers of up to 32 bits, and DATE. */
export class Int32Reader implements ColumnReader {
  readonly #type: SqlType
  readonly #from: DuckDBTypeId
  readonly #capacity: number
  #values: Int32Array
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, from: DuckDBTypeId, capacity: number) {
    this.#type = type
    this.#from = from
    this.#capacity = capacity
    this.#values = new Int32Array(capacity)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const values = this.#values
    const { rows } = vector
    switch (this.#from) {
      case DuckDBTypeId.INTEGER: {
        const view = vector.data(4)
        values.set(new Int32Array(view.buffer, view.byteOffset, rows), at)
        return
      }
      case DuckDBTypeId.DATE: {
        const view = vector.data(4)
        for (let row = 0; row < rows; row++) {
          const days = view.getInt32(row * 4, true)
          if (days === DATE_INFINITY) values[at + row] = DATE_INFINITY
          else if (days === -DATE_INFINITY) values[at + row] = -DATE_INFINITY - 1
          else values[at + row] = days - EPOCH_DAYS
        }
        return
      }
      case DuckDBTypeId.TINYINT: {
        const view = vector.data(1)
        for (let row = 0; row < rows; row++) values[at + row] = view.getInt8(row)
        return
      }
      case DuckDBTypeId.UTINYINT: {
        const view = vector.data(1)
        for (let row = 0; row < rows; row++) values[at + row] = view.getUint8(row)
        return
      }
      case DuckDBTypeId.SMALLINT: {
        const view = vector.data(2)
        for (let row = 0; row < rows; row++) values[at + row] = view.getInt16(row * 2, true)
        return
      }
      default: {
        const view = vector.data(2)
        for (let row = 0; row < rows; row++) values[at + row] = view.getUint16(row * 2, true)
      }
    }
  }

  take(rows: number): Int32Vector {
    const values = this.#values.subarray(0, rows)
    const nulls = this.#nulls?.subarray(0, rows)
    this.#values = new Int32Array(this.#capacity)
    this.#nulls = undefined
    return { lane: 'int32', type: this.#type, length: rows, values, nulls }
  }
}

/** 64-bit integers, timestamps of every resolution, TIME. */
export class Int64Reader implements ColumnReader {
  readonly #type: SqlType
  readonly #from: DuckDBTypeId
  readonly #capacity: number
  #values: Float64Array
  #exact: BigInt64Array | undefined
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, from: DuckDBTypeId, capacity: number) {
    this.#type = type
    this.#from = from
    this.#capacity = capacity
    this.#values = new Float64Array(capacity)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const { rows } = vector
    const small = smallWidth(this.#from)
    if (small > 0) {
      const view = vector.data(small)
      for (let row = 0; row < rows; row++) {
        this.#set(at + row, readSmall(view, row, this.#from))
      }
      return
    }
    const isTimestamp = TIMESTAMPS.has(this.#from)
    const width = this.#from === DuckDBTypeId.HUGEINT ? 16 : 8
    const view = vector.data(width)
    const isUnsigned = this.#from === DuckDBTypeId.UBIGINT
    const values = this.#values
    for (let row = 0; row < rows; row++) {
      const offset = row * width
      const high = view.getInt32(offset + 4, true)
      const value = high * TWO_32 + view.getUint32(offset, true)
      const isPlain =
        high < 0x1fffff &&
        high > -0x1fffff &&
        this.#exact === undefined &&
        (width === 8 || fitsHugeint(view, offset, high))
      if (isPlain && !isTimestamp) {
        values[at + row] = value
      } else if (
        isPlain &&
        this.#from !== DuckDBTypeId.TIMESTAMP_S &&
        this.#from !== DuckDBTypeId.TIMESTAMP_MS &&
        this.#from !== DuckDBTypeId.TIMESTAMP_NS
      ) {
        values[at + row] = value - EPOCH_MICROSECONDS
      } else if (this.#nulls?.[at + row] === 1) {
        this.#set(at + row, 0)
      } else {
        this.#setExact(at + row, this.#exactValue(view, offset, isTimestamp, isUnsigned))
      }
    }
  }

  #exactValue(view: DataView, offset: number, isTimestamp: boolean, isUnsigned: boolean): bigint {
    if (this.#from === DuckDBTypeId.HUGEINT) {
      const value = (view.getBigInt64(offset + 8, true) << 64n) + view.getBigUint64(offset, true)
      if (BigInt.asIntN(64, value) !== value) throw outOfRange()
      return value
    }
    if (isUnsigned) {
      const value = view.getBigUint64(offset, true)
      if (value > INT64_MAX) throw outOfRange()
      return value
    }
    const value = view.getBigInt64(offset, true)
    if (!isTimestamp) return value
    if (value === INT64_MAX) return INT64_MAX
    if (value === -INT64_MAX) return -INT64_MAX - 1n
    return microseconds(value, this.#from) - BigInt(EPOCH_MICROSECONDS)
  }

  #set(row: number, value: number): void {
    this.#values[row] = value
    if (this.#exact) this.#exact[row] = BigInt(value)
  }

  #setExact(row: number, value: bigint): void {
    const number = Number(value)
    this.#values[row] = number
    if (this.#exact === undefined) {
      if (Number.isSafeInteger(number)) return
      this.#exact = new BigInt64Array(this.#capacity)
      for (let i = 0; i < row; i++) this.#exact[i] = BigInt(this.#values[i]!)
    }
    this.#exact[row] = value
  }

  take(rows: number): Int64Vector {
    const values = this.#values.subarray(0, rows)
    const exact = this.#exact?.subarray(0, rows)
    const nulls = this.#nulls?.subarray(0, rows)
    this.#values = new Float64Array(this.#capacity)
    this.#exact = undefined
    this.#nulls = undefined
    return {
      lane: 'int64',
      type: this.#type,
      length: rows,
      values,
      nulls,
      ...(exact ? { exact } : {}),
    }
  }
}

const TIMESTAMPS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
])

/** Nanoseconds beyond the microsecond are cut off, towards the past, as DuckDB's own cast does. */
function microseconds(value: bigint, from: DuckDBTypeId): bigint {
  if (from === DuckDBTypeId.TIMESTAMP_S) return value * 1_000_000n
  if (from === DuckDBTypeId.TIMESTAMP_MS) return value * 1000n
  if (from !== DuckDBTypeId.TIMESTAMP_NS) return value
  const quotient = value / 1000n
  return value % 1000n < 0n ? quotient - 1n : quotient
}

function fitsHugeint(view: DataView, offset: number, high: number): boolean {
  const sign = high < 0 ? -1 : 0
  return view.getInt32(offset + 8, true) === sign && view.getInt32(offset + 12, true) === sign
}

/** Bytes of an integer type of up to 32 bits; 0 for others. */
export function smallWidth(from: DuckDBTypeId): number {
  switch (from) {
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.UTINYINT:
      return 1
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.USMALLINT:
      return 2
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UINTEGER:
      return 4
    default:
      return 0
  }
}

/** Reads an integer of up to 32 bits. */
export function readSmall(view: DataView, row: number, from: DuckDBTypeId): number {
  switch (from) {
    case DuckDBTypeId.TINYINT:
      return view.getInt8(row)
    case DuckDBTypeId.UTINYINT:
      return view.getUint8(row)
    case DuckDBTypeId.SMALLINT:
      return view.getInt16(row * 2, true)
    case DuckDBTypeId.USMALLINT:
      return view.getUint16(row * 2, true)
    case DuckDBTypeId.UINTEGER:
      return view.getUint32(row * 4, true)
    default:
      return view.getInt32(row * 4, true)
  }
}

function outOfRange(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'bigint out of range')
}

/** FLOAT and DOUBLE. */
export class Float64Reader implements ColumnReader {
  readonly #type: SqlType
  readonly #isSingle: boolean
  readonly #capacity: number
  #values: Float64Array
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, from: DuckDBTypeId, capacity: number) {
    this.#type = type
    this.#isSingle = from === DuckDBTypeId.FLOAT
    this.#capacity = capacity
    this.#values = new Float64Array(capacity)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const view = vector.data(this.#isSingle ? 4 : 8)
    if (this.#isSingle) {
      this.#values.set(new Float32Array(view.buffer, view.byteOffset, vector.rows), at)
    } else {
      this.#values.set(new Float64Array(view.buffer, view.byteOffset, vector.rows), at)
      if (this.#type.oid !== OID.float4) return
      for (let i = at; i < at + vector.rows; i++) this.#values[i] = Math.fround(this.#values[i]!)
    }
  }

  take(rows: number): Float64Vector {
    const values = this.#values.subarray(0, rows)
    const nulls = this.#nulls?.subarray(0, rows)
    this.#values = new Float64Array(this.#capacity)
    this.#nulls = undefined
    return { lane: 'float64', type: this.#type, length: rows, values, nulls }
  }
}

/** INTERVAL: months, days, microseconds. */
export class IntervalReader implements ColumnReader {
  readonly #type: SqlType
  readonly #capacity: number
  #months: Int32Array
  #days: Int32Array
  #micros: Float64Array
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, capacity: number) {
    this.#type = type
    this.#capacity = capacity
    this.#months = new Int32Array(capacity)
    this.#days = new Int32Array(capacity)
    this.#micros = new Float64Array(capacity)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const view = vector.data(16)
    for (let row = 0; row < vector.rows; row++) {
      this.#months[at + row] = view.getInt32(row * 16, true)
      this.#days[at + row] = view.getInt32(row * 16 + 4, true)
      this.#micros[at + row] =
        view.getInt32(row * 16 + 12, true) * TWO_32 + view.getUint32(row * 16 + 8, true)
    }
  }

  take(rows: number): IntervalVector {
    const result: IntervalVector = {
      lane: 'interval',
      type: this.#type,
      length: rows,
      months: this.#months.subarray(0, rows),
      days: this.#days.subarray(0, rows),
      micros: this.#micros.subarray(0, rows),
      nulls: this.#nulls?.subarray(0, rows),
    }
    this.#months = new Int32Array(this.#capacity)
    this.#days = new Int32Array(this.#capacity)
    this.#micros = new Float64Array(this.#capacity)
    this.#nulls = undefined
    return result
  }
}

/** UUID: a 128-bit integer whose first bit is turned around, so that it sorts. */
export class UuidReader implements ColumnReader {
  readonly #type: SqlType
  readonly #capacity: number
  #data: Uint8Array
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, capacity: number) {
    this.#type = type
    this.#capacity = capacity
    this.#data = new Uint8Array(capacity * 16)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const view = vector.data(16)
    for (let row = 0; row < vector.rows; row++) {
      const end = (at + row) * 16 + 15
      for (let i = 0; i < 16; i++) this.#data[end - i] = view.getUint8(row * 16 + i)
      this.#data[end - 15]! ^= 0x80
    }
  }

  take(rows: number): BytesVector {
    const offsets = new Int32Array(rows + 1)
    for (let i = 0; i <= rows; i++) offsets[i] = i * 16
    const data = this.#data.subarray(0, rows * 16)
    const nulls = this.#nulls?.subarray(0, rows)
    this.#data = new Uint8Array(this.#capacity * 16)
    this.#nulls = undefined
    return { lane: 'bytes', type: this.#type, length: rows, offsets, data, nulls }
  }
}
