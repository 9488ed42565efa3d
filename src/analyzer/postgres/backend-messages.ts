/**
 * What PostgreSQL's backend answers over its own protocol, decoded: a cursor over raw bytes, and the fields of
 * the messages the analyzer reads. Strings are UTF-8.
 */
import { EngineError, SQLSTATE } from '../../errors.js'

/** One message: its type letter and its body, without the length. */
export interface BackendMessage {
  readonly type: string
  readonly body: Uint8Array
  /** The whole message, with type and length. */
  readonly frame: Uint8Array
}

/** Fields of a RowDescription, as sent. */
export interface FieldDescription {
  readonly name: string
  readonly tableOid: number
  readonly attribute: number
  readonly typeOid: number
  readonly length: number
  readonly typmod: number
}

const decoder = new TextDecoder()

/** Splits raw protocol bytes into messages. */
export function splitMessages(bytes: Uint8Array): BackendMessage[] {
  const messages: BackendMessage[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  while (offset + 5 <= bytes.length) {
    const end = offset + 1 + view.getInt32(offset + 1)
    messages.push({
      type: String.fromCharCode(bytes[offset] as number),
      body: bytes.subarray(offset + 5, end),
      frame: bytes.subarray(offset, end),
    })
    offset = end
  }
  return messages
}

/** Reads the fields of an ErrorResponse or NoticeResponse by their letters. */
export function noticeFields(body: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let offset = 0
  while (offset < body.length && body[offset] !== 0) {
    const end = body.indexOf(0, offset + 1)
    fields.set(
      String.fromCharCode(body[offset] as number),
      decoder.decode(body.subarray(offset + 1, end)),
    )
    offset = end + 1
  }
  return fields
}

/** Reads one field of an ErrorResponse or NoticeResponse: others may be long. */
export function noticeField(body: Uint8Array, letter: string): string | undefined {
  let offset = 0
  while (offset < body.length && body[offset] !== 0) {
    const end = body.indexOf(0, offset + 1)
    if (body[offset] === letter.charCodeAt(0)) return decoder.decode(body.subarray(offset + 1, end))
    offset = end + 1
  }
  return undefined
}

/** Turns an ErrorResponse into the error the user sees. */
export function errorOfMessage(body: Uint8Array): EngineError {
  const fields = noticeFields(body)
  const detail = fields.get('D')
  const hint = fields.get('H')
  const position = fields.get('P')
  return new EngineError(
    fields.get('C') ?? SQLSTATE.internalError,
    fields.get('M') ?? 'The local PostgreSQL reported an error without a message',
    {
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position: Number(position) }),
    },
  )
}

/** Reads a RowDescription. */
export function rowDescription(body: Uint8Array): FieldDescription[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const fields: FieldDescription[] = []
  let offset = 2
  for (let count = view.getUint16(0); count > 0; count--) {
    const end = body.indexOf(0, offset)
    fields.push({
      name: decoder.decode(body.subarray(offset, end)),
      tableOid: view.getUint32(end + 1),
      attribute: view.getInt16(end + 5),
      typeOid: view.getUint32(end + 7),
      length: view.getInt16(end + 11),
      typmod: view.getInt32(end + 13),
    })
    offset = end + 19
  }
  return fields
}

/** Reads a ParameterDescription: type OIDs of $1.. */
export function parameterDescription(body: Uint8Array): number[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  return Array.from({ length: view.getUint16(0) }, (_, index) => view.getUint32(2 + index * 4))
}

/** Reads a DataRow whose values are in text format. */
export function textRow(body: Uint8Array): (string | null)[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const values: (string | null)[] = []
  let offset = 2
  for (let count = view.getUint16(0); count > 0; count--) {
    const length = view.getInt32(offset)
    offset += 4
    if (length < 0) {
      values.push(null)
      continue
    }
    values.push(decoder.decode(body.subarray(offset, offset + length)))
    offset += length
  }
  return values
}

/** Reads the zero-terminated string that a body consists of (CommandComplete). */
export function textBody(body: Uint8Array): string {
  return decoder.decode(body.subarray(0, body.length - 1))
}
