/** A batch: some thousand rows as columns. What flows between operators. */
import type { Vector } from '../types/vectors/vector.js'
import { gather } from '../types/vectors/vector-ops.js'

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

const denseColumns = new WeakMap<Batch, (Vector | undefined)[]>()

/** Gives a column as a dense vector of the batch's logical rows; gathered once per batch. */
export function columnAt(batch: Batch, index: number): Vector {
  const column = batch.columns[index]
  if (column === undefined) throw new RangeError(`Batch has no column ${index}`)
  if (batch.selection === undefined) return column
  let dense = denseColumns.get(batch)
  if (dense === undefined) {
    dense = []
    denseColumns.set(batch, dense)
  }
  return (dense[index] ??= gather(column, batch.selection))
}

/** Makes a batch of dense columns; `length` is needed where there are none. */
export function batchOf(columns: readonly Vector[], length = columns[0]?.length ?? 0): Batch {
  return { length, columns }
}

/** Keeps the logical rows that `selection` lists, in its order. */
export function selectRows(batch: Batch, selection: Int32Array): Batch {
  const outer = batch.selection
  if (outer === undefined) return { length: selection.length, columns: batch.columns, selection }
  const composed = new Int32Array(selection.length)
  for (let row = 0; row < selection.length; row++) composed[row] = outer[selection[row]!]!
  return { length: selection.length, columns: batch.columns, selection: composed }
}

/** Keeps the logical rows start..end. */
export function limitBatch(batch: Batch, start: number, end: number): Batch {
  const from = Math.max(start, 0)
  const to = Math.min(end, batch.length)
  if (from === 0 && to === batch.length) return batch
  const length = Math.max(to - from, 0)
  if (batch.selection !== undefined) {
    const selection = batch.selection.subarray(from, from + length)
    return { length, columns: batch.columns, selection }
  }
  const selection = new Int32Array(length)
  for (let row = 0; row < length; row++) selection[row] = from + row
  return { length, columns: batch.columns, selection }
}
