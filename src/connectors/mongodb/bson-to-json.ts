/**
 * Renders BSON as JSON for jsonb columns: numbers with all their digits, ids as their hex digits, dates as ISO texts in UTC, uuids as
 * such and other binary data in base64; NaN and infinities as texts. What JSON has nothing like is written as in extended JSON.
 */
import { formatDecimal } from '../../types/numbers/decimal.js'
import { bytesToHex, uuidText } from '../../types/hex.js'
import { quoteJson } from '../../types/json-input.js'
import { CODE, decimalAt, eachElement, endOfName, type Bytes } from './bson-bytes.js'

const decoder = new TextDecoder()

/** The text of a string that starts at `at` with its length. */
export function stringAt({ data, view }: Bytes, at: number): string {
  return decoder.decode(data.subarray(at + 4, at + 3 + view.getInt32(at, true)))
}

/** Renders a value. */
export function jsonOf(code: number, bytes: Bytes, at: number): string {
  const { data, view } = bytes
  switch (code) {
    case CODE.double: {
      const value = view.getFloat64(at, true)
      return Number.isFinite(value) ? String(value) : quoteJson(String(value))
    }
    case CODE.int:
      return String(view.getInt32(at, true))
    case CODE.long:
      return String(view.getBigInt64(at, true))
    case CODE.decimal: {
      const value = decimalAt(bytes, at)
      return value.kind === 'finite' ? formatDecimal(value) : quoteJson(formatDecimal(value))
    }
    case CODE.bool:
      return data[at] === 0 ? 'false' : 'true'
    case CODE.string:
    case CODE.symbol:
      return quoteJson(stringAt(bytes, at))
    case CODE.objectId:
      return quoteJson(bytesToHex(data, at, at + 12))
    case CODE.date:
      return dateOf(view.getBigInt64(at, true))
    case CODE.binData:
      return quoteJson(binaryText(bytes, at))
    case CODE.object: {
      const fields: string[] = []
      eachElement(bytes, at, (kind, from, to, value) => {
        fields.push(`${quoteJson(decoder.decode(data.subarray(from, to)))}:${jsonOf(kind, bytes, value)}`) // prettier-ignore
      })
      return `{${fields.join(',')}}`
    }
    case CODE.array: {
      const items: string[] = []
      eachElement(bytes, at, (kind, _from, _to, value) => items.push(jsonOf(kind, bytes, value)))
      return `[${items.join(',')}]`
    }
    case CODE.regex: {
      const options = endOfName(data, at)
      const pattern = quoteJson(decoder.decode(data.subarray(at, options - 1)))
      const flags = decoder.decode(data.subarray(options, endOfName(data, options) - 1))
      return `{"$regularExpression":{"pattern":${pattern},"options":${quoteJson(flags)}}}`
    }
    case CODE.timestamp:
      return `{"$timestamp":{"t":${view.getUint32(at + 4, true)},"i":${view.getUint32(at, true)}}}`
    case CODE.javascript:
      return `{"$code":${quoteJson(stringAt(bytes, at))}}`
    case CODE.javascriptWithScope:
      return `{"$code":${quoteJson(stringAt(bytes, at + 4))}}`
    case CODE.dbPointer:
      return `{"$ref":${quoteJson(stringAt(bytes, at))}}`
    case 0xff:
      return '{"$minKey":1}'
    case 0x7f:
      return '{"$maxKey":1}'
    default:
      return 'null'
  }
}

/** A scalar as text: strings and what is rendered as one without quotes, everything else as JSON. */
export function textOf(code: number, bytes: Bytes, at: number): string {
  if (code === CODE.string || code === CODE.symbol) return stringAt(bytes, at)
  const json = jsonOf(code, bytes, at)
  return json.startsWith('"') ? (JSON.parse(json) as string) : json
}

function binaryText({ data, view }: Bytes, at: number): string {
  const length = view.getInt32(at, true)
  if (data[at + 4] === 4 && length === 16) return uuidText(data, at + 5)
  return Buffer.from(data.subarray(at + 5, at + 5 + length)).toString('base64')
}

/** JavaScript's dates end 275760 years after Christ; BSON's do not. */
function dateOf(milliseconds: bigint): string {
  const date = new Date(Number(milliseconds))
  return Number.isNaN(date.getTime())
    ? `{"$date":{"$numberLong":"${milliseconds}"}}`
    : quoteJson(date.toISOString())
}
