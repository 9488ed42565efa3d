/** Estimates how many bytes a row takes on its way from a source. */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type { Column, ColumnId } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'

/** Bytes of a value by type where the catalog has no average width. */
const WIDTHS = new Map<number, number>([
  [OID.bool, 1], [OID.int2, 2], [OID.int4, 4], [OID.int8, 8], [OID.float4, 4], [OID.float8, 8],
  [OID.date, 4], [OID.time, 8], [OID.timestamp, 8], [OID.timestamptz, 8], [OID.uuid, 16],
  [OID.numeric, 12], [OID.interval, 16],
]) // prettier-ignore

const OTHER_WIDTH = 32
/** What the wire adds to every value. */
const OVERHEAD = 4

/** Bytes of a row of these columns. */
export function rowWidth(
  columns: readonly Column[],
  statistics: ReadonlyMap<ColumnId, ColumnStatistics>,
): number {
  let width = 0
  for (const column of columns) {
    width += OVERHEAD
    width += statistics.get(column.id)?.width ?? WIDTHS.get(column.type.oid) ?? OTHER_WIDTH
  }
  return width
}
