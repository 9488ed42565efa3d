/** Operations on whole vectors: picking rows, joining, constants, and the way to datums and back. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { decimalFromUnscaled, DECIMAL_ZERO, type Decimal } from '../numbers/decimal.js'
import { OID, type Datum, type SqlType } from '../sql-type.js'
import { canonicalTextAt } from '../text-output.js'
import { laneOf } from '../type-registry.js'
import { createVectorBuilder } from './vector-builder.js'
import type { BytesVector, Int64Vector, NumericVector, Vector } from './vector.js'

/** Tells whether a row is NULL. */
export function isNullAt(vector: Vector, row: number): boolean {
  return vector.nulls !== undefined && vector.nulls[row] === 1
}

/** Gives a row's value as canonical text. */
export function datumAt(vector: Vector, row: number): Datum {
  return isNullAt(vector, row) ? null : canonicalTextAt(vector, row)
}

/** Builds a vector of datums. */
export function vectorFromDatums(type: SqlType, values: readonly Datum[]): Vector {
  const builder = createVectorBuilder(type, values.length)
  for (const value of values) builder.appendDatum(value)
  return builder.finish()
}

/** Builds a vector that holds one value in every row. */
export function constantVector(type: SqlType, value: Datum, length: number): Vector {
  if (value === null) return nullVector(type, length)
  return gather(vectorFromDatums(type, [value]), new Int32Array(length))
}

/** Builds a vector of NULLs. */
export function nullVector(type: SqlType, length: number): Vector {
  const nulls = new Uint8Array(length).fill(1)
  const lane = laneOf(type)
  switch (lane) {
    case 'bool':
      return { type, lane, length, nulls, values: new Uint8Array(length) }
    case 'int32':
      return { type, lane, length, nulls, values: new Int32Array(length) }
    case 'int64':
    case 'float64':
      return { type, lane, length, nulls, values: new Float64Array(length) }
    case 'numeric':
      return { type, lane, length, nulls, unscaled: new Float64Array(length), scale: 0 }
    case 'bytes': {
      const offsets = new Int32Array(length + 1)
      return { type, lane, length, nulls, offsets, data: new Uint8Array(0) }
    }
    case 'interval': {
      const months = new Int32Array(length)
      const days = new Int32Array(length)
      return { type, lane, length, nulls, months, days, micros: new Float64Array(length) }
    }
  }
}

/** Picks rows by index, in that order; index -1 gives NULL. `length` limits how many indices are used. */
export function gather(vector: Vector, indices: Int32Array, length = indices.length): Vector {
  const nulls = gatherNulls(vector, indices, length)
  const { type } = vector
  switch (vector.lane) {
    case 'bool':
      return {
        type,
        lane: 'bool',
        length,
        nulls,
        values: pickBytes(vector.values, indices, length),
      }
    case 'int32':
      return {
        type,
        lane: 'int32',
        length,
        nulls,
        values: pickInts(vector.values, indices, length),
      }
    case 'float64': {
      const values = pickDoubles(vector.values, indices, length)
      return { type, lane: 'float64', length, nulls, values }
    }
    case 'int64':
      return gatherInt64(vector, indices, length, nulls)
    case 'numeric':
      return gatherNumeric(vector, indices, length, nulls)
    case 'bytes':
      return gatherBytes(vector, indices, length, nulls)
    case 'interval':
      return {
        type,
        lane: 'interval',
        length,
        nulls,
        months: pickInts(vector.months, indices, length),
        days: pickInts(vector.days, indices, length),
        micros: pickDoubles(vector.micros, indices, length),
      }
  }
}

function gatherNulls(vector: Vector, indices: Int32Array, length: number): Uint8Array | undefined {
  const source = vector.nulls
  let nulls: Uint8Array | undefined
  if (source === undefined) {
    for (let row = 0; row < length; row++) {
      if (indices[row]! < 0) {
        nulls ??= new Uint8Array(length)
        nulls[row] = 1
      }
    }
    return nulls
  }
  let any = 0
  nulls = new Uint8Array(length)
  for (let row = 0; row < length; row++) {
    const index = indices[row]!
    const flag = index < 0 ? 1 : source[index]!
    nulls[row] = flag
    any |= flag
  }
  return any === 0 ? undefined : nulls
}

// Reading a typed array at -1 gives undefined, which stores as 0: safe under a NULL, but it slows the loop down,
// so the index is clamped instead.
function pickBytes(source: Uint8Array, indices: Int32Array, length: number): Uint8Array {
  const target = new Uint8Array(length)
  if (source.length === 0) return target
  for (let row = 0; row < length; row++) {
    const index = indices[row]!
    target[row] = source[index < 0 ? 0 : index]!
  }
  return target
}

function pickInts(source: Int32Array, indices: Int32Array, length: number): Int32Array {
  const target = new Int32Array(length)
  if (source.length === 0) return target
  for (let row = 0; row < length; row++) {
    const index = indices[row]!
    target[row] = source[index < 0 ? 0 : index]!
  }
  return target
}

function pickDoubles(source: Float64Array, indices: Int32Array, length: number): Float64Array {
  const target = new Float64Array(length)
  if (source.length === 0) return target
  for (let row = 0; row < length; row++) {
    const index = indices[row]!
    target[row] = source[index < 0 ? 0 : index]!
  }
  return target
}

function gatherInt64(
  vector: Int64Vector,
  indices: Int32Array,
  length: number,
  nulls: Uint8Array | undefined,
): Vector {
  const values = pickDoubles(vector.values, indices, length)
  let exact: BigInt64Array | undefined
  if (vector.exact !== undefined) {
    exact = new BigInt64Array(length)
    for (let row = 0; row < length; row++) {
      const index = indices[row]!
      if (index >= 0) exact[row] = vector.exact[index]!
    }
  }
  return { type: vector.type, lane: 'int64', length, nulls, values, exact }
}

function gatherNumeric(
  vector: NumericVector,
  indices: Int32Array,
  length: number,
  nulls: Uint8Array | undefined,
): Vector {
  const { type, scale } = vector
  const unscaled = pickDoubles(vector.unscaled, indices, length)
  let exact: Decimal[] | undefined
  if (vector.exact !== undefined) {
    exact = []
    for (let row = 0; row < length; row++) exact.push(vector.exact[indices[row]!] ?? DECIMAL_ZERO)
  }
  return { type, lane: 'numeric', length, nulls, unscaled, scale, exact }
}

function gatherBytes(
  vector: BytesVector,
  indices: Int32Array,
  length: number,
  nulls: Uint8Array | undefined,
): Vector {
  const from = vector.offsets
  const offsets = new Int32Array(length + 1)
  let size = 0
  for (let row = 0; row < length; row++) {
    const index = indices[row]!
    if (index >= 0) size += from[index + 1]! - from[index]!
    if (size > 0x7fffffff) throw tooLarge()
    offsets[row + 1] = size
  }
  const source = vector.data
  const data = new Uint8Array(size)
  let used = 0
  for (let row = 0; row < length; row++) {
    const index = indices[row]!
    if (index < 0) continue
    const start = from[index]!
    const bytes = from[index + 1]! - start
    if (bytes < 32) {
      for (let i = 0; i < bytes; i++) data[used + i] = source[start + i]!
    } else {
      data.set(source.subarray(start, start + bytes), used)
    }
    used += bytes
  }
  return { type: vector.type, lane: 'bytes', length, nulls, offsets, data }
}

function tooLarge(): EngineError {
  return new EngineError(SQLSTATE.outOfMemory, 'Batch needs more than 2 GB of text in one column')
}

/** Gives the rows start..end as a vector that shares the buffers. */
export function slice(vector: Vector, start: number, end: number): Vector {
  const length = end - start
  if (start === 0 && length === vector.length) return vector
  const { type } = vector
  const nulls = vector.nulls?.subarray(start, end)
  switch (vector.lane) {
    case 'bool':
      return { type, lane: 'bool', length, nulls, values: vector.values.subarray(start, end) }
    case 'int32':
      return { type, lane: 'int32', length, nulls, values: vector.values.subarray(start, end) }
    case 'float64':
      return { type, lane: 'float64', length, nulls, values: vector.values.subarray(start, end) }
    case 'int64': {
      const values = vector.values.subarray(start, end)
      const exact = vector.exact?.subarray(start, end)
      return { type, lane: 'int64', length, nulls, values, exact }
    }
    case 'numeric': {
      const unscaled = vector.unscaled.subarray(start, end)
      const exact = vector.exact?.slice(start, end)
      return { type, lane: 'numeric', length, nulls, unscaled, scale: vector.scale, exact }
    }
    case 'bytes': {
      const offsets = vector.offsets.subarray(start, end + 1)
      return { type, lane: 'bytes', length, nulls, offsets, data: vector.data }
    }
    case 'interval':
      return {
        type,
        lane: 'interval',
        length,
        nulls,
        months: vector.months.subarray(start, end),
        days: vector.days.subarray(start, end),
        micros: vector.micros.subarray(start, end),
      }
  }
}

/** Joins vectors of one lane end to end, with the first one's type. */
export function concatVectors(vectors: readonly Vector[]): Vector {
  const first = vectors[0]
  if (first === undefined) {
    throw new EngineError(SQLSTATE.internalError, 'No vectors to join')
  }
  if (vectors.length === 1) return first
  const length = vectors.reduce((sum, vector) => sum + vector.length, 0)
  const nulls = concatNulls(vectors, length)
  const { type } = first
  switch (first.lane) {
    case 'bool': {
      const values = new Uint8Array(length)
      fill(vectors, 'bool', (vector, at) => values.set(vector.values, at))
      return { type, lane: 'bool', length, nulls, values }
    }
    case 'int32': {
      const values = new Int32Array(length)
      fill(vectors, 'int32', (vector, at) => values.set(vector.values, at))
      return { type, lane: 'int32', length, nulls, values }
    }
    case 'float64': {
      const values = new Float64Array(length)
      fill(vectors, 'float64', (vector, at) => values.set(vector.values, at))
      return { type, lane: 'float64', length, nulls, values }
    }
    case 'int64': {
      const values = new Float64Array(length)
      fill(vectors, 'int64', (vector, at) => values.set(vector.values, at))
      const needsExact = vectors.some((v) => v.lane === 'int64' && v.exact !== undefined)
      const exact = needsExact ? new BigInt64Array(length) : undefined
      if (exact !== undefined) fill(vectors, 'int64', (v, at) => exact.set(exactIntegers(v), at))
      return { type, lane: 'int64', length, nulls, values, exact }
    }
    case 'numeric':
      return concatNumeric(vectors, type, length, nulls)
    case 'bytes':
      return concatBytes(vectors, type, length, nulls)
    case 'interval': {
      const months = new Int32Array(length)
      const days = new Int32Array(length)
      const micros = new Float64Array(length)
      fill(vectors, 'interval', (vector, at) => {
        months.set(vector.months, at)
        days.set(vector.days, at)
        micros.set(vector.micros, at)
      })
      return { type, lane: 'interval', length, nulls, months, days, micros }
    }
  }
}

function fill<L extends Vector['lane']>(
  vectors: readonly Vector[],
  lane: L,
  copy: (vector: Extract<Vector, { lane: L }>, at: number) => void,
): void {
  let at = 0
  for (const vector of vectors) {
    if (vector.lane !== lane) {
      throw new EngineError(SQLSTATE.internalError, `Cannot join a ${vector.lane} to ${lane}`)
    }
    copy(vector as Extract<Vector, { lane: L }>, at)
    at += vector.length
  }
}

function concatNulls(vectors: readonly Vector[], length: number): Uint8Array | undefined {
  if (!vectors.some((vector) => vector.nulls !== undefined)) return undefined
  const nulls = new Uint8Array(length)
  let at = 0
  for (const vector of vectors) {
    if (vector.nulls !== undefined) nulls.set(vector.nulls.subarray(0, vector.length), at)
    at += vector.length
  }
  return nulls
}

function concatNumeric(
  vectors: readonly Vector[],
  type: SqlType,
  length: number,
  nulls: Uint8Array | undefined,
): Vector {
  const unscaled = new Float64Array(length)
  let scale = -1
  let needsExact = false
  fill(vectors, 'numeric', (vector, at) => {
    unscaled.set(vector.unscaled, at)
    if (vector.exact !== undefined) needsExact = true
    else if (hasValues(vector)) {
      if (scale >= 0 && scale !== vector.scale) needsExact = true
      scale = vector.scale
    }
  })
  let exact: Decimal[] | undefined
  if (needsExact) {
    const all: Decimal[] = []
    fill(vectors, 'numeric', (vector) => {
      for (let row = 0; row < vector.length; row++) all.push(decimalAt(vector, row))
    })
    exact = all
  }
  return { type, lane: 'numeric', length, nulls, unscaled, scale: Math.max(scale, 0), exact }
}

/** Tells whether some row is not NULL; the scale of a vector of NULLs means nothing. */
function hasValues(vector: Vector): boolean {
  return vector.length > 0 && (vector.nulls === undefined || vector.nulls.includes(0))
}

function concatBytes(
  vectors: readonly Vector[],
  type: SqlType,
  length: number,
  nulls: Uint8Array | undefined,
): Vector {
  let size = 0
  fill(vectors, 'bytes', (vector) => {
    size += vector.offsets[vector.length]! - vector.offsets[0]!
  })
  if (size > 0x7fffffff) throw tooLarge()
  const data = new Uint8Array(size)
  const offsets = new Int32Array(length + 1)
  let used = 0
  fill(vectors, 'bytes', (vector, at) => {
    const start = vector.offsets[0]!
    const end = vector.offsets[vector.length]!
    data.set(vector.data.subarray(start, end), used)
    const shift = used - start
    for (let row = 0; row <= vector.length; row++) {
      offsets[at + row] = vector.offsets[row]! + shift
    }
    used += end - start
  })
  return { type, lane: 'bytes', length, nulls, offsets, data }
}

/** Gives all rows of an int64 vector as 64-bit integers. */
export function exactIntegers(vector: Int64Vector): BigInt64Array {
  if (vector.exact !== undefined) return vector.exact
  const exact = new BigInt64Array(vector.length)
  for (let row = 0; row < vector.length; row++) {
    if (!isNullAt(vector, row)) exact[row] = BigInt(vector.values[row]!)
  }
  return exact
}

/** Gives a row of a numeric vector as a decimal; zero under a NULL. */
export function decimalAt(vector: NumericVector, row: number): Decimal {
  if (isNullAt(vector, row)) return DECIMAL_ZERO
  if (vector.exact !== undefined) return vector.exact[row]!
  return decimalFromUnscaled(vector.unscaled[row]!, vector.scale)
}

/** Estimates the memory a vector holds, in bytes. */
export function byteSizeOf(vector: Vector): number {
  const { length } = vector
  const nulls = vector.nulls === undefined ? 0 : length
  switch (vector.lane) {
    case 'bool':
      return nulls + length
    case 'int32':
      return nulls + length * 4
    case 'float64':
      return nulls + length * 8
    case 'int64':
      return nulls + length * (vector.exact === undefined ? 8 : 16)
    case 'numeric':
      // An exact decimal is an object with a bigint: about 80 bytes.
      return nulls + length * (vector.exact === undefined ? 8 : 88)
    case 'bytes':
      return nulls + length * 4 + (vector.offsets[length]! - vector.offsets[0]!)
    case 'interval':
      return nulls + length * 16
  }
}

/** Gives a vector another type of the same lane. */
export function retype(vector: Vector, type: SqlType): Vector {
  if (vector.type.oid === type.oid && vector.type.typmod === type.typmod) return vector
  const isRaw = (oid: number): boolean => oid === OID.bytea || oid === OID.uuid
  if (
    laneOf(type) !== vector.lane ||
    (isRaw(type.oid) !== isRaw(vector.type.oid) && type.oid !== vector.type.oid)
  ) {
    throw new EngineError(
      SQLSTATE.internalError,
      `Cannot retype ${vector.type.oid} as ${type.oid}: stored differently`,
    )
  }
  return { ...vector, type }
}
