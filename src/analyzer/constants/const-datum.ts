/**
 * Decodes the bytes of a Const, as they lie in the memory of the 32-bit little-endian WASM server, into
 * PostgreSQL's canonical text. Throws Unreadable for types it does not know.
 */
import {
  dateText,
  offsetText,
  timeText,
  timestampText,
} from '../../types/datetime/datetime-output.js'
import { float4Text, float8Text } from '../../types/numbers/float-output.js'
import { intervalText } from '../../types/datetime/interval-output.js'
import { OID } from '../../types/sql-type.js'
import { arrayText } from './const-array.js'
import { jsonbText } from './const-jsonb.js'
import { numericText } from './const-numeric.js'
import { varlenaContent } from './const-varlena.js'
import type { PostgresFacts } from '../postgres-facts.js'
import { Unreadable } from '../unreadable.js'

const XID = 28
const CID = 29
const XML = OID.xml
const CSTRING = 2275
const REFCURSOR = 1790

/** Gives the text of a value of type `oid` from its bytes, varlena header included. */
export function datumText(bytes: Uint8Array, oid: number, facts: PostgresFacts): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (oid) {
    case OID.bool:
      return bytes[0] === 0 ? 'f' : 't'
    case OID.int2:
      return String(view.getInt16(0, true))
    case OID.int4:
      return String(view.getInt32(0, true))
    case OID.int8:
      return String(view.getBigInt64(0, true))
    case OID.oid:
    case XID:
    case CID:
      return String(view.getUint32(0, true))
    case OID.float4:
      return float4Text(view.getFloat32(0, true))
    case OID.float8:
      return float8Text(view.getFloat64(0, true))
    case OID.numeric:
      return numericText(varlenaContent(bytes))
    case OID.char:
      return singleCharText(bytes[0] ?? 0)
    case OID.name:
    case OID.unknown:
    case CSTRING:
      return utf8(untilZero(bytes))
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.json:
    case XML:
    case REFCURSOR:
      return utf8(varlenaContent(bytes))
    case OID.bytea:
      return `\\x${Buffer.from(varlenaContent(bytes)).toString('hex')}`
    case OID.date:
      return dateText(view.getInt32(0, true))
    case OID.time:
      return timeText(Number(view.getBigInt64(0, true)))
    case OID.timetz:
      return timeText(Number(view.getBigInt64(0, true))) + offsetText(-view.getInt32(8, true))
    case OID.timestamp:
      return timestampText(view.getBigInt64(0, true))
    case OID.timestamptz:
      return timestampText(view.getBigInt64(0, true), undefined, { offset: 0, abbreviation: 'UTC' })
    case OID.interval:
      return intervalText(
        view.getInt32(12, true),
        view.getInt32(8, true),
        view.getBigInt64(0, true),
      )
    case OID.uuid:
      return uuidText(bytes)
    case OID.jsonb:
      return jsonbText(varlenaContent(bytes))
    case OID.bit:
    case OID.varbit:
      return bitText(varlenaContent(bytes))
    default: {
      const type = facts.type(oid)
      if (type.kind === 'e') return facts.enumLabel(view.getUint32(0, true))
      const isVector = oid === OID.int2vector || oid === OID.oidvector
      if (type.element === 0 && !isVector) throw new Unreadable(`a constant of type ${type.name}`)
      const text = arrayText(varlenaContent(bytes), facts, (item, element) =>
        datumText(item, element, facts),
      )
      // Of one dimension that counts from 0.
      return isVector ? text.replace(/^[^{]*\{|\}$/g, '').replaceAll(',', ' ') : text
    }
  }
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

/** The type "char": one byte; the upper half prints as an octal escape. */
function singleCharText(byte: number): string {
  if (byte === 0) return ''
  return byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 16)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function bitText(content: Uint8Array): string {
  const count = new DataView(content.buffer, content.byteOffset).getInt32(0, true)
  const bits = Array.from(content.subarray(4), (byte) => byte.toString(2).padStart(8, '0'))
  return bits.join('').slice(0, count)
}
