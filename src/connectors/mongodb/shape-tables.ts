/** Makes tables of what documents hold: objects become columns by path, arrays of objects tables of their own. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { DiscoveredColumn, DiscoveredTable } from '../connector.js'
import type { BsonKind } from './bson-kinds.js'
import type { IndexFacts } from './discover.js'
import type { Shape } from './document-shape.js'
import { POSITION } from './document-table.js'

export interface ShapeOptions {
  /** What becomes of a path of several types. */
  readonly conflict: 'widen' | 'json' | 'text' | 'fail'
  /** Objects deeper than so many levels stay jsonb. */
  readonly maximumDepth: number
  /** Every document was read. */
  readonly isWhole: boolean
  /** Paths that a validator demands. */
  readonly required: ReadonlySet<string>
  readonly indexes: readonly IndexFacts[]
  readonly rows?: number
  readonly bytes?: number
}

/** The share of objects among a path's values from which its fields become columns. */
const MOSTLY = 0.95

/** The collection's table, and one for each array of objects. */
export function tablesOfShape(
  collection: string,
  shape: Shape,
  options: ShapeOptions,
): readonly DiscoveredTable[] {
  const columns: DiscoveredColumn[] = []
  const arrays: { readonly path: string; readonly field: Shape }[] = []
  addFields(shape, '', 1)
  const known = new Set(columns.map((column) => column.name))
  const indexes = options.indexes.filter(({ paths }) => paths.every((path) => known.has(path)))
  const parent: DiscoveredTable = {
    from: collection,
    ...(options.rows === undefined ? {} : { rows: options.rows }),
    ...(options.bytes === undefined ? {} : { bytes: options.bytes }),
    primaryKey: known.has('_id') ? ['_id'] : [],
    unique: indexes.filter((index) => index.isUnique && index.paths.join() !== '_id').map((index) => index.paths), // prettier-ignore
    indexes: indexes.map((index) => index.paths),
    foreignKeys: [],
    columns,
  }
  const id = columns.find((column) => column.name === '_id')
  return [parent, ...arrays.map(({ path, field }) => childTable(collection, path, field, id, options))] // prettier-ignore

  function addFields(of: Shape, prefix: string, depth: number): void {
    for (const [name, field] of sortedFields(of)) {
      if (!isFieldName(name)) continue
      const path = prefix === '' ? name : `${prefix}.${name}`
      if (isMostlyObject(field) && depth < options.maximumDepth && field.fields.size > 0) {
        addFields(field, path, depth + 1)
        continue
      }
      const column = columnOf(collection, path, field, options)
      if (column === undefined) continue
      columns.push(column)
      if (isArrayOfObjects(field)) arrays.push({ path, field })
    }
  }
}

function childTable(
  collection: string,
  path: string,
  { elements, elementCount }: Shape,
  id: DiscoveredColumn | undefined,
  options: ShapeOptions,
): DiscoveredTable {
  const columns: DiscoveredColumn[] = []
  if (id !== undefined) columns.push({ ...id, name: '../_id' })
  columns.push({ name: POSITION, type: 'bigint', native: 'position', notNull: true })
  for (const [name, field] of sortedFields(elements!)) {
    const column = isFieldName(name) ? columnOf(collection, name, field, { ...options, required: new Set() }) : undefined // prettier-ignore
    if (column !== undefined) columns.push(column)
  }
  return {
    from: `${collection}:${path.replaceAll('.', ':')}`,
    ...(options.isWhole ? { rows: elementCount } : {}),
    primaryKey: id === undefined ? [] : ['../_id', POSITION],
    unique: [],
    indexes: [],
    foreignKeys: id === undefined ? [] : [{ columns: ['../_id'], references: collection, to: ['_id'] }], // prettier-ignore
    columns,
  }
}

/** `_id` first, the others by name, so that the order does not depend on which document came first. */
function sortedFields(shape: Shape): [string, Shape][] {
  const rank = (name: string): string => (name === '_id' ? '' : name)
  return [...shape.fields].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
}

/** Names that a path can hold. */
function isFieldName(name: string): boolean {
  return name !== '' && !name.startsWith('$') && !name.includes('.') && name !== POSITION
}

function total(shape: Shape): number {
  return [...shape.kinds.values()].reduce((sum, times) => sum + times, 0)
}

function isMostlyObject(shape: Shape): boolean {
  const objects = shape.kinds.get('object') ?? 0
  return objects > 0 && objects >= MOSTLY * total(shape)
}

function isArrayOfObjects(shape: Shape): boolean {
  const isArray = shape.kinds.size === 1 && shape.kinds.has('array')
  return isArray && shape.elements !== undefined && isMostlyObject(shape.elements)
}

function columnOf(
  collection: string,
  path: string,
  shape: Shape,
  options: ShapeOptions,
): DiscoveredColumn | undefined {
  const kinds = [...shape.kinds.keys()].sort()
  if (kinds.length === 0) return undefined
  const type = typeOf(kinds, shape) ?? conflicting(collection, path, kinds, options)
  return {
    name: path,
    type,
    native: kinds.join('|'),
    ...(type === 'text' ? { collation: 'simple' } : {}),
    notNull: options.required.has(path) || path === '_id',
  }
}

const TYPES: Readonly<Record<string, string>> = {
  objectId: 'text',
  string: 'text',
  symbol: 'jsonb',
  int: 'integer',
  long: 'bigint',
  'int|long': 'bigint',
  double: 'double precision',
  'double|int': 'double precision',
  decimal: 'numeric',
  'decimal|int': 'numeric',
  'decimal|long': 'numeric',
  'decimal|int|long': 'numeric',
  date: 'timestamptz',
  bool: 'boolean',
  uuid: 'uuid',
  binData: 'bytea',
  object: 'jsonb',
}

/** The type of a path, where its kinds agree on one. */
function typeOf(kinds: readonly BsonKind[], shape: Shape): string | undefined {
  const name = kinds.join('|')
  if (name === 'array') {
    const elements = [...(shape.elements?.kinds.keys() ?? [])].sort().join('|')
    const element = TYPES[elements]
    return element === undefined || element === 'jsonb' || element === 'bytea'
      ? 'jsonb'
      : `${element}[]`
  }
  return TYPES[name] ?? (kinds.length === 1 ? 'jsonb' : undefined)
}

function conflicting(
  collection: string,
  path: string,
  kinds: readonly BsonKind[],
  { conflict }: ShapeOptions,
): string {
  switch (conflict) {
    case 'json':
      return 'jsonb'
    case 'text':
      return 'text'
    case 'widen':
      if (kinds.every((kind) => ['int', 'long', 'double'].includes(kind))) return 'double precision'
      if (kinds.every((kind) => ['int', 'long', 'double', 'decimal'].includes(kind)))
        return 'numeric'
      return kinds.every((kind) => ['string', 'objectId'].includes(kind)) ? 'text' : 'jsonb'
    case 'fail':
      throw new EngineError(
        SQLSTATE.sourceError,
        `Field ${collection}.${path} holds values of several types: ${kinds.join(', ')}`,
        { hint: 'Set discover.on_conflict to json, text or widen' },
      )
  }
}
