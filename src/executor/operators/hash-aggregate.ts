/**
 * Hash Aggregate: groups by hashed keys, one table per grouping set, all filled in one pass over the input. NULLs
 * form one group; a group shows the values of its first row. Without groups there is exactly one row. Memory: keys,
 * states, and the rows of calls that need them sorted.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { HashAggregatePlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vector.js'
import {
  byteSizeOf,
  concatVectors,
  constantVector,
  gather,
  nullVector,
} from '../../types/vector-ops.js'
import { CallStates, CompiledCall } from '../aggregates/call-states.js'
import type { CallInput } from '../aggregates/call-states.js'
import type { Batch } from '../batch.js'
import { KeyTable } from '../keys/key-table.js'
import type { OperatorContext } from '../operator-context.js'
import type { Pace } from '../pace.js'
import { reserveFor } from '../reservation.js'
import { sliceBatches } from '../row-store.js'

/** Groups the input. */
export async function* hashAggregate(
  plan: HashAggregatePlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { input, groups, aggregates } = plan
  const { pace, evaluation } = context
  const memory = reserveFor(plan, 'Hash Aggregate', context)
  const hold = (bytes: number): void => {
    // Spilling goes here: write the groups partitioned by key hash, and merge partition by partition at the end.
    if (!memory.tryResize(bytes)) memory.resize(bytes)
  }
  const groupExpressions = groups.map((group) =>
    compileExpression(group.expression, input.columns, evaluation),
  )
  const calls = aggregates.map((call) => new CompiledCall(call, input.columns, evaluation))
  const positions = plan.groupingSets ?? [groups.map((_, position) => position)]
  const sets = positions.map((set) => new GroupingSet(plan, set, calls))
  let everyRow = new Int32Array(0)
  try {
    for await (const batch of context.open(input)) {
      if (everyRow.length < batch.length)
        everyRow = Int32Array.from({ length: batch.length }, (_, i) => i)
      const keys = groupExpressions.map((expression) => expression.evaluate(batch))
      const all = everyRow.subarray(0, batch.length)
      const inputs = calls.map((call) => call.evaluate(batch, all))
      let bytes = 0
      for (const set of sets) {
        set.add(keys, inputs, batch.length)
        bytes += set.bytes
      }
      hold(bytes)
      if (pace.due()) await pace.turn()
    }
    for (const set of sets) {
      const { columns, length } = await set.finish(pace)
      for (const batch of sliceBatches(columns, length)) {
        yield batch
        if (pace.due()) await pace.turn()
      }
    }
  } finally {
    memory.release()
  }
}

/** The groups of one grouping set. */
class GroupingSet {
  readonly #plan: HashAggregatePlan
  /** Positions in plan.groups. */
  readonly #positions: readonly number[]
  readonly #table: KeyTable
  readonly #states: readonly CallStates[]
  /** Key values of new groups, as gathered from each batch. */
  readonly #values: Vector[][] = []
  #valueBytes = 0
  #ids = new Int32Array(0)

  constructor(
    plan: HashAggregatePlan,
    positions: readonly number[],
    calls: readonly CompiledCall[],
  ) {
    this.#plan = plan
    this.#positions = [...new Set(positions)]
    this.#table = new KeyTable(
      this.#positions.map((position) => ({
        type: plan.groups[position]!.column.type,
        nullsMatch: true,
      })),
    )
    this.#states = calls.map((call) => new CallStates(call))
  }

  add(keys: readonly Vector[], inputs: readonly CallInput[], length: number): void {
    if (this.#ids.length < length) this.#ids = new Int32Array(length)
    const ids = this.#ids
    const before = this.#table.size
    const own = this.#positions.map((position) => keys[position]!)
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
  }

  async finish(pace: Pace): Promise<{ columns: Vector[]; length: number }> {
    const { groups, groupingCalls } = this.#plan
    // The empty set has its one row even when there was no input.
    const length = this.#positions.length === 0 ? 1 : this.#table.size
    const columns = groups.map(({ column }, position) => {
      const own = this.#positions.indexOf(position)
      if (own < 0 || length === 0) return nullVector(column.type, length)
      return concatVectors(this.#values.map((values) => values[own]!))
    })
    for (const state of this.#states) columns.push(await state.finish(length, pace))
    for (const call of groupingCalls ?? []) {
      let mask = 0
      for (const position of call.groups) {
        mask = mask * 2 + (this.#positions.includes(position) ? 0 : 1)
      }
      columns.push(constantVector(call.column.type, String(mask), length))
    }
    return { columns, length }
  }

  get bytes(): number {
    return this.#states.reduce(
      (sum, state) => sum + state.bytes,
      this.#table.bytes + this.#valueBytes,
    )
  }
}
