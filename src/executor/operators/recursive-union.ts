/**
 * Recursive Union: the base's rows, then the step over the rows of the round before, until a round adds none. Without
 * ALL a row that was there before is dropped, and a hash table remembers all rows. Memory: that table, and as much of two rounds as
 * there is room for; the rest of a round is written and read once.
 */
import type { RecursiveUnionPlan } from '../../planner/physical-plan.js'
import { byteSizeOf } from '../../types/vector-ops.js'
import { batchOf, columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { KeyTable } from '../keys/key-table.js'
import type { OperatorContext, SharedRows } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { SpillFile } from '../spill/spill-file.js'
import type { SpilledBatch } from '../spill/spill-file.js'

/** Runs the base and then the step, round by round. */
export async function* recursiveUnion(
  plan: RecursiveUnionPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { pace } = context
  const memory = reserveFor(plan, 'Recursive Union', context)
  const seen = plan.all
    ? undefined
    : new KeyTable(plan.columns.map(({ type }) => ({ type, nullsMatch: true })))
  let roundBytes = 0
  let previousBytes = 0
  const file = new SpillFile(context.statistics.of(plan.id))
  let round: (Batch | SpilledBatch)[] = []
  const take = async (batch: Batch): Promise<Batch | undefined> => {
    const fresh = seen === undefined ? batch : unseenRows(batch, seen)
    if (fresh.length === 0) return undefined
    const columns = plan.columns.map((_, index) => columnAt(fresh, index))
    const dense = batchOf(columns, fresh.length)
    const size = columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
    const held = roundBytes + previousBytes + (seen?.bytes ?? 0)
    if (memory.tryResize(held + size)) {
      roundBytes += size
      round.push(dense)
    } else {
      // What is known of all rows stays in memory: without it no row could be told from an old one.
      memory.resize(held)
      round.push(await file.append(dense))
    }
    return dense
  }
  try {
    for await (const batch of context.open(plan.base)) {
      const fresh = await take(batch)
      if (fresh !== undefined) yield fresh
      if (pace.due()) await pace.turn()
    }
    while (round.length > 0) {
      const working = round
      round = []
      previousBytes = roundBytes
      roundBytes = 0
      const rows: SharedRows = {
        async *read() {
          for (const batch of working) yield 'offset' in batch ? await file.read(batch) : batch
        },
      }
      const shared = new Map([...context.shared, [plan.shared, rows]])
      for await (const batch of context.open(plan.step, { ...context, shared })) {
        const fresh = await take(batch)
        if (fresh !== undefined) yield fresh
        if (pace.due()) await pace.turn()
      }
      if (pace.due()) await pace.turn()
    }
  } finally {
    await file.close()
    memory.release()
  }
}

function unseenRows(batch: Batch, seen: KeyTable): Batch {
  const ids = new Int32Array(batch.length)
  const keys = batch.columns.map((_, index) => columnAt(batch, index))
  let next = seen.size
  seen.assign(keys, batch.length, ids)
  const rows = new Int32Array(batch.length)
  let count = 0
  for (let row = 0; row < batch.length; row++) {
    if (ids[row] !== next) continue
    next++
    rows[count++] = row
  }
  return count === batch.length ? batch : selectRows(batch, rows.subarray(0, count))
}
