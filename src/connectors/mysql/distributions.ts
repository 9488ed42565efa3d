/** What MariaDB's engine-independent statistics (ANALYZE TABLE ... PERSISTENT FOR ALL) know of columns. */
import type { DiscoveredColumn } from '../connector.js'
import type { TextQuery } from './discover.js'

/** A column's record in mysql.column_stats. */
export interface Distribution {
  readonly min: string | null
  readonly max: string | null
  readonly nullFraction: number
  readonly width: number
  /** Rows per distinct value. */
  readonly frequency: number
  /** Bounds of equal shares. */
  readonly histogram: readonly string[]
}

/** Reads what there is; nothing where the server keeps none, is no MariaDB, or does not let us look. */
export async function readDistributions(
  query: TextQuery,
  schema: string,
  name: string,
): Promise<ReadonlyMap<string, Distribution>> {
  try {
    const rows = await query(
      `SELECT column_name, min_value, max_value, nulls_ratio, avg_length, avg_frequency, hist_type, histogram
       FROM mysql.column_stats WHERE db_name = ? AND table_name = ?`,
      [schema, name],
    )
    return new Map(
      rows.map(([column, min, max, nulls, width, frequency, kind, histogram]) => [
        column ?? '',
        {
          ...{ min: min ?? null, max: max ?? null, nullFraction: Number(nulls ?? 0) },
          ...{ width: Number(width ?? 0), frequency: Number(frequency ?? 0) },
          histogram: kind === 'JSON_HB' ? boundsOf(histogram ?? '') : [],
        },
      ]),
    )
  } catch {
    return new Map()
  }
}

const BUCKETS = 20

/** Buckets of their own sizes as bounds of equal shares: where the sum of sizes passes each twentieth. */
function boundsOf(json: string): readonly string[] {
  const { histogram_hb: buckets = [] } = JSON.parse(json) as {
    histogram_hb?: readonly { start: string; size: number; end?: string }[]
  }
  const [first] = buckets
  const last = buckets.at(-1)
  if (first === undefined || last === undefined) return []
  const bounds = [first.start]
  let passed = 0
  buckets.forEach(({ size }, i) => {
    passed += size
    const upper = buckets[i + 1]?.start ?? last.end ?? last.start
    while (bounds.length < BUCKETS && passed >= bounds.length / BUCKETS - 1e-9) bounds.push(upper)
  })
  while (bounds.length <= BUCKETS) bounds.push(last.end ?? last.start)
  return bounds
}

/** Numbers and dates only: the text of other types is not what we compare by. */
const ORDERED = /^(smallint|integer|bigint|numeric|real|double precision|date|timestamp)/

/** Columns with what is known of their values. */
export function withDistributions(
  columns: readonly DiscoveredColumn[],
  distributions: ReadonlyMap<string, Distribution>,
  rows: number | undefined,
): readonly DiscoveredColumn[] {
  return columns.map((column) => {
    const known = distributions.get(column.name)
    if (known === undefined) return column
    const present = rows === undefined ? undefined : rows * (1 - known.nullFraction)
    const isOrdered = ORDERED.test(column.type)
    return {
      ...column,
      nullFraction: known.nullFraction,
      ...(known.width > 0 ? { width: Math.round(known.width) } : {}),
      ...(present !== undefined && known.frequency > 0
        ? { distinct: Math.max(1, Math.round(present / known.frequency)) }
        : {}),
      ...(isOrdered && known.min !== null && known.max !== null
        ? { min: known.min, max: known.max }
        : {}),
      ...(isOrdered && known.histogram.length > 1 ? { histogram: known.histogram } : {}),
    }
  })
}
