/** Chooses how a column of DuckDB's result becomes vectors of the type the statement promised. */
import { DuckDBDecimalType, DuckDBTypeId, type DuckDBType } from '@duckdb/node-api'
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { BytesReader } from './bytes-reader.js'
import type { ColumnReader } from './column-reader.js'
import { DecimalReader } from './decimal-reader.js'
import {
  BoolReader,
  Float64Reader,
  Int32Reader,
  Int64Reader,
  IntervalReader,
  UuidReader,
} from './fixed-readers.js'
import { TextFormReader } from './text-form-reader.js'

const SMALL = new Set([DuckDBTypeId.TINYINT, DuckDBTypeId.UTINYINT, DuckDBTypeId.SMALLINT])
const MEDIUM = new Set([...SMALL, DuckDBTypeId.USMALLINT, DuckDBTypeId.INTEGER])
const INTEGERS = new Set([
  ...MEDIUM,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
])
const TIMESTAMPS = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
])
const FLOATS = new Set([DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE])
const BYTES = new Set([DuckDBTypeId.VARCHAR, DuckDBTypeId.BLOB])

/** Makes the reader of a column. */
export function createColumnReader(
  type: SqlType,
  from: DuckDBType,
  name: string,
  capacity: number,
): ColumnReader {
  const id = from.typeId
  switch (type.oid) {
    case OID.bool:
      if (id === DuckDBTypeId.BOOLEAN) return new BoolReader(type, capacity)
      break
    case OID.int2:
      if (SMALL.has(id)) return new Int32Reader(type, id, capacity)
      break
    case OID.int4:
      if (MEDIUM.has(id)) return new Int32Reader(type, id, capacity)
      break
    case OID.date:
      if (id === DuckDBTypeId.DATE) return new Int32Reader(type, id, capacity)
      break
    case OID.int8:
    case OID.oid:
      if (INTEGERS.has(id)) return new Int64Reader(type, id, capacity)
      break
    case OID.timestamp:
    case OID.timestamptz:
      if (TIMESTAMPS.has(id)) return new Int64Reader(type, id, capacity)
      break
    case OID.time:
      if (id === DuckDBTypeId.TIME) return new Int64Reader(type, id, capacity)
      break
    case OID.float4:
    case OID.float8:
      if (FLOATS.has(id)) return new Float64Reader(type, id, capacity)
      break
    case OID.numeric:
      if (from instanceof DuckDBDecimalType) {
        return new DecimalReader(type, { from: id, width: from.width, scale: from.scale }, capacity)
      }
      if (INTEGERS.has(id) || id === DuckDBTypeId.UHUGEINT) {
        return new DecimalReader(type, { from: id, width: 38, scale: 0 }, capacity)
      }
      break
    case OID.interval:
      if (id === DuckDBTypeId.INTERVAL) return new IntervalReader(type, capacity)
      break
    case OID.uuid:
      if (id === DuckDBTypeId.UUID) return new UuidReader(type, capacity)
      break
    case OID.text:
    case OID.varchar:
      if (BYTES.has(id)) return new BytesReader(type, capacity)
      break
    case OID.bytea:
      if (BYTES.has(id)) return new BytesReader(type, capacity)
      throw new EngineError(
        SQLSTATE.sourceTypeMismatch,
        `Column "${name}" is not binary in the files`,
      )
  }
  return new TextFormReader(type, name)
}
