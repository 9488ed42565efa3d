/** bool_and, bool_or, every; bit_and, bit_or, bit_xor of integers. */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { nullsWhereUnseen, wideUint8 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'

/** bool_and (every) or bool_or. */
export function createBooleanAggregate(type: SqlType, operation: 'and' | 'or'): Accumulator {
  let values = new Uint8Array(0)
  let seen = new Uint8Array(0)
  return {
    grow(slots) {
      values = wideUint8(values, slots)
      seen = wideUint8(seen, slots)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane !== 'bool') return
      for (let k = 0; k < count; k++) {
        const slot = slots[k]!
        const value = input.values[rows[k]!]!
        if (seen[slot] === 0) values[slot] = value
        else if (operation === 'and') values[slot]! &= value
        else values[slot]! |= value
        seen[slot] = 1
      }
    },
    copy(from, to) {
      values[to] = values[from]!
      seen[to] = seen[from]!
    },
    finish(slots): Vector {
      const nulls = nullsWhereUnseen(seen, slots)
      return { lane: 'bool', type, length: slots, nulls, values: values.slice(0, slots) }
    },
    get bytes() {
      return values.byteLength + seen.byteLength
    },
  }
}

/** bit_and, bit_or or bit_xor of int2, int4 and int8. */
export function createBitAggregate(type: SqlType, operation: 'and' | 'or' | 'xor'): Accumulator {
  let values = new BigInt64Array(0)
  let seen = new Uint8Array(0)
  return {
    grow(slots) {
      if (values.length < slots) {
        const wider = new BigInt64Array(Math.max(slots, values.length * 2, 16))
        wider.set(values)
        values = wider
      }
      seen = wideUint8(seen, slots)
    },
    add(inputs, rows, slots, count) {
      const input = inputs[0]!
      if (input.lane !== 'int64' && input.lane !== 'int32') return
      const exact = input.lane === 'int64' ? input.exact : undefined
      for (let k = 0; k < count; k++) {
        const slot = slots[k]!
        const value = exact?.[rows[k]!] ?? BigInt(input.values[rows[k]!]!)
        if (seen[slot] === 0) values[slot] = value
        else if (operation === 'and') values[slot]! &= value
        else if (operation === 'or') values[slot]! |= value
        else values[slot]! ^= value
        seen[slot] = 1
      }
    },
    copy(from, to) {
      values[to] = values[from]!
      seen[to] = seen[from]!
    },
    finish(slots): Vector {
      const nulls = nullsWhereUnseen(seen, slots)
      const base = { type, length: slots, nulls }
      const exact = values.slice(0, slots)
      const numbers = Float64Array.from(exact, Number)
      if (type.oid === 20) {
        const isNarrow = numbers.every((value) => Number.isSafeInteger(value))
        const vector = { ...base, lane: 'int64', values: numbers } as const
        return isNarrow ? vector : { ...vector, exact }
      }
      return { ...base, lane: 'int32', values: Int32Array.from(numbers) }
    },
    get bytes() {
      return values.byteLength + seen.byteLength
    },
  }
}
