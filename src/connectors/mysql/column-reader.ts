/** What collects one column of a result into vectors. */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { WireColumn } from './wire-protocol.js'

/** Collects one column of the batch being read. */
export interface ColumnReader {
  /** Reads row `row`'s field at `offset`; returns the offset behind it. */
  read(buffer: Buffer, offset: number, row: number): number
  /** Row `row` is NULL. */
  readNull(row: number): void
  /** Hands over the column of `rows` rows and starts anew. */
  take(rows: number): Vector
}

export interface ReaderOptions {
  readonly type: SqlType
  readonly wire: WireColumn
  /** Most rows of a batch. */
  readonly capacity: number
  /** What to do with dates that are none (0000-00-00, 2020-00-00). */
  readonly zeroDate: 'null' | 'fail'
  /** For errors. */
  readonly name: string
}
