/**
 * Reads tables, keys and statistics from the tables' resources. They say what INFORMATION_SCHEMA says, at no charge and with
 * the right to see metadata alone; distinct counts they lack (`discover.count_distinct`). Run twice on unchanged data it says the same.
 */
import { randomUUID } from 'node:crypto'
import type { ServerFacts, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { lockKeyOf } from '../../catalog/lock-key.js'
import { EngineError, SQLSTATE } from '../../errors.js'
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
import type { BigQueryClient } from './client.js'
import { resultBatches } from './result-batches.js'
import { quoteName } from './table-relation.js'
import { nativeType, postgresType, type SchemaField } from './types.js'

/** What a service without versions says of itself. */
export const SERVER: ServerFacts = { product: 'BigQuery', version: 'v2', timezone: 'UTC' }

/** A table's resource, as far as it is read here. */
interface TableResource {
  readonly schema?: { readonly fields?: readonly SchemaField[] }
  readonly numRows?: string
  readonly numBytes?: string
  readonly requirePartitionFilter?: boolean
  readonly timePartitioning?: { readonly field?: string; readonly requirePartitionFilter?: boolean }
  readonly rangePartitioning?: { readonly field?: string }
  readonly clustering?: { readonly fields?: readonly string[] }
  readonly tableConstraints?: {
    readonly primaryKey?: { readonly columns?: readonly string[] }
    readonly foreignKeys?: readonly {
      readonly referencedTable: { readonly datasetId: string; readonly tableId: string }
      readonly columnReferences: readonly {
        readonly referencingColumn: string
        readonly referencedColumn: string
      }[]
    }[]
  }
}

/** Discovers the tables of the connection's dataset, and of those that patterns and declared tables name. */
export async function discoverSource(
  client: BigQueryClient,
  source: SourceDefinition,
  options: DiscoverOptions,
): Promise<DiscoveredSource> {
  const { dataset } = client.settings
  const declared = options.declared.flatMap((table) => (table.from ? [table.from] : []))
  const datasets = new Set<string>(dataset === undefined ? [] : [dataset])
  for (const name of [...options.include, ...declared]) {
    const parts = name.split('.')
    const own = parts.at(-2)
    if (own !== undefined && !/[*?]/.test(own)) datasets.add(own)
  }
  const defined = options.declared.filter((table) => table.query !== undefined)
  if (datasets.size === 0 && defined.length === 0) {
    throw new EngineError(
      SQLSTATE.invalidCatalog,
      `Source "${source.name}" names no dataset to look into`,
      {
        source: source.name,
        hint: 'Give connection.dataset, or discover.include such as ["sales.*"]',
      },
    )
  }
  const sdk = await client.sdk()
  const found: DiscoveredTable[] = []
  for (const name of [...datasets].sort()) {
    const [tables] = await sdk.dataset(name).getTables()
    for (const table of tables) {
      options.signal.throwIfAborted()
      const full = `${name}.${table.id}`
      const isOwn = name === dataset
      const short = isOwn ? (table.id ?? '') : full
      const isDeclared = declared.includes(full) || (isOwn && declared.includes(short))
      const wanted =
        isDeclared ||
        (options.include.length === 0
          ? isOwn
          : matchesAny(options.include, full) || (isOwn && matchesAny(options.include, short)))
      const excluded =
        matchesAny(options.exclude, full) || (isOwn && matchesAny(options.exclude, short))
      if (!wanted || excluded) continue
      const [metadata] = (await table.getMetadata()) as readonly [TableResource, unknown]
      const from = isOwn && declared.includes(short) ? short : full
      found.push(tableFrom(from, metadata))
    }
  }
  const budget = countingBudget(source, options)
  const counting = countingOf(client, options.signal)
  const known = budget === undefined ? found : await withDistinctCounts(found, budget, counting)
  const natives: DiscoveredTable[] = []
  for (const table of defined) natives.push(await discoverQuery(client, source.name, table))
  const tables = [...known, ...natives]
  tables.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  return { server: SERVER, tables }
}

/** A statement is billed for 10 MiB at least, and for whole ones. */
const MEBIBYTE = 2 ** 20
const LEAST_MEBIBYTES = 10

function countingOf(client: BigQueryClient, signal: AbortSignal): Counting {
  return {
    quoteTable: (from) => from.split('.').map(quoteName).join('.'),
    quoteColumn: quoteName,
    async price(text) {
      const { bytes } = await client.dryRun({ text, parameters: [] })
      return Math.max(LEAST_MEBIBYTES, Math.ceil(bytes / MEBIBYTE)) * MEBIBYTE
    },
    async run(text, columns, mostBytes) {
      const jobId = `tributary_${randomUUID().replaceAll('-', '')}`
      const job = await client.start({ text, parameters: [], mostBytes }, jobId)
      const located = { id: jobId, location: job.location }
      return firstRow((statement, scan) => resultBatches(client, located, statement, scan), {
        text,
        columns,
        signal,
      })
    },
  }
}

/** The columns of a `query:` table, from a dry run of its statement. */
async function discoverQuery(
  client: BigQueryClient,
  source: string,
  table: TableDefinition,
): Promise<DiscoveredTable> {
  const { fields } = await describeNative(source, table, (relation) =>
    client.dryRun({ text: `SELECT * FROM ${relation} AS t`, parameters: [] }),
  )
  return {
    from: lockKeyOf(table),
    primaryKey: [],
    unique: [],
    indexes: [],
    foreignKeys: [],
    columns: fields.map(columnFrom),
  }
}

function tableFrom(from: string, table: TableResource): DiscoveredTable {
  const fields = table.schema?.fields ?? []
  const key = table.tableConstraints?.primaryKey?.columns ?? []
  const partition = table.timePartitioning?.field ?? table.rangePartitioning?.field
  const required =
    table.requirePartitionFilter === true || table.timePartitioning?.requirePartitionFilter === true
  const clustering = table.clustering?.fields ?? []
  return {
    from,
    ...(table.numRows === undefined ? {} : { rows: Number(table.numRows) }),
    ...(table.numBytes === undefined ? {} : { bytes: Number(table.numBytes) }),
    primaryKey: key,
    unique: [],
    // What narrows a read: the partition, then the clustering columns in their order.
    indexes: [...(partition === undefined ? [] : [[partition]]), ...(clustering.length > 0 ? [clustering] : [])], // prettier-ignore
    // A table partitioned by the time of loading is filtered by a column that it does not list: BigQuery itself refuses.
    ...(required && partition !== undefined ? { requireFilter: [partition] } : {}),
    foreignKeys: (table.tableConstraints?.foreignKeys ?? []).map((foreign) => ({
      columns: foreign.columnReferences.map((pair) => pair.referencingColumn),
      references: `${foreign.referencedTable.datasetId}.${foreign.referencedTable.tableId}`,
      to: foreign.columnReferences.map((pair) => pair.referencedColumn),
    })),
    columns: fields.map(columnFrom),
  }
}

function columnFrom(field: SchemaField): DiscoveredColumn {
  return {
    name: field.name,
    type: postgresType(field),
    native: nativeType(field),
    ...(field.collation === undefined || field.collation === ''
      ? {}
      : { collation: field.collation }),
    // An array is never NULL: an empty one is stored in its place.
    notNull: field.mode === 'REQUIRED' || field.mode === 'REPEATED',
  }
}
