/**
 * Apply: runs the right side anew for each distinct combination of outer values, which it sees as parameters. Results are
 * remembered, so that equal outer values run once; when memory runs short they are forgotten and run again.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { ApplyPlan } from '../../planner/physical-plan.js'
import type { Datum } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { byteSizeOf, concatVectors, datumAt, nullVector } from '../../types/vectors/vector-ops.js'
import { columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import { positionsOf } from '../column-picker.js'
import { MatchCollector } from '../joins/match-collector.js'
import { PairCondition } from '../joins/pair-condition.js'
import type { OperatorContext } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { RowStore } from '../row-store.js'
import { wantedRows } from '../wanted-rows.js'

const PAIRS = 16_384

/** The right side's rows for one combination of outer values. */
interface Result {
  readonly columns: readonly Vector[]
  readonly length: number
}

/** Joins each left row with what the right side gives for it. */
export async function* apply(plan: ApplyPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const { left, right, condition } = plan
  const { pace } = context
  if (plan.joinType === 'right' || plan.joinType === 'full') {
    throw new EngineError(SQLSTATE.internalError, `Apply cannot be a ${plan.joinType} join`)
  }
  const memory = reserveFor(plan, 'Apply', context)
  const outer = positionsOf(plan.outer, left.columns)
  const remembered = new Map<string, Result>()
  let bytes = 0
  const collector = new MatchCollector({
    ...plan,
    leftColumns: left.columns,
    rightColumns: right.columns,
    held: 'right',
  })
  const judge =
    condition === undefined
      ? undefined
      : new PairCondition(condition, left.columns, right.columns, context.evaluation)
  const pairLeft = new Int32Array(PAIRS)
  const pairRight = new Int32Array(PAIRS)

  const resultOf = async (key: string, values: readonly Datum[]): Promise<Result> => {
    const known = remembered.get(key)
    if (known !== undefined) return known
    const result = await runRight(plan, values, context)
    const size = result.columns.reduce((sum, column) => sum + byteSizeOf(column), 128)
    if (!memory.tryResize(bytes + size)) {
      // Forgetting is this operator's way to spill.
      remembered.clear()
      bytes = 0
      memory.resize(size)
    }
    bytes += size
    remembered.set(key, result)
    return result
  }

  try {
    const rows = context.open(left)
    const wanted =
      plan.asking === undefined ? rows : wantedRows(rows, context.open(plan.asking), context.signal)
    for await (const batch of wanted) {
      const outerVectors = outer.map((position) => columnAt(batch, position))
      /** Results that this batch uses, one after another in the held rows. */
      const results: Result[] = []
      const placeOf = new Map<string, { start: number; length: number }>()
      const places: { start: number; length: number }[] = []
      let total = 0
      for (let row = 0; row < batch.length; row++) {
        const values = outerVectors.map((vector) => datumAt(vector, row))
        const key = JSON.stringify(values)
        let place = placeOf.get(key)
        if (place === undefined) {
          const result = await resultOf(key, values)
          place = { start: total, length: result.length }
          total += result.length
          results.push(result)
          placeOf.set(key, place)
        }
        places.push(place)
        if (pace.due()) await pace.turn()
      }
      const held = right.columns.map((column, index) => {
        const parts = results.flatMap((result) =>
          result.length > 0 ? [result.columns[index]!] : [],
        )
        return parts.length === 0 ? nullVector(column.type, 0) : concatVectors(parts)
      })
      collector.setHeld(held, total)
      collector.startBatch(batch)
      let count = 0
      const flush = (): Batch | undefined => {
        const verdicts = judge?.judge(batch, pairLeft, held, pairRight, count)
        const joined = collector.addPairs(pairLeft, pairRight, count, verdicts)
        count = 0
        return joined
      }
      for (const [row, { start, length }] of places.entries()) {
        for (let other = start; other < start + length; other++) {
          pairLeft[count] = row
          pairRight[count++] = other
          if (count < PAIRS) continue
          const joined = flush()
          if (joined !== undefined) yield joined
          if (pace.due()) await pace.turn()
        }
      }
      const joined = count > 0 ? flush() : undefined
      if (joined !== undefined) yield joined
      const rest = collector.endBatch()
      if (rest !== undefined) yield rest
    }
  } finally {
    memory.release()
  }
}

async function runRight(
  plan: ApplyPlan,
  values: readonly Datum[],
  context: OperatorContext,
): Promise<Result> {
  const { evaluation } = context
  const parameters = [...evaluation.parameters]
  while (parameters.length < plan.firstParameter - 1) parameters.push(null)
  values.forEach((value, index) => (parameters[plan.firstParameter - 1 + index] = value))
  const store = new RowStore(plan.right.columns)
  const own = { ...context, evaluation: { ...evaluation, parameters } }
  for await (const batch of context.open(plan.right, own)) store.append(batch)
  return { length: store.length, columns: store.takeColumns() }
}
