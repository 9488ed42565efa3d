/** Prints values as text: canonical, and as a client's settings ask for. */
import { enumOf } from './enum-types.js'
import { DEFAULT_VALUE_SETTINGS, type ValueSettings } from '../session/settings/value-settings.js'
import { utf8Text } from './vectors/byte-parsing.js'
import { dateText, timestampText, timeText } from './datetime/datetime-output.js'
import { parseDateStyle } from './datetime/date-style.js'
import { decimalFromUnscaled, formatDecimal } from './numbers/decimal.js'
import { float4Text, float8Text } from './numbers/float-output.js'
import { bytesToHex, hexToBytes, uuidText } from './hex.js'
import { intervalText } from './datetime/interval-output.js'
import {
  daysFromCanonical,
  intervalFromCanonical,
  timestampFromCanonical,
} from './datetime/datetime-canonical.js'
import { opaqueText } from './opaque-output.js'
import { OID } from './sql-type.js'
import { localTimestamp, zoneNamed } from './datetime/time-zone.js'
import type { BytesVector, Int64Vector, Vector } from './vectors/vector.js'

/** Prints a row that is not NULL in canonical form (a Datum). */
export function canonicalTextAt(vector: Vector, row: number): string {
  return textAt(vector, row, DEFAULT_VALUE_SETTINGS)
}

/** Prints a row that is not NULL as the settings ask for. */
export function textAt(vector: Vector, row: number, settings: ValueSettings): string {
  switch (vector.lane) {
    case 'bool':
      return vector.values[row] === 0 ? 'f' : 't'
    case 'int32': {
      const value = vector.values[row]!
      if (vector.type.oid === OID.date) return dateText(value, parseDateStyle(settings.dateStyle))
      return enumOf(vector.type.oid)?.labels[value] ?? String(value)
    }
    case 'int64':
      return int64Text(vector, row, settings)
    case 'float64':
      return vector.type.oid === OID.float4
        ? float4Text(vector.values[row]!, settings.extraFloatDigits)
        : float8Text(vector.values[row]!, settings.extraFloatDigits)
    case 'numeric':
      return formatDecimal(
        vector.exact === undefined
          ? decimalFromUnscaled(vector.unscaled[row]!, vector.scale)
          : vector.exact[row]!,
      )
    case 'bytes':
      return bytesText(vector, row, settings)
    case 'interval':
      return intervalText(
        vector.months[row]!,
        vector.days[row]!,
        vector.micros[row]!,
        settings.intervalStyle,
      )
  }
}

function int64Text(vector: Int64Vector, row: number, settings: ValueSettings): string {
  const value = vector.exact === undefined ? vector.values[row]! : vector.exact[row]!
  switch (vector.type.oid) {
    case OID.time:
      return timeText(Number(value))
    case OID.timestamp:
      return timestampText(value, parseDateStyle(settings.dateStyle))
    case OID.timestamptz:
      return timestamptzText(value, settings)
    default:
      return String(value)
  }
}

/** Prints microseconds since 2000-01-01 UTC as a timestamptz in the session's zone and style. */
export function timestamptzText(micros: number | bigint, settings: ValueSettings): string {
  const style = parseDateStyle(settings.dateStyle)
  const local = localTimestamp(zoneNamed(settings.timeZone), micros)
  return timestampText(local.micros, style, local)
}

function bytesText(vector: BytesVector, row: number, settings: ValueSettings): string {
  const start = vector.offsets[row]!
  const end = vector.offsets[row + 1]!
  switch (vector.type.oid) {
    case OID.bytea:
      return byteaText(vector.data, start, end, settings.byteaOutput)
    case OID.uuid:
      return uuidText(vector.data, start)
    default: {
      const text = utf8Text(vector.data, start, end)
      return settings === DEFAULT_VALUE_SETTINGS
        ? text
        : opaqueText(vector.type.oid, text, settings, formatDatum)
    }
  }
}

/** Prints bytea in hex or in the traditional escape form. */
export function byteaText(
  bytes: Uint8Array,
  start: number,
  end: number,
  form: 'hex' | 'escape',
): string {
  if (form === 'hex') return `\\x${bytesToHex(bytes, start, end)}`
  let text = ''
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 92) text += '\\\\'
    else if (byte < 32 || byte > 126) text += `\\${byte.toString(8).padStart(3, '0')}`
    else text += String.fromCharCode(byte)
  }
  return text
}

/** Prints canonical text (a Datum) of any type as the settings ask for. */
export function formatDatum(oid: number, text: string, settings: ValueSettings): string {
  switch (oid) {
    case OID.date:
      return dateText(daysFromCanonical(text), parseDateStyle(settings.dateStyle))
    case OID.timestamp:
      return timestampText(timestampFromCanonical(text), parseDateStyle(settings.dateStyle))
    case OID.timestamptz:
      return timestamptzText(timestampFromCanonical(text), settings)
    case OID.interval: {
      if (settings.intervalStyle === 'postgres') return text
      const { months, days, micros } = intervalFromCanonical(text)
      return intervalText(months, days, micros, settings.intervalStyle)
    }
    case OID.float4:
      return settings.extraFloatDigits > 0
        ? text
        : float4Text(Math.fround(Number(text)), settings.extraFloatDigits)
    case OID.float8:
      return settings.extraFloatDigits > 0
        ? text
        : float8Text(Number(text), settings.extraFloatDigits)
    case OID.bytea: {
      if (settings.byteaOutput === 'hex') return text
      const bytes = hexToBytes(text, 2)
      return byteaText(bytes, 0, bytes.length, settings.byteaOutput)
    }
    default:
      return opaqueText(oid, text, settings, formatDatum)
  }
}
