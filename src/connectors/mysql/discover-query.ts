/** What a table is that a statement in MySQL's own SQL defines: the columns that the server says its result has. */
import type { TableDefinition } from '../../catalog/catalog.js'
import { lockKeyOf } from '../../catalog/lock-key.js'
import type { DiscoveredTable } from '../connector.js'
import { describeNative } from '../native-query.js'
import { postgresTypeOf } from './native-types.js'
import { WIRE, type WireColumn } from './wire-protocol.js'

/** Runs a query for the description of its columns alone. */
export type ColumnQuery = (sql: string) => Promise<readonly WireColumn[]>

/** Describes a `query:` table. The protocol tells no collation of a result, so its texts are compared by bytes without an index. */
export async function discoverQuery(
  describe: ColumnQuery,
  source: string,
  table: TableDefinition,
): Promise<DiscoveredTable> {
  const columns = await describeNative(source, table, (relation) =>
    describe(`SELECT * FROM ${relation} AS t LIMIT 0`),
  )
  return {
    from: lockKeyOf(table),
    primaryKey: [],
    unique: [],
    indexes: [],
    foreignKeys: [],
    columns: columns.flatMap((column) => {
      const native = nativeTypeOf(column)
      const type = native === undefined ? undefined : postgresTypeOf(native)
      if (native === undefined || type === undefined) return []
      return [{ name: column.name, type, native, notNull: false }]
    }),
  }
}

const BINARY = 63

/** The type of a result's column as information_schema would spell it; undefined for types that have none here. */
export function nativeTypeOf(column: WireColumn): string | undefined {
  const sign = column.unsigned ? ' unsigned' : ''
  const isBinary = column.characterSet === BINARY
  switch (column.type) {
    case WIRE.tiny:
      return `tinyint(${column.length})${sign}`
    case WIRE.short:
      return `smallint${sign}`
    case WIRE.int24:
      return `mediumint${sign}`
    case WIRE.long:
      return `int${sign}`
    case WIRE.longlong:
      return `bigint${sign}`
    case WIRE.year:
      return 'year'
    case WIRE.float:
      return 'float'
    case WIRE.double:
      return 'double'
    case WIRE.decimal:
    case WIRE.newDecimal: {
      // The length counts the sign and the point as well.
      const digits = column.length - (column.decimals > 0 ? 1 : 0) - (column.unsigned ? 0 : 1)
      return `decimal(${digits},${column.decimals})${sign}`
    }
    case WIRE.date:
      return 'date'
    case WIRE.datetime:
      return 'datetime'
    case WIRE.timestamp:
      return 'timestamp'
    case WIRE.time:
      return 'time'
    case WIRE.bit:
      return `bit(${column.length})`
    case WIRE.json:
      return 'json'
    case WIRE.varchar:
    case WIRE.varString:
    case WIRE.string:
    case WIRE.enum:
    case WIRE.set: {
      const characters = Math.ceil(column.length / (isBinary ? 1 : 4))
      return isBinary ? `varbinary(${characters})` : `varchar(${characters})`
    }
    case WIRE.tinyBlob:
    case WIRE.mediumBlob:
    case WIRE.longBlob:
    case WIRE.blob:
      return isBinary ? 'longblob' : 'longtext'
    default:
      return undefined
  }
}
