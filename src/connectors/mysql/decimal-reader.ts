/** Reads DECIMAL values (ASCII digits on the wire) into numeric lanes. */
import type { Decimal } from '../../types/numbers/decimal.js'
import type { NumericVector } from '../../types/vectors/vector.js'
import type { ColumnReader, ReaderOptions } from './column-reader.js'
import { NullMask } from './null-mask.js'
import { lengthBytes, readLength } from './wire-protocol.js'

const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
/** Up to this many digits a double holds the unscaled value exactly. */
const SAFE_DIGITS = 15

/**
 * The scale is the first value's: the server pads every value of a column to the column's scale. A value with
 * another scale, or with more than 15 digits, takes the whole batch to exact decimals.
 */
export class DecimalReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  /** The catalog's scale, or -1: as displayed by the server. */
  readonly #declared: number
  #unscaled: Float64Array<ArrayBuffer>
  #scale = -1
  #exact: Decimal[] | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    const typmod = options.type.typmod
    this.#declared = typmod >= 4 ? (typmod - 4) & 0x7ff : -1
    this.#unscaled = new Float64Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const length = readLength(buffer, offset)
    const start = offset + lengthBytes(buffer[offset]!)
    const end = start + length
    let position = start
    const negative = buffer[position] === MINUS
    if (negative) position++
    let value = 0
    let scale = 0
    let digits = 0
    for (; position < end; position++) {
      const byte = buffer[position]!
      if (byte === POINT) {
        scale = end - position - 1
      } else {
        value = value * 10 + (byte - ZERO)
        if (value !== 0) digits++
      }
    }
    for (; scale < this.#declared; scale++) {
      value *= 10
      if (value !== 0) digits++
    }
    if (this.#scale < 0) this.#scale = scale
    if (this.#exact === undefined && scale === this.#scale && digits <= SAFE_DIGITS) {
      this.#unscaled[row] = negative && value !== 0 ? -value : value
      return end
    }
    const exact = this.#exactValues(row)
    const text = buffer.toString('latin1', start, end)
    const coefficient = BigInt(text.replace('.', ''))
    const missing = scale - (text.includes('.') ? text.length - text.indexOf('.') - 1 : 0)
    exact[row] = {
      kind: 'finite',
      coefficient: missing > 0 ? coefficient * 10n ** BigInt(missing) : coefficient,
      scale,
    }
    return end
  }

  readNull(row: number): void {
    this.#nulls.set(row)
    this.#unscaled[row] = 0
    if (this.#exact) this.#exact[row] = ZERO_DECIMAL
  }

  #exactValues(row: number): Decimal[] {
    if (this.#exact) return this.#exact
    this.#exact = []
    for (let i = 0; i < row; i++) {
      this.#exact.push({
        kind: 'finite',
        coefficient: BigInt(this.#unscaled[i]!),
        scale: Math.max(0, this.#scale),
      })
    }
    return this.#exact
  }

  take(rows: number): NumericVector {
    const unscaled = this.#unscaled.subarray(0, rows)
    const exact = this.#exact
    const scale = Math.max(0, this.#scale)
    this.#unscaled = new Float64Array(this.#options.capacity)
    this.#exact = undefined
    this.#scale = -1
    return {
      lane: 'numeric',
      type: this.#options.type,
      length: rows,
      unscaled,
      scale,
      ...(exact ? { exact } : {}),
      nulls: this.#nulls.take(rows),
    }
  }
}

const ZERO_DECIMAL: Decimal = { kind: 'finite', coefficient: 0n, scale: 0 }
