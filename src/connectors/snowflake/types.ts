/** How Snowflake's types and PostgreSQL's correspond. Native types are written as INFORMATION_SCHEMA has them: NUMBER(38,0), TEXT. */
import { OID, type SqlType } from '../../types/sql-type.js'

const POSTGRES: Readonly<Record<string, string>> = {
  FLOAT: 'double precision',
  TEXT: 'text',
  BINARY: 'bytea',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP_NTZ: 'timestamp',
  TIMESTAMP_LTZ: 'timestamptz',
  TIMESTAMP_TZ: 'timestamptz',
  VARIANT: 'jsonb',
  OBJECT: 'jsonb',
  ARRAY: 'jsonb',
}

interface NativeType {
  readonly name: string
  readonly numbers: readonly number[]
}

function parse(native: string): NativeType {
  const match = /^([A-Z_]+)(?:\(([\d,]+)\))?/.exec(native)
  return { name: match?.[1] ?? native, numbers: (match?.[2] ?? '').split(',').filter(Boolean).map(Number) } // prettier-ignore
}

/** The PostgreSQL type for a native type; whole numbers get the smallest that holds their digits. */
export function postgresType(native: string): string {
  const { name, numbers } = parse(native)
  if (name !== 'NUMBER') return POSTGRES[name] ?? 'text'
  const [precision = 38, scale = 0] = numbers
  if (scale > 0) return `numeric(${precision},${scale})`
  if (precision <= 4) return 'smallint'
  if (precision <= 9) return 'integer'
  return precision <= 18 ? 'bigint' : `numeric(${precision},0)`
}

const OIDS: Readonly<Record<string, readonly number[]>> = {
  FLOAT: [OID.float8],
  TEXT: [OID.text, OID.varchar],
  BINARY: [OID.bytea],
  BOOLEAN: [OID.bool],
  DATE: [OID.date],
  TIME: [OID.time],
  TIMESTAMP_NTZ: [OID.timestamp],
  TIMESTAMP_LTZ: [OID.timestamptz],
  TIMESTAMP_TZ: [OID.timestamptz],
}

/** Tells whether values of a native type mean the same when Snowflake compares them as when we do, as type `oid`. */
export function comparesAs(native: string, oid: number): boolean {
  if (native.includes(' COLLATE ')) return false
  const { name, numbers } = parse(native)
  if (name !== 'NUMBER') return OIDS[name]?.includes(oid) ?? false
  if (oid === OID.numeric) return true
  return (numbers[1] ?? 0) === 0 && (oid === OID.int2 || oid === OID.int4 || oid === OID.int8)
}

/**
 * The cast that makes a column's values what PostgreSQL can hold: clocks of microseconds, instants without a zone of their
 * own. undefined: none is needed. It is part of every use of the column, so that what is compared is what is read.
 */
export function readingCast(native: string | undefined): string | undefined {
  if (native === undefined) return undefined
  const { name, numbers } = parse(native)
  const isFine = (numbers[0] ?? 9) > 6
  if (name === 'TIMESTAMP_TZ') return 'TIMESTAMP_LTZ(6)'
  if (!isFine) return undefined
  return name === 'TIMESTAMP_NTZ' || name === 'TIMESTAMP_LTZ' || name === 'TIME'
    ? `${name}(6)`
    : undefined
}

/** Snowflake's type of the same values; undefined where there is none. */
export function snowflakeType(type: SqlType): string | undefined {
  switch (type.oid) {
    case OID.bool:
      return 'BOOLEAN'
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return 'NUMBER(38,0)'
    case OID.float4:
    case OID.float8:
      return 'DOUBLE'
    case OID.numeric: {
      const precision = (type.typmod - 4) >> 16
      const scale = (type.typmod - 4) & 0x7ff
      return type.typmod >= 4 && precision <= 38 ? `NUMBER(${precision},${scale})` : undefined
    }
    case OID.text:
    case OID.varchar:
      return 'VARCHAR'
    case OID.bytea:
      return 'BINARY'
    case OID.date:
      return 'DATE'
    case OID.time:
      return 'TIME(6)'
    case OID.timestamp:
      return 'TIMESTAMP_NTZ(6)'
    case OID.timestamptz:
      return 'TIMESTAMP_LTZ(6)'
    case OID.jsonb:
    case OID.json:
      return 'VARIANT'
    default:
      return undefined
  }
}
