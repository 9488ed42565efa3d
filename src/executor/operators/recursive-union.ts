/**
 * Recursive Union: the base's rows, then the step over the rows of the round before, until a round adds none. Without
 * ALL a row that was there before is dropped, and a hash table remembers all rows. Memory: two rounds, and that table.
 */
import type { RecursiveUnionPlan } from '../../planner/physical-plan.js'
import { byteSizeOf } from '../../types/vector-ops.js'
import { batchOf, columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { KeyTable } from '../keys/key-table.js'
import type { OperatorContext, SharedRows } from '../operator-context.js'
import { reserveFor } from '../reservation.js'

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
  const hold = (): void => {
    const bytes = roundBytes + previousBytes + (seen?.bytes ?? 0)
    // Spilling goes here: a round is written and read once.
    if (!memory.tryResize(bytes)) memory.resize(bytes)
  }
  let round: Batch[] = []
  const take = (batch: Batch): Batch | undefined => {
    const fresh = seen === undefined ? batch : unseenRows(batch, seen)
    if (fresh.length === 0) return undefined
    const columns = plan.columns.map((_, index) => columnAt(fresh, index))
    for (const column of columns) roundBytes += byteSizeOf(column)
    const dense = batchOf(columns, fresh.length)
    round.push(dense)
    hold()
    return dense
  }
  try {
    for await (const batch of context.open(plan.base)) {
      const fresh = take(batch)
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
          yield* working
        },
      }
      const shared = new Map([...context.shared, [plan.shared, rows]])
      for await (const batch of context.open(plan.step, { ...context, shared })) {
        const fresh = take(batch)
        if (fresh !== undefined) yield fresh
        if (pace.due()) await pace.turn()
      }
      if (pace.due()) await pace.turn()
    }
  } finally {
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
