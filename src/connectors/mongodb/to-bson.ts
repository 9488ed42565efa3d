/** Turns extended JSON into the driver's BSON values. */
import type * as Mongodb from 'mongodb'
import { EngineError, SQLSTATE } from '../../errors.js'
import { isJsonObject, isTypedValue, type Json } from './json.js'

/** Makes the value that the driver serialises. Plain whole numbers are ints, all others doubles. */
export function toBson(json: Json, bson: typeof Mongodb): unknown {
  if (Array.isArray(json)) return json.map((part: Json) => toBson(part, bson))
  if (typeof json === 'number') {
    if (!Number.isInteger(json)) return new bson.Double(json)
    return Math.abs(json) <= 0x7fffffff ? new bson.Int32(json) : bson.Long.fromNumber(json)
  }
  if (!isJsonObject(json)) return json
  if (!isTypedValue(json)) {
    return Object.fromEntries(Object.entries(json).map(([key, part]) => [key, toBson(part, bson)]))
  }
  const [[key, value]] = Object.entries(json) as [[string, Json]]
  switch (key) {
    case '$numberLong':
      return bson.Long.fromString(String(value))
    case '$numberInt':
      return new bson.Int32(Number(value))
    case '$numberDouble':
      return new bson.Double(Number(value))
    case '$numberDecimal':
      return bson.Decimal128.fromString(String(value))
    case '$date':
      return dateOf(value)
    case '$oid':
      return bson.ObjectId.createFromHexString(String(value))
    case '$binary': {
      const { base64, subType } = value as { base64: string; subType: string }
      return new bson.Binary(Buffer.from(base64, 'base64'), Number.parseInt(subType, 16))
    }
    default: {
      const { pattern, options } = value as { pattern: string; options: string }
      return new bson.BSONRegExp(pattern, options)
    }
  }
}

/** The driver sends what a JavaScript date holds. */
function dateOf(value: Json): Date {
  const date = new Date(isJsonObject(value) ? Number(value.$numberLong) : String(value))
  if (!Number.isNaN(date.getTime())) return date
  throw new EngineError(
    SQLSTATE.datetimeOverflow,
    'A point in time is beyond what can be sent to MongoDB',
  )
}
