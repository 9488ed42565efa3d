/**
 * Project Set: a projection with set-returning calls. For each input row all calls run in step, shorter ones padded
 * with NULLs, as many rows as the longest has; then the expressions around the calls are computed. Rows for which no call gives
 * anything disappear.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { compileExpression } from '../../expressions/compile-expression.js'
import type { Column, Expression } from '../../expressions/expression.js'
import { rewriteExpression, somePart } from '../../planner/expression-traversal.js'
import type { ProjectSetPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { concatVectors, datumAt, gather, nullVector } from '../../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { setFunctionOf } from '../set-functions/native-set-functions.js'
import { rowsOf } from '../set-functions/set-function.js'
import type { SetFunction } from '../set-functions/set-function.js'

type Call = Extract<Expression, { kind: 'call' }>

/** Expands the rows of the input. */
export async function* projectSet(
  plan: ProjectSetPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { input } = plan
  const { pace, evaluation } = context
  const calls: { readonly call: Call; readonly run: SetFunction; readonly column: Column }[] = []
  const results = plan.expressions.map(({ expression }) =>
    rewriteExpression(expression, (part) => {
      const run = part.kind === 'call' ? setFunctionOf(part.function.signature) : undefined
      if (part.kind !== 'call' || run === undefined) return part
      if (part.arguments.some((argument) => somePart(argument, isPlaceholder))) throw nestedCall()
      // Ids below zero are nobody else's.
      const column = { id: -1 - calls.length, name: part.function.name, type: part.type }
      calls.push({ call: part, run, column })
      return { kind: 'column', ...column }
    }),
  )
  const callArguments = calls.map(({ call }) =>
    call.arguments.map((argument) => compileExpression(argument, input.columns, evaluation)),
  )
  const expandedColumns = [...input.columns, ...calls.map(({ column }) => column)]
  const outputs = results.map((expression) =>
    compileExpression(expression, expandedColumns, evaluation),
  )
  for await (const batch of context.open(input)) {
    const values = callArguments.map((list) => list.map((argument) => argument.evaluate(batch)))
    let parts: Vector[][] = calls.map(() => [])
    let source: number[] = []
    const flush = (): Batch => {
      const rows = Int32Array.from(source)
      const columns = [
        ...input.columns.map((_, index) => gather(columnAt(batch, index), rows)),
        ...parts.map((part) => concatVectors(part)),
      ]
      parts = calls.map(() => [])
      source = []
      const expanded = batchOf(columns, rows.length)
      return batchOf(
        outputs.map((output) => output.evaluate(expanded)),
        rows.length,
      )
    }
    for (let row = 0; row < batch.length; row++) {
      const iterators = calls.map(({ call, run, column }, index) =>
        readerInStep(
          rowsOf(
            run,
            values[index]!.map((vector) => datumAt(vector, row)),
            column.type,
            evaluation,
            call.arguments.map((argument) => argument.type),
          ),
        ),
      )
      for (;;) {
        const vectors = iterators.map((read) => read())
        const length = Math.max(0, ...vectors.map((vector) => vector?.length ?? 0))
        if (length === 0) break
        vectors.forEach((vector, index) => {
          const missing = length - (vector?.length ?? 0)
          if (vector !== undefined) parts[index]!.push(vector)
          if (missing > 0) parts[index]!.push(nullVector(calls[index]!.column.type, missing))
        })
        for (let k = 0; k < length; k++) source.push(row)
        if (source.length >= BATCH_ROWS) yield flush()
        if (pace.due()) await pace.turn()
      }
    }
    if (source.length > 0) yield flush()
  }
}

/** Set functions give full vectors until their last one, so that vectors of several stay in step. */
function readerInStep(vectors: Iterable<Vector>): () => Vector | undefined {
  const iterator = vectors[Symbol.iterator]()
  return () => {
    const next = iterator.next()
    return next.done === true ? undefined : next.value
  }
}

function isPlaceholder(part: Expression): boolean {
  return part.kind === 'column' && part.id < 0
}

function nestedCall(): EngineError {
  return new EngineError(
    SQLSTATE.featureNotSupported,
    'Set-returning functions inside arguments of others are not native',
  )
}
