/** Binds datums (PostgreSQL's text output) to a prepared statement of DuckDB, as values of their types. */
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBPreparedStatement,
} from '@duckdb/node-api'
import { EngineError, SQLSTATE } from '../../errors.js'
import { parseArray } from '../../types/array-text.js'
import { OID, type Datum, type SqlType } from '../../types/sql-type.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import { duckdbTypeOf } from './duckdb-types.js'
import { TooManyDigits } from './source-errors.js'

const EPOCH_DAYS = 10_957
const EPOCH_MICROSECONDS = 946_684_800_000_000n
const INT64_MAX = 2n ** 63n - 1n

/** Binds the value of the parameter at a 1-based position. */
export function bindValue(
  statement: DuckDBPreparedStatement,
  position: number,
  value: Datum,
  type: SqlType,
): void {
  if (value === null) {
    statement.bindNull(position)
    return
  }
  switch (type.oid) {
    case OID.bool:
      statement.bindBoolean(position, value === 't' || value === 'true')
      return
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.oid:
      statement.bindBigInt(position, BigInt(value))
      return
    case OID.float4:
    case OID.float8:
      statement.bindDouble(position, floatOf(value))
      return
    case OID.numeric:
      bindNumeric(statement, position, value)
      return
    case OID.date: {
      const days = lane(value, type)
      const isInfinite = days === 0x7fffffff || days === -0x80000000
      statement.bindDate(
        position,
        isInfinite
          ? days > 0
            ? DuckDBDateValue.PosInf
            : DuckDBDateValue.NegInf
          : new DuckDBDateValue(days + EPOCH_DAYS),
      )
      return
    }
    case OID.timestamp:
      statement.bindTimestamp(position, new DuckDBTimestampValue(microseconds(value, type)))
      return
    case OID.timestamptz:
      statement.bindTimestampTZ(position, new DuckDBTimestampTZValue(microseconds(value, type)))
      return
    case OID.time:
      statement.bindTime(position, new DuckDBTimeValue(BigInt(lane(value, type))))
      return
    case OID.bytea:
      statement.bindBlob(position, Buffer.from(value.slice(2), 'hex'))
      return
    default:
      statement.bindVarchar(
        position,
        isArray(type) ? JSON.stringify(parseArray(value).elements) : value,
      )
  }
}

/** Arrays travel as JSON lists of strings, which DuckDB casts element by element. */
function isArray(type: SqlType): boolean {
  return duckdbTypeOf(type)?.endsWith('[]') ?? false
}

function floatOf(value: string): number {
  const lower = value.toLowerCase()
  if (lower === 'infinity') return Infinity
  if (lower === '-infinity') return -Infinity
  return Number(value)
}

function bindNumeric(statement: DuckDBPreparedStatement, position: number, value: string): void {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value)
  if (match === null) {
    // NaN and the infinities sort in DuckDB's doubles as in PostgreSQL's numerics.
    statement.bindDouble(position, floatOf(value))
    return
  }
  const scale = match[3]?.length ?? 0
  const digits = `${match[2]}${match[3] ?? ''}`
  const width = Math.max(digits.replace(/^0+/, '').length, scale, 1)
  if (width > 38) throw new TooManyDigits()
  statement.bindDecimal(
    position,
    new DuckDBDecimalValue(BigInt(`${match[1]}${digits}`), width, scale),
  )
}

/** The value as its lane holds it. */
function lane(value: string, type: SqlType): number {
  const builder = createVectorBuilder(type, 1)
  builder.appendDatum(value)
  const vector = builder.finish()
  if (vector.lane !== 'int32' && vector.lane !== 'int64') {
    throw new EngineError(SQLSTATE.internalError, `Type ${type.oid} has no integer lane`)
  }
  return vector.values[0]!
}

function microseconds(value: string, type: SqlType): bigint {
  if (value === 'infinity') return INT64_MAX
  if (value === '-infinity') return -INT64_MAX
  const builder = createVectorBuilder(type, 1)
  builder.appendDatum(value)
  const vector = builder.finish()
  if (vector.lane !== 'int64') {
    throw new EngineError(SQLSTATE.internalError, `Type ${type.oid} has no integer lane`)
  }
  return (vector.exact?.[0] ?? BigInt(vector.values[0]!)) + EPOCH_MICROSECONDS
}
