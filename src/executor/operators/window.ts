/**
 * Window: keeps all rows, orders them by partition and ORDER BY, computes the calls, and gives the rows in that order.
 * NULL partition keys form one partition. Memory: the rows, their sort words and the results; beyond it the rows go to
 * disk by their partitions' hash, and some partitions are computed at a time. A partition that is larger than memory by itself is
 * sorted on disk, and computed page by page.
 */
import type { WindowPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import { hashRows } from '../keys/hash-rows.js'
import { KeyTable } from '../keys/key-table.js'
import type { MemoryReservation } from '../memory-budget.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { RowStore } from '../row-store.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import { SpillFile } from '../spill/spill-file.js'
import type { SpillSpace } from '../spill/spill-space.js'
import { CompiledWindow } from '../windows/compiled-window.js'
import { computeHeld, WINDOW_BYTES_PER_ROW } from '../windows/held-window.js'
import { PagedWindow } from '../windows/paged-window.js'

/** Bytes that a call's result is taken to hold for each row: a number and its NULL flag. */
const RESULT_BYTES_PER_ROW = 9

/** Partitions of one spilled set differ in their keys' hashes; more levels than this are not worth the writing. */
const MAXIMUM_DEPTH = 3

/** Computes the node's calls over its input. */
export async function* window(plan: WindowPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Window', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  try {
    const space = { file, pace: context.pace, memoryLimit: context.memory.limit }
    const compiled = new CompiledWindow(plan, context.evaluation)
    yield* computeAll(compiled, memory, space, context.open(plan.input), 0)
  } finally {
    await file.close()
    memory.release()
  }
}

/** Computes the calls over some rows: all at once, or those of some partitions after the others. */
async function* computeAll(
  compiled: CompiledWindow,
  memory: MemoryReservation,
  space: SpillSpace,
  batches: AsyncIterable<Batch>,
  depth: number,
): AsyncGenerator<Batch> {
  const { file, pace, memoryLimit } = space
  const { plan } = compiled
  const { columns } = plan.input
  const bytesPerRow = WINDOW_BYTES_PER_ROW + plan.calls.length * RESULT_BYTES_PER_ROW
  const store = new RowStore(columns)
  let table = new KeyTable(plan.partitionBy.map(({ type }) => ({ type, nullsMatch: true })))
  let idParts: Int32Array[] = []
  let spilled: RowPartitions | undefined
  let paged: PagedWindow | undefined
  const idsOf = (batch: Batch): Int32Array => {
    const ids = new Int32Array(batch.length)
    if (compiled.isPartitioned) table.assign(compiled.partitionKeys(batch), batch.length, ids)
    return ids
  }
  const hashesOf = (batch: Batch) => hashRows(compiled.partitionKeys(batch), batch.length)
  for await (const batch of batches) {
    if (spilled !== undefined) {
      await spilled.append(batch, hashesOf(batch))
    } else if (paged !== undefined) {
      await paged.add(batch, idsOf(batch), table.bytes)
    } else {
      store.append(batch)
      idParts.push(idsOf(batch))
      if (!memory.tryResize(store.bytes + table.bytes + store.length * bytesPerRow)) {
        // One single partition would end up in one place again.
        if (compiled.isPartitioned && table.size > 1 && depth < MAXIMUM_DEPTH) {
          spilled = new RowPartitions(file, columns, partitionsFor(memoryLimit), memoryLimit, depth)
          for (const held of store.takeBatches()) await spilled.append(held, hashesOf(held))
          table = new KeyTable([])
          memory.resize(spilled.bufferBytes)
        } else {
          paged = new PagedWindow(compiled, memory, space)
          const ids = idParts.values()
          for (const held of store.takeBatches()) {
            await paged.add(held, ids.next().value!, table.bytes)
          }
        }
        idParts = []
      }
    }
    if (pace.due()) await pace.turn()
  }
  if (paged !== undefined) {
    table = new KeyTable([])
    yield* paged.finish()
  } else if (spilled === undefined) {
    yield* computeHeld(compiled, store, idParts, memory, pace)
  } else {
    await spilled.flush()
    for (const part of spilled.parts) {
      memory.resize(0)
      yield* computeAll(compiled, memory, space, part.read(), depth + 1)
    }
  }
}
