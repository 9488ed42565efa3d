/** Reads values in PostgreSQL's binary format into canonical text. */
import { enumOf, positionOfLabel } from './enum-types.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { arrayDelimiter, formatArray } from './array-text.js'
import { BinaryReader, malformedBinary } from './binary-reader.js'
import { dateText, offsetText, timestampText, timeText } from './datetime/datetime-output.js'
import { TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY } from './datetime/datetime.js'
import { decodeBinaryDecimal } from './numbers/decimal-binary.js'
import { formatDecimal } from './numbers/decimal.js'
import { float4Text, float8Text } from './numbers/float-output.js'
import { decodeGeometry } from './geometry.js'
import { bytesToHex, uuidText } from './hex.js'
import { intervalText } from './datetime/interval-output.js'
import { jsonbInput } from './json-input.js'
import { decodeMac, decodeNetwork } from './network-binary.js'
import {
  boundTypeOf,
  formatMultirange,
  formatRange,
  parseRange,
  rangeTypeOf,
  type RangeValue,
} from './range-text.js'
import { OID } from './sql-type.js'
import { typeInfo } from './type-registry.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes a binary value into canonical text; fails with 22P03 when it is malformed. */
export function decodeBinaryDatum(oid: number, bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes)
  const text = decode(oid, reader)
  reader.end()
  return text
}

function decode(oid: number, reader: BinaryReader): string {
  const { elementOid } = typeInfo(oid)
  if (elementOid !== undefined) return decodeArray(elementOid, reader)
  switch (oid) {
    case OID.bool:
      return reader.uint8() === 0 ? 'f' : 't'
    case OID.int2:
      return String(reader.int16())
    case OID.int4:
      return String(reader.int32())
    case OID.int8:
      return String(reader.int64())
    case OID.oid:
    case OID.regproc:
    case OID.regclass:
    case OID.regtype:
    case 28:
    case 29:
      return String(reader.uint32())
    case 5069:
      return String(BigInt.asUintN(64, reader.int64()))
    case OID.float4:
      return float4Text(reader.float32())
    case OID.float8:
      return float8Text(reader.float64())
    case OID.numeric: {
      const bytes = reader.bytes()
      return formatDecimal(decodeBinaryDecimal(bytes, 0, bytes.length))
    }
    case OID.money:
      return moneyText(reader.int64())
    case OID.date:
      return dateText(reader.int32())
    case OID.time:
      return timeText(timeOfDay(reader.int64()))
    case OID.timetz: {
      const micros = timeOfDay(reader.int64())
      return timeText(micros) + offsetText(-reader.int32())
    }
    case OID.timestamp:
      return timestampText(reader.int64())
    case OID.timestamptz:
      return instantText(reader.int64())
    case OID.interval: {
      const micros = reader.int64()
      const days = reader.int32()
      return intervalText(reader.int32(), days, micros)
    }
    case OID.int2vector:
    case OID.oidvector:
      return decodeVector(oid, reader)
    case OID.bytea:
      return `\\x${bytesToHex(reader.bytes())}`
    case OID.uuid:
      return uuidText(reader.bytes(16))
    case OID.jsonb:
      if (reader.uint8() !== 1) throw malformedBinary('unsupported jsonb version number')
      return jsonbInput(decodeText(reader.bytes()))
    case OID.bit:
    case OID.varbit:
      return decodeBits(reader)
    case 650:
    case 869:
      return decodeNetwork(reader.bytes(), oid === 650)
    case 829:
      return decodeMac(reader.bytes(6))
    case 774:
      return decodeMac(reader.bytes(8))
    case 3220: {
      const position = BigInt.asUintN(64, reader.int64())
      return `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase()
    }
    default: {
      const known = enumOf(oid)
      if (known !== undefined) {
        const label = decodeText(reader.bytes())
        positionOfLabel(known, label)
        return label
      }
      return decodeRanges(oid, reader) ?? decodeGeometry(oid, reader) ?? decodeText(reader.bytes())
    }
  }
}

function decodeText(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0)
  let text: string | undefined
  try {
    text = zero < 0 ? utf8.decode(bytes) : undefined
  } catch {
    text = undefined
  }
  if (text !== undefined) return text
  throw new EngineError(
    SQLSTATE.characterNotInRepertoire,
    `invalid byte sequence for encoding "UTF8": ${firstInvalid(bytes)}`,
  )
}

/** The bytes of the first invalid sequence, as PostgreSQL prints them. */
function firstInvalid(bytes: Uint8Array): string {
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!
    const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1
    const part = bytes.subarray(at, at + width)
    let isValid = lead !== 0
    try {
      utf8.decode(part)
    } catch {
      isValid = false
    }
    if (!isValid) return [...part].map((byte) => `0x${bytesToHex(Uint8Array.of(byte))}`).join(' ')
    at += width
  }
  return '0x00'
}

function timeOfDay(micros: bigint): number {
  if (micros < 0n || micros > 86_400_000_000n) {
    throw new EngineError(SQLSTATE.datetimeOverflow, 'time out of range')
  }
  return Number(micros)
}

function instantText(micros: bigint): string {
  const isInfinite = micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_MINUS_INFINITY
  return timestampText(
    micros,
    undefined,
    isInfinite ? undefined : { offset: 0, abbreviation: 'UTC' },
  )
}

/** lc_monetary C: no symbol but the dollar sign, groups of three. */
function moneyText(cents: bigint): string {
  const size = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  const whole = size.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${cents < 0n ? '-' : ''}$${whole}.${size.slice(-2)}`
}

function decodeBits(reader: BinaryReader): string {
  const length = reader.int32()
  if (length < 0) throw malformedBinary('invalid length in external bit string')
  const bytes = reader.bytes(Math.ceil(length / 8))
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return bits.slice(0, length)
}

function decodeArray(elementOid: number, reader: BinaryReader): string {
  const depth = reader.int32()
  if (depth < 0) throw malformedBinary(`invalid number of dimensions: ${depth}`)
  if (depth > 6) {
    throw new EngineError(
      '54000',
      `number of array dimensions (${depth}) exceeds the maximum allowed (6)`,
    )
  }
  const flags = reader.int32()
  if (flags !== 0 && flags !== 1) throw malformedBinary('invalid array flags')
  const sentOid = reader.uint32()
  if (sentOid !== elementOid) {
    throw new EngineError(
      SQLSTATE.datatypeMismatch,
      `binary data has array element type ${sentOid} (${typeInfo(sentOid).sqlName}) instead of expected ${elementOid} (${typeInfo(elementOid).sqlName})`,
    )
  }
  const dimensions: number[] = []
  const lowerBounds: number[] = []
  for (let i = 0; i < depth; i++) {
    dimensions.push(reader.int32())
    lowerBounds.push(reader.int32())
  }
  const count = depth === 0 ? 0 : dimensions.reduce((product, length) => product * length, 1)
  const elements: (string | null)[] = []
  for (let i = 0; i < count; i++) {
    const size = reader.int32()
    if (size === -1) elements.push(null)
    else if (size < 0 || size > reader.rest) {
      throw malformedBinary('insufficient data left in message')
    } else elements.push(decodeBinaryDatum(elementOid, reader.bytes(size)))
  }
  return formatArray({ elements, dimensions, lowerBounds }, arrayDelimiter(elementOid))
}

function decodeVector(oid: number, reader: BinaryReader): string {
  const text = decodeArray(oid === OID.int2vector ? OID.int2 : OID.oid, reader)
  return text.replace(/^[^{]*\{|\}$/g, '').replaceAll(',', ' ')
}

const RANGE_EMPTY = 1
const RANGE_LOWER_INCLUSIVE = 2
const RANGE_UPPER_INCLUSIVE = 4
const RANGE_LOWER_INFINITE = 8
const RANGE_UPPER_INFINITE = 16

function decodeRanges(oid: number, reader: BinaryReader): string | undefined {
  const bound = boundTypeOf(oid)
  if (bound !== undefined) return formatRange(decodeRange(bound, reader))
  const rangeOid = rangeTypeOf(oid)
  if (rangeOid === undefined) return undefined
  const ranges: RangeValue[] = []
  for (let left = reader.int32(); left > 0; left--) {
    ranges.push(parseRange(decodeBinaryDatum(rangeOid, reader.bytes(reader.int32()))))
  }
  return formatMultirange(ranges)
}

function decodeRange(boundOid: number, reader: BinaryReader): RangeValue {
  const flags = reader.uint8()
  const isEmpty = (flags & RANGE_EMPTY) !== 0
  const bound = (infinite: number): string | undefined =>
    isEmpty || (flags & infinite) !== 0
      ? undefined
      : decodeBinaryDatum(boundOid, reader.bytes(reader.int32()))
  return {
    isEmpty,
    lower: bound(RANGE_LOWER_INFINITE),
    upper: bound(RANGE_UPPER_INFINITE),
    includesLower: (flags & RANGE_LOWER_INCLUSIVE) !== 0,
    includesUpper: (flags & RANGE_UPPER_INCLUSIVE) !== 0,
  }
}
