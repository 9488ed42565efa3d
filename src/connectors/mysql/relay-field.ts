/**
 * How a field of a binary-protocol row becomes the bytes of a text-format DataRow field: chosen once per column, from
 * what the server sends and what the statement promised.
 */
import type { ValueSettings } from '../../session/settings/value-settings.js'
import { parseDateStyle } from '../../types/datetime/date-style.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { isBytes, isTemporal, WIRE, type WireColumn } from './wire-protocol.js'

/** Small numbers, so that the loop over a row is one switch. */
export const FIELD = {
  int8: 0,
  uint8: 1,
  int16: 2,
  uint16: 3,
  int32: 4,
  uint32: 5,
  int64: 6,
  bool: 7,
  boolWide: 8,
  decimal: 9,
  bytes: 10,
  hex: 11,
  date: 12,
  timestamp: 13,
  /** Through a column reader and PostgreSQL's text output, a value at a time. */
  slow: 14,
} as const

/** Tells whether values of a type can be printed from the wire, without a vector in between, under these settings. */
export function isRelayed(type: SqlType, format: number, settings: ValueSettings): boolean {
  if (format !== 0) return false
  switch (type.oid) {
    case OID.bool:
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.numeric:
    case OID.text:
    case OID.varchar:
      return true
    case OID.bytea:
      return settings.byteaOutput === 'hex'
    case OID.date:
    case OID.timestamp:
      return parseDateStyle(settings.dateStyle).output === 'iso'
    default:
      return false
  }
}

/** Chooses how a column's fields are printed. */
export function relayField(type: SqlType, wire: WireColumn): number {
  switch (type.oid) {
    case OID.bool:
      if (wire.type === WIRE.tiny) return FIELD.bool
      return wire.type === WIRE.bit ? FIELD.boolWide : FIELD.slow
    case OID.int2:
    case OID.int4:
    case OID.int8: {
      const field = integerField(wire)
      // What may not fit the type is checked by its reader.
      return field !== undefined && fits(field, type.oid) ? field : FIELD.slow
    }
    case OID.numeric: {
      const isDecimal = wire.type === WIRE.newDecimal || wire.type === WIRE.decimal
      const scale = type.typmod >= 4 ? (type.typmod - 4) & 0x7ff : wire.decimals
      return isDecimal && scale === wire.decimals ? FIELD.decimal : FIELD.slow
    }
    case OID.text:
    case OID.varchar:
      return isBytes(wire.type) ? FIELD.bytes : FIELD.slow
    case OID.bytea:
      return isBytes(wire.type) || wire.type === WIRE.bit ? FIELD.hex : FIELD.slow
    case OID.date:
      return isTemporal(wire.type) ? FIELD.date : FIELD.slow
    case OID.timestamp:
      return isTemporal(wire.type) ? FIELD.timestamp : FIELD.slow
    default:
      return FIELD.slow
  }
}

function integerField({ type, unsigned }: WireColumn): number | undefined {
  switch (type) {
    case WIRE.tiny:
      return unsigned ? FIELD.uint8 : FIELD.int8
    case WIRE.short:
      return unsigned ? FIELD.uint16 : FIELD.int16
    case WIRE.year:
      return FIELD.uint16
    case WIRE.int24:
      return FIELD.int32
    case WIRE.long:
      return unsigned ? FIELD.uint32 : FIELD.int32
    case WIRE.longlong:
      return unsigned ? undefined : FIELD.int64
    default:
      return undefined
  }
}

function fits(field: number, oid: number): boolean {
  if (oid === OID.int8) return true
  return oid === OID.int4 ? field <= FIELD.int32 : field <= FIELD.int16
}
