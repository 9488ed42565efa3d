/** percentile_cont, percentile_disc and mode: computed from each group's values once they are sorted. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { createComparator } from '../../expressions/compare.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vector.js'
import { createVectorBuilder } from '../../types/vector-builder.js'
import { concatVectors, gather, nullVector, slice } from '../../types/vector-ops.js'
import type { Batch } from '../batch.js'

/** Computes an ordered-set aggregate: rows starts[g]..starts[g+1]-1 of `values` are group g's, sorted, without NULLs. */
export type OrderedSetFunction = (
  values: Vector,
  starts: Int32Array,
  direct: readonly Datum[],
  type: SqlType,
) => Vector

/** The ordered-set aggregates there are, by signature. */
export const ORDERED_SET_FUNCTIONS: Readonly<Record<string, OrderedSetFunction>> = {
  'percentile_cont(float8,float8)': percentileCont,
  'percentile_disc(float8,anyelement)': percentileDisc,
  'mode(anyelement)': mode,
}

/** Rows gathered before the groups among them are computed. */
const RANGE_ROWS = 262_144

/** Computes results over rows of slot and values that come sorted: some groups at a time, whatever their number. */
export async function orderedResults(
  batches: AsyncIterable<Batch>,
  slots: number,
  valueType: SqlType,
  compute: (values: Vector, starts: Int32Array) => Vector,
): Promise<Vector> {
  const results: Vector[] = []
  let firstSlot = 0
  let parts: { slots: Int32Array; values: Vector }[] = []
  let count = 0
  /** Computes slots up to `end`, and keeps the rows that follow. */
  const flush = (end: number): void => {
    if (end === firstSlot && slots > 0) return
    const values = parts.length === 0 ? undefined : concatVectors(parts.map((part) => part.values))
    const starts = new Int32Array(end - firstSlot + 1)
    let own = 0
    for (const part of parts) {
      for (const slot of part.slots) {
        if (slot >= end) break
        starts[slot - firstSlot + 1]!++
        own++
      }
    }
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
    results.push(compute(values ?? nullVector(valueType, 0), starts))
    const last = parts.at(-1)
    parts = []
    if (values !== undefined && last !== undefined && own < count) {
      // Whatever is left is the last slot's.
      const slot = last.slots.at(-1)!
      parts.push({
        slots: new Int32Array(count - own).fill(slot),
        values: slice(values, own, count),
      })
    }
    count -= own
    firstSlot = end
  }
  for await (const batch of batches) {
    const slotOf = batch.columns[0]
    if (slotOf?.lane !== 'int32') continue
    parts.push({ slots: slotOf.values, values: batch.columns.at(-1)! })
    count += batch.length
    if (count >= RANGE_ROWS) flush(slotOf.values[batch.length - 1]!)
  }
  flush(slots)
  return concatVectors(results)
}

function percentileCont(
  values: Vector,
  starts: Int32Array,
  direct: readonly Datum[],
  type: SqlType,
): Vector {
  const fraction = percentile(direct[0] ?? null)
  const groups = starts.length - 1
  const results = new Float64Array(groups)
  const nulls = new Uint8Array(groups)
  for (let group = 0; group < groups; group++) {
    const start = starts[group]!
    const count = starts[group + 1]! - start
    if (fraction === undefined || count === 0 || values.lane !== 'float64') {
      nulls[group] = 1
      continue
    }
    const position = fraction * (count - 1)
    const first = Math.floor(position)
    const low = values.values[start + first]!
    const high = values.values[start + Math.ceil(position)]!
    results[group] = first === Math.ceil(position) ? low : low + (position - first) * (high - low)
  }
  return { lane: 'float64', type, length: groups, nulls, values: results }
}

function percentileDisc(
  values: Vector,
  starts: Int32Array,
  direct: readonly Datum[],
  type: SqlType,
): Vector {
  const fraction = percentile(direct[0] ?? null)
  return pick(values, starts, type, (start, count) => {
    if (fraction === undefined) return -1
    return start + Math.max(0, Math.ceil(fraction * count) - 1)
  })
}

function mode(
  values: Vector,
  starts: Int32Array,
  _direct: readonly Datum[],
  type: SqlType,
): Vector {
  const compare = createComparator(values.type)
  return pick(values, starts, type, (start, count) => {
    let best = start
    let bestRun = 0
    for (let from = start; from < start + count;) {
      let to = from + 1
      while (to < start + count && compare(values, from, values, to) === 0) to++
      if (to - from > bestRun) {
        bestRun = to - from
        best = from
      }
      from = to
    }
    return best
  })
}

/** Takes one row of each group; NULL for empty groups and where `choose` gives -1. */
function pick(
  values: Vector,
  starts: Int32Array,
  type: SqlType,
  choose: (start: number, count: number) => number,
): Vector {
  const groups = starts.length - 1
  if (values.length === 0) {
    const builder = createVectorBuilder(type)
    for (let group = 0; group < groups; group++) builder.appendNull()
    return builder.finish()
  }
  const rows = new Int32Array(groups)
  const nulls = new Uint8Array(groups)
  for (let group = 0; group < groups; group++) {
    const count = starts[group + 1]! - starts[group]!
    const row = count === 0 ? -1 : choose(starts[group]!, count)
    if (row < 0) nulls[group] = 1
    else rows[group] = row
  }
  return { ...gather(values, rows), type, nulls } as Vector
}

function percentile(datum: Datum): number | undefined {
  if (datum === null) return undefined
  const value = Number(datum)
  if (!(value >= 0 && value <= 1)) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      `percentile value ${datum} is not between 0 and 1`,
    )
  }
  return value
}
