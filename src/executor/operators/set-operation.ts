/**
 * INTERSECT and EXCEPT [ALL]: counts the right side's distinct rows in a hash table, then streams the left side. NULLs
 * are equal to each other. Memory: the table over the right side (and over the left side's rows for EXCEPT).
 */
import type { SetOperationPlan } from '../../planner/physical-plan.js'
import { columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { KeyTable } from '../keys/key-table.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'

/** Computes the operation; rows come from the left side. */
export async function* setOperation(
  plan: SetOperationPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { operation, all, left, right } = plan
  const { pace } = context
  const memory = reserveFor(plan, 'Set Operation', context)
  const table = new KeyTable(plan.columns.map(({ type }) => ({ type, nullsMatch: true })))
  /** How often each of the right side's rows may still be matched. */
  let counts = new Int32Array(1024)
  const hold = (): void => {
    const bytes = table.bytes + counts.byteLength
    // Spilling goes here: partition both sides by row hash.
    if (!memory.tryResize(bytes)) memory.resize(bytes)
  }
  let ids = new Int32Array(0)
  const number = (batch: Batch, add: boolean): void => {
    if (ids.length < batch.length) ids = new Int32Array(batch.length)
    const keys = plan.columns.map((_, index) => columnAt(batch, index))
    if (add) table.assign(keys, batch.length, ids)
    else table.lookup(keys, batch.length, ids)
    if (table.size > counts.length) {
      const wider = new Int32Array(table.size * 2)
      wider.set(counts)
      counts = wider
    }
  }
  const started = startInput(left, context)
  try {
    for await (const batch of context.open(right)) {
      number(batch, true)
      for (let row = 0; row < batch.length; row++) {
        if (all) counts[ids[row]!]!++
        else counts[ids[row]!] = 1
      }
      hold()
      if (pace.due()) await pace.turn()
    }
    if (operation === 'intersect' && table.size === 0) return
    const isDistinctExcept = operation === 'except' && !all
    for await (const batch of started) {
      let next = table.size
      number(batch, isDistinctExcept)
      const rows = new Int32Array(batch.length)
      let count = 0
      for (let row = 0; row < batch.length; row++) {
        const id = ids[row]!
        if (isDistinctExcept) {
          // Only a row that neither side had before is new to the table.
          if (id !== next) continue
          next++
          rows[count++] = row
          continue
        }
        const isMatched = id >= 0 && counts[id]! > 0
        if (isMatched) counts[id]!--
        if (isMatched === (operation === 'intersect')) rows[count++] = row
      }
      if (isDistinctExcept) hold()
      if (count > 0) yield selectRows(batch, rows.subarray(0, count))
      if (pace.due()) await pace.turn()
    }
  } finally {
    await started.close()
    memory.release()
  }
}
