/** The slow road for types without a reader of their own: every value becomes PostgreSQL's text and is parsed from it. */
import {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import type { SqlType } from '../../types/sql-type.js'
import { canonicalDatum } from '../../types/text-input.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import type { Vector } from '../../types/vectors/vector.js'
import { mismatchOf } from '../mismatched-value.js'
import type { ChunkVector } from './chunk-vector.js'
import type { ColumnReader } from './column-reader.js'

/** Reads any DuckDB type into any column type by way of text. */
export class TextFormReader implements ColumnReader {
  readonly #type: SqlType
  readonly #name: string
  #builder: ReturnType<typeof createVectorBuilder>

  constructor(type: SqlType, name: string) {
    this.#type = type
    this.#name = name
    this.#builder = createVectorBuilder(type)
  }

  append(vector: ChunkVector, _at: number): void {
    const values = vector.chunk.getColumnValues(vector.column)
    for (let row = 0; row < vector.rows; row++) {
      const value = values[row] ?? null
      this.#builder.appendDatum(value === null ? null : this.#datumOf(value))
    }
  }

  #datumOf(value: DuckDBValue): string | null {
    try {
      return canonicalDatum(this.#type, textOf(value), DEFAULT_VALUE_SETTINGS)
    } catch (error) {
      throw mismatchOf(error, this.#name)
    }
  }

  take(_rows: number): Vector {
    const vector = this.#builder.finish()
    this.#builder = createVectorBuilder(this.#type)
    return vector
  }
}

function textOf(value: DuckDBValue): string {
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return `{${value.items.map(elementText).join(',')}}`
  }
  if (value instanceof DuckDBDateValue || value instanceof DuckDBTimestampValue) {
    // DuckDB writes years before Christ in parentheses.
    return value.toString().replace(' (BC)', ' BC')
  }
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}

function elementText(value: DuckDBValue): string {
  if (value === null) return 'NULL'
  const text = textOf(value)
  if (value instanceof DuckDBListValue) return text
  return /^$|[{}",\\\s]|^null$/i.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text
}
