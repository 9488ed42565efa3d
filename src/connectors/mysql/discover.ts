/** Reads tables, keys and statistics from information_schema. Run twice on unchanged data it says the same. */
import type {
  DiscoveredColumn,
  DiscoveredSource,
  DiscoveredTable,
  DiscoverOptions,
} from '../connector.js'
import { matchesAny } from '../name-patterns.js'
import { readDistributions } from './distributions.js'
import { measureTable, type LeadingColumn, type MeasuredTable } from './measure-table.js'
import { postgresTypeOf } from './native-types.js'
import { quoteName } from './dialect.js'
import { serverFacts } from './server-facts.js'

/** Runs a query; every value as text. */
export type TextQuery = (sql: string, values?: readonly string[]) => Promise<(string | null)[][]>

/** Tables that the server believes larger than this are not counted: its own persistent estimate is taken. */
const LARGEST_COUNTED = 5_000_000

type Row = readonly (string | null)[]

/** Discovers the tables of a database (and those of others that `include` names). */
export async function discoverSource(
  query: TextQuery,
  database: string,
  options: DiscoverOptions,
): Promise<DiscoveredSource> {
  const server = await serverFacts(query)
  const tables = await query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS, DATA_LENGTH
     FROM information_schema.TABLES
     WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
       AND TABLE_TYPE IN ('BASE TABLE', 'VIEW')
     ORDER BY BINARY TABLE_SCHEMA, BINARY TABLE_NAME`,
  )
  const declared = new Set(options.declared.flatMap((table) => (table.from ? [table.from] : [])))
  const discovered: DiscoveredTable[] = []
  for (const row of tables) {
    options.signal.throwIfAborted()
    const [schema, name] = [row[0] ?? '', row[1] ?? '']
    const full = `${schema}.${name}`
    const isOwn = schema === database
    const wanted =
      declared.has(full) ||
      (isOwn && declared.has(name)) ||
      (options.include.length === 0
        ? isOwn
        : matchesAny(options.include, full) || (isOwn && matchesAny(options.include, name)))
    if (
      !wanted ||
      matchesAny(options.exclude, full) ||
      (isOwn && matchesAny(options.exclude, name))
    ) {
      continue
    }
    const from = isOwn && declared.has(name) ? name : full
    const isCounted = row[2] === 'BASE TABLE' && options.schemaOnly !== true
    const rows = isCounted ? await countRows(query, schema, name, Number(row[3] ?? 0)) : undefined
    const withValues = options.distributions === true
    const facts = { product: server.product, rows, withValues }
    discovered.push(await discoverTable(query, schema, name, from, facts))
  }
  discovered.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  return { server, tables: discovered }
}

async function discoverTable(
  query: TextQuery,
  schema: string,
  name: string,
  from: string,
  facts: {
    readonly product: string
    /** undefined: nothing is to be counted. */
    readonly rows: number | undefined
    /** Common values and histograms are wanted. */
    readonly withValues: boolean
  },
): Promise<DiscoveredTable> {
  const { rows } = facts
  const columnRows = await query(
    `SELECT COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
     ORDER BY ORDINAL_POSITION`,
    [schema, name],
  )
  const indexRows = await query(
    `SELECT INDEX_NAME, COLUMN_NAME, NON_UNIQUE, SUB_PART, CARDINALITY
     FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
     ORDER BY BINARY INDEX_NAME, SEQ_IN_INDEX`,
    [schema, name],
  )
  const foreignKeyRows = await query(
    `SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME,
            REFERENCED_COLUMN_NAME
     FROM information_schema.KEY_COLUMN_USAGE
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND REFERENCED_TABLE_NAME IS NOT NULL
     ORDER BY BINARY CONSTRAINT_NAME, ORDINAL_POSITION`,
    [schema, name],
  )
  // MariaDB keeps JSON as longtext with a check; the catalog may still call it json.
  const indexes = groupBy(indexRows, (row) => row[0] ?? '')
  const keys = [...indexes.values()].filter(isWhole)
  const columns = columnRows.flatMap((row) => discoverColumn(row))
  const known = rows === undefined ? [] : await readFigures(query, { ...facts, schema, name, rows, columns, leading: keys.map(leadingColumn) }) // prettier-ignore
  const columnsOfKey = (key: readonly Row[]): readonly string[] => key.map((row) => row[1] ?? '')
  return {
    from,
    ...(rows === undefined ? {} : { rows }),
    primaryKey: columnsOfKey(indexes.get('PRIMARY') ?? []),
    // What a collation keeps apart is different to us as well, so its unique keys are ours.
    unique: keys.filter((key) => key[0]![0] !== 'PRIMARY' && key[0]![2] === '0').map(columnsOfKey),
    indexes: keys.filter((key) => key[0]![0] !== 'PRIMARY').map(columnsOfKey),
    foreignKeys: [...groupBy(foreignKeyRows, (row) => row[0] ?? '').values()].map((key) => ({
      columns: key.map((row) => row[1] ?? ''),
      references: `${key[0]![2]}.${key[0]![3]}`,
      to: key.map((row) => row[4] ?? ''),
    })),
    columns: columns.map((column) =>
      known.reduce<DiscoveredColumn>(
        (sum, figures) => ({ ...sum, ...figures.get(column.name) }),
        column,
      ),
    ),
  }
}

/** What is known of columns from each origin, the best last. */
async function readFigures(
  query: TextQuery,
  table: MeasuredTable,
): Promise<readonly ReadonlyMap<string, Partial<DiscoveredColumn>>[]> {
  const { figures, isWhole } = await measureTable(query, table)
  if (!table.withValues) return [figures]
  const kept = await readDistributions(query, table)
  // The server's own were true of all rows at one time: better than an index tells, not than the rows themselves.
  return isWhole ? [kept, figures] : [figures, kept]
}

function discoverColumn(row: Row): DiscoveredColumn[] {
  const [name = null, native = null, collation = null, nullable] = row
  const type = postgresTypeOf(native ?? '')
  if (name === null || native === null || type === undefined) return []
  return [
    {
      name,
      type,
      native,
      ...(collation === null ? {} : { collation }),
      // 0000-00-00 can stand in a NOT NULL column, and is NULL to us.
      notNull: nullable === 'NO' && !/^(date|timestamp)/.test(type),
    },
  ]
}

/** The exact number of rows of all but huge tables: estimates of InnoDB differ from one minute to the next. */
async function countRows(
  query: TextQuery,
  schema: string,
  name: string,
  estimate: number,
): Promise<number | undefined> {
  if (estimate <= LARGEST_COUNTED) {
    const counted = await query(`SELECT COUNT(*) FROM ${quoteName(schema)}.${quoteName(name)}`)
    return Number(counted[0]?.[0])
  }
  try {
    const stored = await query(
      'SELECT n_rows FROM mysql.innodb_table_stats WHERE database_name = ? AND table_name = ?',
      [schema, name],
    )
    const rows = stored[0]?.[0] ?? null
    if (rows !== null) return Number(rows)
  } catch {
    // Not everyone may read the server's own tables; two digits of the estimate are steady enough.
  }
  return Number(estimate.toPrecision(2))
}

function leadingColumn(key: readonly Row[]): LeadingColumn {
  const [first] = key
  const cardinality = first?.[4] ?? null
  return {
    column: first?.[1] ?? '',
    isUnique: key.length === 1 && first?.[2] === '0',
    cardinality: cardinality === null ? undefined : Number(cardinality),
  }
}

/** An index over whole columns (not prefixes or expressions). */
function isWhole(key: readonly Row[]): boolean {
  return key.every((row) => (row[1] ?? null) !== null && (row[3] ?? null) === null)
}

function groupBy(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return groups
}
