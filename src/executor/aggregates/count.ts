/** count(*) and count(x). */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { wideFloat64 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'

/** Counts rows; the caller leaves out those whose argument is NULL. */
export function createCount(type: SqlType): Accumulator {
  let counts = new Float64Array(0)
  return {
    grow(slots) {
      counts = wideFloat64(counts, slots)
    },
    add(_inputs, _rows, slots, count) {
      for (let k = 0; k < count; k++) counts[slots[k]!]!++
    },
    copy(from, to) {
      counts[to] = counts[from]!
    },
    finish(slots): Vector {
      return { lane: 'int64', type, length: slots, values: counts.slice(0, slots) }
    },
    get bytes() {
      return counts.byteLength
    },
  }
}
