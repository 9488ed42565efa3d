/**
 * Column vectors: one column of a batch, laid out for synchronous loops over typed arrays.
 *
 * Every vector has `length` rows, numbered 0..length-1. `nulls[i] === 1` marks a NULL (absent: no NULL at all); the
 * lane's value under a NULL is unspecified but must be safe to read. Vectors are never changed after they are
 * built; kernels return new ones and may share buffers.
 *
 * 64-bit integers and microseconds live in doubles as long as every value of the vector is within 2^53 (then a
 * double is exact and JavaScript needs no BigInt). When one is not, the vector carries `exact`, which is then the
 * truth for all its rows, and kernels take their BigInt path. Numerics do the same with an unscaled double.
 */
import type { Decimal } from '../numbers/decimal.js'
import type { SqlType } from '../sql-type.js'

interface VectorBase {
  readonly type: SqlType
  readonly length: number
  readonly nulls?: Uint8Array | undefined
}

/** bool: 0 or 1. */
export interface BoolVector extends VectorBase {
  readonly lane: 'bool'
  readonly values: Uint8Array
}

/** int2, int4, date (days since 2000-01-01; 'infinity' is 2^31-1, '-infinity' -2^31). */
export interface Int32Vector extends VectorBase {
  readonly lane: 'int32'
  readonly values: Int32Array
}

/** int8, oid, time (µs), timestamp and timestamptz (µs since 2000-01-01, UTC; infinities are the int64 extremes, in `exact`). */
export interface Int64Vector extends VectorBase {
  readonly lane: 'int64'
  readonly values: Float64Array
  /** Present when some value is beyond 2^53 in magnitude: authoritative for every row then (`values` may be approximate). */
  readonly exact?: BigInt64Array | undefined
}

/** float8, and float4 (each value rounded to single precision). */
export interface Float64Vector extends VectorBase {
  readonly lane: 'float64'
  readonly values: Float64Array
}

/** numeric: value = unscaled / 10^scale, displayed with `scale` digits; every |unscaled| <= 2^53. */
export interface NumericVector extends VectorBase {
  readonly lane: 'numeric'
  readonly unscaled: Float64Array
  readonly scale: number
  /** Present when scales differ, a value is too wide, or NaN/Infinity occurs: authoritative for every row then. */
  readonly exact?: readonly Decimal[] | undefined
}

/** Everything variable-length: row i is data[offsets[i] .. offsets[i+1]). `offsets` has length+1 entries and need not start at 0. */
export interface BytesVector extends VectorBase {
  readonly lane: 'bytes'
  readonly offsets: Int32Array
  readonly data: Uint8Array
}

/** interval: months, days and microseconds, kept apart as PostgreSQL does. */
export interface IntervalVector extends VectorBase {
  readonly lane: 'interval'
  readonly months: Int32Array
  readonly days: Int32Array
  /** µs; exact up to 2^53 (285 years of time part). */
  readonly micros: Float64Array
}

export type Vector =
  | BoolVector
  | Int32Vector
  | Int64Vector
  | Float64Vector
  | NumericVector
  | BytesVector
  | IntervalVector
