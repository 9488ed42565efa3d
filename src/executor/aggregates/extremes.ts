/** min, max and any_value: numbers in typed arrays, everything else as references to rows compared by the type's comparator. */
import { laneOf } from '../../types/type-registry.js'
import { createComparator } from '../../expressions/compare.js'
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { nullsWhereUnseen, wideFloat64, wideUint8 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'
import { RowReferences } from './row-references.js'

/** min or max of any type with a comparator. */
export function createExtreme(type: SqlType, which: 'min' | 'max'): Accumulator {
  const lane = laneOf(type)
  return lane === 'int32' || lane === 'float64'
    ? createNumberExtreme(type, which)
    : createComparedExtreme(type, which)
}

/** The first value that arrives (not NULL). */
export function createAnyValue(type: SqlType): Accumulator {
  const references = new RowReferences(type)
  return {
    grow: (slots) => references.grow(slots),
    add(inputs, rows, slots, count) {
      const number = references.open(inputs[0]!)
      for (let k = 0; k < count; k++) {
        if (!references.isSet(slots[k]!)) references.set(slots[k]!, number, rows[k]!)
      }
    },
    copy: (from, to) => references.copy(from, to),
    finish: (slots) => references.finish(slots),
    get bytes() {
      return references.bytes
    },
  }
}

function createNumberExtreme(type: SqlType, which: 'min' | 'max'): Accumulator {
  let best = new Float64Array(0)
  let seen = new Uint8Array(0)
  const isFloat = type.oid === OID.float4 || type.oid === OID.float8
  return {
    grow(slots) {
      best = wideFloat64(best, slots)
      seen = wideUint8(seen, slots)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane !== 'int32' && input.lane !== 'float64') return
      const { values } = input
      for (let k = 0; k < count; k++) {
        const slot = slots[k]!
        const value = values[rows[k]!]!
        if (seen[slot] === 0) {
          seen[slot] = 1
          best[slot] = value
          continue
        }
        // On a tie the newcomer wins, as in PostgreSQL: it shows with 0 and -0. NaN is above everything.
        const held = best[slot]!
        const keeps =
          which === 'max'
            ? held > value || (held !== held && value === value)
            : held < value || (value !== value && held === held)
        if (!keeps) best[slot] = value
      }
    },
    copy(from, to) {
      best[to] = best[from]!
      seen[to] = seen[from]!
    },
    finish(slots): Vector {
      const nulls = nullsWhereUnseen(seen, slots)
      const values = best.slice(0, slots)
      if (isFloat) return { lane: 'float64', type, length: slots, nulls, values }
      return { lane: 'int32', type, length: slots, nulls, values: Int32Array.from(values) }
    },
    get bytes() {
      return best.byteLength + seen.byteLength
    },
  }
}

function createComparedExtreme(type: SqlType, which: 'min' | 'max'): Accumulator {
  const references = new RowReferences(type)
  const compare = createComparator(type)
  const sign = which === 'max' ? 1 : -1
  // bpchar's functions keep the held value on a tie, all others take the new one.
  const keepsOnTie = type.oid === OID.bpchar
  return {
    grow: (slots) => references.grow(slots),
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      const number = references.open(input)
      for (let k = 0; k < count; k++) {
        const slot = slots[k]!
        const row = rows[k]!
        if (references.isSet(slot)) {
          const order = sign * compare(references.vector(slot), references.row(slot), input, row)
          if (order > 0 || (order === 0 && keepsOnTie)) continue
        }
        references.set(slot, number, row)
      }
    },
    copy: (from, to) => references.copy(from, to),
    finish: (slots) => references.finish(slots),
    get bytes() {
      return references.bytes
    },
  }
}
