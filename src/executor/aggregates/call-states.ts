/**
 * One aggregate call over many slots: FILTER, NULL arguments, DISTINCT and ORDER BY around an accumulator. Calls whose
 * order matters keep their rows, on disk when they are too many, and are computed at the end.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { compileExpression, evaluateConstant } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Column } from '../../expressions/expression.js'
import type { AggregateCall } from '../../planner/logical-plan.js'
import { OID } from '../../types/sql-type.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Int32Vector, Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import type { Pace } from '../pace.js'
import { ExternalSort } from '../sort/external-sort.js'
import type { SortKeysOf } from '../sort/external-sort.js'
import type { SpillSpace } from '../spill/spill-space.js'
import { wideInt32 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'
import { aggregateDefinition } from './native-aggregates.js'
import type { AggregateDefinition } from './native-aggregates.js'
import { DistinctRows } from './distinct-rows.js'
import { hypotheticalSet, isHypotheticalSet } from './hypothetical-set.js'
import { ORDERED_SET_FUNCTIONS, scanOrdered } from './ordered-set.js'
import type { OrderedSetFunction } from './ordered-set.js'

/** The arguments of a call for one batch, computed once for all grouping sets. */
export interface CallInput {
  /** Arguments, then ORDER BY keys. */
  readonly vectors: readonly Vector[]
  /** Rows that take part, ascending. */
  readonly rows: Int32Array
}

/** A call compiled against its input. */
export class CompiledCall {
  readonly call: AggregateCall
  readonly definition: AggregateDefinition | undefined
  readonly orderedSet: OrderedSetFunction | undefined
  readonly direct: readonly Datum[]
  readonly #values: readonly CompiledExpression[]
  readonly #filter: CompiledExpression | undefined

  constructor(call: AggregateCall, input: readonly Column[], evaluation: EvaluationContext) {
    this.call = call
    const isOrderedSet = call.form !== 'normal'
    this.definition = isOrderedSet
      ? undefined
      : aggregateDefinition(call.function, call.column.type)
    this.orderedSet = isOrderedSet ? orderedSetOf(call) : undefined
    if (this.definition === undefined && this.orderedSet === undefined) {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `Aggregate ${call.function.signature} is not native`,
      )
    }
    this.direct = call.directArguments.map((argument) => evaluateConstant(argument, evaluation))
    const expressions = [...call.arguments, ...call.orderBy.map((key) => key.expression)]
    this.#values = expressions.map((expression) => compileExpression(expression, input, evaluation))
    this.#filter =
      call.filter === undefined ? undefined : compileExpression(call.filter, input, evaluation)
  }

  /** Computes arguments and the rows that take part. */
  evaluate(batch: Batch, all: Int32Array): CallInput {
    const vectors = this.#values.map((value) => value.evaluate(batch))
    let rows = all
    if (this.#filter !== undefined) {
      const filter = this.#filter.evaluate(batch)
      if (filter.lane === 'bool') {
        const { values, nulls } = filter
        rows = keepRows(rows, (row) => values[row] === 1 && nulls?.[row] !== 1)
      }
    }
    const skipping = this.#skipping(vectors)
    for (const { nulls } of skipping) {
      if (nulls !== undefined) rows = keepRows(rows, (row) => nulls[row] !== 1)
    }
    return { vectors, rows }
  }

  #skipping(vectors: readonly Vector[]): readonly Vector[] {
    if (this.definition === undefined) return this.call.form === 'ordered-set' ? vectors : []
    const count = this.call.arguments.length
    if (this.definition.skipsNulls === 'any') return vectors.slice(0, count)
    return this.definition.skipsNulls === 'first' ? vectors.slice(0, Math.min(1, count)) : []
  }
}

function orderedSetOf(call: AggregateCall): OrderedSetFunction | undefined {
  const { signature } = call.function
  if (call.form === 'ordered-set') return ORDERED_SET_FUNCTIONS[signature]
  const [key] = call.orderBy
  if (!isHypotheticalSet(signature) || key === undefined) return undefined
  return (set) => hypotheticalSet(signature, set, key)
}

function keepRows(rows: Int32Array, keeps: (row: number) => boolean): Int32Array {
  const kept = new Int32Array(rows.length)
  let count = 0
  for (let k = 0; k < rows.length; k++) if (keeps(rows[k]!)) kept[count++] = rows[k]!
  return kept.subarray(0, count)
}

function isSorted(call: AggregateCall, definition: AggregateDefinition | undefined): boolean {
  const isOrdered = call.distinct || call.orderBy.length > 0
  return definition === undefined || (definition.ordered && isOrdered)
}

/** Memory for a call's states at the end, when results are computed. */
export interface StateMemory {
  /** Asks for room for rows, which go to disk when there is none. */
  tryHold(bytes: number): boolean
  /** Asks for room for what cannot go to disk; throws 53200. */
  hold(bytes: number): void
}

/** The states of one call in one grouping set. */
export class CallStates {
  readonly #compiled: CompiledCall
  readonly #accumulator: Accumulator | undefined
  readonly #distinct: DistinctRows | undefined
  /** Rows kept for sorting: slot, arguments, ORDER BY keys. */
  readonly #kept: ExternalSort | undefined
  /** How many rows each slot has, where the function has to know it beforehand. */
  #counts: Int32Array<ArrayBuffer> = new Int32Array(0)
  #slots = new Int32Array(0)

  constructor(compiled: CompiledCall, space: SpillSpace) {
    this.#compiled = compiled
    const { call, definition } = compiled
    this.#accumulator = definition?.create(call.column.type)
    const columns = [SLOT_TYPE, ...keptTypes(call)].map((type, id) => ({ id, name: '', type }))
    if (call.distinct) this.#distinct = new DistinctRows(columns, call.arguments.length, space)
    if (isSorted(call, definition)) {
      this.#kept = new ExternalSort({ ...space, columns, keysOf: keptOrder(call) })
    }
  }

  grow(slots: number): void {
    this.#accumulator?.grow(slots)
    if (this.#compiled.orderedSet !== undefined) this.#counts = wideInt32(this.#counts, slots)
  }

  /** Takes a batch whose row r belongs to slot slotOf[r]. */
  add(input: CallInput, slotOf: Int32Array): void {
    const { rows, vectors } = input
    const count = rows.length
    if (count === 0) return
    if (this.#slots.length < count) this.#slots = new Int32Array(count)
    const slots = this.#slots
    for (let k = 0; k < count; k++) slots[k] = slotOf[rows[k]!]!
    if (this.#distinct !== undefined) {
      const isAll = count === vectors[0]!.length
      const values = vectors.map((vector) => (isAll ? vector : gather(vector, rows)))
      this.#take(this.#distinct.firstOfTheirKind(keptBatch(slots, values, count)))
    } else if (this.#kept !== undefined) {
      const values = vectors.map((vector) => gather(vector, rows))
      this.#kept.add(keptBatch(slots, values, count))
      if (this.#compiled.orderedSet !== undefined) {
        for (let k = 0; k < count; k++) this.#counts[slots[k]!]!++
      }
    } else {
      this.#accumulator?.add(vectors, rows, slots, count)
    }
  }

  /** Takes rows of slot and values, all of them. */
  #take(batch: Batch): void {
    if (batch.length === 0) return
    if (this.#kept !== undefined) {
      this.#kept.add(batch)
      return
    }
    const [slots, ...vectors] = batch.columns.map((_, index) => columnAt(batch, index))
    const rows = Int32Array.from({ length: batch.length }, (_, row) => row)
    this.#accumulator?.add(vectors, rows, (slots as Int32Vector).values, batch.length)
  }

  /** Writes to disk what a full table of distinct rows had to leave out; to be called after each batch. */
  async settle(): Promise<void> {
    await this.#distinct?.settle()
  }

  /** Makes room: kept rows go to disk, and so do distinct rows that are new from now on. */
  async spill(): Promise<void> {
    this.#distinct?.freeze()
    await this.#kept?.spill()
  }

  /** The results of slots 0..slots-1. Memory is asked for on the way. */
  async finish(slots: number, memory: StateMemory, pace: Pace): Promise<Vector> {
    this.grow(slots)
    if (this.#distinct !== undefined) {
      for await (const batch of this.#distinct.rest(() => memory.tryHold(this.bytes))) {
        this.#take(batch)
        if (this.#kept === undefined) memory.hold(this.bytes)
        else if (!memory.tryHold(this.bytes)) await this.#kept.spill()
        if (pace.due()) await pace.turn()
      }
    }
    const { call, orderedSet, direct } = this.#compiled
    if (this.#kept === undefined) return this.#accumulator!.finish(slots)
    if (orderedSet !== undefined) {
      const valueType = keptTypes(call).at(-1)!
      const { type } = call.column
      const scan = orderedSet({ counts: this.#counts, slots, valueType, direct, type })
      return scanOrdered(this.#kept.finish(), scan, async () => {
        memory.hold(this.bytes + scan.bytes)
        if (pace.due()) await pace.turn()
      })
    }
    for await (const batch of this.#kept.finish()) {
      const [slotOf, ...vectors] = batch.columns
      const rows = Int32Array.from({ length: batch.length }, (_, row) => row)
      this.#accumulator!.add(vectors, rows, (slotOf as Int32Vector).values, batch.length)
      memory.hold(this.bytes)
      if (pace.due()) await pace.turn()
    }
    return this.#accumulator!.finish(slots)
  }

  get bytes(): number {
    return (
      (this.#accumulator?.bytes ?? 0) +
      (this.#distinct?.bytes ?? 0) +
      (this.#kept?.bytes ?? 0) +
      this.#counts.byteLength
    )
  }
}

const SLOT_TYPE = { oid: OID.int4, typmod: -1 }

function keptTypes(call: AggregateCall): readonly SqlType[] {
  return [...call.arguments, ...call.orderBy.map((key) => key.expression)].map(({ type }) => type)
}

/** Kept rows go by slot, ORDER BY, and with DISTINCT the arguments. */
function keptOrder(call: AggregateCall): SortKeysOf {
  const ascending = { descending: false, nullsFirst: false }
  const argumentCount = call.arguments.length
  return ([slots, ...vectors]) => [
    { vector: slots!, ...ascending },
    ...call.orderBy.map(({ descending, nullsFirst }, index) => ({
      vector: vectors[argumentCount + index]!,
      descending,
      nullsFirst,
    })),
    ...(call.distinct
      ? vectors.slice(0, argumentCount).map((vector) => ({ vector, ...ascending }))
      : []),
  ]
}

function keptBatch(slots: Int32Array, values: readonly Vector[], count: number): Batch {
  const own = slots.slice(0, count)
  return batchOf([{ lane: 'int32', type: SLOT_TYPE, length: count, values: own }, ...values], count)
}
