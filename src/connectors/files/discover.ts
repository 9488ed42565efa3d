/** Looks into files: their columns, row counts and, of Parquet, the statistics in their footers. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { lockKeyOf } from '../../catalog/lock-key.js'
import type {
  DiscoveredColumn,
  DiscoveredSource,
  DiscoveredTable,
  DiscoverOptions,
} from '../connector.js'
import { describeNative } from '../native-query.js'
import { quoteString, quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import { duckdbTypeOfName, postgresTypeOf } from './duckdb-types.js'
import {
  fileRelation,
  fileTypeOf,
  patternOf,
  queryText,
  readFunction,
  rootOf,
} from './file-table.js'
import { measureColumns, type Measured } from './measure-table.js'
import { fileError } from './source-errors.js'

type Rows = (string | null)[][]

/** Discovers the declared tables and the files that `include` names. */
export async function discoverFiles(
  connection: DuckDBConnection,
  source: SourceDefinition,
  options: DiscoverOptions,
): Promise<DiscoveredSource> {
  const query = async (sql: string): Promise<Rows> => {
    options.signal.throwIfAborted()
    const result = await connection.runAndReadAll(sql)
    return result
      .getRows()
      .map((row) => row.map((value) => (value === null ? null : String(value))))
  }
  const tables = new Map<string, TableDefinition>()
  for (const table of options.declared) tables.set(lockKeyOf(table), table)
  for (const from of await includedFiles(query, source, options)) {
    if (!tables.has(from)) tables.set(from, undeclared(from))
  }
  const discovered: DiscoveredTable[] = []
  for (const from of [...tables.keys()].sort()) {
    try {
      const table = tables.get(from)!
      discovered.push(
        table.query === undefined
          ? await discoverTable(query, table, source, options.schemaOnly === true)
          : await discoverQuery(
              query,
              { ...table, query: queryText(table.query, source) },
              source.name,
            ),
      )
    } catch (error) {
      throw fileError(error, source.name)
    }
  }
  const version = await query('SELECT version()')
  return {
    server: { product: 'DuckDB', version: version[0]?.[0] ?? '', timezone: 'UTC' },
    tables: discovered,
  }
}

function undeclared(from: string): TableDefinition {
  return {
    name: from,
    from,
    columns: [],
    primaryKey: [],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: false,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
  }
}

/** Files below the root that match `include`, relative to it. A declared glob keeps its files from being tables of their own. */
async function includedFiles(
  query: (sql: string) => Promise<Rows>,
  source: SourceDefinition,
  options: DiscoverOptions,
): Promise<string[]> {
  const root = rootOf(source)
  const list = async (pattern: string): Promise<string[]> => {
    const rows = await query(`SELECT file FROM glob(${quoteString(patternOf(pattern, source))})`)
    return rows.map((row) => (row[0] ?? '').slice(root.length + 1))
  }
  const taken = new Set<string>()
  for (const table of options.declared) {
    if (table.from !== undefined) for (const file of await list(table.from)) taken.add(file)
  }
  for (const pattern of options.exclude) for (const file of await list(pattern)) taken.add(file)
  const found = new Set<string>()
  for (const pattern of options.include) {
    for (const file of await list(pattern)) {
      if (!taken.has(file) && /\.(csv|tsv|json|ndjson|jsonl|parquet)(\.gz|\.zst)?$/i.test(file)) {
        found.add(file)
      }
    }
  }
  return [...found]
}

/** A table that a statement in DuckDB's SQL defines. */
async function discoverQuery(
  query: (sql: string) => Promise<Rows>,
  table: TableDefinition,
  source: string,
): Promise<DiscoveredTable> {
  const [described, [counted]] = await describeNative(source, table, async (relation) => [
    await query(`DESCRIBE SELECT * FROM ${relation}`),
    await query(`SELECT count(*) FROM ${relation}`),
  ])
  return {
    from: lockKeyOf(table),
    rows: Number(counted?.[0]),
    primaryKey: [],
    unique: [],
    indexes: [],
    foreignKeys: [],
    columns: described.map(([name, native]) => ({
      name: name ?? '',
      type: postgresTypeOf(native ?? ''),
      native: native ?? '',
      notNull: false,
    })),
  }
}

async function discoverTable(
  query: (sql: string) => Promise<Rows>,
  table: TableDefinition,
  source: SourceDefinition,
  schemaOnly: boolean,
): Promise<DiscoveredTable> {
  const from = table.from ?? ''
  const type = fileTypeOf(from, table.format)
  const relation = readFunction(
    { ...table, columns: type === 'json' ? [] : csvColumns(table, type) },
    source,
  )
  const pattern = quoteString(patternOf(from, source))
  const size = schemaOnly
    ? undefined
    : type === 'parquet'
      ? await parquetSize(query, pattern)
      : await textSize(query, readFunction({ ...table, columns: [] }, source), pattern)
  const seen = await query(`DESCRIBE SELECT * FROM ${relation}`)
  // Of JSON without any object DuckDB says that it has one column, of the objects.
  const described = type === 'json' && size?.rows === 0 ? [] : seen
  const measured =
    size === undefined ? undefined : await measure(query, table, source, relation, size, described)
  const columns = described.map(([name = null, native = null]): DiscoveredColumn => ({
    name: name ?? '',
    type: postgresTypeOf(native ?? ''),
    native: native ?? '',
    notNull: false,
    ...measured?.get(name ?? ''),
  }))
  return {
    from,
    ...size,
    primaryKey: [],
    unique: [],
    indexes: [],
    foreignKeys: [],
    columns,
  }
}

/** A CSV file without a header has only the columns that the catalog gives it. */
function csvColumns(table: TableDefinition, type: string): TableDefinition['columns'] {
  return type === 'csv' && table.format?.header === false ? table.columns : []
}

/** Columns that the source file declares are measured in its types, which need not be those that DuckDB guesses of a text. */
function measure(
  query: (sql: string) => Promise<Rows>,
  table: TableDefinition,
  source: SourceDefinition,
  relation: string,
  { rows }: { readonly rows: number },
  described: Rows,
): Promise<ReadonlyMap<string, Measured>> {
  const names = new Set(described.map(([name]) => name))
  const declared = table.columns.filter((column) => names.has(column.from))
  if (declared.length === 0 || fileTypeOf(table.from ?? '', table.format) === 'parquet') {
    const natives = described.map(([name, native]) => [name ?? '', native ?? ''] as const)
    return measureColumns(query, relation, rows, natives)
  }
  const read = fileRelation(table, source, declared.map((column) => column.name)) // prettier-ignore
  const list = declared.map(
    ({ from }, i) => `${read.read('t', i)} AS ${quoteWithDoubleQuotes(from)}`,
  )
  const natives = declared.map(
    ({ from, type }) => [from, duckdbTypeOfName(type) ?? 'VARCHAR'] as const,
  )
  return measureColumns(query, `(SELECT ${list.join(', ')} FROM ${read.text} AS t)`, rows, natives)
}

/** Rows are counted; bytes are those of the files. */
async function textSize(
  query: (sql: string) => Promise<Rows>,
  relation: string,
  pattern: string,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const totals = await query(
    `SELECT (SELECT count(*) FROM ${relation}), (SELECT sum(size) FROM read_blob(${pattern}))`,
  )
  return { rows: Number(totals[0]?.[0] ?? 0), bytes: Number(totals[0]?.[1] ?? 0) }
}

async function parquetSize(
  query: (sql: string) => Promise<Rows>,
  pattern: string,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const totals = await query(
    `SELECT (SELECT sum(num_rows) FROM parquet_file_metadata(${pattern})),
            (SELECT sum(total_compressed_size) FROM parquet_metadata(${pattern}))`,
  )
  return { rows: Number(totals[0]?.[0] ?? 0), bytes: Number(totals[0]?.[1] ?? 0) }
}
