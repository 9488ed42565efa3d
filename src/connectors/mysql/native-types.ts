/** How MySQL's column types appear in PostgreSQL. */
import { OID } from '../../types/sql-type.js'

const TEXTS = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b/
const BINARIES = /^(binary|varbinary|tinyblob|blob|mediumblob|longblob)\b/

/**
 * Names the PostgreSQL type of a column type as information_schema spells it (`bigint(20) unsigned`); undefined for
 * types that have none here (geometry).
 */
export function postgresTypeOf(native: string): string | undefined {
  const type = native.toLowerCase()
  const unsigned = type.includes('unsigned') || type.includes('zerofill')
  if (type.startsWith('tinyint(1)') && !unsigned) return 'boolean'
  if (type.startsWith('tinyint')) return 'smallint'
  if (type.startsWith('smallint')) return unsigned ? 'integer' : 'smallint'
  if (type.startsWith('mediumint')) return 'integer'
  if (type.startsWith('bigint')) return unsigned ? 'numeric(20,0)' : 'bigint'
  if (type.startsWith('int')) return unsigned ? 'bigint' : 'integer'
  const decimal = /^decimal\((\d+),(\d+)\)/.exec(type)
  if (decimal) return `numeric(${decimal[1]},${decimal[2]})`
  if (type.startsWith('float')) return 'real'
  if (type.startsWith('double')) return 'double precision'
  if (type.startsWith('year')) return 'integer'
  if (type === 'date') return 'date'
  if (type.startsWith('datetime')) return 'timestamp'
  if (type.startsWith('timestamp')) return 'timestamptz'
  if (type.startsWith('time')) return 'interval'
  if (type === 'bit(1)') return 'boolean'
  if (type.startsWith('bit')) return 'bytea'
  if (type === 'json') return 'jsonb'
  if (type === 'uuid') return 'uuid'
  if (type === 'inet4' || type === 'inet6') return 'inet'
  if (TEXTS.test(type)) return 'text'
  if (BINARIES.test(type)) return 'bytea'
  return undefined
}

const OIDS: Readonly<Record<string, readonly number[]>> = {
  boolean: [OID.bool],
  smallint: [OID.int2],
  integer: [OID.int4, OID.int8],
  bigint: [OID.int8],
  real: [OID.float4, OID.float8],
  'double precision': [OID.float8],
  date: [OID.date],
  timestamp: [OID.timestamp, OID.timestamptz],
  timestamptz: [OID.timestamptz],
  text: [OID.text, OID.varchar],
  bytea: [OID.bytea],
}

/** Tells whether values of a native type mean the same when the server compares them as when we do, as type `oid`. */
export function comparesAs(native: string, oid: number): boolean {
  const type = postgresTypeOf(native)
  if (type === undefined) return false
  if (type.startsWith('numeric')) return oid === OID.numeric
  // CHAR comes without its trailing blanks, which do not count for char(n) here; other texts keep theirs.
  if (oid === OID.bpchar) return /^char\b/i.test(native)
  return OIDS[type]?.includes(oid) ?? false
}

/** Most bytes of UTF-8 that a text column's values take; undefined when unknown or too large to be sorted whole. */
export function widestText(native: string): number | undefined {
  const type = native.toLowerCase()
  const sized = /^(?:var)?char\((\d+)\)/.exec(type)
  if (sized) return Number(sized[1]) * 4
  if (/^(var)?binary\((\d+)\)/.test(type)) return Number(/\((\d+)\)/.exec(type)![1])
  if (type.startsWith('tinytext')) return 255 * 4
  if (type.startsWith('enum')) {
    return Math.max(
      0,
      ...Array.from(type.matchAll(/'((?:[^']|'')*)'/g), (m) => Buffer.byteLength(m[1]!)),
    )
  }
  return undefined
}
