/** Order and equality of values per type, as PostgreSQL's btree operators have them under binary collation. */
import type { SqlType } from '../types/sql-type.js'
import type { Vector } from '../types/vector.js'

/** Compares row i of one vector with row j of another; neither is NULL. Negative, zero or positive. */
export type Comparator = (a: Vector, i: number, b: Vector, j: number) => number

/** Tells whether {@link createComparator} knows the type. */
export function isComparableNatively(type: SqlType): boolean {
  void type
  return false
}

/** Builds the comparator of a type. */
export function createComparator(type: SqlType): Comparator {
  void type
  throw new Error('not implemented')
}
