/**
 * What the server keeps of columns' values when an administrator asked it to: MariaDB's engine-independent statistics (ANALYZE TABLE ...
 * PERSISTENT FOR ALL), MySQL's histograms (ANALYZE TABLE ... UPDATE HISTOGRAM).
 */
import type { DiscoveredColumn } from '../connector.js'
import type { TextQuery } from './discover.js'
import { BUCKETS, evenBounds } from '../even-bounds.js'
import { ORDERED, type Distribution } from './distribution.js'
import { mysqlDistribution } from './mysql-histogram.js'

/** Reads what there is; nothing where the server keeps none, or does not let us look. */
export async function readDistributions(
  query: TextQuery,
  table: {
    readonly product: string
    readonly schema: string
    readonly name: string
    readonly rows: number
    readonly columns: readonly DiscoveredColumn[]
  },
): Promise<ReadonlyMap<string, Distribution>> {
  const { schema, name, product } = table
  const columns = new Map(table.columns.map((column) => [column.name, column]))
  const found = new Map<string, Distribution>()
  try {
    if (product === 'MariaDB') {
      const rows = await query(
        `SELECT column_name, min_value, max_value, nulls_ratio, avg_length, avg_frequency, hist_type,
                CASE WHEN hist_type = 'JSON_HB' THEN histogram ELSE DECODE_HISTOGRAM(hist_type, histogram) END
         FROM mysql.column_stats WHERE db_name = ? AND table_name = ?`,
        [schema, name],
      )
      for (const row of rows) {
        const column = columns.get(row[0] ?? '')
        if (column !== undefined)
          found.set(column.name, mariadbDistribution(row, column, table.rows))
      }
    } else {
      const rows = await query(
        'SELECT COLUMN_NAME, HISTOGRAM FROM information_schema.COLUMN_STATISTICS WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?',
        [schema, name],
      )
      for (const [columnName, json] of rows) {
        const column = columns.get(columnName ?? '')
        if (column !== undefined) found.set(column.name, mysqlDistribution(json ?? '', column))
      }
    }
  } catch {
    return new Map()
  }
  return found
}

function mariadbDistribution(
  row: readonly (string | null)[],
  { type }: DiscoveredColumn,
  rows: number,
): Distribution {
  const [, min = null, max = null, nulls, width, frequency, kind = null, histogram = null] = row
  const nullFraction = Number(nulls ?? 0)
  const perValue = Number(frequency ?? 0)
  const bounds =
    !ORDERED.test(type) || histogram === null || min === null || max === null
      ? []
      : kind === 'JSON_HB'
        ? jsonBounds(histogram)
        : fractionBounds(histogram, min, max, /^(date|timestamp)/.test(type))
  return {
    nullFraction,
    ...(Number(width ?? 0) > 0 ? { width: Math.round(Number(width)) } : {}),
    ...(perValue > 0
      ? { distinct: Math.max(1, Math.round((rows * (1 - nullFraction)) / perValue)) }
      : {}),
    ...(ORDERED.test(type) && min !== null && max !== null ? { min, max } : {}),
    ...(bounds.length > 1 ? { histogram: bounds } : {}),
  }
}

function jsonBounds(json: string): readonly string[] {
  const { histogram_hb: buckets = [] } = JSON.parse(json) as {
    histogram_hb?: readonly { start: string; size: number; end?: string }[]
  }
  return evenBounds(
    buckets.map(({ start, size, end }, i) => ({
      start,
      size,
      end: buckets[i + 1]?.start ?? end ?? start,
    })),
  )
}

/** A histogram as widths of equally full buckets, as shares of the way from the least value to the greatest: `0.1,0.4,...`. */
function fractionBounds(
  text: string,
  min: string,
  max: string,
  isTime: boolean,
): readonly string[] {
  const toNumber = (value: string): number =>
    isTime
      ? Date.parse(`${value.replace(' ', 'T')}${value.includes(' ') ? 'Z' : ''}`)
      : Number(value)
  const toText = (value: number): string =>
    isTime ? new Date(value).toISOString().slice(0, 19).replace('T', ' ') : String(value)
  const [low, high] = [toNumber(min), toNumber(max)]
  const widths = text.split(',').map(Number)
  if (!Number.isFinite(low + high) || widths.some((width) => !Number.isFinite(width))) return []
  const whole = widths.reduce((sum, width) => sum + width, 0)
  if (!(whole > 0)) return []
  // All buckets are equally full: a twentieth ends inside one, as far in as it is of its share.
  const ends = widths.reduce<number[]>((sums, width) => [...sums, sums.at(-1)! + width], [0])
  return Array.from({ length: BUCKETS + 1 }, (_, i) => {
    const at = (i * widths.length) / BUCKETS
    const [from, to] = [ends[Math.floor(at)]!, ends[Math.ceil(at)]!]
    const share = (from + (to - from) * (at - Math.floor(at))) / whole
    return toText(low + (high - low) * share)
  })
}
