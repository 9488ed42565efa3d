/**
 * Reads what collections there are, and from a sample of documents and the validator what they hold. Never writes. Of a
 * collection no larger than the sample every document is read; of a larger one a random sample, to which what the lock knows
 * already is added, so that a second run does not take back what the first one saw.
 */
import type * as Mongodb from 'mongodb'
import type { Collection, Db, Document } from 'mongodb'
import type { TableDefinition } from '../../catalog/catalog.js'
import { lockKeyOf } from '../../catalog/lock-key.js'
import type { DiscoveredTable, DiscoverOptions } from '../connector.js'
import { matchesAny } from '../name-patterns.js'
import { tableOf } from './document-table.js'
import { addKinds, addValidator, emptyShape, observe, type Shape } from './document-shape.js'
import { sampleColumns } from './sample-columns.js'
import { tablesOfShape, type ShapeOptions } from './shape-tables.js'
import { toBson } from './to-bson.js'

const SAMPLE_SIZE = 1000

/** Discovers the collections of a database. */
export async function discoverCollections(
  db: Db,
  settings: Readonly<Record<string, unknown>>,
  options: DiscoverOptions,
  bson: typeof Mongodb,
): Promise<readonly DiscoveredTable[]> {
  const found = await db.listCollections({}, { authorizedCollections: true }).toArray()
  const own = options.declared.filter((table) => table.query === undefined)
  const declared = new Set(own.map((table) => tableOf(table).collection))
  const tables: DiscoveredTable[] = []
  for (const info of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    options.signal.throwIfAborted()
    const { name } = info
    const wanted =
      declared.has(name) || options.include.length === 0 || matchesAny(options.include, name)
    if (name.startsWith('system.') || !wanted || matchesAny(options.exclude, name)) continue
    tables.push(...(await discoverCollection(db, info, settings, options)))
  }
  for (const table of options.declared) {
    if (table.query !== undefined) tables.push(await discoverPipeline(db, table, settings, bson))
  }
  return tables.sort((a, b) => (a.from < b.from ? -1 : 1))
}

async function discoverCollection(
  db: Db,
  info: Document,
  settings: Readonly<Record<string, unknown>>,
  options: DiscoverOptions,
): Promise<readonly DiscoveredTable[]> {
  const name = String(info.name)
  const collection = db.collection(name)
  const { size = SAMPLE_SIZE, method = 'random' } = (settings.sample ?? {}) as {
    size?: number
    method?: 'random' | 'first'
  }
  const isView = info.type === 'view'
  const facts = isView ? undefined : await collectionFacts(collection)
  const isWhole = facts?.rows !== undefined && facts.rows <= size
  const shape = emptyShape()
  const stage =
    method === 'random' && !isWhole && !isView ? { $sample: { size } } : { $limit: size }
  const documents = collection.aggregate([stage], UNPROMOTED)
  for await (const document of documents) {
    options.signal.throwIfAborted()
    observe(shape, document)
  }
  if (!isWhole) addDeclared(shape, name, options)
  const validator = (info.options as Document | undefined)?.validator as Document | undefined
  const required = addValidator(shape, validator?.$jsonSchema as Document | undefined)
  const indexes = isView ? [] : await indexesOf(collection)
  const shapeOptions: ShapeOptions = {
    ...shapeSettings(settings),
    isWhole,
    required,
    indexes,
    ...(facts ?? {}),
  }
  const [table, ...children] = tablesOfShape(name, shape, shapeOptions)
  if (table === undefined || options.schemaOnly === true || facts?.rows === undefined)
    return [...(table === undefined ? [] : [table]), ...children]
  const { columns } = table
  const withValues = options.distributions === true
  const sampled = await sampleColumns(collection, { rows: facts.rows, columns, withValues, signal: options.signal }) // prettier-ignore
  return [{ ...table, columns: columns.map((column) => ({ ...column, ...sampled.get(column.name) })) }, ...children] // prettier-ignore
}

interface CollectionFacts {
  readonly rows?: number
  readonly bytes?: number
}

/** The columns of a table that a pipeline defines. */
async function discoverPipeline(
  db: Db,
  definition: TableDefinition,
  settings: Readonly<Record<string, unknown>>,
  bson: typeof Mongodb,
): Promise<DiscoveredTable> {
  const { collection, stages } = tableOf(definition)
  const { size = SAMPLE_SIZE } = (settings.sample ?? {}) as { size?: number }
  const shape = emptyShape()
  const pipeline = [...(toBson(stages, bson) as Document[]), { $limit: size }]
  for await (const document of db.collection(collection).aggregate(pipeline, UNPROMOTED)) {
    observe(shape, document)
  }
  const [table] = tablesOfShape(collection, shape, {
    ...shapeSettings(settings),
    isWhole: false,
    required: new Set(),
    indexes: [],
  })
  return { ...table!, from: lockKeyOf(definition), primaryKey: [] }
}

const UNPROMOTED = { promoteValues: false, promoteBuffers: false }

function shapeSettings(
  settings: Readonly<Record<string, unknown>>,
): Pick<ShapeOptions, 'conflict' | 'maximumDepth'> {
  return {
    conflict: (settings.on_conflict ?? 'json') as ShapeOptions['conflict'],
    maximumDepth: typeof settings.max_depth === 'number' ? settings.max_depth : 3,
  }
}

async function collectionFacts(collection: Collection): Promise<CollectionFacts> {
  const [stats] = await collection
    .aggregate([{ $collStats: { storageStats: {}, count: {} } }, { $limit: 1 }], {
      promoteLongs: true,
    })
    .toArray()
  const rows = Number(stats?.count)
  const bytes = Number((stats?.storageStats as Document | undefined)?.size)
  return {
    ...(Number.isFinite(rows) ? { rows } : {}),
    ...(Number.isFinite(bytes) ? { bytes } : {}),
  }
}

/** An index over plain fields, in its order. */
export interface IndexFacts {
  readonly paths: readonly string[]
  readonly isUnique: boolean
}

async function indexesOf(collection: Collection): Promise<IndexFacts[]> {
  const found = (await collection.listIndexes().toArray()) as Document[]
  return found
    .filter((index) => {
      const isPartial = index.partialFilterExpression !== undefined || index.sparse === true
      const isPlain = Object.values(index.key as Document).every((v) => Math.abs(Number(v)) === 1)
      return isPlain && !isPartial && index.collation === undefined && index.hidden !== true
    })
    .map((index) => ({
      paths: Object.keys(index.key as Document),
      isUnique: index.unique === true || String(index.name) === '_id_',
    }))
}

/** What the lock says was seen before. */
function addDeclared(shape: Shape, collection: string, options: DiscoverOptions): void {
  for (const definition of options.declared) {
    const table = tableOf(definition)
    const isOther = table.collection !== collection || table.stages.length > 0
    if (isOther || table.array !== undefined) continue
    for (const column of definition.columns) {
      if (column.from === '.' || column.native === undefined) continue
      addKinds(shape, column.from, column.native.split('|'))
    }
  }
}
