/**
 * Turns one key column into 32-bit words such that two values are equal in PostgreSQL exactly when their words are:
 * -0 = 0, NaN = NaN, 1.0 = 1.00, bpchar without trailing blanks, intervals by their normalised length.
 * Whatever has no fixed width (texts, very wide numerics) is numbered by a dictionary that the encoder keeps.
 */
import { laneOf } from '../../types/type-registry.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Decimal } from '../../types/numbers/decimal.js'
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type {
  BytesVector,
  Float64Vector,
  Int64Vector,
  IntervalVector,
  NumericVector,
  Vector,
} from '../../types/vectors/vector.js'
import { bytesKeyOf } from './key-types.js'
import { jsonbKeyText } from './jsonb-key.js'
import { TextDictionary } from './text-dictionary.js'

/** The encoder of one key column. */
export interface KeyEncoder {
  /** Words per value. */
  readonly words: number
  /**
   * Writes the words of rows 0..count-1 to out[at + row * stride ..]. With `add` unknown texts join the dictionary;
   * without, they become words that no added value has. NULL rows get harmless words.
   */
  encode(
    vector: Vector,
    count: number,
    add: boolean,
    out: Int32Array,
    at: number,
    stride: number,
  ): void
  /** Bytes of the dictionary. */
  readonly bytes: number
}

const DAY_MICROSECONDS = 86_400_000_000
const DAYS_PER_MONTH = 30
const TWO_32 = 4_294_967_296

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder()

/** Makes the encoder for a key column of a type. */
export function createKeyEncoder(type: SqlType): KeyEncoder {
  switch (type.oid) {
    case OID.bool:
    case OID.int2:
    case OID.int4:
    case OID.date:
      return { words: 1, bytes: 0, encode: encodeInt32 }
    case OID.int8:
    case OID.oid:
    case OID.time:
    case OID.timestamp:
    case OID.timestamptz:
      return { words: 2, bytes: 0, encode: encodeInt64 }
    case OID.float4:
    case OID.float8:
      return { words: 2, bytes: 0, encode: encodeFloat64 }
    case OID.interval:
      return { words: 4, bytes: 0, encode: encodeInterval }
    case OID.numeric:
      return createNumericEncoder()
    default:
      return laneOf(type) === 'int32'
        ? { words: 1, bytes: 0, encode: encodeInt32 }
        : createBytesEncoder(type)
  }
}

function encodeInt32(
  vector: Vector,
  count: number,
  _add: boolean,
  out: Int32Array,
  at: number,
  stride: number,
): void {
  if (vector.lane !== 'int32' && vector.lane !== 'bool') throw wrongLane(vector)
  const values = vector.values
  for (let row = 0, to = at; row < count; row++, to += stride) out[to] = values[row]!
}

function encodeInt64(
  vector: Vector,
  count: number,
  _add: boolean,
  out: Int32Array,
  at: number,
  stride: number,
): void {
  const { values, exact } = expectLane<Int64Vector>(vector, 'int64')
  if (exact !== undefined) {
    const halves = new Int32Array(exact.buffer, exact.byteOffset, exact.length * 2)
    for (let row = 0, to = at; row < count; row++, to += stride) {
      out[to] = halves[row * 2]!
      out[to + 1] = halves[row * 2 + 1]!
    }
    return
  }
  for (let row = 0, to = at; row < count; row++, to += stride) {
    const value = values[row]!
    out[to] = value | 0
    out[to + 1] = Math.floor(value / TWO_32)
  }
}

const floatScratch = new Float64Array(1)
const floatHalves = new Int32Array(floatScratch.buffer)

function encodeFloat64(
  vector: Vector,
  count: number,
  _add: boolean,
  out: Int32Array,
  at: number,
  stride: number,
): void {
  const { values } = expectLane<Float64Vector>(vector, 'float64')
  for (let row = 0, to = at; row < count; row++, to += stride) {
    const value = values[row]!
    // Adding 0 turns -0 into 0; every NaN becomes the same one.
    floatScratch[0] = value !== value ? NaN : value + 0
    out[to] = floatHalves[0]!
    out[to + 1] = floatHalves[1]!
  }
}

function encodeInterval(
  vector: Vector,
  count: number,
  _add: boolean,
  out: Int32Array,
  at: number,
  stride: number,
): void {
  const { months, days, micros } = expectLane<IntervalVector>(vector, 'interval')
  for (let row = 0, to = at; row < count; row++, to += stride) {
    const wholeDays = Math.floor(micros[row]! / DAY_MICROSECONDS)
    const rest = micros[row]! - wholeDays * DAY_MICROSECONDS
    const total = months[row]! * DAYS_PER_MONTH + days[row]! + wholeDays
    out[to] = total | 0
    out[to + 1] = Math.floor(total / TWO_32)
    out[to + 2] = rest | 0
    out[to + 3] = Math.floor(rest / TWO_32)
  }
}

/** Scale words that mark what is not coefficient and scale. */
const SPECIAL_NUMERIC = -1
const WIDE_NUMERIC = -2

function createNumericEncoder(): KeyEncoder {
  const wide = new Map<string, number>()
  const encodeExact = (value: Decimal, add: boolean, out: Int32Array, to: number): void => {
    if (value.kind !== 'finite') {
      out[to] = value.kind === 'nan' ? 0 : value.kind === 'infinity' ? 1 : 2
      out[to + 1] = 0
      out[to + 2] = SPECIAL_NUMERIC
      return
    }
    let { coefficient, scale } = value
    while (scale > 0 && coefficient % 10n === 0n) {
      coefficient /= 10n
      scale--
    }
    const small = Number(coefficient)
    if (Math.abs(small) <= Number.MAX_SAFE_INTEGER) {
      out[to] = small | 0
      out[to + 1] = Math.floor(small / TWO_32)
      out[to + 2] = scale
      return
    }
    const text = `${coefficient}e${scale}`
    let number = wide.get(text)
    if (number === undefined) {
      number = add ? wide.size : -1
      if (add) wide.set(text, number)
    }
    out[to] = number
    out[to + 1] = 0
    out[to + 2] = WIDE_NUMERIC
  }
  return {
    words: 3,
    get bytes() {
      return wide.size * 96
    },
    encode(vector, count, add, out, at, stride) {
      const { unscaled, scale, exact, nulls } = expectLane<NumericVector>(vector, 'numeric')
      for (let row = 0, to = at; row < count; row++, to += stride) {
        if (nulls?.[row] === 1) {
          out[to] = out[to + 1] = out[to + 2] = 0
        } else if (exact !== undefined) {
          encodeExact(exact[row]!, add, out, to)
        } else {
          let value = unscaled[row]!
          let digits = scale
          while (digits > 0 && value % 10 === 0) {
            value /= 10
            digits--
          }
          // 2^53 itself does not count as safe above: both paths must agree on it.
          if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
            encodeExact({ kind: 'finite', coefficient: BigInt(value), scale: digits }, add, out, to)
            continue
          }
          out[to] = value | 0
          out[to + 1] = Math.floor(value / TWO_32)
          out[to + 2] = digits
        }
      }
    },
  }
}

function createBytesEncoder(type: SqlType): KeyEncoder {
  const dictionary = new TextDictionary()
  const kind = bytesKeyOf(type)
  return {
    words: 1,
    get bytes() {
      return dictionary.bytes
    },
    encode(vector, count, add, out, at, stride) {
      const { offsets, data, nulls } = expectLane<BytesVector>(vector, 'bytes')
      if (kind === 'plain') {
        dictionary.encode(offsets, data, nulls, count, add, out, at, stride)
        return
      }
      for (let row = 0, to = at; row < count; row++, to += stride) {
        if (nulls?.[row] === 1) {
          out[to] = 0
          continue
        }
        const start = offsets[row]!
        let end = offsets[row + 1]!
        if (kind === 'padded') {
          while (end > start && data[end - 1] === 0x20) end--
          out[to] = dictionary.intern(data, start, end, add)
          continue
        }
        const text = jsonbKeyText(fromUtf8.decode(data.subarray(start, end)))
        const bytes = utf8.encode(text)
        out[to] = dictionary.intern(bytes, 0, bytes.length, add)
      }
    },
  }
}

function expectLane<V extends Vector>(vector: Vector, lane: V['lane']): V {
  if (vector.lane !== lane) throw wrongLane(vector)
  return vector as V
}

function wrongLane(vector: Vector): EngineError {
  return new EngineError(
    SQLSTATE.internalError,
    `Key column of type ${vector.type.oid} arrived in lane ${vector.lane}`,
  )
}
