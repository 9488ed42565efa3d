/** What the catalog says of a table over a collection: where its documents, columns and array elements are. */
import type { ColumnDefinition, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { parseTypeName } from '../../types/type-registry.js'
import type { SqlType } from '../../types/sql-type.js'
import { acceptedKinds, type AcceptedKinds } from './bson-kinds.js'
import type { JsonObject } from './json.js'
import { parseNativePipeline } from './native-pipeline.js'

/** A table: a collection, or an array in its documents. */
export interface DocumentTable {
  readonly collection: string
  /** Stages that make its documents; none: they are the collection's. */
  readonly stages: readonly JsonObject[]
  /** The array whose elements are the rows. */
  readonly array?: { readonly path: string; readonly keepEmpty: boolean } | undefined
  readonly definition: TableDefinition
  readonly columns: readonly DocumentColumn[]
}

export interface DocumentColumn extends AcceptedKinds {
  readonly name: string
  readonly type: SqlType
  /** field: at `path`; document: the whole document (or array element); position: of the element, from 1. */
  readonly role: 'field' | 'document' | 'position'
  /** Dotted, from the root of the document (as it is after the array was taken apart). */
  readonly path: string
  /** What a value of another type becomes: NULL, an error, or, in a text column, its JSON. */
  readonly onTypeError: 'null' | 'fail' | 'json'
  /** For messages: `collection.path`. */
  readonly label: string
}

/** Marks the position of an array element as a column's `from`. */
export const POSITION = '#'

/** Finds what a table's definition means; undefined when the source has no such table. */
export function documentTable(
  source: SourceDefinition,
  scan: { readonly source: string; readonly table: string },
): DocumentTable | undefined {
  const found = locateTable(source, scan)
  return found === undefined ? undefined : tableOf(found.table)
}

/** Takes a table's definition apart. */
export function tableOf(definition: TableDefinition): DocumentTable {
  const { collection, stages = [], path, ordinality, keepEmpty } = placeOf(definition)
  return {
    collection,
    stages,
    array: path === undefined ? undefined : { path, keepEmpty },
    definition,
    columns: definition.columns.map((column) => columnOf(column, collection, path, ordinality)),
  }
}

interface Place {
  readonly collection: string
  readonly stages?: readonly JsonObject[]
  readonly path?: string
  readonly ordinality?: unknown
  readonly keepEmpty: boolean
}

/** `unnest` in the source file, or `collection:array` as discovery writes it. */
function placeOf(definition: TableDefinition): Place {
  if (definition.query !== undefined) {
    return { ...parseNativePipeline(definition.query, definition.name), keepEmpty: false }
  }
  const from = definition.from ?? definition.name
  const unnest = definition.options.unnest as
    { path: string; ordinality?: string; keep_empty?: boolean } | undefined
  if (unnest !== undefined) {
    const { path, ordinality, keep_empty: keepEmpty = false } = unnest
    return { collection: from, path, ordinality, keepEmpty }
  }
  const [collection = from, ...path] = from.split(':')
  return path.length === 0
    ? { collection, keepEmpty: false }
    : { collection, path: path.join('.'), keepEmpty: false }
}

function columnOf(
  column: ColumnDefinition,
  collection: string,
  array: string | undefined,
  ordinality: unknown,
): DocumentColumn {
  const type = parseTypeName(column.type)
  const isPosition = array !== undefined && (column.from === POSITION || column.name === ordinality)
  const isDocument = column.from === '.'
  const path = isPosition ? '' : pathOf(column.from, array)
  const native = typeof column.options.bson === 'string' ? column.options.bson : column.native
  const option = column.options.on_type_error
  return {
    name: column.name,
    type,
    role: isPosition ? 'position' : isDocument && array === undefined ? 'document' : 'field',
    path,
    onTypeError:
      option === null || option === 'null' ? 'null' : option === 'json' ? 'json' : 'fail',
    label: path === '' ? collection : `${collection}.${path}`,
    ...acceptedKinds(type, native, path),
  }
}

/** `../_id` is the parent's; without an array every path starts at the root. */
function pathOf(from: string, array: string | undefined): string {
  if (array === undefined) return from === '.' ? '' : from
  if (from === '.') return array
  return from.startsWith('../') ? from.slice(3) : `${array}.${from}`
}
