/** Reads schema, keys and statistics of a PostgreSQL database for the lock file. The same database gives the same answer. */
import type { Client } from 'pg'
import type { SourceDefinition } from '../../catalog/catalog.js'
import type {
  DiscoveredColumn,
  DiscoveredSource,
  DiscoveredTable,
  DiscoverOptions,
} from '../connector.js'
import { quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import { readColumns, type EnumTypes } from './discover-columns.js'
import { readConstraints, type TableConstraints } from './discover-keys.js'
import { discoverQuery } from './discover-query.js'
import { remoteNameOf } from './remote-name.js'
import { serverFactsOf, withClient } from './server-facts.js'
import { connectError } from './source-errors.js'

/** A table as pg_class knows it. */
export interface FoundTable {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly estimate: number
  readonly pages: number
}

/** Runs discovery on a connection of its own. */
export async function discoverSource(
  source: SourceDefinition,
  options: DiscoverOptions,
): Promise<DiscoveredSource> {
  return withClient(source, options.signal, async (client) => {
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      await client.query("SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL TimeZone = 'UTC'")
      await client.query("SET LOCAL extra_float_digits = 1; SET LOCAL IntervalStyle = 'postgres'")
      return await discover(client, source.name, options)
    } catch (error) {
      throw connectError(source, error)
    }
  })
}

async function discover(
  client: Client,
  name: string,
  options: DiscoverOptions,
): Promise<DiscoveredSource> {
  const server = await serverFactsOf(client)
  const declared = new Set(
    options.declared.map((table) => (table.query === undefined ? (table.from ?? table.name) : '')),
  )
  const all = await readTables(client)
  const chosen = all.filter((table) => {
    const full = `${table.schema}.${table.name}`
    if (declared.has(remoteNameOf(table)) || declared.has(full)) return true
    if (table.schema === 'public' && declared.has(table.name)) return true
    const included = options.include.length === 0 || options.include.some((g) => matches(g, full))
    return included && !options.exclude.some((g) => matches(g, full))
  })
  const oids = chosen.map((table) => table.oid)
  const enums: EnumTypes = new Map()
  const columns = await readColumns(client, oids, server.collation ?? '', enums)
  const constraints = await readConstraints(client, oids)
  const tables: DiscoveredTable[] = []
  for (const table of chosen) {
    const rows = options.schemaOnly === true ? undefined : await countRows(client, table)
    const keys = constraints.get(table.oid) ?? NO_CONSTRAINTS
    tables.push({
      from: remoteNameOf(table),
      ...(rows === undefined ? {} : { rows }),
      ...(table.pages > 0 ? { bytes: table.pages * 8192 } : {}),
      ...keys,
      columns: (columns.get(table.oid) ?? []).map((column) =>
        absoluteDistinct(options.distributions === true ? column : withoutValues(column), rows),
      ),
    })
  }
  for (const table of options.declared) {
    if (table.query !== undefined) {
      tables.push(await discoverQuery(client, name, table, server.collation ?? '', enums))
    }
  }
  tables.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  const types = [...enums].sort(([a], [b]) => (a < b ? -1 : 1))
  return { server, ...(types.length === 0 ? {} : { types: Object.fromEntries(types) }), tables }
}

const NO_CONSTRAINTS: TableConstraints = {
  primaryKey: [],
  unique: [],
  indexes: [],
  foreignKeys: [],
}

async function readTables(client: Client): Promise<readonly FoundTable[]> {
  const { rows } = await client.query<FoundTable>(
    `SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       c.reltuples::float8 AS estimate, c.relpages AS pages
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
       AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
     ORDER BY n.nspname, c.relname`,
  )
  return rows
}

// Tables of up to this many pages are counted when they were never analysed.
const SMALL_PAGES = 2000

/** Rows by the server's own estimate; counted where there is none and counting is cheap; unknown otherwise. */
async function countRows(client: Client, table: FoundTable): Promise<number | undefined> {
  if (table.kind === 'v' || table.kind === 'f') return undefined
  // Before version 14 a table that was never analysed says 0.
  if (table.estimate > 0 || (table.estimate === 0 && table.pages > 0)) {
    return Math.round(table.estimate)
  }
  const name = `${quoteWithDoubleQuotes(table.schema)}.${quoteWithDoubleQuotes(table.name)}`
  const { rows: sizes } = await client.query<{ pages: number }>(
    `SELECT (pg_total_relation_size($1::oid::regclass) / 8192)::int AS pages`,
    [table.oid],
  )
  if ((sizes[0]?.pages ?? 0) > SMALL_PAGES) return undefined
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${name}`)
  return Number(rows[0]?.count ?? 0)
}

function withoutValues(column: DiscoveredColumn): DiscoveredColumn {
  const hidden = new Set(['mostCommon', 'histogram'])
  return Object.fromEntries(
    Object.entries(column).filter(([name]) => !hidden.has(name)),
  ) as unknown as DiscoveredColumn
}

/** pg_stats gives distinct values as a negative fraction of the rows where they grow with the table. */
function absoluteDistinct(column: DiscoveredColumn, rows: number | undefined): DiscoveredColumn {
  const { distinct, ...rest } = column
  if (distinct === undefined || distinct === 0) return rest
  if (distinct > 0) return column
  return rows === undefined
    ? rest
    : { ...rest, distinct: Math.max(1, Math.round(-distinct * rows)) }
}

/** Tells whether a name fits a glob: `*` any characters, `?` one. */
export function matches(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`, 's').test(name)
}
