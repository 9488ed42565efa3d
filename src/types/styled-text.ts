/** Types whose text in PostgreSQL depends on the settings of dates, intervals, floats or bytea, beside those that have lanes of their own. */
import { OID, type SqlType } from './sql-type.js'
import { typeInfo } from './type-registry.js'

const STYLED_ELEMENTS: ReadonlySet<number> = new Set([
  ...[OID.date, OID.timestamp, OID.timestamptz, OID.interval, OID.float4, OID.float8, OID.bytea],
])

/** tsrange, tstzrange, daterange, their multiranges, and geometry, which is made of floats. */
const STYLED: ReadonlySet<number> = new Set([
  ...[3908, 3910, 3912, 4533, 4534, 4535],
  ...[600, 601, 602, 603, 604, 628, 718],
])

/** Tells whether a range, geometry or array is printed otherwise under other settings. */
export function hasStyledText({ oid }: SqlType): boolean {
  const { elementOid } = typeInfo(oid)
  return STYLED.has(oid) || (elementOid !== undefined && STYLED_ELEMENTS.has(elementOid))
}
