/** Table Function: functions in FROM, side by side; shorter ones are padded with NULLs, rows are numbered on demand. */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { Expression } from '../../expressions/expression.js'
import type { TableFunctionPlan } from '../../planner/physical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import {
  concatVectors,
  nullVector,
  slice,
  vectorFromDatums,
} from '../../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { setFunctionOf } from '../set-functions/native-set-functions.js'
import { rowsOf } from '../set-functions/set-function.js'

/** Runs the functions. */
export async function* tableFunction(
  plan: TableFunctionPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { pace } = context
  const columns = plan.functions.flatMap((entry) => entry.columns)
  const series = plan.functions.map(({ call, columns: own }) =>
    readerOf(functionRows(call, own[0]!.type, context)),
  )
  let done = 0
  for (;;) {
    const parts = series.map((read) => read(BATCH_ROWS))
    const length = Math.max(...parts.map((part) => part?.length ?? 0))
    if (length === 0) return
    const vectors = columns.map((column, index) => {
      const part = parts[index]
      if (part === undefined) return nullVector(column.type, length)
      if (part.length === length) return part
      return concatVectors([part, nullVector(column.type, length - part.length)])
    })
    if (plan.ordinality !== undefined) {
      const values = Float64Array.from({ length }, (_, row) => done + row + 1)
      vectors.push({ lane: 'int64', type: plan.ordinality.type, length, values })
    }
    done += length
    yield batchOf(vectors, length)
    if (pace.due()) await pace.turn()
  }
}

/** The rows of one function; one that returns no set gives its one value. */
function functionRows(
  call: Expression,
  type: Vector['type'],
  context: OperatorContext,
): Iterable<Vector> {
  const { evaluation } = context
  const run = call.kind === 'call' ? setFunctionOf(call.function.signature) : undefined
  if (call.kind !== 'call' || run === undefined) {
    return [vectorFromDatums(type, [evaluateConstant(call, evaluation)])]
  }
  return rowsOf(
    run,
    call.arguments.map((argument) => evaluateConstant(argument, evaluation)),
    type,
    evaluation,
    call.arguments.map((argument) => argument.type),
  )
}

/** Reads vectors in portions: each call gives up to `rows` rows, undefined at the end. */
export function readerOf(vectors: Iterable<Vector>): (rows: number) => Vector | undefined {
  const iterator = vectors[Symbol.iterator]()
  let rest: Vector | undefined
  return (rows) => {
    const parts: Vector[] = []
    let length = 0
    while (length < rows) {
      if (rest === undefined || rest.length === 0) {
        const next = iterator.next()
        if (next.done === true) break
        rest = next.value
      }
      const taken = slice(rest, 0, Math.min(rest.length, rows - length))
      rest = slice(rest, taken.length, rest.length)
      parts.push(taken)
      length += taken.length
    }
    return length === 0 ? undefined : concatVectors(parts)
  }
}
