/**
 * INTERSECT and EXCEPT [ALL]: counts the right side's distinct rows in a hash table, then streams the left side. NULLs
 * are equal to each other. Memory: the table over the right side (and over the left side's rows for EXCEPT). When it is
 * short no more rows are taken in: those of both sides that the table does not know go to disk by their hash, and are
 * compared afterwards, partition by partition.
 */
import type { SetOperationPlan } from '../../planner/physical-plan.js'
import { columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { hashRows } from '../keys/hash-rows.js'
import { KeyTable } from '../keys/key-table.js'
import type { MemoryReservation } from '../memory-budget.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import { SpillFile } from '../spill/spill-file.js'

/** Computes the operation; rows come from the left side. */
export async function* setOperation(
  plan: SetOperationPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Set Operation', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  const left = startInput(plan.left, context)
  try {
    const comparison = new Comparison(plan, context, memory, file)
    yield* comparison.run(left, context.open(plan.right), 0)
  } finally {
    await left.close()
    await file.close()
    memory.release()
  }
}

/** One operation: what its passes share. */
class Comparison {
  readonly #plan: SetOperationPlan
  readonly #context: OperatorContext
  readonly #memory: MemoryReservation
  readonly #file: SpillFile

  constructor(
    plan: SetOperationPlan,
    context: OperatorContext,
    memory: MemoryReservation,
    file: SpillFile,
  ) {
    this.#plan = plan
    this.#context = context
    this.#memory = memory
    this.#file = file
  }

  /** Compares some rows of both sides. */
  async *run(
    left: AsyncIterable<Batch>,
    right: AsyncIterable<Batch>,
    depth: number,
  ): AsyncGenerator<Batch> {
    const { operation, all, columns } = this.#plan
    const { pace } = this.#context
    const isDistinctExcept = operation === 'except' && !all
    const table = new KeyTable(columns.map(({ type }) => ({ type, nullsMatch: true })))
    /** How often each of the right side's rows may still be matched. */
    let counts = new Int32Array(1024)
    let ids = new Int32Array(0)
    let laterRight: RowPartitions | undefined
    let laterLeft: RowPartitions | undefined
    let isFrozen = false
    /** Numbers a batch's rows; -1: not in the table. */
    const number = (batch: Batch, add: boolean): void => {
      if (ids.length < batch.length) ids = new Int32Array(batch.length)
      const keys = this.#keysOf(batch)
      if (add && !isFrozen) table.assign(keys, batch.length, ids)
      else table.lookup(keys, batch.length, ids)
      if (table.size > counts.length) {
        const wider = new Int32Array(table.size * 2)
        wider.set(counts)
        counts = wider
      }
    }
    /** Sees whether the table may go on growing. */
    const hold = (): void => {
      if (isFrozen) return
      isFrozen = !this.#memory.tryResize(2 * (table.bytes + counts.byteLength))
      if (isFrozen) this.#memory.resize(table.bytes + counts.byteLength)
    }
    for await (const batch of right) {
      number(batch, true)
      const others = new Int32Array(batch.length)
      let count = 0
      for (let row = 0; row < batch.length; row++) {
        const id = ids[row]!
        if (id < 0) others[count++] = row
        else counts[id] = all ? counts[id]! + 1 : 1
      }
      if (count > 0) {
        laterRight ??= this.#partitions(depth)
        await this.#defer(laterRight, selectRows(batch, others.subarray(0, count)))
      }
      hold()
      if (pace.due()) await pace.turn()
    }
    if (operation === 'intersect' && table.size === 0) return
    for await (const batch of left) {
      let next = table.size
      number(batch, isDistinctExcept)
      const rows = new Int32Array(batch.length)
      const others = new Int32Array(batch.length)
      let count = 0
      let otherCount = 0
      for (let row = 0; row < batch.length; row++) {
        const id = ids[row]!
        if (id < 0 && isFrozen) {
          others[otherCount++] = row
        } else if (isDistinctExcept) {
          // Only a row that neither side had before is new to the table.
          if (id !== next) continue
          next++
          rows[count++] = row
        } else {
          const isMatched = id >= 0 && counts[id]! > 0
          if (isMatched) counts[id]!--
          if (isMatched === (operation === 'intersect')) rows[count++] = row
        }
      }
      if (count > 0) yield selectRows(batch, rows.subarray(0, count))
      if (otherCount > 0) {
        laterLeft ??= this.#partitions(depth)
        await this.#defer(laterLeft, selectRows(batch, others.subarray(0, otherCount)))
      }
      if (isDistinctExcept) hold()
      if (pace.due()) await pace.turn()
    }
    if (laterLeft === undefined) return
    await laterLeft.flush()
    await laterRight?.flush()
    this.#memory.resize(0)
    for (const [index, part] of laterLeft.parts.entries()) {
      if (part.rows === 0) continue
      yield* this.run(part.read(), laterRight?.parts[index]?.read() ?? noRows(), depth + 1)
    }
  }

  #keysOf(batch: Batch) {
    return this.#plan.columns.map((_, index) => columnAt(batch, index))
  }

  #partitions(depth: number): RowPartitions {
    const { limit } = this.#context.memory
    return new RowPartitions(this.#file, this.#plan.columns, partitionsFor(limit), limit, depth)
  }

  async #defer(partitions: RowPartitions, batch: Batch): Promise<void> {
    await partitions.append(batch, hashRows(this.#keysOf(batch), batch.length))
  }
}

async function* noRows(): AsyncGenerator<Batch> {
  // The other side has no row in this partition.
}
