/** Decodes the body of a frame into a message. Every read is checked: a body too short or too long is 08P01. */
import { EngineError, SQLSTATE } from '../errors.js'
import { decodeUtf8 } from '../session/client-text.js'
import type { Frame } from './frame-reader.js'
import type { FrontendMessage, StartupPacket } from './messages.js'

const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const CANCEL_REQUEST = 80877102

/** Decodes the packet that opens a connection. */
export function parseStartupPacket(body: Uint8Array): StartupPacket {
  const reader = new BodyReader(body)
  const code = reader.int32()
  if (code === SSL_REQUEST) return { kind: 'ssl-request' }
  if (code === GSS_REQUEST) return { kind: 'gss-request' }
  if (code === CANCEL_REQUEST) {
    return { kind: 'cancel-request', processId: reader.int32(), secret: reader.rest() }
  }
  const parameters = new Map<string, string>()
  const major = code >>> 16
  const minor = code & 0xffff
  if (major !== 3) return { kind: 'startup', major, minor, parameters }
  for (;;) {
    const name = reader.string()
    if (name === '') break
    parameters.set(name, reader.string())
  }
  if (!reader.atEnd()) {
    throw violation('invalid startup packet layout: expected terminator as last byte')
  }
  return { kind: 'startup', major, minor, parameters }
}

/** Decodes a message of an established connection. */
export function parseMessage(frame: Frame): FrontendMessage {
  const reader = new BodyReader(frame.body)
  const message = decode(String.fromCharCode(frame.type), reader)
  if (!reader.atEnd()) throw violation('invalid message format')
  return message
}

function decode(type: string, reader: BodyReader): FrontendMessage {
  switch (type) {
    case 'Q':
      return { kind: 'query', sql: reader.string() }
    case 'P': {
      const name = reader.string()
      const sql = reader.string()
      return { kind: 'parse', name, sql, parameterTypes: reader.list(() => reader.oid()) }
    }
    case 'B': {
      const portal = reader.string()
      const statement = reader.string()
      const valueFormats = reader.list(() => reader.int16())
      const values = reader.list(() => reader.value())
      const resultFormats = reader.list(() => reader.int16())
      return { kind: 'bind', portal, statement, valueFormats, values, resultFormats }
    }
    case 'D':
    case 'C': {
      const subtype = reader.byte()
      const name = reader.string()
      const kind = type === 'D' ? 'describe' : 'close'
      if (subtype === 0x53) return { kind, target: 'statement', name }
      if (subtype === 0x50) return { kind, target: 'portal', name }
      throw violation(`invalid ${kind.toUpperCase()} message subtype ${subtype}`)
    }
    case 'E': {
      const portal = reader.string()
      // PostgreSQL takes a negative limit for none.
      return { kind: 'execute', portal, limit: Math.max(0, reader.int32()) }
    }
    case 'S':
      return { kind: 'sync' }
    case 'H':
      return { kind: 'flush' }
    case 'X':
      return { kind: 'terminate' }
    case 'F':
      reader.rest()
      return { kind: 'function-call' }
    case 'd':
      reader.rest()
      return { kind: 'copy-data' }
    case 'c':
      return { kind: 'copy-done' }
    case 'f':
      reader.rest()
      return { kind: 'copy-fail' }
    default:
      throw violation(`invalid frontend message type ${type.charCodeAt(0)}`)
  }
}

/** Reads the parts of a message body in order. */
export class BodyReader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Uint8Array) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  }

  atEnd(): boolean {
    return this.#at === this.#body.byteLength
  }

  byte(): number {
    return this.#body.readUInt8(this.#take(1))
  }

  int16(): number {
    return this.#body.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#body.readInt32BE(this.#take(4))
  }

  oid(): number {
    return this.#body.readUInt32BE(this.#take(4))
  }

  /** A zero-terminated UTF-8 string. */
  string(): string {
    const end = this.#body.indexOf(0, this.#at)
    if (end < 0) throw violation('invalid string in message')
    const bytes = this.#body.subarray(this.#at, end)
    this.#at = end + 1
    return decodeUtf8(bytes)
  }

  /** A length-prefixed value; -1: NULL. */
  value(): Uint8Array | null {
    const length = this.int32()
    if (length === -1) return null
    if (length < 0) throw violation('insufficient data left in message')
    const start = this.#take(length)
    return this.#body.subarray(start, start + length)
  }

  list<Item>(read: () => Item): Item[] {
    const count = this.#body.readUInt16BE(this.#take(2))
    const items: Item[] = []
    for (let index = 0; index < count; index++) items.push(read())
    return items
  }

  rest(): Uint8Array {
    const bytes = this.#body.subarray(this.#at)
    this.#at = this.#body.byteLength
    return bytes
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length)
    return this.#body.subarray(start, start + length)
  }

  #take(length: number): number {
    const start = this.#at
    if (start + length > this.#body.byteLength) throw violation('insufficient data left in message')
    this.#at += length
    return start
  }
}

function violation(message: string): EngineError {
  return new EngineError(SQLSTATE.protocolViolation, message, { category: 'user' })
}
