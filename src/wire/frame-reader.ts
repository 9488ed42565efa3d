/**
 * Cuts the client's byte stream into frames. Incremental: bytes may arrive in any pieces. A frame of unknown type or
 * impossible length is refused before its body is waited for, so a hostile length reserves no memory.
 */
import { EngineError, SQLSTATE } from '../errors.js'

export interface Frame {
  /** The type byte; 0 for the startup packet, which has none. */
  readonly type: number
  readonly body: Uint8Array
}

/** Bytes a startup packet may have, as in PostgreSQL. */
const STARTUP_LIMIT = 10_000
/** Bytes a password or SASL message may have. */
const AUTHENTICATION_LIMIT = 65_535
/** Bytes a message without a statement or values may have. */
const SMALL_LIMIT = 10_000
/** Bytes a statement or its values may have. */
const LARGE_LIMIT = 256 * 1024 * 1024

const LIMITS: ReadonlyMap<number, number> = new Map([
  ...[...'QPBFd'].map((type) => [type.charCodeAt(0), LARGE_LIMIT] as const),
  ...[...'CDEHSXcf'].map((type) => [type.charCodeAt(0), SMALL_LIMIT] as const),
])

/** What the connection is waiting for: it decides which frames are well formed. */
export type ReaderMode = 'startup' | 'authentication' | 'session'

/** Collects bytes and hands out complete frames. */
export class FrameReader {
  mode: ReaderMode = 'startup'
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** The buffer belongs to the socket's chunk and must not be written. */
  #sharesSocketMemory = false

  /** Bytes received and not yet handed out. */
  get buffered(): number {
    return this.#end - this.#start
  }

  /** Appends received bytes. */
  push(bytes: Uint8Array): void {
    const held = this.buffered
    if (held === 0) {
      // The usual case: whole messages per packet. The socket's buffer is used as it is.
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      this.#start = 0
      this.#end = bytes.byteLength
      this.#sharesSocketMemory = true
      return
    }
    if (this.#end + bytes.byteLength > this.#buffer.byteLength || this.#sharesSocketMemory) {
      const grown = Buffer.allocUnsafeSlow(Math.max(2 * held, held + bytes.byteLength, 8192))
      this.#buffer.copy(grown, 0, this.#start, this.#end)
      this.#buffer = grown
      this.#start = 0
      this.#end = held
      this.#sharesSocketMemory = false
    }
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.byteLength
  }

  /** The next complete frame, or undefined when more bytes are needed. Throws 08P01 on a malformed one. */
  next(): Frame | undefined {
    const header = this.mode === 'startup' ? 4 : 5
    const type = this.mode === 'startup' ? 0 : this.#buffer[this.#start]
    if (this.buffered === 0 || type === undefined) return undefined
    const limit = this.#limitOf(type)
    if (this.buffered < header) return undefined
    const length = this.#buffer.readInt32BE(this.#start + header - 4)
    if (length < (this.mode === 'startup' ? 8 : 4) || length > limit) {
      throw new EngineError(
        SQLSTATE.protocolViolation,
        this.mode === 'startup' ? 'invalid length of startup packet' : 'invalid message length',
        { category: 'user' },
      )
    }
    const end = this.#start + header - 4 + length
    if (end > this.#end) return undefined
    // A copy: the body outlives this buffer (bound values wait in portals).
    const body = Uint8Array.prototype.slice.call(this.#buffer, this.#start + header, end)
    this.#start = end
    return { type, body }
  }

  #limitOf(type: number): number {
    if (this.mode === 'startup') return STARTUP_LIMIT
    if (this.mode === 'authentication') {
      if (type === 0x70) return AUTHENTICATION_LIMIT
      throw new EngineError(
        SQLSTATE.protocolViolation,
        `expected SASL response, got message type ${type}`,
        { category: 'user' },
      )
    }
    const limit = LIMITS.get(type)
    if (limit !== undefined) return limit
    throw new EngineError(SQLSTATE.protocolViolation, `invalid frontend message type ${type}`, {
      category: 'user',
    })
  }
}
