/** A batch: some thousand rows as columns. What flows between operators. */
import type { Vector } from '../types/vector.js'

/** Rows per batch that sources and operators aim at. */
export const BATCH_ROWS = 8192

/**
 * A batch of rows. `columns[c]` are physical vectors, all of the same physical length. `selection`, where
 * present, lists the physical rows that the batch consists of, in order; filters and limits only compose it.
 * `length` is the number of logical rows: selection.length, or the vectors' length.
 */
export interface Batch {
  readonly length: number
  readonly columns: readonly Vector[]
  readonly selection?: Int32Array | undefined
}
