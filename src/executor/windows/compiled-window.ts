/** A window node's expressions, compiled: keys, frame offsets, and calls. */
import { compileExpression, evaluateConstant } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { FrameBound, WindowCall, WindowFrame } from '../../planner/logical-plan.js'
import type { WindowPlan } from '../../planner/physical-plan.js'
import type { Datum } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { aggregateDefinition } from '../aggregates/native-aggregates.js'
import type { AggregateDefinition } from '../aggregates/native-aggregates.js'
import { batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import { sortColumnsOf } from '../sort/sort-columns.js'
import type { SortColumn } from '../sort/sort-words.js'
import { checkedOffsets } from './frames.js'
import type { BoundOffsets, RangeKey } from './frames.js'
import { PagedColumn } from './paged-rows.js'
import type { PagedRows } from './paged-rows.js'
import { hasShift, shiftKeys } from './range-shift.js'
import { windowFunctionOf } from './window-functions.js'
import type { WindowFunction } from './window-functions.js'

/** What all rows of a window node are computed with. */
export class CompiledWindow {
  readonly plan: WindowPlan
  readonly frame: WindowFrame
  readonly calls: readonly CompiledWindowCall[]
  readonly #evaluation: EvaluationContext
  readonly #partitionKeys: readonly CompiledExpression[]
  readonly #orderKeys: readonly CompiledExpression[]
  #offsets: BoundOffsets | undefined

  constructor(plan: WindowPlan, evaluation: EvaluationContext) {
    const { columns } = plan.input
    this.plan = plan
    this.frame = plan.frame
    this.#evaluation = evaluation
    this.#partitionKeys = plan.partitionBy.map((key) => compileExpression(key, columns, evaluation))
    this.#orderKeys = plan.orderBy.map((key) =>
      compileExpression(key.expression, columns, evaluation),
    )
    this.calls = plan.calls.map((call) => new CompiledWindowCall(call, plan, evaluation))
  }

  get isPartitioned(): boolean {
    return this.#partitionKeys.length > 0
  }

  partitionKeys(batch: Batch): Vector[] {
    return this.#partitionKeys.map((key) => key.evaluate(batch))
  }

  sortColumns(columns: readonly Vector[], length: number): SortColumn[] {
    return sortColumnsOf(this.plan.orderBy, this.#orderKeys, columns, length)
  }

  /** The frame's offsets, checked; to be asked for only when there are rows. */
  get offsets(): BoundOffsets {
    const offsetOf = ({ offset }: FrameBound): Datum =>
      offset === undefined ? null : evaluateConstant(offset, this.#evaluation)
    const { start, end } = this.frame
    const type = this.#rangeKey?.type
    return (this.#offsets ??= checkedOffsets(
      this.frame,
      { start: offsetOf(start), end: offsetOf(end) },
      type !== undefined && hasShift(type),
    ))
  }

  get #rangeKey() {
    const { mode, start, end } = this.frame
    const needsKey = mode === 'range' && (start.offset ?? end.offset) !== undefined
    return needsKey ? this.plan.orderBy[0]?.expression : undefined
  }

  /** The key that RANGE with an offset compares, of some rows; undefined where the frame has no such bound. */
  rangeKeys(columns: readonly Vector[], length: number): Vector | undefined {
    return this.#rangeKey && this.#orderKeys[0]?.evaluate(batchOf(columns, length))
  }

  /** The same of rows on disk. */
  rangeKeyColumn(rows: PagedRows): PagedColumn | undefined {
    const key = this.#rangeKey
    return key && new PagedColumn(rows, this.#orderKeys[0]!, key.type)
  }

  /** How keys are compared with each other. */
  rangeKeyOf(vector: Vector): RangeKey {
    const descending = this.plan.orderBy[0]?.descending === true
    if (!hasShift(vector.type)) return { vector, descending }
    return {
      ...{ vector, descending },
      shift: (offset, subtracts) => shiftKeys(vector, offset, subtracts, this.#evaluation),
    }
  }
}

/** One call: an aggregate over frames, or a window function. */
export class CompiledWindowCall {
  readonly call: WindowCall
  readonly arguments: readonly CompiledExpression[]
  readonly definition: AggregateDefinition | undefined
  readonly run: WindowFunction | undefined
  /** Frames that all reach to the partition's end only shrink: seen backwards they grow. The order of rows must make no difference. */
  readonly goesBackwards: boolean
  readonly #filter: CompiledExpression | undefined

  constructor(call: WindowCall, plan: WindowPlan, evaluation: EvaluationContext) {
    const { columns } = plan.input
    const { frame } = plan
    this.call = call
    this.arguments = call.arguments.map((each) => compileExpression(each, columns, evaluation))
    this.#filter = call.filter && compileExpression(call.filter, columns, evaluation)
    this.definition = call.isAggregate
      ? aggregateDefinition(call.function, call.column.type)
      : undefined
    this.run = this.definition === undefined ? windowFunctionOf(call.function.signature) : undefined
    // Which of two equal values min and max keep depends on the order.
    const mayReverse =
      this.definition?.ordered === false &&
      call.function.name !== 'min' &&
      call.function.name !== 'max'
    this.goesBackwards =
      mayReverse &&
      frame.exclude === 'no-others' &&
      frame.end.kind === 'unbounded-following' &&
      frame.start.kind !== 'unbounded-preceding'
  }

  /** An aggregate's arguments, and which rows take part; `order` is the window's, where the batch is not in it. */
  participation(batch: Batch, order?: Int32Array): Participation {
    const values = (expression: CompiledExpression): Vector => {
      const vector = expression.evaluate(batch)
      return order === undefined ? vector : gather(vector, order)
    }
    const inputs = this.arguments.map(values)
    const filter = this.#filter && values(this.#filter)
    const skips = this.definition?.skipsNulls
    const skipping = skips === 'none' ? [] : skips === 'first' ? inputs.slice(0, 1) : inputs
    const before = new Int32Array(batch.length + 1)
    const rows = new Int32Array(batch.length)
    let count = 0
    for (let row = 0; row < batch.length; row++) {
      before[row] = count
      const passes =
        filter === undefined ||
        (filter.lane === 'bool' && filter.values[row] === 1 && filter.nulls?.[row] !== 1)
      if (passes && skipping.every(({ nulls }) => nulls?.[row] !== 1)) rows[count++] = row
    }
    before[batch.length] = count
    return { inputs, rows: rows.subarray(0, count), before }
  }
}

/** Which of some rows take part in a call. */
export interface Participation {
  readonly inputs: readonly Vector[]
  /** Those rows, ascending. */
  readonly rows: Int32Array
  /** How many of them lie before each row; one entry more than there are rows. */
  readonly before: Int32Array
}
