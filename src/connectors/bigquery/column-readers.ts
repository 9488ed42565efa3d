/** Chooses how a field of BigQuery's result becomes vectors of the type the statement promised. */
import { OID, type SqlType } from '../../types/sql-type.js'
import {
  appendAsIs,
  appendByInput,
  appendDecimal,
  appendString,
  stringOf,
  textColumn,
  type AppendText,
  type TextColumn,
} from '../warehouse/text-column.js'
import { jsonOf } from './nested-json.js'
import { standardName, type SchemaField } from './types.js'

/** Microseconds from the Unix epoch to PostgreSQL's. */
const EPOCH = 946_684_800_000_000
const ZERO = 48
const MINUS = 45
const SPACE = 32

/** Makes the collector of one column. */
export function createColumn(
  name: string,
  type: SqlType,
  field: SchemaField,
  scale: number | undefined,
  capacity: number,
): TextColumn {
  return textColumn(name, type, capacity, appendOf(type, field, scale))
}

/** Tells whether a field's values arrive as JSON structures rather than strings. */
export function isNested(field: SchemaField): boolean {
  return field.mode === 'REPEATED' || standardName(field.type) === 'STRUCT'
}

function appendOf(type: SqlType, field: SchemaField, scale: number | undefined): AppendText {
  if (isNested(field)) {
    const input = appendByInput(type, (text) => jsonOf(JSON.parse(text) as unknown, field))
    // The bytes are a JSON value here, not the inside of a string.
    return (builder, bytes, start, end) => {
      const quoted = Buffer.from(JSON.stringify(Buffer.from(bytes.subarray(start, end)).toString('utf8'))) // prettier-ignore
      input(builder, quoted, 1, quoted.length - 1)
    }
  }
  const name = standardName(field.type)
  switch (type.oid) {
    case OID.bool:
      if (name === 'BOOL') return appendAsIs
      break
    case OID.int2:
    case OID.int4: {
      const most = type.oid === OID.int2 ? 4 : 9
      const slow = appendByInput(type)
      if (name === 'INT64') {
        return (builder, bytes, start, end) =>
          (end - start <= most ? appendAsIs : slow)(builder, bytes, start, end)
      }
      break
    }
    case OID.int8:
    case OID.date:
    case OID.time:
      if (name === { [OID.int8]: 'INT64', [OID.date]: 'DATE', [OID.time]: 'TIME' }[type.oid]) {
        return appendAsIs
      }
      break
    case OID.timestamp:
      if (name === 'DATETIME') {
        return (builder, bytes, start, end) => {
          // Between date and time stands a T.
          bytes[start + 10] = SPACE
          builder.appendText(bytes, start, end)
        }
      }
      break
    case OID.timestamptz:
      if (name === 'TIMESTAMP') return appendMicros
      break
    case OID.float8:
      if (name === 'FLOAT64') {
        const slow = appendByInput(type)
        return (builder, bytes, start, end) => {
          const first = bytes[bytes[start] === MINUS ? start + 1 : start]! - ZERO
          ;(first >= 0 && first <= 9 ? appendAsIs : slow)(builder, bytes, start, end)
        }
      }
      break
    case OID.numeric:
      return appendDecimal(scale, type)
    case OID.text:
    case OID.varchar:
      if (type.typmod < 0) return name === 'TIMESTAMP' ? timestampAsText : appendString
      break
    case OID.bytea:
      if (name === 'BYTES') {
        return (builder, bytes, start, end) => {
          const data = Buffer.from(stringOf(bytes, start, end), 'base64')
          builder.appendUtf8(data, 0, data.length)
        }
      }
      break
  }
  return name === 'TIMESTAMP' ? appendByInput(type, microsText) : appendByInput(type)
}

const timestampAsText: AppendText = appendByInput({ oid: OID.text, typmod: -1 }, microsText)

function microsText(text: string): string {
  return jsonOf(text, { name: '', type: 'TIMESTAMP' }).slice(1, -1)
}

/** Microseconds since the Unix epoch; those of our days are within 2^53. */
const appendMicros: AppendText = (builder, bytes, start, end) => {
  let value = 0
  const isNegative = bytes[start] === MINUS
  for (let at = isNegative ? start + 1 : start; at < end; at++)
    value = value * 10 + bytes[at]! - ZERO
  const micros = (isNegative ? -value : value) - EPOCH
  if (value < Number.MAX_SAFE_INTEGER && Number.isSafeInteger(micros)) builder.appendNumber(micros)
  else builder.appendBigInt(BigInt(stringOf(bytes, start, end)) - BigInt(EPOCH))
}
