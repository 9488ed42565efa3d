/** Encodes datums (PostgreSQL's text output) as parameters of a prepared statement. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID, type Datum, type SqlType } from '../../types/sql-type.js'
import { lengthEncoded, WIRE, type WireParameter } from './wire-protocol.js'

/** Encodes one value of a type. */
export function encodeParameter(value: Datum, type: SqlType): WireParameter {
  if (value === null) return { type: WIRE.null }
  switch (type.oid) {
    case OID.bool:
      return { type: WIRE.tiny, bytes: Buffer.from([value === 't' || value === 'true' ? 1 : 0]) }
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.oid: {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(value))
      return { type: WIRE.longlong, bytes }
    }
    case OID.float4:
      return double(Math.fround(floatOf(value)))
    case OID.float8:
      return double(floatOf(value))
    case OID.numeric:
      // No DECIMAL is NaN or infinite, so that any order among numbers is kept by a double.
      if (/[a-z]/i.test(value)) return double(floatOf(value))
      return { type: WIRE.newDecimal, bytes: lengthEncoded(Buffer.from(value, 'latin1')) }
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz:
      return temporal(value, type)
    case OID.time:
      return time(value)
    case OID.bytea:
      if (!value.startsWith('\\x')) {
        throw new EngineError(SQLSTATE.internalError, 'A bytea parameter is not in hex form')
      }
      return { type: WIRE.blob, bytes: lengthEncoded(Buffer.from(value.slice(2), 'hex')) }
    default:
      return { type: WIRE.varString, bytes: lengthEncoded(Buffer.from(value, 'utf8')) }
  }
}

/** NaN sorts above every number in PostgreSQL and equals none that MySQL can hold; so does infinity. */
function floatOf(value: string): number {
  const lower = value.toLowerCase()
  if (lower === 'nan' || lower === 'infinity') return Infinity
  if (lower === '-infinity') return -Infinity
  return Number(value)
}

function double(value: number): WireParameter {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return { type: WIRE.double, bytes }
}

/**
 * The server's calendar ends with the year 9999; what lies beyond is bound as its last microsecond. Below, year 0 is
 * bound: the reader gives nobody a date of that year.
 */
function outOfCalendar(later: boolean): WireParameter {
  return later
    ? dateTime({ year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59 }, 999_999)
    : dateTime({ year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 }, 0)
}

function dateTime(clock: Clock, micros: number): WireParameter {
  const bytes = Buffer.alloc(12)
  bytes[0] = 11
  bytes.writeUInt16LE(clock.year, 1)
  bytes[3] = clock.month
  bytes[4] = clock.day
  bytes[5] = clock.hour
  bytes[6] = clock.minute
  bytes[7] = clock.second
  bytes.writeUInt32LE(micros, 8)
  return { type: WIRE.datetime, bytes }
}

const TEMPORAL =
  /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d)(?::(\d\d))?)?)?)?( BC)?$/

function temporal(value: string, type: SqlType): WireParameter {
  if (value === 'infinity' || value === '-infinity') return outOfCalendar(value === 'infinity')
  const match = TEMPORAL.exec(value)
  if (match === null) {
    throw new EngineError(SQLSTATE.internalError, `Not a date in canonical form: ${value}`)
  }
  if (match[12] !== undefined) return outOfCalendar(false)
  const clock: Clock = {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4] ?? 0),
    minute: Number(match[5] ?? 0),
    second: Number(match[6] ?? 0),
  }
  const utc = type.oid === OID.timestamptz && match[8] !== undefined ? toUtc(match, clock) : clock
  if (utc.year > 9999 || utc.year < 1) return outOfCalendar(utc.year > 9999)
  if (type.oid !== OID.date) return dateTime(utc, Number((match[7] ?? '').padEnd(6, '0')))
  const bytes = Buffer.alloc(5)
  bytes[0] = 4
  bytes.writeUInt16LE(utc.year, 1)
  bytes[3] = utc.month
  bytes[4] = utc.day
  return { type: WIRE.date, bytes }
}

interface Clock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

function toUtc(match: RegExpExecArray, fields: Clock): Clock {
  const offset = Number(match[9]) * 3600 + Number(match[10] ?? 0) * 60 + Number(match[11] ?? 0)
  const date = new Date(0)
  date.setUTCFullYear(fields.year, fields.month - 1, fields.day)
  date.setUTCHours(
    fields.hour,
    fields.minute,
    fields.second - (match[8] === '-' ? -offset : offset),
  )
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
}

function time(value: string): WireParameter {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(value)
  if (match === null) {
    throw new EngineError(SQLSTATE.internalError, `Not a time in canonical form: ${value}`)
  }
  const bytes = Buffer.alloc(13)
  bytes[0] = 12
  const hours = Number(match[1])
  bytes.writeUInt32LE(Math.floor(hours / 24), 2)
  bytes[6] = hours % 24
  bytes[7] = Number(match[2])
  bytes[8] = Number(match[3])
  bytes.writeUInt32LE(Number((match[4] ?? '').padEnd(6, '0')), 9)
  return { type: WIRE.time, bytes }
}
