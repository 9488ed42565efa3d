/** The frontend messages that the local PostgreSQL is driven with, and what its answers hold. */
import { errorOfMessage, splitMessages } from '../../analyzer/postgres/backend-messages.js'
import { explainRefusal } from '../../analyzer/forbidden-functions.js'
import type { BackendMessage } from '../../analyzer/postgres/backend-messages.js'
import { OID } from '../../types/sql-type.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import { hasStyledText } from '../../types/styled-text.js'
import { laneOf } from '../../types/type-registry.js'
import type { VectorBuilder } from '../../types/vectors/vector-builder.js'

function message(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function zeroTerminated(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** A simple query. */
export function queryMessage(sql: string): Buffer {
  return message('Q', zeroTerminated(sql))
}

/** COPY ... FROM STDIN with all of its data. */
export function copyMessages(sql: string, data: Uint8Array): Buffer {
  return Buffer.concat([queryMessage(sql), message('d', data), message('c')])
}

/** Parse and Bind of a portal named `rows`; `formats` are 0 (text) or 1 (binary) per result column. */
export function openPortalMessages(
  sql: string,
  parameters: readonly { readonly value: Datum; readonly oid: number }[],
  formats: readonly number[],
): Buffer {
  const oids = Buffer.alloc(parameters.length * 4)
  parameters.forEach(({ oid }, index) => oids.writeUInt32BE(oid, index * 4))
  const values = parameters.map(({ value }) => {
    if (value === null) return int32(-1)
    const bytes = Buffer.from(value)
    return Buffer.concat([int32(bytes.length), bytes])
  })
  return Buffer.concat([
    message('P', zeroTerminated(''), zeroTerminated(sql), int16(parameters.length), oids),
    message(
      'B',
      zeroTerminated('rows'),
      zeroTerminated(''),
      int16(0),
      int16(parameters.length),
      ...values,
      int16(formats.length),
      ...formats.map(int16),
    ),
    message('S'),
  ])
}

/** Fetches up to `rows` rows of the open portal. */
export function fetchMessages(rows: number): Buffer {
  return Buffer.concat([message('E', zeroTerminated('rows'), int32(rows)), message('S')])
}

/** Splits an answer; throws the error in it. */
export function answerOf(bytes: Uint8Array): BackendMessage[] {
  const messages = splitMessages(bytes)
  const error = messages.find(({ type }) => type === 'E')
  if (error !== undefined) throw explainRefusal(errorOfMessage(error.body))
  return messages
}

/** Appends a DataRow to builders, column by column. */
export function appendRow(
  body: Uint8Array,
  builders: readonly VectorBuilder[],
  formats: readonly number[],
): void {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  let at = 2
  builders.forEach((builder, index) => {
    const length = view.getInt32(at)
    at += 4
    if (length < 0) {
      builder.appendNull()
      return
    }
    if (formats[index] === 1) builder.appendBinary(body, at, at + length)
    else builder.appendText(body, at, at + length)
    at += length
  })
}

const BINARY_BYTES: ReadonlySet<number> = new Set([OID.bytea, OID.uuid])

/** The format to ask for, 0 (text) or 1: binary where the text would depend on the settings; text for other types that are stored as text. */
export function resultFormat(type: SqlType): number {
  return laneOf(type) !== 'bytes' || BINARY_BYTES.has(type.oid) || hasStyledText(type) ? 1 : 0
}
