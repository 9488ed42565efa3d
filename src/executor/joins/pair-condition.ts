/** Evaluates a join condition over pairs of rows, three-valued. Only the columns it uses are gathered. */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Column, Expression } from '../../expressions/expression.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import { UNKNOWN } from './match-collector.js'

/** A compiled condition over the columns of two sides. */
export class PairCondition {
  readonly #compiled: CompiledExpression
  readonly #streamed: readonly number[]
  readonly #held: readonly number[]

  constructor(
    condition: Expression,
    streamedColumns: readonly Column[],
    heldColumns: readonly Column[],
    evaluation: EvaluationContext,
  ) {
    const used = usedColumnsOf(condition)
    const positions = (columns: readonly Column[]): number[] =>
      columns.flatMap((column, position) => (used.has(column.id) ? [position] : []))
    this.#streamed = positions(streamedColumns)
    this.#held = positions(heldColumns)
    this.#compiled = compileExpression(
      condition,
      [
        ...this.#streamed.map((position) => streamedColumns[position]!),
        ...this.#held.map((position) => heldColumns[position]!),
      ],
      evaluation,
    )
  }

  /** The verdict on each pair (streamed[k], held[k]). */
  judge(
    batch: Batch,
    streamed: Int32Array,
    heldVectors: readonly Vector[],
    held: Int32Array,
    count: number,
  ): Uint8Array {
    const pairs = batchOf(
      [
        ...this.#streamed.map((position) => gather(columnAt(batch, position), streamed, count)),
        ...this.#held.map((position) => gather(heldVectors[position]!, held, count)),
      ],
      count,
    )
    const result = this.#compiled.evaluate(pairs)
    const verdicts = new Uint8Array(count)
    if (result.lane !== 'bool') return verdicts
    for (let k = 0; k < count; k++) {
      verdicts[k] = result.nulls?.[k] === 1 ? UNKNOWN : result.values[k]!
    }
    return verdicts
  }
}
