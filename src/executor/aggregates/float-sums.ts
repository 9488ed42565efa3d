/**
 * sum of float4 and float8, and the family of averages and variances over them. The sum adds in order, as PostgreSQL
 * does; the others use the Youngs-Cramer update that PostgreSQL uses, operation for operation, so that results are equal to the bit
 * for rows that arrive in the same order.
 */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { nullsWhereUnseen, wideFloat64, wideUint8 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'
import { floatOverflow } from './float-errors.js'

/** Adds floats; `isSingle` rounds every step to single precision, as float4 addition does. */
export function createFloatSum(type: SqlType, isSingle: boolean): Accumulator {
  let sums = new Float64Array(0)
  let seen = new Uint8Array(0)
  return {
    grow(slots) {
      sums = wideFloat64(sums, slots)
      seen = wideUint8(seen, slots)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane !== 'float64') return
      const { values } = input
      for (let k = 0; k < count; k++) {
        const slot = slots[k]!
        const value = values[rows[k]!]!
        if (seen[slot] === 0) {
          // The first value is the state itself: -0 stays -0.
          seen[slot] = 1
          sums[slot] = value
          continue
        }
        const before = sums[slot]!
        const sum = isSingle ? Math.fround(before + value) : before + value
        if (!Number.isFinite(sum) && Number.isFinite(before) && Number.isFinite(value)) {
          throw floatOverflow()
        }
        sums[slot] = sum
      }
    },
    copy(from, to) {
      sums[to] = sums[from]!
      seen[to] = seen[from]!
    },
    finish(slots): Vector {
      const nulls = nullsWhereUnseen(seen, slots)
      return { lane: 'float64', type, length: slots, nulls, values: sums.slice(0, slots) }
    },
    get bytes() {
      return sums.byteLength + seen.byteLength
    },
  }
}

export type FloatResult = 'average' | 'var_pop' | 'var_samp' | 'stddev_pop' | 'stddev_samp'

/** Averages and variances of floats. */
export function createFloatMoments(type: SqlType, result: FloatResult): Accumulator {
  let counts = new Float64Array(0)
  let sums = new Float64Array(0)
  let squares = new Float64Array(0)
  return {
    grow(slots) {
      counts = wideFloat64(counts, slots)
      sums = wideFloat64(sums, slots)
      squares = wideFloat64(squares, slots)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane !== 'float64') return
      const { values } = input
      for (let k = 0; k < count; k++) {
        const slot = slots[k]!
        const value = values[rows[k]!]!
        const before = sums[slot]!
        const n = ++counts[slot]!
        const sum = before + value
        sums[slot] = sum
        if (n > 1) {
          const difference = value * n - sum
          squares[slot] = squares[slot]! + (difference * difference) / (n * (n - 1))
          if (isInfinite(sum) || isInfinite(squares[slot])) {
            if (!isInfinite(before) && !isInfinite(value)) throw floatOverflow()
            squares[slot] = NaN
          }
        } else if (!Number.isFinite(value)) {
          squares[slot] = NaN
        }
      }
    },
    copy(from, to) {
      counts[to] = counts[from]!
      sums[to] = sums[from]!
      squares[to] = squares[from]!
    },
    finish(slots): Vector {
      const values = new Float64Array(slots)
      const nulls = new Uint8Array(slots)
      const isSample = result === 'var_samp' || result === 'stddev_samp'
      for (let slot = 0; slot < slots; slot++) {
        const n = counts[slot]!
        if (n === 0 || (isSample && n <= 1)) {
          nulls[slot] = 1
          continue
        }
        if (result === 'average') values[slot] = sums[slot]! / n
        else {
          const variance = squares[slot]! / (isSample ? n - 1 : n)
          const isVariance = result === 'var_pop' || result === 'var_samp'
          values[slot] = isVariance ? variance : Math.sqrt(variance)
        }
      }
      return { lane: 'float64', type, length: slots, nulls, values }
    },
    get bytes() {
      return counts.byteLength + sums.byteLength + squares.byteLength
    },
  }
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity
}
