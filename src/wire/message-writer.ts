/** Encodes backend messages into one growing buffer, which the connection sends in few large writes. */
import { assertNever } from '../errors.js'
import type { BackendMessage } from './messages.js'

const TYPES: Readonly<Record<BackendMessage['kind'], string>> = {
  'authentication-ok': 'R',
  'authentication-sasl': 'R',
  'authentication-sasl-continue': 'R',
  'authentication-sasl-final': 'R',
  'parameter-status': 'S',
  'backend-key-data': 'K',
  'negotiate-protocol-version': 'v',
  'ready-for-query': 'Z',
  'row-description': 'T',
  'parameter-description': 't',
  'parse-complete': '1',
  'bind-complete': '2',
  'close-complete': '3',
  'no-data': 'n',
  'portal-suspended': 's',
  'empty-query-response': 'I',
  'copy-done': 'c',
  'command-complete': 'C',
  'copy-out-response': 'H',
  'error-response': 'E',
  'notice-response': 'N',
}

/** Collects encoded messages until they are taken. */
export class MessageWriter {
  #buffer = Buffer.allocUnsafeSlow(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Hands over what was written and starts anew. */
  take(): Uint8Array {
    const bytes = Uint8Array.prototype.slice.call(this.#buffer, 0, this.#length)
    this.#length = 0
    return bytes
  }

  /** Appends ready-made frames. */
  raw(frames: Uint8Array): void {
    this.#reserve(frames.byteLength)
    this.#buffer.set(frames, this.#length)
    this.#length += frames.byteLength
  }

  /** Appends a message. */
  write(message: BackendMessage): void {
    this.#byte(TYPES[message.kind].charCodeAt(0))
    const start = this.#length
    this.#int32(0)
    this.#body(message)
    this.#buffer.writeInt32BE(this.#length - start, start)
  }

  #body(message: BackendMessage): void {
    switch (message.kind) {
      // Messages that are their type.
      case 'parse-complete':
      case 'bind-complete':
      case 'close-complete':
      case 'no-data':
      case 'portal-suspended':
      case 'empty-query-response':
      case 'copy-done':
        return
      case 'authentication-ok':
        return this.#int32(0)
      case 'authentication-sasl':
        this.#int32(10)
        for (const mechanism of message.mechanisms) this.#string(mechanism)
        return this.#byte(0)
      case 'authentication-sasl-continue':
        this.#int32(11)
        return this.raw(Buffer.from(message.data))
      case 'authentication-sasl-final':
        this.#int32(12)
        return this.raw(Buffer.from(message.data))
      case 'parameter-status':
        this.#string(message.name)
        return this.#string(message.value)
      case 'backend-key-data':
        this.#int32(message.processId)
        return this.raw(message.secret)
      case 'negotiate-protocol-version':
        this.#int32(message.version)
        this.#int32(message.unrecognized.length)
        for (const name of message.unrecognized) this.#string(name)
        return
      case 'ready-for-query':
        return this.#byte(message.status.charCodeAt(0))
      case 'row-description':
        this.#int16(message.columns.length)
        message.columns.forEach((column, index) => {
          this.#string(column.name)
          this.#int32(column.tableOid)
          this.#int16(column.attribute)
          this.#int32(column.type.oid)
          this.#int16(column.length)
          this.#int32(column.type.typmod)
          this.#int16(message.formats[index] ?? 0)
        })
        return
      case 'parameter-description':
        this.#int16(message.types.length)
        for (const type of message.types) this.#int32(type)
        return
      case 'command-complete':
        return this.#string(message.tag)
      case 'copy-out-response':
        this.#byte(message.format)
        this.#int16(message.columnFormats.length)
        for (const format of message.columnFormats) this.#int16(format)
        return
      case 'error-response':
      case 'notice-response': {
        const { code, message: text, detail, hint, position } = message.fields
        this.#field('S', message.severity)
        this.#field('V', message.severity)
        this.#field('C', code)
        this.#field('M', text)
        if (detail !== undefined) this.#field('D', detail)
        if (hint !== undefined) this.#field('H', hint)
        if (position !== undefined) this.#field('P', String(position))
        return this.#byte(0)
      }
      default:
        return assertNever(message)
    }
  }

  #field(type: string, value: string): void {
    this.#byte(type.charCodeAt(0))
    this.#string(value)
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  #int16(value: number): void {
    this.#reserve(2)
    this.#length = this.#buffer.writeUInt16BE(value & 0xffff, this.#length)
  }

  #int32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeInt32BE(value | 0, this.#length)
  }

  /** A zero byte inside would end the string early and break the framing: it is cut there. */
  #string(value: string): void {
    const end = value.indexOf('\0')
    const text = end < 0 ? value : value.slice(0, end)
    this.#reserve(3 * text.length + 1)
    this.#length += this.#buffer.write(text, this.#length)
    this.#buffer[this.#length++] = 0
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.byteLength) return
    const grown = Buffer.allocUnsafeSlow(
      Math.max(2 * this.#buffer.byteLength, this.#length + bytes),
    )
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
