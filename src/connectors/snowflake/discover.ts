/** Reads tables, keys and statistics from INFORMATION_SCHEMA. Run twice on unchanged data it says the same. */
import type { ServerFacts, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { lockKeyOf } from '../../catalog/lock-key.js'
import type {
  DiscoveredColumn,
  DiscoveredSource,
  DiscoveredTable,
  DiscoverOptions,
} from '../connector.js'
import {
  countingBudget,
  firstRow,
  withDistinctCounts,
  type Counting,
} from '../warehouse/count-distinct.js'
import { matchesAny } from '../name-patterns.js'
import { describeNative } from '../native-query.js'
import { quoteString, quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import type { SnowflakeSettings } from './connection-settings.js'
import { resultBatches } from './result-batches.js'
import type { ResultColumn } from './result-head.js'
import type { Session } from './session.js'
import { describeResult, queryTexts, type TextRow } from './text-query.js'
import { postgresType } from './types.js'

/** Asks for the server's version. */
export async function serverFacts(session: Session, signal: AbortSignal): Promise<ServerFacts> {
  const [row] = await queryTexts(session, 'SELECT CURRENT_VERSION() AS V', signal)
  return { product: 'Snowflake', version: (row?.V ?? '').split(' ')[0]!, timezone: 'UTC' }
}

/** Discovers the tables of the connection's schema, and of the schemas that patterns and declared tables name. */
export async function discoverSource(
  session: Session,
  settings: SnowflakeSettings,
  source: SourceDefinition,
  options: DiscoverOptions,
): Promise<DiscoveredSource> {
  const { signal } = options
  const { database, schema } = settings
  const information = `${quoteWithDoubleQuotes(database)}.INFORMATION_SCHEMA`
  const declared = options.declared.flatMap((table) => (table.from ? [table.from] : []))
  const schemas = new Set([schema])
  for (const name of [...options.include, ...declared]) {
    const own = name.split('.').at(-2)
    if (own !== undefined && !/[*?]/.test(own)) schemas.add(own)
  }
  const list = [...schemas].map(quoteString).join(', ')
  const server = await serverFacts(session, signal)
  const tables = await queryTexts(
    session,
    `SELECT TABLE_SCHEMA, TABLE_NAME, ROW_COUNT, BYTES FROM ${information}.TABLES WHERE TABLE_SCHEMA IN (${list})`,
    signal,
  )
  const columns = groupBy(
    await queryTexts(
      session,
      `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, IS_NULLABLE, DATA_TYPE, COLLATION_NAME, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION FROM ${information}.COLUMNS WHERE TABLE_SCHEMA IN (${list}) ORDER BY ORDINAL_POSITION`,
      signal,
    ),
    (row) => `${row.TABLE_SCHEMA}.${row.TABLE_NAME}`,
  )
  const keys = new Map<string, TextRow[]>()
  for (const name of schemas) {
    const path = `${quoteWithDoubleQuotes(database)}.${quoteWithDoubleQuotes(name)}`
    const rows = await queryTexts(session, `SHOW PRIMARY KEYS IN SCHEMA ${path}`, signal)
    for (const [table, parts] of groupBy(rows, (row) => `${row.schema_name}.${row.table_name}`)) {
      keys.set(table, parts)
    }
  }
  const found: DiscoveredTable[] = []
  for (const row of tables) {
    const full = `${row.TABLE_SCHEMA}.${row.TABLE_NAME}`
    const isOwn = row.TABLE_SCHEMA === schema
    const short = isOwn ? (row.TABLE_NAME ?? '') : full
    const wanted =
      declared.includes(full) ||
      declared.includes(short) ||
      (options.include.length === 0
        ? isOwn
        : matchesAny(options.include, full) || matchesAny(options.include, short))
    if (!wanted || matchesAny(options.exclude, full) || matchesAny(options.exclude, short)) continue
    const key = [...(keys.get(full) ?? [])].sort((a, b) => Number(a.key_sequence) - Number(b.key_sequence)) // prettier-ignore
    found.push({
      from: declared.includes(short) ? short : full,
      ...((row.ROW_COUNT ?? null) === null ? {} : { rows: Number(row.ROW_COUNT) }),
      ...((row.BYTES ?? null) === null ? {} : { bytes: Number(row.BYTES) }),
      primaryKey: key.map((part) => part.column_name ?? ''),
      unique: [],
      indexes: [],
      foreignKeys: [],
      columns: (columns.get(full) ?? []).map(columnFrom),
    })
  }
  const budget = countingBudget(source, options)
  const counting = countingOf(session, settings, signal)
  const known = budget === undefined ? found : await withDistinctCounts(found, budget, counting)
  const natives: DiscoveredTable[] = []
  for (const table of options.declared) {
    if (table.query !== undefined) natives.push(await discoverQuery(session, source.name, table, signal)) // prettier-ignore
  }
  const all = [...known, ...natives].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0)) // prettier-ignore
  return { server, tables: all }
}

/** Snowflake bills time, not bytes: a table's size stands for what reading it takes. */
function countingOf(
  session: Session,
  { database, schema }: SnowflakeSettings,
  signal: AbortSignal,
): Counting {
  return {
    quoteTable: (from) => [database, ...(from.includes('.') ? [] : [schema]), ...from.split('.')].map(quoteWithDoubleQuotes).join('.'), // prettier-ignore
    quoteColumn: quoteWithDoubleQuotes,
    price: (_sql, table) => Promise.resolve(table.bytes ?? 0),
    async run(text, columns) {
      const { bytes } = await session.query(text, {}, signal)
      return firstRow((statement, scan) => resultBatches(bytes, statement, scan), { text, columns, signal }) // prettier-ignore
    },
  }
}

/** The columns of a `query:` table, from a run of its statement that gives no row. */
async function discoverQuery(
  session: Session,
  source: string,
  table: TableDefinition,
  signal: AbortSignal,
): Promise<DiscoveredTable> {
  const columns = await describeNative(source, table, (relation) =>
    describeResult(session, `SELECT * FROM ${relation} AS t LIMIT 0`, signal),
  )
  return {
    from: lockKeyOf(table),
    primaryKey: [],
    unique: [],
    indexes: [],
    foreignKeys: [],
    columns: columns.map((column) => {
      const native = nativeOfResult(column)
      return { name: column.name, type: postgresType(native), native, notNull: false }
    }),
  }
}

const RESULT_TYPES: Readonly<Record<string, string>> = { fixed: 'NUMBER', real: 'FLOAT' }

function nativeOfResult({ type, precision, scale }: ResultColumn): string {
  const name = RESULT_TYPES[type] ?? type.toUpperCase()
  if (name === 'NUMBER') return `NUMBER(${precision ?? 38},${scale ?? 0})`
  return name === 'TIME' || name.startsWith('TIMESTAMP') ? `${name}(${scale ?? 9})` : name
}

function columnFrom(row: TextRow): DiscoveredColumn {
  const type = row.DATA_TYPE ?? ''
  const collation = row.COLLATION_NAME ?? ''
  let native = type
  if (type === 'NUMBER') native = `NUMBER(${row.NUMERIC_PRECISION ?? 38},${row.NUMERIC_SCALE ?? 0})`
  else if ((row.DATETIME_PRECISION ?? null) !== null && type !== 'DATE') native = `${type}(${row.DATETIME_PRECISION})` // prettier-ignore
  if (collation !== '') native += ` COLLATE '${collation}'`
  return {
    name: row.COLUMN_NAME ?? '',
    type: postgresType(native),
    native,
    ...(collation === '' ? {} : { collation }),
    notNull: row.IS_NULLABLE === 'NO',
  }
}

function groupBy(rows: readonly TextRow[], key: (row: TextRow) => string): Map<string, TextRow[]> {
  const groups = new Map<string, TextRow[]>()
  for (const row of rows) {
    const name = key(row)
    const group = groups.get(name)
    if (group) group.push(row)
    else groups.set(name, [row])
  }
  return groups
}
