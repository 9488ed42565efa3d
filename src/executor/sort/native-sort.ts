/** Which ORDER BY keys the executor orders exactly as PostgreSQL does. */
import { isComparableNatively } from '../../expressions/compare.js'
import type { Collation } from '../../expressions/expression.js'
import type { SortKey } from '../../planner/logical-plan.js'

/** Collations that order texts by their bytes. */
const BINARY_COLLATIONS: ReadonlySet<Collation> = new Set([
  ...['binary', 'C', 'POSIX', 'ucs_basic', 'pg_c_utf8'],
])

/** Tells whether a collation orders texts by their bytes. */
export function isBinaryCollation(collation: Collation): boolean {
  return BINARY_COLLATIONS.has(collation)
}

/** Says why a key cannot be sorted by natively; undefined when it can. Its expression is judged elsewhere. */
export function whyNotNativeSort(key: SortKey): string | undefined {
  if (!isBinaryCollation(key.collation)) return `collation ${key.collation} has no native order`
  const { type } = key.expression
  return isComparableNatively(type) ? undefined : `type ${type.oid} has no native order`
}
