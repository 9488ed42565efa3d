/**
 * Window: keeps all rows, orders them by partition and ORDER BY, computes the calls, and gives the rows in that order.
 * NULL partition keys form one partition. Memory: the rows, their sort words and the results; beyond it the rows go to
 * disk by their partitions' hash, and some partitions are computed at a time. One partition has to fit.
 */
import { compileExpression, evaluateConstant } from '../../expressions/compile-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { FrameBound, WindowCall } from '../../planner/logical-plan.js'
import type { WindowPlan } from '../../planner/physical-plan.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { Datum } from '../../types/sql-type.js'
import type { Vector } from '../../types/vector.js'
import { byteSizeOf, gather, slice } from '../../types/vector-ops.js'
import { aggregateDefinition } from '../aggregates/native-aggregates.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import { KeyTable } from '../keys/key-table.js'
import type { OperatorContext } from '../operator-context.js'
import type { MemoryReservation } from '../memory-budget.js'
import { reserveFor } from '../reservation.js'
import { RowStore } from '../row-store.js'
import { hashRows } from '../keys/hash-rows.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import { SpillFile } from '../spill/spill-file.js'
import { sortColumnsOf } from '../sort/sort-columns.js'
import { compareRows, SORT_BYTES_PER_ROW, sortRows } from '../sort/sort-rows.js'
import { aggregateOverFrames } from '../windows/frame-aggregate.js'
import type { Participation } from '../windows/frame-aggregate.js'
import { computeFrames } from '../windows/frames.js'
import type { Frames, RangeKey } from '../windows/frames.js'
import { windowOrder } from '../windows/partitions.js'
import type { WindowOrder } from '../windows/partitions.js'
import { hasShift, shiftKeys } from '../windows/range-shift.js'
import { windowFunctionOf } from '../windows/window-functions.js'

/** Arrays of positions that ordering and framing hold, in bytes per row. */
const WINDOW_BYTES_PER_ROW = SORT_BYTES_PER_ROW + 32

/** Partitions of one spilled set differ in their keys' hashes; more levels than this mean that one key is too large. */
const MAXIMUM_DEPTH = 3

/** Computes the node's calls over its input. */
export async function* window(plan: WindowPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Window', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  try {
    yield* computeAll(plan, context, memory, file, context.open(plan.input), 0)
  } finally {
    await file.close()
    memory.release()
  }
}

/** Computes the calls over some rows: all at once, or those of some partitions after the others. */
async function* computeAll(
  plan: WindowPlan,
  context: OperatorContext,
  memory: MemoryReservation,
  file: SpillFile,
  batches: AsyncIterable<Batch>,
  depth: number,
): AsyncGenerator<Batch> {
  const { pace, evaluation } = context
  const { columns } = plan.input
  const { limit } = context.memory
  const partitionKeys = plan.partitionBy.map((key) => compileExpression(key, columns, evaluation))
  const keysOf = (batch: Batch): Vector[] => partitionKeys.map((key) => key.evaluate(batch))
  const canSpill = partitionKeys.length > 0 && depth < MAXIMUM_DEPTH
  const store = new RowStore(columns)
  const table = new KeyTable(plan.partitionBy.map(({ type }) => ({ type, nullsMatch: true })))
  const idParts: Int32Array[] = []
  let spilled: RowPartitions | undefined
  for await (const batch of batches) {
    if (spilled !== undefined) {
      await spilled.append(batch, hashRows(keysOf(batch), batch.length))
    } else {
      store.append(batch)
      if (partitionKeys.length > 0) {
        const ids = new Int32Array(batch.length)
        table.assign(keysOf(batch), batch.length, ids)
        idParts.push(ids)
      }
      const bytes = store.bytes + table.bytes + store.length * WINDOW_BYTES_PER_ROW
      if (!canSpill) {
        memory.resize(bytes)
      } else if (!memory.tryResize(bytes)) {
        spilled = new RowPartitions(file, columns, partitionsFor(limit), limit, depth)
        for (const held of store.takeBatches()) {
          await spilled.append(held, hashRows(keysOf(held), held.length))
        }
        idParts.length = 0
        memory.resize(spilled.bufferBytes)
      }
    }
    if (pace.due()) await pace.turn()
  }
  if (spilled === undefined) {
    yield* computeHeld(plan, context, memory, store, idParts)
    return
  }
  await spilled.flush()
  for (const part of spilled.parts) {
    memory.resize(0)
    yield* computeAll(plan, context, memory, file, part.read(), depth + 1)
  }
}

/** Computes the calls over rows in memory; `idParts` number their partitions. */
async function* computeHeld(
  plan: WindowPlan,
  context: OperatorContext,
  memory: MemoryReservation,
  store: RowStore,
  idParts: readonly Int32Array[],
): AsyncGenerator<Batch> {
  const { input, partitionBy, orderBy, frame } = plan
  const { pace, evaluation } = context
  const hold = (bytes: number): void => memory.resize(bytes)
  const orderKeys = orderBy.map((key) =>
    compileExpression(key.expression, input.columns, evaluation),
  )
  const { length } = store
  if (length === 0) return
  const inputBytes = store.bytes
  const columns = store.takeColumns()
  const partitions = joinIds(idParts, length)
  const sortColumns = sortColumnsOf(orderBy, orderKeys, columns, length)
  const partitionColumn: Vector = {
    ...{ lane: 'int32', type: sqlType(OID.int4), length, values: partitions },
  }
  const order = await sortRows(
    [
      ...(partitionBy.length > 0
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
  const offsetOf = (bound: FrameBound): Datum =>
    bound.offset === undefined ? null : evaluateConstant(bound.offset, evaluation)
  const needsKey = frame.mode === 'range' && (frame.start.offset ?? frame.end.offset) !== undefined
  const rangeKey =
    needsKey && orderKeys[0] !== undefined
      ? rangeKeyOf(
          gather(orderKeys[0].evaluate(batchOf(columns, length)), order),
          orderBy[0]?.descending === true,
          evaluation,
        )
      : undefined
  const frames = computeFrames(
    frame,
    positions,
    { start: offsetOf(frame.start), end: offsetOf(frame.end) },
    rangeKey,
  )
  const results: Vector[] = []
  let resultBytes = 0
  for (const call of plan.calls) {
    const result = await computeCall(call, plan, columns, order, positions, frames, context)
    results.push(result)
    resultBytes += byteSizeOf(result)
    hold(inputBytes + length * WINDOW_BYTES_PER_ROW + resultBytes)
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

function rangeKeyOf(vector: Vector, descending: boolean, evaluation: EvaluationContext): RangeKey {
  if (!hasShift(vector.type)) return { vector, descending }
  return {
    ...{ vector, descending },
    shift: (offset, subtracts) => shiftKeys(vector, offset, subtracts, evaluation),
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
  call: WindowCall,
  plan: WindowPlan,
  columns: readonly Vector[],
  order: Int32Array,
  positions: WindowOrder,
  frames: Frames,
  context: OperatorContext,
): Promise<Vector> {
  const { evaluation, pace } = context
  const rows = batchOf(columns, order.length)
  const { type } = call.column
  const inputs = call.arguments.map((argument) =>
    gather(compileExpression(argument, plan.input.columns, evaluation).evaluate(rows), order),
  )
  const definition = call.isAggregate ? aggregateDefinition(call.function, type) : undefined
  if (definition === undefined) {
    const run = windowFunctionOf(call.function.signature)
    return run({ order: positions, frames, frame: plan.frame, inputs, type })
  }
  const filter =
    call.filter === undefined
      ? undefined
      : gather(compileExpression(call.filter, plan.input.columns, evaluation).evaluate(rows), order)
  const skipping =
    definition.skipsNulls === 'none'
      ? []
      : definition.skipsNulls === 'first'
        ? inputs.slice(0, 1)
        : inputs
  return aggregateOverFrames(
    definition.create(type),
    inputs,
    participationOf(order.length, filter, skipping),
    frames,
    plan.frame,
    positions,
    // Which of two equal values min and max keep depends on the order.
    !definition.ordered && call.function.name !== 'min' && call.function.name !== 'max',
    pace,
  )
}

function participationOf(
  length: number,
  filter: Vector | undefined,
  skipping: readonly Vector[],
): Participation {
  const before = new Int32Array(length + 1)
  const positions = new Int32Array(length)
  let count = 0
  for (let at = 0; at < length; at++) {
    before[at] = count
    const passes =
      filter === undefined ||
      (filter.lane === 'bool' && filter.values[at] === 1 && filter.nulls?.[at] !== 1)
    if (passes && skipping.every(({ nulls }) => nulls?.[at] !== 1)) positions[count++] = at
  }
  before[length] = count
  return { positions: positions.subarray(0, count), before }
}
