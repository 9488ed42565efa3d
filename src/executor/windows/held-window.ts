/** Windows over rows in memory: sorts them, finds all frames, and computes each call at once. */
import { OID, sqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { byteSizeOf, gather, slice } from '../../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { MemoryReservation } from '../memory-budget.js'
import type { Pace } from '../pace.js'
import type { RowStore } from '../row-store.js'
import { compareRows, SORT_BYTES_PER_ROW, sortRows } from '../sort/sort-rows.js'
import type { CompiledWindow, CompiledWindowCall } from './compiled-window.js'
import { FrameAggregation } from './frame-aggregate.js'
import type { FrameRows } from './frame-aggregate.js'
import { computeFrames } from './frames.js'
import type { Frames } from './frames.js'
import { windowOrder } from './partitions.js'
import type { WindowOrder } from './partitions.js'

/** Arrays of positions that ordering and framing hold, in bytes per row. */
export const WINDOW_BYTES_PER_ROW = SORT_BYTES_PER_ROW + 32

/** Computes the calls over rows in memory; `idParts` number their partitions. */
export async function* computeHeld(
  window: CompiledWindow,
  store: RowStore,
  idParts: readonly Int32Array[],
  memory: MemoryReservation,
  pace: Pace,
): AsyncGenerator<Batch> {
  const { length } = store
  if (length === 0) return
  const inputBytes = store.bytes
  const columns = store.takeColumns()
  const partitions = joinIds(idParts, length)
  const sortColumns = window.sortColumns(columns, length)
  const partitionColumn: Vector = {
    ...{ lane: 'int32', type: sqlType(OID.int4), length, values: partitions },
  }
  const order = await sortRows(
    [
      ...(window.isPartitioned
        ? [{ vector: partitionColumn, descending: false, nullsFirst: false }]
        : []),
      ...sortColumns,
    ],
    length,
    pace,
  )
  const compare = compareRows(sortColumns)
  const positions = windowOrder(partitions, order, (a, b) => compare(a, b) === 0)
  if (pace.due()) await pace.turn()
  const keys = window.rangeKeys(columns, length)
  const rangeKey = keys && window.rangeKeyOf(gather(keys, order))
  const frames = computeFrames(window.frame, positions, window.offsets, rangeKey)
  const results: Vector[] = []
  let resultBytes = 0
  for (const call of window.calls) {
    const result = await computeCall(call, window, columns, order, positions, frames, pace)
    results.push(result)
    resultBytes += byteSizeOf(result)
    // The rows are there already: what is short now is told by the next operator that asks.
    memory.tryResize(inputBytes + length * WINDOW_BYTES_PER_ROW + resultBytes)
    if (pace.due()) await pace.turn()
  }
  for (let start = 0; start < length; start += BATCH_ROWS) {
    const end = Math.min(length, start + BATCH_ROWS)
    const rows = order.subarray(start, end)
    yield batchOf(
      [
        ...columns.map((column) => gather(column, rows)),
        ...results.map((result) => slice(result, start, end)),
      ],
      end - start,
    )
    if (pace.due()) await pace.turn()
  }
}

function joinIds(parts: readonly Int32Array[], length: number): Int32Array {
  const ids = new Int32Array(length)
  let at = 0
  for (const part of parts) {
    ids.set(part, at)
    at += part.length
  }
  return ids
}

/** One call's results in window order. */
async function computeCall(
  call: CompiledWindowCall,
  window: CompiledWindow,
  columns: readonly Vector[],
  order: Int32Array,
  positions: WindowOrder,
  frames: Frames,
  pace: Pace,
): Promise<Vector> {
  const { type } = call.call.column
  const { frame } = window
  const rows = batchOf(columns, order.length)
  if (call.run !== undefined) {
    const inputs = call.arguments.map((argument) => {
      const own = gather(argument.evaluate(rows), order)
      return { own, at: (picks: Int32Array) => gather(own, picks) }
    })
    return call.run({ order: positions, frames, frame, inputs, type })
  }
  const accumulator = call.definition!.create(type)
  const ordered = call.participation(rows, order)
  const slots = new Int32Array(ordered.rows.length)
  const taking: FrameRows = {
    before: (position) => ordered.before[position]!,
    add(start, end, slot) {
      slots.fill(slot, start, end)
      const own = ordered.rows.subarray(start, end)
      accumulator.add(ordered.inputs, own, slots.subarray(start, end), end - start)
      return undefined
    },
  }
  const aggregation = new FrameAggregation(accumulator, frame, false, pace)
  return aggregation.section(taking, positions, frames, call.goesBackwards)
}
