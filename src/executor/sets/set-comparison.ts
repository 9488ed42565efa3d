/**
 * INTERSECT and EXCEPT [ALL] of two sets of rows: counts the right side's distinct rows in a hash table, then streams the left side.
 * NULLs are equal to each other. Memory: the table over the right side (and over the left side's rows for EXCEPT). When it is
 * short no more rows are taken in: those of both sides that the table does not know go to disk by their hash, and are
 * compared afterwards, partition by partition.
 */
import type { SetOperationPlan } from '../../planner/physical-plan.js'
import { columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { hashRows } from '../keys/hash-rows.js'
import { KeyTable } from '../keys/key-table.js'
import type { MemoryReservation } from '../memory-budget.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import type { SpillSpace } from '../spill/spill-space.js'

/** One operation: what its passes share. */
export class SetComparison {
  readonly #operation: Pick<SetOperationPlan, 'operation' | 'all' | 'columns'>
  readonly #memory: MemoryReservation
  readonly #space: SpillSpace

  /** `memory` is its own, and holds nothing once a run has ended. */
  constructor(
    operation: Pick<SetOperationPlan, 'operation' | 'all' | 'columns'>,
    memory: MemoryReservation,
    space: SpillSpace,
  ) {
    this.#operation = operation
    this.#memory = memory
    this.#space = space
  }

  /** Compares some rows of both sides: reads the right one to its end, then the left one. `depth`: how often they were parted by hash. */
  async *run(
    left: AsyncIterable<Batch>,
    right: AsyncIterable<Batch>,
    depth: number,
  ): AsyncGenerator<Batch> {
    const { operation, all, columns } = this.#operation
    const { pace } = this.#space
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
    if (operation === 'intersect' && table.size === 0) {
      this.#memory.resize(0)
      return
    }
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
    this.#memory.resize(0)
    if (laterLeft === undefined) return
    await laterLeft.flush()
    await laterRight?.flush()
    for (const [index, part] of laterLeft.parts.entries()) {
      if (part.rows === 0) continue
      yield* this.run(part.read(), laterRight?.parts[index]?.read() ?? noRows(), depth + 1)
    }
  }

  #keysOf(batch: Batch) {
    return this.#operation.columns.map((_, index) => columnAt(batch, index))
  }

  #partitions(depth: number): RowPartitions {
    const { file, memoryLimit } = this.#space
    const partitions = partitionsFor(memoryLimit)
    return new RowPartitions(file, this.#operation.columns, partitions, memoryLimit, depth)
  }

  async #defer(partitions: RowPartitions, batch: Batch): Promise<void> {
    await partitions.append(batch, hashRows(this.#keysOf(batch), batch.length))
  }
}

async function* noRows(): AsyncGenerator<Batch> {
  // The other side has no row in this partition.
}
