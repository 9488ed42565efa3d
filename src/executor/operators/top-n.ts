/**
 * Top-N: sort and limit in one. Keeps at most limit + offset rows and as many again; whenever the store is full it is
 * sorted and cut back, and from then on rows behind the last kept one are not even stored. A limit of millions may need
 * more memory than there is: then it sorts on disk, as Sort does.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { TopNPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf, limitBatch, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { orderedBatches, RowStore } from '../row-store.js'
import { ExternalSort, makeRoom } from '../sort/external-sort.js'
import { sortColumnsOf } from '../sort/sort-columns.js'
import { compareBetween, SORT_BYTES_PER_ROW, sortRows } from '../sort/sort-rows.js'
import { SpillFile } from '../spill/spill-file.js'
import { rowCountOf } from './limit.js'

/** Gives the first rows of the input in the order of the keys. */
export async function* topN(plan: TopNPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const { input, keys } = plan
  const { pace, evaluation } = context
  const offset = rowCountOf(plan.offset, 'offset', evaluation) ?? 0
  const wanted = (rowCountOf(plan.limit, 'limit', evaluation) ?? Infinity) + offset
  if (wanted === offset) return
  const memory = reserveFor(plan, 'Top-N', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  let sorter: ExternalSort | undefined
  const expressions = keys.map((key) =>
    compileExpression(key.expression, input.columns, evaluation),
  )
  let store = new RowStore(input.columns)
  /** Keys of the last row that is wanted so far. */
  let last: readonly Vector[] | undefined
  const cut = async (): Promise<{ columns: Vector[]; order: Int32Array }> => {
    const length = store.length
    const columns = store.takeColumns()
    const sorted = await sortRows(sortColumnsOf(keys, expressions, columns, length), length, pace)
    return { columns, order: sorted.subarray(0, Math.min(length, wanted)) }
  }
  const keep = (batch: Batch): Batch => {
    if (last === undefined) return batch
    const boundary = last
    const compare = keys.map((key, index) =>
      compareBetween(
        expressions[index]!.evaluate(batch),
        boundary[index]!,
        key.descending,
        key.nullsFirst,
      ),
    )
    const rows = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      let order = 0
      for (let key = 0; key < compare.length && order === 0; key++) order = compare[key]!(row, 0)
      // A tie stays behind: the sort is stable, and this row came later.
      if (order < 0) rows[count++] = row
    }
    return count === batch.length ? batch : selectRows(batch, rows.subarray(0, count))
  }
  try {
    for await (const batch of context.open(input)) {
      const kept = keep(batch)
      if (sorter !== undefined) {
        sorter.add(kept)
        await makeRoom(sorter, memory)
        continue
      }
      if (kept.length > 0) store.append(kept)
      if (!memory.tryResize(store.bytes + store.length * SORT_BYTES_PER_ROW)) {
        sorter = new ExternalSort({
          ...{ columns: input.columns, file, pace, memoryLimit: context.memory.limit },
          keysOf: (columns, length) => sortColumnsOf(keys, expressions, columns, length),
        })
        for (const held of store.takeBatches()) sorter.add(held)
        await makeRoom(sorter, memory)
        continue
      }
      if (store.length >= 2 * wanted + BATCH_ROWS) {
        const { columns, order } = await cut()
        store = new RowStore(input.columns)
        const cutBack = batchOf(
          columns.map((column) => gather(column, order)),
          order.length,
        )
        store.append(cutBack)
        const lastRow = Int32Array.of(order.length - 1)
        const lastBatch = batchOf(
          cutBack.columns.map((column) => gather(column, lastRow)),
          1,
        )
        last = expressions.map((expression) => expression.evaluate(lastBatch))
      }
      if (pace.due()) await pace.turn()
    }
    if (sorter !== undefined) {
      let before = 0
      for await (const batch of sorter.finish()) {
        const part = limitBatch(batch, offset - before, wanted - before)
        if (part.length > 0) yield part
        before += batch.length
        if (before >= wanted) return
      }
      return
    }
    const { columns, order } = await cut()
    yield* orderedBatches(columns, order.subarray(Math.min(offset, order.length)))
  } finally {
    await file.close()
    memory.release()
  }
}
