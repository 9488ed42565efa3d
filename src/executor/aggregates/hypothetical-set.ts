/**
 * rank, dense_rank, percent_rank and cume_dist of a value that is not among a group's rows: where it would stand among them. Rows
 * whose key is NULL count like all others.
 */
import { createComparator } from '../../expressions/compare.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import { vectorFromDatums } from '../../types/vector-ops.js'
import type { Vector } from '../../types/vector.js'

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

/** Computes the function: rows starts[g]..starts[g+1]-1 of `values` are group g's, sorted. Never NULL, not even of no rows. */
export function hypotheticalSet(
  signature: keyof typeof RESULTS,
  values: Vector,
  starts: Int32Array,
  value: Datum,
  type: SqlType,
  direction: SortDirection,
): Vector {
  const { isWhole, of } = RESULTS[signature]
  const own = vectorFromDatums(values.type, [value])
  const compareValues = createComparator(values.type)
  const isNull = (vector: Vector, row: number): boolean => vector.nulls?.[row] === 1
  const order = (a: Vector, i: number, b: Vector, j: number): number => {
    const nullA = isNull(a, i)
    const nullB = isNull(b, j)
    if (nullA || nullB) return nullA === nullB ? 0 : nullA === direction.nullsFirst ? -1 : 1
    const sign = compareValues(a, i, b, j)
    return direction.descending ? -sign : sign
  }
  const groups = starts.length - 1
  const results = new Float64Array(groups)
  for (let group = 0; group < groups; group++) {
    const start = starts[group]!
    const end = starts[group + 1]!
    let at = start
    let distinctBefore = 0
    for (; at < end && order(values, at, own, 0) < 0; at++) {
      if (at === start || order(values, at - 1, values, at) !== 0) distinctBefore++
    }
    const before = at - start
    while (at < end && order(values, at, own, 0) === 0) at++
    results[group] = of({ rows: end - start, before, equal: at - start - before, distinctBefore })
  }
  return { lane: isWhole ? 'int64' : 'float64', type, length: groups, values: results }
}
