/** How DuckDB's types and PostgreSQL's correspond. */
import { OID, type SqlType } from '../../types/sql-type.js'
import { parseTypeName } from '../../types/type-registry.js'

const NAMES: Readonly<Record<number, string>> = {
  [OID.bool]: 'BOOLEAN',
  [OID.int2]: 'SMALLINT',
  [OID.int4]: 'INTEGER',
  [OID.int8]: 'BIGINT',
  [OID.float4]: 'FLOAT',
  [OID.float8]: 'DOUBLE',
  [OID.text]: 'VARCHAR',
  [OID.varchar]: 'VARCHAR',
  [OID.bpchar]: 'VARCHAR',
  [OID.date]: 'DATE',
  [OID.time]: 'TIME',
  [OID.timestamp]: 'TIMESTAMP',
  [OID.timestamptz]: 'TIMESTAMPTZ',
  [OID.interval]: 'INTERVAL',
  [OID.uuid]: 'UUID',
  [OID.bytea]: 'BLOB',
  [OID.json]: 'JSON',
  [OID.jsonb]: 'JSON',
  [OID.boolArray]: 'BOOLEAN[]',
  [OID.int2Array]: 'SMALLINT[]',
  [OID.int4Array]: 'INTEGER[]',
  [OID.int8Array]: 'BIGINT[]',
  [OID.float4Array]: 'FLOAT[]',
  [OID.float8Array]: 'DOUBLE[]',
  [OID.textArray]: 'VARCHAR[]',
  [OID.varcharArray]: 'VARCHAR[]',
  [OID.dateArray]: 'DATE[]',
  [OID.timestampArray]: 'TIMESTAMP[]',
  [OID.timestamptzArray]: 'TIMESTAMPTZ[]',
  [OID.uuidArray]: 'UUID[]',
}

/** Names DuckDB's type of the same values; undefined where it has none (numeric without a precision). */
export function duckdbTypeOf(type: SqlType): string | undefined {
  if (type.oid === OID.numericArray) {
    const element = duckdbTypeOf({ oid: OID.numeric, typmod: type.typmod })
    return element === undefined ? undefined : `${element}[]`
  }
  if (type.oid !== OID.numeric) return NAMES[type.oid]
  if (type.typmod < 4) return undefined
  const precision = (type.typmod - 4) >> 16
  const scale = (type.typmod - 4) & 0x7ff
  return precision <= 38 && scale <= precision ? `DECIMAL(${precision},${scale})` : undefined
}

/** As {@link duckdbTypeOf}, of a type's name in the catalog. */
export function duckdbTypeOfName(name: string): string | undefined {
  return duckdbTypeOf(parseTypeName(name))
}

const POSTGRES: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'smallint',
  UTINYINT: 'smallint',
  SMALLINT: 'smallint',
  USMALLINT: 'integer',
  INTEGER: 'integer',
  UINTEGER: 'bigint',
  BIGINT: 'bigint',
  UBIGINT: 'numeric(20,0)',
  HUGEINT: 'numeric(38,0)',
  UHUGEINT: 'numeric',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  VARCHAR: 'text',
  BLOB: 'bytea',
  BIT: 'text',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  INTERVAL: 'interval',
  UUID: 'uuid',
  JSON: 'jsonb',
}

const SCALARS_OF_LISTS = new Set([
  'BOOLEAN',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'DATE',
  'UUID',
  'TIMESTAMP',
])

/** Names the PostgreSQL type for a DuckDB type as DESCRIBE spells it. */
export function postgresTypeOf(native: string): string {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(native)
  if (decimal) return `numeric(${decimal[1]},${decimal[2]})`
  const plain = POSTGRES[native]
  if (plain !== undefined) return plain
  if (native.startsWith('ENUM')) return 'text'
  const list = /^([A-Z_]+)\[\]$/.exec(native)
  if (list && SCALARS_OF_LISTS.has(list[1]!)) return `${POSTGRES[list[1]!]}[]`
  return 'jsonb'
}
