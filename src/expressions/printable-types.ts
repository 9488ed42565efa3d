/** Which types the engine prints itself, under every setting of a session. */
import { enumWithin } from '../types/enum-types.js'
import { OID } from '../types/sql-type.js'
import { formatTypeName, typeInfo } from '../types/type-registry.js'
import type { Expression } from './expression.js'

const PRINTABLE: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.oid, OID.float4, OID.float8, OID.numeric],
  ...[OID.text, OID.varchar, OID.bpchar, OID.name, OID.char, OID.bytea, OID.uuid, OID.unknown],
  ...[OID.json, OID.jsonb, OID.date, OID.time, OID.timestamp, OID.timestamptz, OID.interval],
])

/** Element types that print alike in every session, so that their arrays do. */
const SETTLED: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.text, OID.varchar, OID.bool, OID.numeric, OID.uuid],
])

/** Tells whether values of a type can be printed for a session. */
export function isPrintable(oid: number): boolean {
  if (PRINTABLE.has(oid) || enumWithin(oid) !== undefined) return true
  const element = typeInfo(oid).elementOid
  return element !== undefined && SETTLED.has(element)
}

/** Says why values cannot be printed natively. */
export function whyNotPrintable(values: readonly Expression[]): string | undefined {
  const other = values.find(({ type }) => !isPrintable(type.oid))
  return other === undefined
    ? undefined
    : `type ${formatTypeName(other.type)} is not printed natively`
}
