/**
 * rank, dense_rank, percent_rank and cume_dist of a value that is not among a group's rows: where it would stand among them. Rows
 * whose key is NULL count like all others.
 */
import { createComparator } from '../../expressions/compare.js'
import { gather, vectorFromDatums } from '../../types/vectors/vector-ops.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { OrderedSetCall, OrderedSetScan } from './ordered-set.js'

/** How a group's rows are sorted. */
export interface SortDirection {
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** What is counted for one group: rows of it, rows before the value, those equal to it, and different values before it. */
interface Standing {
  readonly rows: number
  readonly before: number
  readonly equal: number
  readonly distinctBefore: number
}

const RESULTS = {
  'rank(any)': { isWhole: true, of: ({ before }: Standing) => before + 1 },
  'dense_rank(any)': { isWhole: true, of: ({ distinctBefore }: Standing) => distinctBefore + 1 },
  'percent_rank(any)': {
    isWhole: false,
    of: ({ before, rows }: Standing) => (rows === 0 ? 0 : before / rows),
  },
  'cume_dist(any)': {
    isWhole: false,
    of: ({ before, equal, rows }: Standing) => (before + equal + 1) / (rows + 1),
  },
} as const

/** Tells whether a signature is one of these functions. */
export function isHypotheticalSet(signature: string): signature is keyof typeof RESULTS {
  return signature in RESULTS
}

/** Lists the signatures, for the documentation. */
export const HYPOTHETICAL_SET_SIGNATURES: readonly string[] = Object.keys(RESULTS)

/** Computes the function for each slot's rows as they pass by, NULLs among them. Never NULL, not even of no rows. */
export function hypotheticalSet(
  signature: keyof typeof RESULTS,
  { counts, slots, valueType, direct, type }: OrderedSetCall,
  direction: SortDirection,
): OrderedSetScan {
  const { isWhole, of } = RESULTS[signature]
  const own = vectorFromDatums(valueType, [direct[0] ?? null])
  const compareValues = createComparator(valueType)
  const isNull = (vector: Vector, row: number): boolean => vector.nulls?.[row] === 1
  const order = (a: Vector, i: number, b: Vector, j: number): number => {
    const nullA = isNull(a, i)
    const nullB = isNull(b, j)
    if (nullA || nullB) return nullA === nullB ? 0 : nullA === direction.nullsFirst ? -1 : 1
    const sign = compareValues(a, i, b, j)
    return direction.descending ? -sign : sign
  }
  const none = of({ rows: 0, before: 0, equal: 0, distinctBefore: 0 })
  const results = new Float64Array(slots).fill(none)
  let current = -1
  let before = 0
  let equal = 0
  let distinctBefore = 0
  /** The row before the value that came last, and where it is. */
  let last: Vector | undefined
  let lastRow = 0
  return {
    add(slot, values, from, to) {
      if (slot !== current) {
        current = slot
        before = equal = distinctBefore = 0
        last = undefined
      }
      let at = from
      for (; at < to && order(values, at, own, 0) < 0; at++) {
        if (last === undefined || order(last, lastRow, values, at) !== 0) distinctBefore++
        before++
        last = values
        lastRow = at
      }
      for (; at < to && order(values, at, own, 0) === 0; at++) equal++
      results[slot] = of({ rows: counts[slot]!, before, equal, distinctBefore })
    },
    endBatch(values) {
      if (last !== values) return
      last = gather(values, Int32Array.of(lastRow))
      lastRow = 0
    },
    finish: () => ({ lane: isWhole ? 'int64' : 'float64', type, length: slots, values: results }),
    bytes: results.byteLength,
  }
}
