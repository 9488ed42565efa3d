/** PostgreSQL's types as Tributary names them: OID, names, storage lane. */

/** A type as PostgreSQL resolved it: OID plus modifier (-1: none). `numeric(12,2)`, `varchar(10)` live in typmod. */
export interface SqlType {
  readonly oid: number
  readonly typmod: number
}

/**
 * How values of a type are laid out in a column vector (see vector.ts).
 * `bytes` holds UTF-8 text, raw bytea, 16 raw bytes of a uuid, the canonical text of json/jsonb, or, for types
 * without a lane of their own (arrays, timetz, network types, ranges), PostgreSQL's text output.
 * `int32` holds the position of an enum's label, too.
 */
export type Lane = 'bool' | 'int32' | 'int64' | 'float64' | 'numeric' | 'bytes' | 'interval'

export const OID = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int2vector: 22,
  int4: 23,
  regproc: 24,
  text: 25,
  oid: 26,
  oidvector: 30,
  json: 114,
  xml: 142,
  float4: 700,
  float8: 701,
  unknown: 705,
  money: 790,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  bit: 1560,
  varbit: 1562,
  numeric: 1700,
  regclass: 2205,
  regtype: 2206,
  record: 2249,
  void: 2278,
  uuid: 2950,
  jsonb: 3802,
  boolArray: 1000,
  byteaArray: 1001,
  int8Array: 1016,
  int2Array: 1005,
  int4Array: 1007,
  textArray: 1009,
  float4Array: 1021,
  float8Array: 1022,
  bpcharArray: 1014,
  varcharArray: 1015,
  dateArray: 1182,
  timeArray: 1183,
  timestampArray: 1115,
  timestamptzArray: 1185,
  intervalArray: 1187,
  numericArray: 1231,
  uuidArray: 2951,
  jsonArray: 199,
  jsonbArray: 3807,
} as const

/** Builds a type without modifier, or with one. */
export function sqlType(oid: number, typmod = -1): SqlType {
  return { oid, typmod }
}

/** Tells whether two types are the same, modifier aside. */
export function sameType(a: SqlType, b: SqlType): boolean {
  return a.oid === b.oid
}

/**
 * A value outside a column: PostgreSQL's canonical text output (ISO dates, UTC, IntervalStyle postgres,
 * extra_float_digits 1, bytea_output hex, `t`/`f`), or null. Constants, parameters and keys travel so.
 */
export type Datum = string | null
