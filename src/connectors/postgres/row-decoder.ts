/** Decodes DataRow frames straight into vector builders: no object per row, hot types inline. */
import type { Batch } from '../../executor/batch.js'
import type { Column } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { laneOf } from '../../types/type-registry.js'
import { createVectorBuilder, type VectorBuilder } from '../../types/vectors/vector-builder.js'
import { DATA_ROW } from './statement-run.js'

// How a column is read. A switch over small numbers keeps each call in the loop monomorphic.
const INT32 = 0
const INT64 = 1
const NUMERIC = 2
const UTF8 = 3
const BINARY = 4
const TEXT = 5

const UTF8_TYPES: ReadonlySet<number> = new Set([
  ...[OID.text, OID.varchar, OID.bpchar, OID.name, OID.json, OID.bytea],
])

/** Tells in which format a column is asked for: 1 binary where its lane is more than text. */
export function formatOf(column: Column): number {
  if (laneOf(column.type) !== 'bytes') return 1
  const { oid } = column.type
  return UTF8_TYPES.has(oid) || oid === OID.uuid ? 1 : 0
}

function readingOf(column: Column): number {
  if (formatOf(column) === 0) return TEXT
  if (UTF8_TYPES.has(column.type.oid)) return UTF8
  switch (laneOf(column.type)) {
    case 'int32':
      return column.type.oid === OID.int4 || column.type.oid === OID.date ? INT32 : BINARY
    case 'int64':
      return column.type.oid === OID.oid ? BINARY : INT64
    case 'numeric':
      return NUMERIC
    case 'bool':
    case 'float64':
    case 'bytes':
    case 'interval':
      return BINARY
  }
}

/** Collects rows into batches. */
export class RowDecoder {
  readonly #readings: Uint8Array
  readonly #builders: readonly VectorBuilder[]
  #rows = 0

  constructor(columns: readonly Column[], batchRows: number) {
    this.#readings = Uint8Array.from(columns.map(readingOf))
    this.#builders = columns.map((column) => createVectorBuilder(column.type, batchRows))
  }

  /** Rows since the last batch. */
  get rows(): number {
    return this.#rows
  }

  /**
   * Decodes the DataRow frames from `at` on until another frame, an incomplete one, the end of the bytes, or until there are `limit` rows.
   * Returns the position it stopped at.
   */
  decode(bytes: Buffer, at: number, limit: number): number {
    const readings = this.#readings
    const builders = this.#builders
    const width = readings.length
    const end = bytes.length
    let rows = this.#rows
    while (rows < limit && at + 7 <= end && bytes[at] === DATA_ROW) {
      const size =
        ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) +
        1
      if (at + size > end) break
      let from = at + 7
      for (let c = 0; c < width; c++) {
        const length =
          (bytes[from]! << 24) |
          (bytes[from + 1]! << 16) |
          (bytes[from + 2]! << 8) |
          bytes[from + 3]!
        from += 4
        const builder = builders[c]!
        if (length < 0) {
          builder.appendNull()
          continue
        }
        const to = from + length
        switch (readings[c]) {
          case INT32:
            builder.appendNumber(
              (bytes[from]! << 24) |
                (bytes[from + 1]! << 16) |
                (bytes[from + 2]! << 8) |
                bytes[from + 3]!,
            )
            break
          case INT64:
            appendInt64(builder, bytes, from, to)
            break
          case NUMERIC:
            appendNumeric(builder, bytes, from, to)
            break
          case UTF8:
            builder.appendUtf8(bytes, from, to)
            break
          case BINARY:
            builder.appendBinary(bytes, from, to)
            break
          default:
            builder.appendText(bytes, from, to)
        }
        from = to
      }
      rows++
      at += size
    }
    this.#rows = rows
    return at
  }

  /** Hands out the rows collected. */
  takeBatch(): Batch {
    const batch = { length: this.#rows, columns: this.#builders.map((b) => b.finish()) }
    this.#rows = 0
    return batch
  }
}

function appendInt64(builder: VectorBuilder, bytes: Buffer, from: number, to: number): void {
  const high =
    (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!
  // Within 2^53 a double is exact.
  if (high >= -0x200000 && high < 0x200000) {
    const low =
      (bytes[from + 4]! << 24) |
      (bytes[from + 5]! << 16) |
      (bytes[from + 6]! << 8) |
      bytes[from + 7]!
    builder.appendNumber(high * 4_294_967_296 + (low >>> 0))
  } else {
    builder.appendBinary(bytes, from, to)
  }
}

function appendNumeric(builder: VectorBuilder, bytes: Buffer, from: number, to: number): void {
  builder.appendBinary(bytes, from, to)
}
