/**
 * Reads the fields of binary-protocol rows into column vectors: one reader per column, chosen by what the server sends
 * and what the statement promised. Bytes become lanes without a string or object in between; only odd pairs (a decimal
 * asked for as text) go through PostgreSQL's text form.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID } from '../../types/sql-type.js'
import type { ColumnReader, ReaderOptions } from './column-reader.js'
import { BytesReader, BitReader } from './bytes-readers.js'
import { DecimalReader } from './decimal-reader.js'
import { Float64Reader, Int32Reader, Int64Reader, BoolReader } from './number-readers.js'
import { DateReader, TimeReader, TimestampReader } from './temporal-readers.js'
import { TextFormReader } from './text-form-reader.js'
import { integerBytes, isBytes, isTemporal, WIRE } from './wire-protocol.js'

/** Chooses the reader of a column. */
export function createColumnReader(options: ReaderOptions): ColumnReader {
  const { type, wire } = options
  const isInteger = integerBytes(wire.type) > 0
  switch (type.oid) {
    case OID.bool:
      if (isInteger) return new BoolReader(options)
      if (wire.type === WIRE.bit) return new BitReader(options)
      break
    case OID.int2:
    case OID.int4:
      if (isInteger) return new Int32Reader(options)
      break
    case OID.int8:
    case OID.oid:
      if (isInteger) return new Int64Reader(options)
      break
    case OID.float4:
    case OID.float8:
      if (wire.type === WIRE.float || wire.type === WIRE.double) return new Float64Reader(options)
      break
    case OID.numeric:
      if (wire.type === WIRE.newDecimal || wire.type === WIRE.decimal)
        return new DecimalReader(options)
      break
    case OID.date:
      if (isTemporal(wire.type)) return new DateReader(options)
      break
    case OID.timestamp:
    case OID.timestamptz:
      if (isTemporal(wire.type)) return new TimestampReader(options)
      break
    case OID.time:
    case OID.interval:
      if (wire.type === WIRE.time) return new TimeReader(options)
      break
    case OID.text:
    case OID.varchar:
      if (isBytes(wire.type)) return new BytesReader(options)
      break
    case OID.bytea:
      if (isBytes(wire.type) || wire.type === WIRE.bit) return new BytesReader(options)
      break
  }
  if (wire.type === WIRE.null) return new TextFormReader(options)
  if (type.oid === OID.bytea) throw mismatch(options)
  return new TextFormReader(options)
}

function mismatch(options: ReaderOptions): EngineError {
  return new EngineError(
    SQLSTATE.sourceTypeMismatch,
    `Column "${options.name}" does not arrive as its catalog type says`,
    { hint: 'Run discover again, or change the type in the source file' },
  )
}
