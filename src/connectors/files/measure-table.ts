/** What the rows of a file say of its columns: bounds, NULLs and different values. DuckDB reads the columns for it once. */
import type { DiscoveredColumn } from '../connector.js'
import { quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'

export type Measured = Pick<DiscoveredColumn, 'distinct' | 'nullFraction' | 'min' | 'max'>

/** Types whose smallest and largest value are worth knowing, and print as PostgreSQL prints them. */
const BOUNDED = /^(U?(TINY|SMALL|BIG)?INT|U?INTEGER|DECIMAL.*|DATE|TIMESTAMP)$/
/** Types whose values are cheap to tell apart. */
const COUNTED = /^(BOOLEAN|VARCHAR|UUID|FLOAT|DOUBLE|ENUM.*|TIMESTAMP WITH TIME ZONE)$/

/** Files of more rows are not read for bounds. */
const MOST_ROWS_READ = 20_000_000
/** In files of more rows only bounds are looked for. */
const MOST_ROWS_COUNTED = 2_000_000
/** Up to so many rows are counted exactly, beyond it by a sketch. */
const MOST_ROWS_EXACT = 100_000

/** Measures columns, given with their DuckDB types. `relation`: what stands after FROM. */
export async function measureColumns(
  query: (sql: string) => Promise<readonly (readonly (string | null)[])[]>,
  relation: string,
  rows: number,
  columns: readonly (readonly [name: string, native: string])[],
): Promise<ReadonlyMap<string, Measured>> {
  const measured = new Map<string, Measured>()
  if (rows === 0 || rows > MOST_ROWS_READ) return measured
  const isCounted = rows <= MOST_ROWS_COUNTED
  const read = columns.filter(
    ([, native]) => BOUNDED.test(native) || (isCounted && COUNTED.test(native)),
  )
  if (read.length === 0) return measured
  const list = read.map(([name, native]) => {
    const column = quoteWithDoubleQuotes(name)
    const ends = BOUNDED.test(native)
      ? `CAST(min(${column}) AS VARCHAR), CAST(max(${column}) AS VARCHAR)`
      : 'NULL, NULL'
    const distinct = !isCounted
      ? 'NULL'
      : rows <= MOST_ROWS_EXACT
        ? `count(DISTINCT ${column})`
        : `approx_count_distinct(${column})`
    return `count(${column}), ${distinct}, ${ends}`
  })
  let found: readonly (string | null)[] = []
  try {
    found = (await query(`SELECT ${list.join(', ')} FROM ${relation}`))[0] ?? []
  } catch {
    // A value that is not of its column's type: whoever reads that column is told; discovery goes on without.
    return measured
  }
  read.forEach(([name], i) => {
    const [present, distinct = null, min = null, max = null] = found.slice(i * 4, i * 4 + 4)
    measured.set(name, {
      nullFraction: Number(((rows - Number(present)) / rows).toFixed(6)),
      ...(distinct === null ? {} : { distinct: Math.min(Number(distinct), Number(present)) }),
      ...(min === null ? {} : { min }),
      ...(max === null ? {} : { max }),
    })
  })
  return measured
}
