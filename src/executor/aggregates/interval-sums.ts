/** sum of intervals: part by part, infinite ones included. */
import { addIntervals } from '../../expressions/kernels/interval-arithmetic.js'
import type { IntervalValue } from '../../expressions/kernels/row-wise.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Accumulator } from './accumulator.js'

/** Makes the states of sum(interval). */
export function createIntervalSum(type: SqlType): Accumulator {
  let sums: (IntervalValue | undefined)[] = []
  return {
    grow(slots) {
      while (sums.length < slots) sums.push(undefined)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane !== 'interval') return
      for (let k = 0; k < count; k++) {
        const row = rows[k]!
        const slot = slots[k]!
        const value = {
          months: input.months[row]!,
          days: input.days[row]!,
          micros: input.micros[row]!,
        }
        const known = sums[slot]
        sums[slot] = known === undefined ? value : addIntervals(known, value)
      }
    },
    copy() {
      throw new EngineError(SQLSTATE.internalError, 'A sum of intervals cannot run over frames')
    },
    finish(slots) {
      const months = new Int32Array(slots)
      const days = new Int32Array(slots)
      const micros = new Float64Array(slots)
      const nulls = new Uint8Array(slots)
      for (let slot = 0; slot < slots; slot++) {
        const sum = sums[slot]
        if (sum === undefined) nulls[slot] = 1
        months[slot] = sum?.months ?? 0
        days[slot] = sum?.days ?? 0
        micros[slot] = sum?.micros ?? 0
      }
      sums = []
      return { lane: 'interval', type, length: slots, nulls, months, days, micros }
    },
    get bytes() {
      return sums.length * 48
    },
  }
}
