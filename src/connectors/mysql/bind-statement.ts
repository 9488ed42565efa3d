/** Makes the text and the wire parameters of one execution: lists become as many markers as they have elements. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { parseArray } from '../../types/array-text.js'
import { OID, sqlType, type Datum, type SqlType } from '../../types/sql-type.js'
import type { RemoteStatement } from '../connector.js'
import { encodeParameter } from './parameters.js'
import type { StatementHandle } from './statement-handle.js'
import { lengthEncoded, WIRE, type WireParameter } from './wire-protocol.js'

/** What the server gets. */
export interface BoundStatement {
  readonly text: string
  readonly parameters: readonly WireParameter[]
}

const NO_LIMIT = '9223372036854775807'
const INT8 = sqlType(OID.int8)

const ELEMENT_TYPES: Readonly<Record<number, number>> = {
  [OID.boolArray]: OID.bool,
  [OID.float4Array]: OID.float4,
  [OID.float8Array]: OID.float8,
  [OID.int2Array]: OID.int2,
  [OID.int4Array]: OID.int4,
  [OID.int8Array]: OID.int8,
  [OID.numericArray]: OID.numeric,
  [OID.textArray]: OID.text,
  [OID.varcharArray]: OID.text,
  [OID.dateArray]: OID.date,
  [OID.timestampArray]: OID.timestamp,
  [OID.timestamptzArray]: OID.timestamptz,
}

/** Binds values to a statement. */
export function bindStatement(
  statement: RemoteStatement,
  values: readonly Datum[],
): BoundStatement {
  const handle = statement.handle as StatementHandle | undefined
  const bound: WireParameter[] = []
  let text = handle?.pieces[0] ?? statement.text
  statement.parameters.forEach((parameter, i) => {
    const value = values[i] ?? null
    const use = handle?.parameters[i] ?? 'value'
    let marker = '?'
    if (use === 'limit' || use === 'offset') {
      bound.push(encodeParameter(rowCount(value, use), INT8))
    } else if (use === 'value') {
      bound.push(encodeParameter(value, parameter.type))
    } else if (use === 'rows') {
      const next = handle?.parameters.findIndex((other, at) => at > i && other !== 'rows-column')
      const end = next === undefined || next < 0 ? statement.parameters.length : next
      const types = statement.parameters.slice(i, end).map((column) => column.type)
      bound.push({ type: WIRE.varString, bytes: lengthEncoded(rowsDocument(values.slice(i, end), types)) }) // prettier-ignore
    } else if (use === 'rows-column') {
      // It went with the first.
      marker = ''
    } else {
      const elements = listElements(value, ELEMENT_TYPES[parameter.type.oid], use)
      bound.push(...elements)
      // Nothing is in an empty list, not even NULL.
      marker =
        elements.length === 0 ? 'SELECT NULL FROM DUAL WHERE FALSE' : markers(elements.length)
    }
    if (handle) text += marker + (handle.pieces[i + 1] ?? '')
  })
  return { text, parameters: bound }
}

/** Rows as JSON_TABLE takes them: an array for each, of strings, from an array per column. */
function rowsDocument(arrays: readonly Datum[], types: readonly SqlType[]): Buffer {
  const columns = arrays.map((array, i) => {
    const { elements } = parseArray(array ?? '{}')
    return types[i]!.oid === OID.boolArray
      ? elements.map((element) => element && (element.startsWith('t') ? '1' : '0'))
      : elements
  })
  const count = columns[0]?.length ?? 0
  const rows = Array.from({ length: count }, (_, row) => columns.map((column) => column[row]))
  return Buffer.from(JSON.stringify(rows), 'utf8')
}

function markers(count: number): string {
  return '?' + ', ?'.repeat(count - 1)
}

function rowCount(value: Datum, use: 'limit' | 'offset'): string {
  if (value === null) return use === 'limit' ? NO_LIMIT : '0'
  if (value.startsWith('-')) {
    throw new EngineError(
      use === 'limit' ? '2201W' : '2201X',
      `${use.toUpperCase()} must not be negative`,
    )
  }
  return value
}

/** The elements of an array; a NULL array is one NULL. The last is repeated so that few lengths occur, and few texts are prepared. */
function listElements(
  value: Datum,
  elementOid: number | undefined,
  use: 'list' | 'bytes-list',
): WireParameter[] {
  if (elementOid === undefined) {
    throw new EngineError(SQLSTATE.internalError, 'A list parameter is not an array')
  }
  if (value === null) return [{ type: WIRE.null }]
  const type = sqlType(elementOid)
  const elements = parseArray(value).elements.map((element): WireParameter => {
    if (element === null || use === 'list') return encodeParameter(element, type)
    return { type: WIRE.blob, bytes: lengthEncoded(Buffer.from(element, 'utf8')) }
  })
  const last = elements.at(-1)
  if (last === undefined) return []
  const length = 2 ** Math.ceil(Math.log2(elements.length))
  while (elements.length < length && length <= 16_384) elements.push(last)
  return elements
}
