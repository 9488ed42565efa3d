/** Statistics read from live sources: newer than the lock, with common values and histograms that no lock file may hold. */
import type { DiscoveredSource, DiscoveredTable } from '../connectors/connector.js'
import type { Catalog, ColumnStatistics, SourceDefinition, TableStatistics } from './catalog.js'

/** By source, then by table, as the catalog names them. */
export type LiveStatistics = Readonly<Record<string, Readonly<Record<string, TableStatistics>>>>

/** What discovery found of a source's tables, under the catalog's names. Columns with a tag keep no values. */
export function liveStatisticsOf(
  source: SourceDefinition,
  discovered: DiscoveredSource,
): Readonly<Record<string, TableStatistics>> {
  const found = new Map(discovered.tables.map((table) => [table.from, table]))
  const tables: Record<string, TableStatistics> = {}
  for (const table of source.tables) {
    const live = found.get(table.from ?? table.name)
    if (live === undefined) continue
    const columns: Record<string, ColumnStatistics> = {}
    for (const column of table.columns) {
      const own = statisticsOf(live, column.from)
      if (own === undefined) continue
      const { distinct, nullFraction, width } = own
      const mayKeepValues = column.tags.length === 0
      columns[column.name] = mayKeepValues ? own : defined({ distinct, nullFraction, width })
    }
    tables[table.name] = defined({ rows: live.rows, bytes: live.bytes, columns })
  }
  return tables
}

function statisticsOf(table: DiscoveredTable, column: string): ColumnStatistics | undefined {
  const found = table.columns.find((candidate) => candidate.name === column)
  if (found === undefined) return undefined
  const { distinct, nullFraction, min, max, width, mostCommon, histogram } = found
  return defined({ distinct, nullFraction, min, max, width, mostCommon, histogram })
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as Defined<T>
}

/** The catalog with live statistics over those of its locks; what the live ones leave out stays. */
export function withLiveStatistics(catalog: Catalog, live: LiveStatistics): Catalog {
  return {
    ...catalog,
    sources: catalog.sources.map((source) => {
      const own = live[source.name]
      if (own === undefined) return source
      return {
        ...source,
        tables: source.tables.map((table) => {
          const now = own[table.name]
          if (now === undefined) return table
          const { columns, ...size } = now
          const merged: Record<string, ColumnStatistics> = { ...table.statistics.columns }
          for (const [name, column] of Object.entries(columns)) {
            merged[name] = { ...merged[name], ...column }
          }
          return { ...table, statistics: { ...table.statistics, ...size, columns: merged } }
        }),
      }
    }),
  }
}
