/** Builds the vectors that kernels return. */
import { SQLSTATE, EngineError } from '../../errors.js'
import type { Decimal } from '../../types/numbers/decimal.js'
import type { SqlType } from '../../types/sql-type.js'
import type {
  BoolVector,
  BytesVector,
  Float64Vector,
  Int32Vector,
  Int64Vector,
  NumericVector,
} from '../../types/vectors/vector.js'

type Nulls = Uint8Array | undefined

/** Wraps booleans. */
export function boolVector(type: SqlType, values: Uint8Array, nulls: Nulls): BoolVector {
  return { lane: 'bool', type, length: values.length, values, nulls }
}

/** Wraps 32-bit integers. */
export function int32Vector(type: SqlType, values: Int32Array, nulls: Nulls): Int32Vector {
  return { lane: 'int32', type, length: values.length, values, nulls }
}

/** Wraps 64-bit integers that are all within 2^53. */
export function int64Vector(type: SqlType, values: Float64Array, nulls: Nulls): Int64Vector {
  return { lane: 'int64', type, length: values.length, values, nulls }
}

/** Wraps 64-bit integers of any size; the doubles are used where all of them are exact. */
export function int64VectorOf(type: SqlType, exact: BigInt64Array, nulls: Nulls): Int64Vector {
  const length = exact.length
  const values = new Float64Array(length)
  let wide = false
  for (let i = 0; i < length; i++) {
    if (nulls !== undefined && nulls[i] === 1) continue
    const value = Number(exact[i])
    values[i] = value
    if (!Number.isSafeInteger(value)) wide = true
  }
  return { lane: 'int64', type, length, values, nulls, ...(wide ? { exact } : {}) }
}

/** Wraps doubles. */
export function float64Vector(type: SqlType, values: Float64Array, nulls: Nulls): Float64Vector {
  return { lane: 'float64', type, length: values.length, values, nulls }
}

/** Reads the 64-bit integers of a vector as bigints. */
export function exactIntegers(vector: Int64Vector | Int32Vector): BigInt64Array {
  if (vector.lane === 'int64' && vector.exact !== undefined) return vector.exact
  const { length, values } = vector
  const result = new BigInt64Array(length)
  for (let i = 0; i < length; i++) {
    const value = values[i] as number
    result[i] = Number.isSafeInteger(value) ? BigInt(value) : 0n
  }
  return result
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** Builds numerics from single ones; undefined rows are those marked in `nulls`. */
export function numericVectorOf(
  type: SqlType,
  decimals: readonly (Decimal | undefined)[],
  nulls: Nulls,
): NumericVector {
  const length = decimals.length
  const unscaled = new Float64Array(length)
  let scale = -1
  let wide = false
  for (let i = 0; i < length; i++) {
    const decimal = decimals[i]
    if (decimal === undefined) continue
    if (scale === -1) scale = decimal.scale
    const { coefficient } = decimal
    if (
      decimal.kind !== 'finite' ||
      decimal.scale !== scale ||
      coefficient > SAFE ||
      coefficient < -SAFE
    ) {
      wide = true
      break
    }
    unscaled[i] = Number(coefficient)
  }
  if (scale === -1) scale = 0
  if (!wide) return { lane: 'numeric', type, length, unscaled, scale, nulls }
  const zero: Decimal = { kind: 'finite', coefficient: 0n, scale: 0 }
  const exact = decimals.map((decimal) => decimal ?? zero)
  return { lane: 'numeric', type, length, unscaled, scale, nulls, exact }
}

const LONGEST = 0x3fffffff

/** Collects variable-length values row by row. */
export class BytesCollector {
  readonly #type: SqlType
  readonly #offsets: Int32Array
  #data: Buffer
  #used = 0
  #row = 0

  /** `guess`: bytes expected in all. */
  constructor(type: SqlType, length: number, guess = length * 16) {
    this.#type = type
    this.#offsets = new Int32Array(length + 1)
    this.#data = Buffer.allocUnsafe(Math.max(64, guess))
  }

  /** Ends the current row without bytes (also for NULL). */
  skip(): void {
    this.#offsets[++this.#row] = this.#used
  }

  /** Appends a row of text. */
  addText(text: string): void {
    const length = text.length
    this.#reserve(length * 3)
    const data = this.#data
    if (length < 24) {
      let at = this.#used
      let k = 0
      for (; k < length; k++) {
        const unit = text.charCodeAt(k)
        if (unit > 127) break
        data[at++] = unit
      }
      if (k === length) this.#used = at
      else this.#used += data.write(text, this.#used, 'utf8')
    } else {
      this.#used += data.write(text, this.#used, 'utf8')
    }
    this.#offsets[++this.#row] = this.#used
  }

  /** Appends a row that copies a stretch of bytes. */
  addBytes(source: Uint8Array, start = 0, end = source.length): void {
    this.appendPart(source, start, end)
    this.skip()
  }

  /** Appends bytes to the current row without ending it. */
  appendPart(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    const data = this.#data
    let at = this.#used
    if (length < 32) {
      for (let k = start; k < end; k++) data[at++] = source[k] as number
    } else {
      data.set(source.subarray(start, end), at)
    }
    this.#used += length
  }

  /** Ends the vector. */
  finish(nulls: Nulls): BytesVector {
    return {
      lane: 'bytes',
      type: this.#type,
      length: this.#row,
      offsets: this.#offsets,
      data: this.#data.subarray(0, this.#used),
      nulls,
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#data.length) return
    if (needed > LONGEST) {
      throw new EngineError(SQLSTATE.outOfMemory, 'Text of one batch exceeds 1 GB')
    }
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#data.length * 2))
    this.#data.copy(grown, 0, 0, this.#used)
    this.#data = grown
  }
}
