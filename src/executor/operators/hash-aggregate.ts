/**
 * Hash Aggregate: groups by hashed keys, one table per grouping set, all filled in one pass over the input. NULLs
 * form one group; a group shows the values of its first row. Without groups there is exactly one row. Memory: keys,
 * states, and the rows of calls that need them sorted or distinct. Beyond it rows of further groups wait on disk.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { HashAggregatePlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import {
  byteSizeOf,
  concatVectors,
  constantVector,
  gather,
  nullVector,
} from '../../types/vectors/vector-ops.js'
import { CallStates, CompiledCall } from '../aggregates/call-states.js'
import type { CallInput, StateMemory } from '../aggregates/call-states.js'
import { selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { hashRows } from '../keys/hash-rows.js'
import { KeyTable } from '../keys/key-table.js'
import type { MemoryReservation } from '../memory-budget.js'
import type { OperatorContext } from '../operator-context.js'
import type { Pace } from '../pace.js'
import { reserveFor } from '../reservation.js'
import { sliceBatches } from '../row-store.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import { SpillFile } from '../spill/spill-file.js'
import type { SpillSpace } from '../spill/spill-space.js'

const NO_ROWS = new Int32Array(0)

/** A table that is larger than this part of the limit has to have room for its double: it grows by doubling. */
const DOUBLING_SHARE = 1 / 32

/** Groups the input. */
export async function* hashAggregate(
  plan: HashAggregatePlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { groups, groupingSets } = plan
  const memory = reserveFor(plan, 'Hash Aggregate', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  const positions = groupingSets ?? [groups.map((_, position) => position)]
  try {
    const aggregation = new Aggregation(plan, context, memory, file)
    yield* aggregation.run(context.open(plan.input), positions, 0)
  } finally {
    await file.close()
    memory.release()
  }
}

/** One aggregation: what is compiled, and what is shared by its passes. */
class Aggregation {
  readonly #plan: HashAggregatePlan
  readonly #context: OperatorContext
  readonly #memory: MemoryReservation
  readonly #space: SpillSpace
  readonly #groups: readonly CompiledExpression[]
  readonly #calls: readonly CompiledCall[]
  #everyRow = new Int32Array(0)

  constructor(
    plan: HashAggregatePlan,
    context: OperatorContext,
    memory: MemoryReservation,
    file: SpillFile,
  ) {
    const { evaluation, pace } = context
    this.#plan = plan
    this.#context = context
    this.#memory = memory
    this.#space = { file, pace, memoryLimit: context.memory.limit }
    this.#groups = plan.groups.map((group) =>
      compileExpression(group.expression, plan.input.columns, evaluation),
    )
    this.#calls = plan.aggregates.map(
      (call) => new CompiledCall(call, plan.input.columns, evaluation),
    )
  }

  /**
   * Aggregates some rows by some grouping sets. When memory is short no more groups are taken in: rows of others go to disk
   * by their keys' hash, and are aggregated afterwards, partition by partition.
   */
  async *run(
    rows: AsyncIterable<Batch>,
    positions: readonly (readonly number[])[],
    depth: number,
  ): AsyncGenerator<Batch> {
    const { pace } = this.#context
    const sets = positions.map((set) => new GroupingSet(this.#plan, set, this.#calls, this.#space))
    let isFrozen = false
    for await (const batch of rows) {
      const keys = this.#groups.map((expression) => expression.evaluate(batch))
      const inputs = this.#calls.map((call) => call.evaluate(batch, this.#allRows(batch.length)))
      let bytes = 0
      for (const set of sets) {
        const others = set.add(keys, inputs, batch.length)
        if (others.length > 0) await set.defer(selectRows(batch, others), keys, others, depth)
        await set.settle()
        bytes += set.bytes
      }
      if (!isFrozen) {
        const isSmall = bytes <= this.#space.memoryLimit * DOUBLING_SHARE
        if (!this.#memory.tryResize(isSmall ? bytes : 2 * bytes)) {
          isFrozen = true
          for (const set of sets) set.freeze()
        }
      }
      if (isFrozen && !this.#memory.tryResize(bytes)) {
        for (const set of sets) await set.spill()
        this.#memory.resize(sets.reduce((sum, set) => sum + set.bytes, 0))
      }
      if (pace.due()) await pace.turn()
    }
    const later: { readonly set: readonly number[]; readonly rows: RowPartitions }[] = []
    for (const set of sets) {
      let bytes = 0
      for (const each of sets) if (each !== set) bytes += each.bytes
      const { columns, length } = await set.finish(
        {
          tryHold: (own) => this.#memory.tryResize(bytes + own),
          hold: (own) => this.#memory.resize(bytes + own),
        },
        pace,
      )
      for (const batch of sliceBatches(columns, length)) {
        yield batch
        if (pace.due()) await pace.turn()
      }
      const deferred = set.release()
      if (deferred !== undefined) later.push({ set: set.positions, rows: deferred })
    }
    this.#memory.resize(0)
    for (const { set, rows: deferred } of later) {
      await deferred.flush()
      for (const part of deferred.parts) {
        if (part.rows > 0) yield* this.run(part.read(), [set], depth + 1)
      }
    }
  }

  #allRows(length: number): Int32Array {
    if (this.#everyRow.length < length) {
      this.#everyRow = Int32Array.from({ length }, (_, row) => row)
    }
    return this.#everyRow.subarray(0, length)
  }
}

/** The groups of one grouping set. */
class GroupingSet {
  readonly #plan: HashAggregatePlan
  /** Positions in plan.groups. */
  readonly positions: readonly number[]
  readonly #space: SpillSpace
  #table: KeyTable
  #states: readonly CallStates[]
  /** Key values of new groups, as gathered from each batch. */
  #values: Vector[][] = []
  #isFrozen = false
  /** Rows of groups that came after the freezing. */
  #deferred: RowPartitions | undefined
  #valueBytes = 0
  #ids = new Int32Array(0)

  constructor(
    plan: HashAggregatePlan,
    positions: readonly number[],
    calls: readonly CompiledCall[],
    space: SpillSpace,
  ) {
    this.#plan = plan
    this.positions = [...new Set(positions)]
    this.#space = space
    this.#table = this.#newTable()
    this.#states = calls.map((call) => new CallStates(call, space))
  }

  #newTable(): KeyTable {
    return new KeyTable(
      this.positions.map((position) => ({
        type: this.#plan.groups[position]!.column.type,
        nullsMatch: true,
      })),
    )
  }

  /** Takes a batch, and gives the rows whose groups it does not take in any more. */
  add(keys: readonly Vector[], inputs: readonly CallInput[], length: number): Int32Array {
    if (this.#ids.length < length) this.#ids = new Int32Array(length)
    const ids = this.#ids
    const before = this.#table.size
    const own = this.#ownKeys(keys)
    if (this.#isFrozen) return this.#addKnown(own, inputs, length)
    this.#table.assign(own, length, ids)
    const size = this.#table.size
    if (size > before && own.length > 0) {
      const firstRows = new Int32Array(size - before)
      let next = before
      for (let row = 0; next < size; row++) if (ids[row] === next) firstRows[next++ - before] = row
      const values = own.map((key) => gather(key, firstRows))
      for (const value of values) this.#valueBytes += byteSizeOf(value)
      this.#values.push(values)
    }
    this.#states.forEach((state, index) => {
      state.grow(size)
      state.add(inputs[index]!, ids)
    })
    return NO_ROWS
  }

  #addKnown(keys: readonly Vector[], inputs: readonly CallInput[], length: number): Int32Array {
    const ids = this.#ids
    this.#table.lookup(keys, length, ids)
    const others = new Int32Array(length)
    let count = 0
    for (let row = 0; row < length; row++) if (ids[row]! < 0) others[count++] = row
    this.#states.forEach((state, index) => {
      const { vectors, rows } = inputs[index]!
      const known = count === 0 ? rows : rows.filter((row) => ids[row]! >= 0)
      state.add({ vectors, rows: known }, ids)
    })
    return others.subarray(0, count)
  }

  #ownKeys(keys: readonly Vector[]): Vector[] {
    return this.positions.map((position) => keys[position]!)
  }

  /** Writes rows of other groups to disk; `keys` are those of the batch that `rows` were chosen from. */
  async defer(
    batch: Batch,
    keys: readonly Vector[],
    rows: Int32Array,
    depth: number,
  ): Promise<void> {
    const { file, memoryLimit } = this.#space
    this.#deferred ??= new RowPartitions(
      file,
      this.#plan.input.columns,
      partitionsFor(memoryLimit),
      memoryLimit,
      depth,
    )
    const own = this.#ownKeys(keys).map((key) => gather(key, rows))
    await this.#deferred.append(batch, hashRows(own, batch.length))
  }

  /** Takes no further groups in. Without keys there is only one. */
  freeze(): void {
    this.#isFrozen = this.positions.length > 0
  }

  /** Writes what the calls had to leave out of memory; to be called after each batch. */
  async settle(): Promise<void> {
    for (const state of this.#states) await state.settle()
  }

  /** Puts the rows that calls keep on disk. */
  async spill(): Promise<void> {
    for (const state of this.#states) await state.spill()
  }

  /** Lets go of everything but the rows on disk, and gives those. */
  release(): RowPartitions | undefined {
    this.#table = this.#newTable()
    this.#states = []
    this.#values = []
    this.#valueBytes = 0
    return this.#deferred
  }

  async finish(memory: StateMemory, pace: Pace): Promise<{ columns: Vector[]; length: number }> {
    const { groups, groupingCalls } = this.#plan
    // The empty set has its one row even when there was no input.
    const length = this.positions.length === 0 ? 1 : this.#table.size
    const columns = groups.map(({ column }, position) => {
      const own = this.positions.indexOf(position)
      if (own < 0 || length === 0) return nullVector(column.type, length)
      return concatVectors(this.#values.map((values) => values[own]!))
    })
    for (const state of this.#states) {
      const others = this.bytes - state.bytes
      const own: StateMemory = {
        tryHold: (bytes) => memory.tryHold(others + bytes),
        hold: (bytes) => memory.hold(others + bytes),
      }
      columns.push(await state.finish(length, own, pace))
    }
    for (const call of groupingCalls ?? []) {
      let mask = 0
      for (const position of call.groups) {
        mask = mask * 2 + (this.positions.includes(position) ? 0 : 1)
      }
      columns.push(constantVector(call.column.type, String(mask), length))
    }
    return { columns, length }
  }

  get bytes(): number {
    return this.#states.reduce(
      (sum, state) => sum + state.bytes,
      this.#table.bytes + this.#valueBytes + (this.#deferred?.bufferBytes ?? 0),
    )
  }
}
