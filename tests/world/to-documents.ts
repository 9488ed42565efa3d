/** World tables as documents: each value in the BSON type that holds it, NULL as a missing field. */
import { BSON } from 'mongodb'
import { parseArray } from '../../src/types/array-text.js'
import { parseUuidBytes } from '../../src/types/hex.js'
import type { WorldTable } from './table.js'

/** Makes the documents of a table; they get an `_id` of their own. */
export function toDocuments(table: WorldTable): Record<string, unknown>[] {
  return table.rows.map((row) =>
    Object.fromEntries(
      table.columns.flatMap(({ name, type }, c) => {
        const value = row[c]
        return value === null || value === undefined ? [] : [[name, toBson(value, type)]]
      }),
    ),
  )
}

function toBson(value: string, type: string): unknown {
  const [base = type] = type.split('(')
  switch (base) {
    case 'bool':
      return value === 't'
    case 'int2':
    case 'int4':
      return new BSON.Int32(Number(value))
    case 'int8':
      return BSON.Long.fromString(value)
    case 'float4':
    case 'float8':
      return new BSON.Double(Number(value))
    case 'numeric':
      return BSON.Decimal128.fromString(value)
    case 'date':
      return new Date(`${value}T00:00:00Z`)
    case 'timestamp':
      return new Date(`${value.replace(' ', 'T')}Z`)
    case 'timestamptz':
      return new Date(value.replace(' ', 'T').replace(/\+00$/, 'Z'))
    case 'uuid':
      return new BSON.Binary(parseUuidBytes(value), 4)
    case 'bytea':
      return new BSON.Binary(Buffer.from(value.slice(2), 'hex'), 0)
    case 'jsonb':
      return fromJson(value)
    case 'text[]':
      return parseArray(value).elements
    default:
      return value
  }
}

/** Whole numbers become ints, others decimals, so that no digit is lost. */
function fromJson(text: string): unknown {
  const wrapped = text.replaceAll(/("(?:[^"\\]|\\.)*")|(-?\d+\.\d+)/g, (_, string?: string, number?: string) => string ?? `{"$numberDecimal":"${number}"}`) // prettier-ignore
  return (BSON.EJSON.parse(`{"value":${wrapped}}`, { relaxed: false }) as { value: unknown }).value
}
