/** Builder of numeric vectors: unscaled doubles while all rows share one scale, exact decimals otherwise. */
import { utf8Text } from './byte-parsing.js'
import {
  decimalFromUnscaled,
  DECIMAL_ZERO,
  parseDecimal,
  type Decimal,
} from '../numbers/decimal.js'
import { decodeBinaryDecimal } from '../numbers/decimal-binary.js'
import { LaneBuilder } from './lane-builder.js'
import type { Datum, SqlType } from '../sql-type.js'
import { numericTypmod } from '../type-registry.js'
import type { NumericVector } from './vector.js'

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const NO_SCALE = -1

/** Builds numeric vectors. */
export class NumericBuilder extends LaneBuilder {
  #unscaled: Float64Array
  /** The scale of all rows so far; NO_SCALE before the first value. */
  #scale = NO_SCALE
  /** Made when a row does not fit the common scale or a double; then holds every row. */
  #exact: Decimal[] | undefined

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#unscaled = new Float64Array(this.capacity)
  }

  override appendNull(): void {
    if (this.#exact !== undefined) this.#exact.push(DECIMAL_ZERO)
    super.appendNull()
  }

  override appendNumber(value: number): void {
    this.appendDecimal(value, 0)
  }

  override appendBigInt(value: bigint): void {
    this.appendExact({ kind: 'finite', coefficient: value, scale: 0 })
  }

  override appendDecimal(unscaled: number, scale: number): void {
    if (
      scale !== this.#scale ||
      this.#exact !== undefined ||
      unscaled > Number.MAX_SAFE_INTEGER ||
      unscaled < Number.MIN_SAFE_INTEGER
    ) {
      this.#appendOther(unscaled, scale)
      return
    }
    if (this.count === this.capacity) this.grow()
    this.#unscaled[this.count++] = unscaled
  }

  /** Appends any decimal. */
  appendExact(value: Decimal): void {
    const { kind, coefficient, scale } = value
    if (kind === 'finite' && coefficient <= SAFE && coefficient >= -SAFE) {
      this.appendDecimal(Number(coefficient), scale)
    } else {
      this.#pushExact(value)
    }
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    let unscaled = 0
    let scale = 0
    let seenPoint = 0
    let digits = 0
    for (; at < end; at++) {
      const digit = bytes[at]! - 48
      if (digit >= 0 && digit <= 9) {
        unscaled = unscaled * 10 + digit
        scale += seenPoint
        digits++
      } else if (digit === -2 && seenPoint === 0) {
        seenPoint = 1
      } else {
        digits = 99
        break
      }
    }
    if (digits <= 15 && digits > 0) {
      this.appendDecimal(isNegative && unscaled !== 0 ? -unscaled : unscaled, scale)
    } else {
      this.appendExact(parseDecimal(utf8Text(bytes, start, end)))
    }
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 8) throw this.malformedBinary()
    const groups = (bytes[start]! << 8) | bytes[start + 1]!
    const sign = (bytes[start + 4]! << 8) | bytes[start + 5]!
    const scale = (bytes[start + 6]! << 8) | bytes[start + 7]!
    if (groups <= 3 && end - start === 8 + groups * 2 && (sign === 0 || sign === 0x4000)) {
      const weight = ((bytes[start + 2]! << 24) >> 16) | bytes[start + 3]!
      let value = 0
      for (let at = start + 8; at < end; at += 2) {
        value = value * 10_000 + ((bytes[at]! << 8) | bytes[at + 1]!)
      }
      const exponent = (weight - groups + 1) * 4 + scale
      if (value === 0) value = 0
      else if (exponent >= 0 && exponent <= 3) value *= POWERS[exponent]!
      else if (exponent < 0 && exponent >= -3) value /= POWERS[-exponent]!
      else value = NaN
      if (Number.isInteger(value)) {
        this.appendDecimal(sign === 0 || value === 0 ? value : -value, scale)
        return
      }
    }
    this.appendExact(decodeBinaryDecimal(bytes, start, end))
  }

  override appendDatum(value: Datum): void {
    if (value === null) this.appendNull()
    else this.appendExact(parseDecimal(value))
  }

  override finish(): NumericVector {
    const length = this.count
    const unscaled = this.#unscaled.subarray(0, length)
    const exact = this.#exact
    const scale = this.#scale === NO_SCALE ? this.#declaredScale() : this.#scale
    this.#unscaled = new Float64Array(this.capacity)
    this.#exact = undefined
    this.#scale = NO_SCALE
    const nulls = this.takeNulls()
    return { type: this.type, lane: 'numeric', length, nulls, unscaled, scale, exact }
  }

  protected override growLane(capacity: number): void {
    const unscaled = new Float64Array(capacity)
    unscaled.set(this.#unscaled)
    this.#unscaled = unscaled
  }

  #declaredScale(): number {
    return this.type.typmod >= 4 ? Math.max(numericTypmod(this.type.typmod).scale, 0) : 0
  }

  #appendOther(unscaled: number, scale: number): void {
    const isSafe = Number.isSafeInteger(unscaled)
    if (isSafe && this.#scale === NO_SCALE && this.#exact === undefined) {
      this.#scale = scale
      this.appendDecimal(unscaled, scale)
    } else {
      this.#pushExact(decimalFromUnscaled(unscaled, scale))
    }
  }

  #pushExact(value: Decimal): void {
    if (this.#exact === undefined) {
      this.#exact = []
      const scale = Math.max(this.#scale, 0)
      for (let row = 0; row < this.count; row++) {
        this.#exact.push(decimalFromUnscaled(this.#unscaled[row]!, scale))
      }
      // Rows no longer share a scale; the unscaled lane is not meant to be read.
      if (this.#scale === NO_SCALE) this.#scale = value.scale
    }
    if (this.count === this.capacity) this.grow()
    this.#exact.push(value)
    this.count++
  }
}

const POWERS = [1, 10, 100, 1000]
