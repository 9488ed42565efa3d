/** The slow road for pairs without a reader of their own: each value becomes PostgreSQL's text and is parsed from it. */
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import type { SqlType } from '../../types/sql-type.js'
import { canonicalDatum } from '../../types/text-input.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import type { Vector } from '../../types/vectors/vector.js'
import { mismatchOf } from '../mismatched-value.js'
import type { ColumnReader, ReaderOptions } from './column-reader.js'
import { fieldBytes, textOf } from './text-form.js'

/** Reads any wire type into any column type by way of text. */
export class TextFormReader implements ColumnReader {
  readonly #options: ReaderOptions
  #builder: ReturnType<typeof createVectorBuilder>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#builder = createVectorBuilder(options.type)
  }

  read(buffer: Buffer, offset: number, _row: number): number {
    const { wire, type, name } = this.#options
    const end = offset + fieldBytes(buffer, offset, wire.type)
    const text = textOf(buffer, offset, end, wire)
    if (text === null) this.#builder.appendNull()
    else this.#append(text, name, type)
    return end
  }

  #append(text: string, name: string, type: SqlType): void {
    try {
      this.#builder.appendDatum(canonicalDatum(type, text, DEFAULT_VALUE_SETTINGS))
    } catch (error) {
      throw mismatchOf(error, name)
    }
  }

  readNull(_row: number): void {
    this.#builder.appendNull()
  }

  take(_rows: number): Vector {
    const vector = this.#builder.finish()
    this.#builder = createVectorBuilder(this.#options.type)
    return vector
  }
}
