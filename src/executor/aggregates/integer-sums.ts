/** sum and avg of int2, int4 and int8: exact, with PostgreSQL's result types (int8 for the small ones, numeric otherwise). */
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { nullsWhereUnseen, wideFloat64 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'
import { divide, finite, numericVector } from './decimal-arithmetic.js'
import { ExactSum } from './exact-sum.js'

/** Sums integers, or averages them. */
export function createIntegerSum(type: SqlType, result: 'sum' | 'average'): Accumulator {
  const sums = new ExactSum()
  let counts = new Float64Array(0)
  return {
    grow(slots) {
      sums.grow(slots)
      counts = wideFloat64(counts, slots)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane === 'int64' && input.exact !== undefined) {
        for (let k = 0; k < count; k++) {
          sums.addBig(slots[k]!, input.exact[rows[k]!]!)
          counts[slots[k]!]!++
        }
      } else if (input.lane === 'int64' || input.lane === 'int32') {
        addAll(sums, counts, input.values, rows, slots, count)
      }
    },
    copy(from, to) {
      sums.copy(from, to)
      counts[to] = counts[from]!
    },
    finish(slots): Vector {
      if (result === 'average') {
        const averages = Array.from({ length: slots }, (_, slot) =>
          counts[slot] === 0
            ? undefined
            : divide(finite(sums.value(slot), 0), finite(BigInt(counts[slot]!), 0)),
        )
        return numericVector(type, averages)
      }
      const values = new Float64Array(slots)
      const nulls = nullsWhereUnseen(counts, slots)
      let wide = false
      for (let slot = 0; slot < slots; slot++) {
        const sum = sums.small(slot)
        if (sum === undefined) wide = true
        else values[slot] = sum
      }
      if (type.oid === OID.numeric) {
        const base = {
          lane: 'numeric',
          type,
          length: slots,
          nulls,
          unscaled: values,
          scale: 0,
        } as const
        if (!wide) return base
        return {
          ...base,
          exact: Array.from({ length: slots }, (_, slot) => finite(sums.value(slot), 0)),
        }
      }
      const base = { lane: 'int64', type, length: slots, nulls, values } as const
      if (!wide) return base
      const exact = BigInt64Array.from({ length: slots }, (_, slot) => sums.value(slot))
      return { ...base, exact }
    },
    get bytes() {
      return sums.bytes + counts.byteLength
    },
  }
}

/** Kept apart so that it is compiled for its own two kinds of array. */
function addAll(
  sums: ExactSum,
  counts: Float64Array,
  values: Int32Array | Float64Array,
  rows: Int32Array,
  slots: Int32Array,
  count: number,
): void {
  for (let k = 0; k < count; k++) {
    const slot = slots[k]!
    sums.add(slot, values[rows[k]!]!)
    counts[slot]!++
  }
}
