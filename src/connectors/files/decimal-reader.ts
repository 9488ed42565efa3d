/** Reads DECIMAL, HUGEINT and other integers into numeric lanes. */
import { DuckDBTypeId } from '@duckdb/node-api'
import type { Decimal } from '../../types/numbers/decimal.js'
import type { SqlType } from '../../types/sql-type.js'
import type { NumericVector } from '../../types/vectors/vector.js'
import type { ChunkVector } from './chunk-vector.js'
import { copyNulls, type ColumnReader } from './column-reader.js'
import { readSmall, smallWidth } from './fixed-readers.js'

const TWO_32 = 0x100000000

/** How unscaled values are stored. */
export interface DecimalLayout {
  readonly from: DuckDBTypeId
  readonly width: number
  readonly scale: number
}

/** A DECIMAL takes 2, 4, 8 or 16 bytes by its width. */
function bytesOf(layout: DecimalLayout): number {
  if (layout.from !== DuckDBTypeId.DECIMAL) {
    const isHuge = layout.from === DuckDBTypeId.HUGEINT || layout.from === DuckDBTypeId.UHUGEINT
    return smallWidth(layout.from) || (isHuge ? 16 : 8)
  }
  if (layout.width <= 4) return 2
  if (layout.width <= 9) return 4
  return layout.width <= 18 ? 8 : 16
}

/** Values beyond 2^53 take the batch to exact decimals. */
export class DecimalReader implements ColumnReader {
  readonly #type: SqlType
  readonly #layout: DecimalLayout
  readonly #bytes: number
  readonly #capacity: number
  #unscaled: Float64Array
  #exact: Decimal[] | undefined
  #nulls: Uint8Array | undefined

  constructor(type: SqlType, layout: DecimalLayout, capacity: number) {
    this.#type = type
    this.#layout = layout
    this.#bytes = bytesOf(layout)
    this.#capacity = capacity
    this.#unscaled = new Float64Array(capacity)
  }

  append(vector: ChunkVector, at: number): void {
    this.#nulls = copyNulls(vector, this.#nulls, at, this.#capacity)
    const bytes = this.#bytes
    const view = vector.data(bytes)
    const unscaled = this.#unscaled
    const from =
      this.#layout.from !== DuckDBTypeId.DECIMAL
        ? this.#layout.from
        : bytes === 2
          ? DuckDBTypeId.SMALLINT
          : DuckDBTypeId.INTEGER
    for (let row = 0; row < vector.rows; row++) {
      if (bytes <= 4) {
        this.#set(at + row, readSmall(view, row, from))
        continue
      }
      const offset = row * bytes
      const high = view.getInt32(offset + 4, true)
      const isSmall =
        high < 0x1fffff && high > -0x1fffff && (bytes === 8 || this.#fits(view, offset, high))
      if (isSmall && this.#exact === undefined) {
        unscaled[at + row] = high * TWO_32 + view.getUint32(offset, true)
      } else if (this.#nulls?.[at + row] === 1) {
        this.#set(at + row, 0)
      } else {
        this.#setExact(at + row, this.#wide(view, offset))
      }
    }
  }

  #fits(view: DataView, offset: number, high: number): boolean {
    const sign = high < 0 ? -1 : 0
    return view.getInt32(offset + 8, true) === sign && view.getInt32(offset + 12, true) === sign
  }

  #wide(view: DataView, offset: number): bigint {
    const { from } = this.#layout
    if (from === DuckDBTypeId.UBIGINT) return view.getBigUint64(offset, true)
    if (this.#bytes === 8) return view.getBigInt64(offset, true)
    const high =
      from === DuckDBTypeId.UHUGEINT
        ? view.getBigUint64(offset + 8, true)
        : view.getBigInt64(offset + 8, true)
    return (high << 64n) + view.getBigUint64(offset, true)
  }

  #set(row: number, value: number): void {
    this.#unscaled[row] = value
    if (this.#exact) this.#exact[row] = this.#decimal(BigInt(value))
  }

  #setExact(row: number, value: bigint): void {
    this.#unscaled[row] = Number(value)
    if (this.#exact === undefined) {
      if (Number.isSafeInteger(Number(value))) return
      this.#exact = []
      for (let i = 0; i < row; i++) this.#exact.push(this.#decimal(BigInt(this.#unscaled[i]!)))
    }
    this.#exact[row] = this.#decimal(value)
  }

  #decimal(coefficient: bigint): Decimal {
    return { kind: 'finite', coefficient, scale: this.#layout.scale }
  }

  take(rows: number): NumericVector {
    const unscaled = this.#unscaled.subarray(0, rows)
    const exact = this.#exact
    const nulls = this.#nulls?.subarray(0, rows)
    this.#unscaled = new Float64Array(this.#capacity)
    this.#exact = undefined
    this.#nulls = undefined
    return {
      lane: 'numeric',
      type: this.#type,
      length: rows,
      unscaled,
      scale: this.#layout.scale,
      nulls,
      ...(exact ? { exact } : {}),
    }
  }
}
