/**
 * Limit: skips OFFSET rows and passes LIMIT rows on, then stops its input. WITH TIES goes on while rows are equal to the last
 * one by the sort keys.
 */
import { EngineError } from '../../errors.js'
import { compileExpression, evaluateConstant } from '../../expressions/compile-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Expression } from '../../expressions/expression.js'
import type { LimitPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { limitBatch } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { compareBetween } from '../sort/sort-rows.js'

/** Passes on the wanted rows of the input. */
export async function* limit(plan: LimitPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const { evaluation } = context
  let skip = rowCountOf(plan.offset, 'offset', evaluation) ?? 0
  let left = rowCountOf(plan.limit, 'limit', evaluation) ?? Infinity
  if (left === 0) return
  const isTie = plan.ties === undefined ? undefined : tieTest(plan, context)
  for await (const batch of context.open(plan.input)) {
    const start = Math.min(skip, batch.length)
    skip -= start
    let end = Math.min(batch.length, start + left)
    left -= end - start
    if (isTie !== undefined) end = isTie(batch, start, end, left === 0)
    if (end > start) yield limitBatch(batch, start, end)
    if (left === 0 && (isTie === undefined || end < batch.length)) return
  }
}

/** Evaluates LIMIT or OFFSET; undefined is no bound. Throws 2201W and 2201X as PostgreSQL does. */
export function rowCountOf(
  expression: Expression | undefined,
  clause: 'limit' | 'offset',
  evaluation: EvaluationContext,
): number | undefined {
  const value = expression === undefined ? null : evaluateConstant(expression, evaluation)
  if (value === null) return undefined
  const rows = Number(value)
  if (rows >= 0) return rows
  throw clause === 'limit'
    ? new EngineError('2201W', 'LIMIT must not be negative')
    : new EngineError('2201X', 'OFFSET must not be negative')
}

/** Extends the end of the wanted rows over those that tie with the last one, which is remembered across batches. */
function tieTest(
  plan: LimitPlan,
  context: OperatorContext,
): (batch: Batch, start: number, end: number, isLast: boolean) => number {
  const ties = plan.ties ?? []
  const keys = ties.map((key) =>
    compileExpression(key.expression, plan.input.columns, context.evaluation),
  )
  let last: { readonly vectors: readonly Vector[]; readonly row: number } | undefined
  return (batch, start, end, isLast) => {
    if (!isLast) return end
    const vectors = keys.map((key) => key.evaluate(batch))
    if (end > start) last ??= { vectors, row: end - 1 }
    const boundary = last
    if (boundary === undefined) return end
    const compare = ties.map((key, index) =>
      compareBetween(boundary.vectors[index]!, vectors[index]!, key.descending, key.nullsFirst),
    )
    let to = Math.max(start, end)
    while (to < batch.length && compare.every((test) => test(boundary.row, to) === 0)) to++
    return to
  }
}
