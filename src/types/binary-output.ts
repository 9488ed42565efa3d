/** Writes values in PostgreSQL's binary send format. */
import { EngineError, SQLSTATE } from '../errors.js'
import { arrayDelimiter, parseArray } from './array-text.js'
import { BinaryWriter } from './binary-reader.js'
import {
  daysFromCanonical,
  intervalFromCanonical,
  timeFromCanonical,
  timestampFromCanonical,
} from './datetime/datetime-canonical.js'
import { encodeBinaryDecimal } from './numbers/decimal-binary.js'
import { parseDecimal } from './numbers/decimal.js'
import { enumNumberOf } from './enum-types.js'
import { encodeGeometry } from './geometry.js'
import { hexToBytes, parseUuidBytes } from './hex.js'
import { encodeMac, encodeNetwork } from './network-binary.js'
import {
  boundTypeOf,
  parseMultirange,
  parseRange,
  rangeTypeOf,
  type RangeValue,
} from './range-text.js'
import { OID } from './sql-type.js'
import { canonicalTextAt } from './text-output.js'
import { isNamedObject, nameKey, type NameNumbers } from './object-names.js'
import { parseTypeName, typeInfo } from './type-registry.js'
import type { Vector } from './vectors/vector.js'

const encoder = new TextEncoder()

/** Encodes a row that is not NULL in binary. */
export function binaryAt(vector: Vector, row: number, names?: NameNumbers): Uint8Array {
  const { oid } = vector.type
  if (vector.lane === 'int64' && oid !== OID.oid) {
    const value = vector.exact === undefined ? BigInt(vector.values[row]!) : vector.exact[row]!
    return new BinaryWriter().int64(value).finish()
  }
  if (vector.lane === 'numeric' && vector.exact !== undefined) {
    return encodeBinaryDecimal(vector.exact[row]!)
  }
  if (vector.lane === 'interval') {
    return encodeInterval(vector.months[row]!, vector.days[row]!, vector.micros[row]!)
  }
  return encodeBinaryDatum(oid, canonicalTextAt(vector, row), names)
}

/** Encodes canonical text in binary. */
export function encodeBinaryDatum(oid: number, text: string, names?: NameNumbers): Uint8Array {
  const { elementOid } = typeInfo(oid)
  if (elementOid !== undefined) return encodeArray(elementOid, text, names)
  const number = isNamedObject(oid) ? numberOf(oid, text, names) : undefined
  if (number !== undefined) return new BinaryWriter().int32(number | 0).finish()
  const writer = new BinaryWriter()
  switch (oid) {
    case OID.bool:
      return writer.uint8(text === 't' ? 1 : 0).finish()
    case OID.int2:
      return writer.int16(Number(text)).finish()
    case OID.int4:
      return writer.int32(Number(text)).finish()
    case OID.int8:
      return writer.int64(BigInt(text)).finish()
    case OID.oid:
    case 28:
    case 29:
      return writer.int32(Number(text) | 0).finish()
    case 5069:
      return writer.int64(BigInt.asIntN(64, BigInt(text))).finish()
    case OID.float4:
      return writer.float32(Number(text)).finish()
    case OID.float8:
      return writer.float64(Number(text)).finish()
    case OID.numeric:
      return encodeBinaryDecimal(parseDecimal(text))
    case OID.money:
      return writer.int64(BigInt(text.replace(/[^\d-]/g, ''))).finish()
    case OID.date:
      return writer.int32(daysFromCanonical(text)).finish()
    case OID.time:
      return writer.int64(BigInt(timeFromCanonical(text))).finish()
    case OID.timetz: {
      const at = text.search(/[+-]/)
      const [hours, minutes = '0', seconds = '0'] = text.slice(at + 1).split(':')
      const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
      // Stored west of UTC.
      const west = text[at] === '-' ? size : -size
      return writer
        .int64(BigInt(timeFromCanonical(text.slice(0, at))))
        .int32(west)
        .finish()
    }
    case OID.timestamp:
    case OID.timestamptz:
      return writer.int64(timestampFromCanonical(text)).finish()
    case OID.interval: {
      const { months, days, micros } = intervalFromCanonical(text)
      return encodeInterval(months, days, micros)
    }
    case OID.int2vector:
      return encodeVector(OID.int2, text)
    case OID.oidvector:
      return encodeVector(OID.oid, text)
    case OID.bytea:
      return hexToBytes(text, 2)
    case OID.uuid:
      return parseUuidBytes(text)
    case OID.jsonb:
    case 4072:
      return writer.uint8(1).bytes(encoder.encode(text)).finish()
    case OID.bit:
    case OID.varbit:
      return encodeBits(writer, text)
    case 650:
    case 869:
      return encodeNetwork(text, oid === 650)
    case 829:
    case 774:
      return encodeMac(text)
    case 3220: {
      const [high = '0', low = '0'] = text.split('/')
      const position = (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
      return writer.int64(BigInt.asIntN(64, position)).finish()
    }
    default:
      return encodeRanges(oid, text) ?? encodeGeometry(oid, text) ?? encodeTextual(oid, text)
  }
}

/** Types whose binary form needs what their text does not tell: object names stand for oids, lexemes for weights. */
const WITHOUT_BINARY: ReadonlySet<number> = new Set([
  ...[24, 27, 1033, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191],
  ...[2249, 2970, 5038, 3614, 3615, 3642],
])

/** Tells whether a value's text is enough to write it in binary. */
export function hasBinaryOutput(oid: number): boolean {
  return !WITHOUT_BINARY.has(typeInfo(oid).elementOid ?? oid)
}

function encodeTextual(oid: number, text: string): Uint8Array {
  if (WITHOUT_BINARY.has(oid)) {
    throw new EngineError(
      SQLSTATE.undefinedFunction,
      `no binary output function available for type ${typeInfo(oid).sqlName}`,
    )
  }
  return encoder.encode(text)
}

/** A vector is an array of one dimension that counts from 0, also when it is empty. */
function encodeVector(elementOid: number, text: string): Uint8Array {
  const elements = text === '' ? [] : text.split(' ')
  const writer = new BinaryWriter()
    .int32(1)
    .int32(0)
    .int32(elementOid)
    .int32(elements.length)
    .int32(0)
  for (const element of elements) writer.sized(encodeBinaryDatum(elementOid, element))
  return writer.finish()
}

/** The number of an object; undefined for one that only a catalog knows. */
function numberOf(oid: number, name: string, names: NameNumbers | undefined): number | undefined {
  const known = names?.get(nameKey(oid, name))
  if (known !== undefined) return known
  if (name === '-') return 0
  if (/^\d+$/.test(name)) return Number(name)
  if (oid !== OID.regtype) return undefined
  try {
    return parseTypeName(name).oid
  } catch {
    return enumNumberOf(name)
  }
}

function encodeInterval(months: number, days: number, micros: number): Uint8Array {
  // As a double, the largest 64-bit integer is 2^63.
  const exact = micros >= 2 ** 63 ? 0x7fffffffffffffffn : BigInt(micros)
  return new BinaryWriter().int64(exact).int32(days).int32(months).finish()
}

function encodeBits(writer: BinaryWriter, bits: string): Uint8Array {
  writer.int32(bits.length)
  for (let at = 0; at < bits.length; at += 8) {
    writer.uint8(parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2))
  }
  return writer.finish()
}

function encodeArray(elementOid: number, text: string, names?: NameNumbers): Uint8Array {
  const { elements, dimensions, lowerBounds } = parseArray(text, arrayDelimiter(elementOid))
  const writer = new BinaryWriter()
    .int32(dimensions.length)
    .int32(elements.includes(null) ? 1 : 0)
    .int32(elementOid)
  dimensions.forEach((length, i) => writer.int32(length).int32(lowerBounds[i]!))
  for (const element of elements) {
    writer.sized(element === null ? null : encodeBinaryDatum(elementOid, element, names))
  }
  return writer.finish()
}

function encodeRanges(oid: number, text: string): Uint8Array | undefined {
  const bound = boundTypeOf(oid)
  if (bound !== undefined) return encodeRange(bound, parseRange(text))
  const rangeOid = rangeTypeOf(oid)
  const boundOid = rangeOid === undefined ? undefined : boundTypeOf(rangeOid)
  if (boundOid === undefined) return undefined
  const ranges = parseMultirange(text)
  const writer = new BinaryWriter().int32(ranges.length)
  for (const range of ranges) writer.sized(encodeRange(boundOid, range))
  return writer.finish()
}

function encodeRange(boundOid: number, range: RangeValue): Uint8Array {
  const { isEmpty, lower, upper, includesLower, includesUpper } = range
  if (isEmpty) return Uint8Array.of(1)
  const flags =
    (includesLower ? 2 : 0) |
    (includesUpper ? 4 : 0) |
    (lower === undefined ? 8 : 0) |
    (upper === undefined ? 16 : 0)
  const writer = new BinaryWriter().uint8(flags)
  for (const bound of [lower, upper]) {
    if (bound !== undefined) writer.sized(encodeBinaryDatum(boundOid, bound))
  }
  return writer.finish()
}
