/**
 * How many different values a warehouse's columns have, and their share of NULLs. No warehouse keeps them, and counting reads the
 * columns for money: it is done where `discover.count_distinct` gives a size, and never reads more than that in one discovery. The
 * smallest tables come first, so that the same tables are counted the next time.
 */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Batch } from '../../executor/batch.js'
import { OID } from '../../types/sql-type.js'
import { datumAt } from '../../types/vectors/vector-ops.js'
import type {
  DiscoveredColumn,
  DiscoveredTable,
  DiscoverOptions,
  RemoteStatement,
  ScanOptions,
} from '../connector.js'
import { bytesOf } from './byte-size.js'

/** What the warehouse's own language and prices are. */
export interface Counting {
  quoteTable(from: string): string
  quoteColumn(name: string): string
  /** Bytes that a statement over a table is billed for, or reads. */
  price(sql: string, table: DiscoveredTable): Promise<number>
  /** Runs a statement that gives one row. `most`: bytes it may be billed for. */
  run(sql: string, columns: number, most: number): Promise<readonly (string | null)[]>
}

/** Types whose values are told apart by an approximate count in both warehouses. */
const COUNTED =
  /^(smallint|integer|bigint|numeric|real|double precision|boolean|text|bytea|date|time|timestamp)/

/** The bytes that a discovery may read for counting; undefined: nothing is counted, as for a running server, which has the lock's counts. */
export function countingBudget(
  source: SourceDefinition,
  options: Pick<DiscoverOptions, 'schemaOnly' | 'distributions'>,
): number | undefined {
  if (options.schemaOnly === true || options.distributions === true) return undefined
  return bytesOf(source.discover.count_distinct)
}

/** The tables with their columns counted, as far as the budget goes. */
export async function withDistinctCounts(
  tables: readonly DiscoveredTable[],
  budget: number,
  counting: Counting,
): Promise<readonly DiscoveredTable[]> {
  const bySize = tables
    .filter(
      ({ rows = 0, bytes, requireFilter }) =>
        rows > 0 && bytes !== undefined && requireFilter === undefined,
    ) // prettier-ignore
    .sort((a, b) => a.bytes! - b.bytes! || (a.from < b.from ? -1 : 1))
  const counted = new Map<string, DiscoveredTable>()
  let left = budget
  for (const table of bySize) {
    const columns = table.columns.filter(({ type }) => COUNTED.test(type) && !type.endsWith('[]'))
    if (columns.length === 0) continue
    const sql = countingStatement(table, columns, counting)
    const price = await counting.price(sql, table)
    if (price > left) continue
    left -= price
    counted.set(table.from, withCounts(table, columns, await counting.run(sql, 1 + columns.length * 2, price))) // prettier-ignore
  }
  return tables.map((table) => counted.get(table.from) ?? table)
}

function countingStatement(
  { from }: DiscoveredTable,
  columns: readonly DiscoveredColumn[],
  { quoteTable, quoteColumn }: Counting,
): string {
  const counts = columns.map(({ name }, i) => {
    const column = quoteColumn(name)
    return `COUNT(${column}) AS n${i}, APPROX_COUNT_DISTINCT(${column}) AS d${i}`
  })
  return `SELECT COUNT(*) AS total, ${counts.join(', ')} FROM ${quoteTable(from)}`
}

function withCounts(
  table: DiscoveredTable,
  columns: readonly DiscoveredColumn[],
  [total, ...counts]: readonly (string | null)[],
): DiscoveredTable {
  const rows = Number(total)
  const known = new Map(
    columns.map(({ name }, i) => {
      const [present, distinct] = [Number(counts[i * 2]), Number(counts[i * 2 + 1])]
      const nullFraction = rows === 0 ? 0 : Number(((rows - present) / rows).toFixed(6))
      return [name, { distinct: Math.min(distinct, present), nullFraction }]
    }),
  )
  return {
    ...table,
    columns: table.columns.map((column) => ({ ...column, ...known.get(column.name) })),
  }
}

/** Reads the only row of a statement of counts. */
export async function firstRow(
  read: (statement: RemoteStatement, options: ScanOptions) => AsyncIterable<Batch>,
  { text, columns, signal }: { text: string; columns: number; signal: AbortSignal },
): Promise<readonly (string | null)[]> {
  const type = { oid: OID.int8, typmod: -1 }
  const statement = {
    ...{ text, parameters: [] },
    columns: Array.from({ length: columns }, (_, i) => ({ id: i + 1, name: `c${i}`, type })),
  }
  for await (const batch of read(statement, { signal, batchRows: 1 })) {
    return batch.columns.map((column) => datumAt(column, 0))
  }
  return []
}
