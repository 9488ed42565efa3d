/** What documents hold: per path the BSON types that were seen, and how often. */
import type { Document } from 'mongodb'
import type { BsonKind } from './bson-kinds.js'

/** One field, or the document itself, or the elements of an array. */
export interface Shape {
  /** How often each kind was seen; null and missing do not count. */
  readonly kinds: Map<BsonKind, number>
  readonly fields: Map<string, Shape>
  elements: Shape | undefined
  /** How many elements the arrays had. */
  elementCount: number
}

/** Makes a shape that saw nothing. */
export function emptyShape(): Shape {
  return { kinds: new Map(), fields: new Map(), elements: undefined, elementCount: 0 }
}

/** Adds a value of which the driver promoted nothing. */
export function observe(shape: Shape, value: unknown): void {
  const kind = kindOf(value)
  if (kind === 'null' || kind === 'undefined') return
  count(shape, kind)
  if (kind === 'object') {
    for (const [name, field] of Object.entries(value as Document))
      observe(fieldOf(shape, name), field)
  } else if (kind === 'array') {
    shape.elements ??= emptyShape()
    shape.elementCount += (value as unknown[]).length
    for (const element of value as unknown[]) observe(shape.elements, element)
  }
}

function count(shape: Shape, kind: BsonKind, times = 1): void {
  shape.kinds.set(kind, (shape.kinds.get(kind) ?? 0) + times)
}

function fieldOf(shape: Shape, name: string): Shape {
  let field = shape.fields.get(name)
  if (field === undefined) shape.fields.set(name, (field = emptyShape()))
  return field
}

/** Adds kinds known from elsewhere to a path. */
export function addKinds(shape: Shape, path: string, kinds: readonly BsonKind[]): void {
  const parts = path.split('.')
  let at = shape
  for (const [i, part] of parts.entries()) {
    at = fieldOf(at, part)
    if (i < parts.length - 1 && at.kinds.size === 0) count(at, 'object')
  }
  for (const kind of kinds) count(at, kind)
}

/** Adds what a `$jsonSchema` demands; it wins over what was seen. Returns the paths that must be there and not null. */
export function addValidator(shape: Shape, schema: Document | undefined): ReadonlySet<string> {
  const required = new Set<string>()
  if (schema !== undefined) addSchema(shape, schema, '', true, required)
  return required
}

function addSchema(
  shape: Shape,
  schema: Document,
  path: string,
  isRequired: boolean,
  required: Set<string>,
): void {
  const names = Array.isArray(schema.required) ? (schema.required as string[]) : []
  for (const [name, field] of Object.entries((schema.properties ?? {}) as Document)) {
    const place = path === '' ? name : `${path}.${name}`
    const kinds = kindsOfSchema(field as Document)
    const inner = fieldOf(shape, name)
    if (kinds !== undefined) {
      const own = kinds.filter((kind) => kind !== 'null')
      for (const kind of inner.kinds.keys()) if (!own.includes(kind)) inner.kinds.delete(kind)
      for (const kind of own) if (!inner.kinds.has(kind)) count(inner, kind)
    }
    const isThere = isRequired && names.includes(name) && kinds !== undefined && !kinds.includes('null') // prettier-ignore
    if (isThere) required.add(place)
    addSchema(inner, field as Document, place, isThere, required)
  }
}

function kindsOfSchema(schema: Document): readonly BsonKind[] | undefined {
  const own = schema.bsonType as string | string[] | undefined
  if (own === undefined) return undefined
  const kinds = (Array.isArray(own) ? own : [own]).flatMap((kind) =>
    kind === 'number' ? ['int', 'long', 'double', 'decimal'] : [kind],
  )
  return kinds
}

const KIND_OF_CLASS: Readonly<Record<string, BsonKind>> = {
  ObjectId: 'objectId',
  Int32: 'int',
  Long: 'long',
  Double: 'double',
  Decimal128: 'decimal',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  Code: 'javascript',
  BSONSymbol: 'symbol',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  DBRef: 'object',
}

function kindOf(value: unknown): BsonKind {
  if (value === null) return 'null'
  if (value === undefined) return 'undefined'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double'
  if (typeof value === 'bigint') return 'long'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Date) return 'date'
  if (value instanceof RegExp) return 'regex'
  if (value instanceof Uint8Array) return 'binData'
  const { _bsontype: name, sub_type: subtype } = value as { _bsontype?: string; sub_type?: number }
  if (name === 'Binary') return subtype === 4 ? 'uuid' : 'binData'
  return name === undefined ? 'object' : (KIND_OF_CLASS[name] ?? 'object')
}
