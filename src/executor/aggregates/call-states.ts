/**
 * One aggregate call over many slots: FILTER, NULL arguments, DISTINCT and ORDER BY around an accumulator. Calls whose
 * order matters keep their rows and are computed at the end.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { compileExpression, evaluateConstant } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Column } from '../../expressions/expression.js'
import type { AggregateCall } from '../../planner/logical-plan.js'
import { OID } from '../../types/sql-type.js'
import type { Datum } from '../../types/sql-type.js'
import type { Int32Vector, Vector } from '../../types/vector.js'
import { byteSizeOf, concatVectors, gather, nullVector } from '../../types/vector-ops.js'
import type { Batch } from '../batch.js'
import { KeyTable } from '../keys/key-table.js'
import type { Pace } from '../pace.js'
import { SORT_BYTES_PER_ROW, sortRows } from '../sort/sort-rows.js'
import type { Accumulator } from './accumulator.js'
import { aggregateDefinition } from './native-aggregates.js'
import type { AggregateDefinition } from './native-aggregates.js'
import { ORDERED_SET_FUNCTIONS } from './ordered-set.js'
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
    this.orderedSet = isOrderedSet ? ORDERED_SET_FUNCTIONS[call.function.signature] : undefined
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
    if (this.definition === undefined) return vectors
    const count = this.call.arguments.length
    if (this.definition.skipsNulls === 'any') return vectors.slice(0, count)
    return this.definition.skipsNulls === 'first' ? vectors.slice(0, Math.min(1, count)) : []
  }
}

function keepRows(rows: Int32Array, keeps: (row: number) => boolean): Int32Array {
  const kept = new Int32Array(rows.length)
  let count = 0
  for (let k = 0; k < rows.length; k++) if (keeps(rows[k]!)) kept[count++] = rows[k]!
  return kept.subarray(0, count)
}

/** The states of one call in one grouping set. */
export class CallStates {
  readonly #compiled: CompiledCall
  readonly #accumulator: Accumulator | undefined
  readonly #distinct: KeyTable | undefined
  /** Rows kept for sorting: slots and values by batch. */
  readonly #kept: { readonly slots: Int32Vector; readonly vectors: readonly Vector[] }[] | undefined
  #keptBytes = 0
  #keptRows = 0
  #slots = new Int32Array(0)
  #ids = new Int32Array(0)

  constructor(compiled: CompiledCall) {
    this.#compiled = compiled
    const { call, definition } = compiled
    this.#accumulator = definition?.create(call.column.type)
    if (call.distinct) {
      this.#distinct = new KeyTable([
        { type: SLOT_TYPE, nullsMatch: true },
        ...call.arguments.map(({ type }) => ({ type, nullsMatch: true })),
      ])
    }
    const isSorted =
      definition === undefined || (definition.ordered && (call.distinct || call.orderBy.length > 0))
    this.#kept = isSorted ? [] : undefined
  }

  grow(slots: number): void {
    this.#accumulator?.grow(slots)
  }

  /** Takes a batch whose row r belongs to slot slotOf[r]. */
  add(input: CallInput, slotOf: Int32Array): void {
    let { rows } = input
    const { vectors } = input
    let count = rows.length
    if (count === 0) return
    if (this.#slots.length < count) this.#slots = new Int32Array(count)
    let slots: Int32Array = this.#slots
    for (let k = 0; k < count; k++) slots[k] = slotOf[rows[k]!]!
    if (this.#distinct !== undefined) {
      rows = this.#firstOfTheirKind(vectors, rows, slots, this.#distinct)
      count = rows.length
      if (count === 0) return
    }
    if (this.#kept === undefined) {
      this.#accumulator?.add(vectors, rows, slots, count)
      return
    }
    slots = slots.slice(0, count)
    const values = vectors.map((vector) => gather(vector, rows))
    for (const vector of values) this.#keptBytes += byteSizeOf(vector)
    this.#keptRows += count
    this.#kept.push({ slots: slotVector(slots), vectors: values })
  }

  /** Leaves only rows whose (slot, arguments) were not seen before; `slots` is compacted along. */
  #firstOfTheirKind(
    vectors: readonly Vector[],
    rows: Int32Array,
    slots: Int32Array,
    seen: KeyTable,
  ): Int32Array {
    const count = rows.length
    if (this.#ids.length < count) this.#ids = new Int32Array(count)
    const ids = this.#ids
    const isAll = count === vectors[0]!.length
    const keys = vectors
      .slice(0, this.#compiled.call.arguments.length)
      .map((vector) => (isAll ? vector : gather(vector, rows)))
    let next = seen.size
    seen.assign([slotVector(slots.subarray(0, count)), ...keys], count, ids)
    const kept = new Int32Array(count)
    let at = 0
    for (let k = 0; k < count; k++) {
      if (ids[k] !== next) continue
      next++
      slots[at] = slots[k]!
      kept[at++] = rows[k]!
    }
    return kept.subarray(0, at)
  }

  /** The results of slots 0..slots-1. */
  async finish(slots: number, pace: Pace): Promise<Vector> {
    const { call, orderedSet } = this.#compiled
    this.#accumulator?.grow(slots)
    if (this.#kept === undefined) return this.#accumulator!.finish(slots)
    const { slotOf, vectors, order } = await this.#sorted(pace)
    if (orderedSet === undefined) {
      const sortedSlots = new Int32Array(order.length)
      for (let k = 0; k < order.length; k++) sortedSlots[k] = slotOf[order[k]!]!
      this.#accumulator!.add(vectors, order, sortedSlots, order.length)
      return this.#accumulator!.finish(slots)
    }
    const starts = new Int32Array(slots + 1)
    for (const slot of slotOf) starts[slot + 1]!++
    for (let slot = 0; slot < slots; slot++) starts[slot + 1]! += starts[slot]!
    const values = gather(vectors.at(-1)!, order)
    return orderedSet(values, starts, this.#compiled.direct, call.column.type)
  }

  /** Kept rows in the order of slot, ORDER BY, and with DISTINCT the arguments. */
  async #sorted(
    pace: Pace,
  ): Promise<{ slotOf: Int32Array; vectors: readonly Vector[]; order: Int32Array }> {
    const { call } = this.#compiled
    const kept = this.#kept ?? []
    const types = [...call.arguments, ...call.orderBy.map((key) => key.expression)]
    if (kept.length === 0) {
      const vectors = types.map(({ type }) => nullVector(type, 0))
      return { slotOf: new Int32Array(0), vectors, order: new Int32Array(0) }
    }
    const slots = concatVectors(kept.map((part) => part.slots))
    const vectors = types.map((_, index) => concatVectors(kept.map((part) => part.vectors[index]!)))
    kept.length = 0
    const ascending = { descending: false, nullsFirst: false }
    const argumentCount = call.arguments.length
    const order = await sortRows(
      [
        { vector: slots, ...ascending },
        ...call.orderBy.map(({ descending, nullsFirst }, index) => ({
          vector: vectors[argumentCount + index]!,
          descending,
          nullsFirst,
        })),
        ...(call.distinct
          ? vectors.slice(0, argumentCount).map((vector) => ({ vector, ...ascending }))
          : []),
      ],
      slots.length,
      pace,
    )
    return { slotOf: (slots as Int32Vector).values, vectors, order }
  }

  get bytes(): number {
    return (
      (this.#accumulator?.bytes ?? 0) +
      (this.#distinct?.bytes ?? 0) +
      this.#keptBytes +
      this.#keptRows * SORT_BYTES_PER_ROW
    )
  }
}

const SLOT_TYPE = { oid: OID.int4, typmod: -1 }

function slotVector(values: Int32Array): Int32Vector {
  return { lane: 'int32', type: SLOT_TYPE, length: values.length, values }
}
