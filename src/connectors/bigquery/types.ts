/** How BigQuery's types and PostgreSQL's correspond. */
import { OID } from '../../types/sql-type.js'

/** One field of a schema, as the REST interface describes it. */
export interface SchemaField {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly precision?: string
  readonly scale?: string
  readonly collation?: string
  readonly description?: string
  readonly fields?: readonly SchemaField[]
}

/** The REST interface still writes the old names of some types. */
const STANDARD_NAMES: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
}

/** The type's name in GoogleSQL. */
export function standardName(type: string): string {
  return STANDARD_NAMES[type] ?? type
}

/** A field's type in GoogleSQL: `NUMERIC(12, 2)`, `ARRAY<STRUCT<a INT64>>`. */
export function nativeType(field: SchemaField): string {
  const name = standardName(field.type)
  let text = name
  if (name === 'STRUCT') {
    const fields = (field.fields ?? []).map((inner) => `${inner.name} ${nativeType(inner)}`)
    text = `STRUCT<${fields.join(', ')}>`
  } else if (field.precision !== undefined) {
    text = `${name}(${field.precision}${field.scale === undefined ? '' : `, ${field.scale}`})`
  }
  if (field.collation !== undefined && field.collation !== '') {
    text += ` COLLATE '${field.collation}'`
  }
  return field.mode === 'REPEATED' ? `ARRAY<${text}>` : text
}

const POSTGRES: Readonly<Record<string, string>> = {
  INT64: 'bigint',
  FLOAT64: 'double precision',
  BOOL: 'boolean',
  STRING: 'text',
  BYTES: 'bytea',
  DATE: 'date',
  TIME: 'time',
  DATETIME: 'timestamp',
  TIMESTAMP: 'timestamptz',
  JSON: 'jsonb',
  STRUCT: 'jsonb',
}

/** The PostgreSQL type for a field. */
export function postgresType(field: SchemaField): string {
  if (field.mode === 'REPEATED') return 'jsonb'
  const name = standardName(field.type)
  if (name === 'NUMERIC' || name === 'BIGNUMERIC') {
    if (field.precision !== undefined) return `numeric(${field.precision},${field.scale ?? 0})`
    return name === 'NUMERIC' ? 'numeric(38,9)' : 'numeric(77,38)'
  }
  return POSTGRES[name] ?? 'text'
}

const OIDS: Readonly<Record<string, readonly number[]>> = {
  INT64: [OID.int8, OID.int4, OID.int2],
  FLOAT64: [OID.float8],
  NUMERIC: [OID.numeric],
  BIGNUMERIC: [OID.numeric],
  BOOL: [OID.bool],
  STRING: [OID.text, OID.varchar],
  BYTES: [OID.bytea],
  DATE: [OID.date],
  TIME: [OID.time],
  DATETIME: [OID.timestamp],
  TIMESTAMP: [OID.timestamptz],
}

/** Tells whether values of a native type mean the same when BigQuery compares them as when we do, as type `oid`. */
export function comparesAs(native: string, oid: number): boolean {
  const name = /^[A-Z0-9]+(?=\(|$)/.exec(native)?.[0]
  if (name === undefined || native.includes(' COLLATE ')) return false
  return OIDS[name]?.includes(oid) ?? false
}

const NAMES: Readonly<Record<number, string>> = {
  [OID.bool]: 'BOOL',
  [OID.int2]: 'INT64',
  [OID.int4]: 'INT64',
  [OID.int8]: 'INT64',
  [OID.float4]: 'FLOAT64',
  [OID.float8]: 'FLOAT64',
  [OID.numeric]: 'BIGNUMERIC',
  [OID.text]: 'STRING',
  [OID.varchar]: 'STRING',
  [OID.bytea]: 'BYTES',
  [OID.date]: 'DATE',
  [OID.time]: 'TIME',
  [OID.timestamp]: 'DATETIME',
  [OID.timestamptz]: 'TIMESTAMP',
}

/** The GoogleSQL type of the same values; undefined where there is none. */
export function bigqueryType(oid: number): string | undefined {
  return NAMES[oid]
}
