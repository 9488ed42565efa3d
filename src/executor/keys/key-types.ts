/** Which types can be keys here: those whose equality the executor decides exactly as PostgreSQL does. */
import { enumWithin } from '../../types/enum-types.js'
import type { Collation } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'

/**
 * How a `bytes` value becomes a key. plain: equal bytes. padded: trailing blanks do not count (bpchar).
 * jsonb: numbers inside are equal by value, so `1.0` and `1` must become one key.
 */
export type BytesKey = 'plain' | 'padded' | 'jsonb'

/** Types with a lane of their own that compare by value. */
const LANE_TYPES: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.oid,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.float4,
  OID.float8,
  OID.numeric,
  OID.interval,
])

/** Types in the bytes lane of which equal values have equal bytes: inet, cidr, macaddr, integer and date ranges among them. */
const PLAIN_BYTES_TYPES: ReadonlySet<number> = new Set([
  ...[OID.text, OID.varchar, OID.name, OID.char, OID.bytea, OID.uuid, OID.unknown],
  ...[OID.bit, OID.varbit, OID.timetz, 869, 650, 829, 774, 3904, 3926, 3912],
  ...[OID.boolArray, OID.int2Array, OID.int4Array, OID.int8Array, OID.textArray, OID.varcharArray],
  ...[OID.uuidArray, OID.dateArray, OID.timeArray, OID.timestampArray, OID.byteaArray],
])

/** Tells how values of a bytes-lane type become keys. */
export function bytesKeyOf(type: SqlType): BytesKey {
  if (type.oid === OID.bpchar) return 'padded'
  return type.oid === OID.jsonb ? 'jsonb' : 'plain'
}

/**
 * Says why a value of this type cannot be grouped, joined or made distinct natively; undefined when it can.
 * Any collation will do: PostgreSQL's deterministic collations call texts equal exactly when their bytes are.
 */
export function whyNotNativeKey(type: SqlType, _collation?: Collation): string | undefined {
  if (LANE_TYPES.has(type.oid) || PLAIN_BYTES_TYPES.has(type.oid)) return undefined
  if (type.oid === OID.bpchar || type.oid === OID.jsonb) return undefined
  if (enumWithin(type.oid) !== undefined) return undefined
  return `type ${type.oid} has no native equality`
}
