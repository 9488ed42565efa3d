/**
 * sum, avg, variance and standard deviation of numeric (and the variances of integers, which PostgreSQL computes as
 * numeric): exact sums of x and of x * x at a common scale, remembering the widest display scale that was seen.
 */
import type { Decimal } from '../../types/numbers/decimal.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { wideFloat64, wideInt32 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'
import {
  DECIMAL_NAN,
  divide,
  finite,
  numericVector,
  quotientScale,
  squareRootAt,
} from './decimal-arithmetic.js'
import { ExactSum } from './exact-sum.js'

export type NumericResult =
  'sum' | 'average' | 'var_pop' | 'var_samp' | 'stddev_pop' | 'stddev_samp'

/** NaN, Infinity and -Infinity seen by a slot, counted. */
interface Specials {
  nan: number
  infinity: number
  negativeInfinity: number
}

/** Builds one of the numeric aggregates. */
export function createNumericSum(type: SqlType, result: NumericResult): Accumulator {
  return new NumericSum(type, result)
}

class NumericSum implements Accumulator {
  readonly #type: SqlType
  readonly #result: NumericResult
  readonly #needsSquares: boolean
  readonly #sums = new ExactSum()
  readonly #squares = new ExactSum()
  readonly #specials = new Map<number, Specials>()
  /** Finite values per slot. */
  #counts: Float64Array<ArrayBuffer> = new Float64Array(0)
  #scales: Int32Array<ArrayBuffer> = new Int32Array(0)
  #slots = 0
  /** All sums are kept at this scale, all sums of squares at twice of it. */
  #scale = 0

  constructor(type: SqlType, result: NumericResult) {
    this.#type = type
    this.#result = result
    this.#needsSquares = result !== 'sum' && result !== 'average'
  }

  grow(slots: number): void {
    this.#slots = slots
    this.#sums.grow(slots)
    if (this.#needsSquares) this.#squares.grow(slots)
    this.#counts = wideFloat64(this.#counts, slots)
    this.#scales = wideInt32(this.#scales, slots)
  }

  add(inputs: readonly Vector[], rows: Int32Array, slots: Int32Array, count: number): void {
    const input = inputs[0]!
    if (input.lane === 'numeric' && input.exact !== undefined) {
      for (let k = 0; k < count; k++) this.#addDecimal(slots[k]!, input.exact[rows[k]!]!)
    } else if (input.lane === 'numeric') {
      this.#addScaled(input.unscaled, input.scale, rows, slots, count)
    } else if (input.lane === 'int64' && input.exact !== undefined) {
      for (let k = 0; k < count; k++) this.#addDecimal(slots[k]!, finite(input.exact[rows[k]!]!, 0))
    } else if (input.lane === 'int64' || input.lane === 'int32') {
      this.#addScaled(input.values, 0, rows, slots, count)
    }
  }

  #addScaled(
    values: Float64Array | Int32Array,
    scale: number,
    rows: Int32Array,
    slots: Int32Array,
    count: number,
  ): void {
    this.#widen(scale)
    const factor = this.#scale - scale > 15 ? Infinity : 10 ** (this.#scale - scale)
    const counts = this.#counts
    const scales = this.#scales
    for (let k = 0; k < count; k++) {
      const slot = slots[k]!
      const value = values[rows[k]!]! * factor
      if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
        this.#addDecimal(slot, finite(BigInt(values[rows[k]!]!), scale))
        continue
      }
      this.#sums.add(slot, value)
      if (this.#needsSquares) this.#addSquare(slot, value)
      counts[slot]!++
      if (scales[slot]! < scale) scales[slot] = scale
    }
  }

  #addSquare(slot: number, value: number): void {
    const square = value * value
    if (square <= Number.MAX_SAFE_INTEGER) this.#squares.add(slot, square)
    else this.#squares.addBig(slot, BigInt(value) * BigInt(value))
  }

  #addDecimal(slot: number, value: Decimal): void {
    if (value.kind !== 'finite') {
      const specials = { nan: 0, infinity: 0, negativeInfinity: 0, ...this.#specials.get(slot) }
      if (value.kind === 'nan') specials.nan++
      else if (value.kind === 'infinity') specials.infinity++
      else specials.negativeInfinity++
      this.#specials.set(slot, specials)
      return
    }
    this.#widen(value.scale)
    const scaled = value.coefficient * 10n ** BigInt(this.#scale - value.scale)
    this.#sums.addBig(slot, scaled)
    if (this.#needsSquares) this.#squares.addBig(slot, scaled * scaled)
    this.#counts[slot]!++
    if (this.#scales[slot]! < value.scale) this.#scales[slot] = value.scale
  }

  #widen(scale: number): void {
    if (scale <= this.#scale) return
    this.#sums.rescale(scale - this.#scale, this.#slots)
    if (this.#needsSquares) this.#squares.rescale(2 * (scale - this.#scale), this.#slots)
    this.#scale = scale
  }

  copy(from: number, to: number): void {
    this.#sums.copy(from, to)
    if (this.#needsSquares) this.#squares.copy(from, to)
    this.#counts[to] = this.#counts[from]!
    this.#scales[to] = this.#scales[from]!
    const specials = this.#specials.get(from)
    if (specials !== undefined) this.#specials.set(to, specials)
    else this.#specials.delete(to)
  }

  finish(slots: number): Vector {
    const isPlainSum = this.#result === 'sum' && this.#specials.size === 0
    if (isPlainSum && this.#hasOneScale(slots)) {
      const vector = this.#finishNarrow(slots)
      if (vector !== undefined) return vector
    }
    return numericVector(
      this.#type,
      Array.from({ length: slots }, (_, slot) => this.#resultOf(slot)),
    )
  }

  #hasOneScale(slots: number): boolean {
    for (let slot = 0; slot < slots; slot++) {
      if (this.#counts[slot] !== 0 && this.#scales[slot] !== this.#scale) return false
    }
    return true
  }

  #finishNarrow(slots: number): Vector | undefined {
    const unscaled = new Float64Array(slots)
    let nulls: Uint8Array | undefined
    for (let slot = 0; slot < slots; slot++) {
      if (this.#counts[slot] === 0) {
        nulls ??= new Uint8Array(slots)
        nulls[slot] = 1
        continue
      }
      const sum = this.#sums.small(slot)
      if (sum === undefined) return undefined
      unscaled[slot] = sum
    }
    return { lane: 'numeric', type: this.#type, length: slots, nulls, unscaled, scale: this.#scale }
  }

  #resultOf(slot: number): Decimal | undefined {
    const count = this.#counts[slot]!
    const specials = this.#specials.get(slot)
    const total =
      count +
      (specials === undefined ? 0 : specials.nan + specials.infinity + specials.negativeInfinity)
    if (total === 0) return undefined
    const isSample = this.#result === 'var_samp' || this.#result === 'stddev_samp'
    if (isSample && total <= 1) return undefined
    if (specials !== undefined) {
      if (this.#needsSquares || specials.nan > 0) return DECIMAL_NAN
      if (specials.infinity > 0 && specials.negativeInfinity > 0) return DECIMAL_NAN
      const kind = specials.infinity > 0 ? 'infinity' : '-infinity'
      return { kind, coefficient: 0n, scale: 0 }
    }
    const scale = this.#scales[slot]!
    const sum = finite(this.#sums.value(slot) / 10n ** BigInt(this.#scale - scale), scale)
    if (this.#result === 'sum') return sum
    const n = BigInt(count)
    if (this.#result === 'average') return divide(sum, finite(n, 0))
    const squares = this.#squares.value(slot) / 10n ** BigInt(2 * (this.#scale - scale))
    const numerator = n * squares - sum.coefficient * sum.coefficient
    if (numerator <= 0n) return finite(0n, 0)
    const dividend = finite(numerator, 2 * scale)
    const divisor = finite(n * (isSample ? n - 1n : n), 0)
    const variance = divide(dividend, divisor)
    if (this.#result === 'var_pop' || this.#result === 'var_samp') return variance
    return squareRootAt(variance, quotientScale(dividend, divisor))
  }

  get bytes(): number {
    return (
      this.#sums.bytes +
      this.#squares.bytes +
      this.#counts.byteLength +
      this.#scales.byteLength +
      this.#specials.size * 96
    )
  }
}
