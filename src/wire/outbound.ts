/** The way to the client: messages are gathered, rows go straight to the socket, and nothing runs ahead of it. */
import type { Socket } from 'node:net'
import { EngineError, SQLSTATE } from '../errors.js'
import { MessageWriter } from './message-writer.js'
import type { BackendMessage } from './messages.js'

/** Gathered messages are sent when they reach this many bytes, at the latest. */
const GATHER_BYTES = 32_768
/** Row chunks smaller than this are gathered with other messages rather than written on their own. */
const SMALL_CHUNK = 8_192

/** Writes to one socket. */
export class Outbound {
  readonly #socket: Socket
  readonly #writer = new MessageWriter()

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Appends a message; it leaves with the next flush. */
  send(message: BackendMessage): void {
    this.#writer.write(message)
    if (this.#writer.length >= GATHER_BYTES) this.flush()
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#writer.length === 0) return
    const bytes = this.#writer.take()
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  /** Sends ready-made frames behind what was gathered; resolves when the socket can take more. */
  async frames(frames: Uint8Array): Promise<void> {
    if (frames.byteLength < SMALL_CHUNK) {
      this.#writer.raw(frames)
      if (this.#writer.length < GATHER_BYTES) return
      this.flush()
    } else {
      this.flush()
      if (!this.#socket.destroyed) this.#socket.write(frames)
    }
    if (this.#socket.writableNeedDrain || this.#socket.destroyed) await this.#drained()
  }

  /** Everything written has left for the client: no buffer is read any more. */
  get isIdle(): boolean {
    return this.#socket.writableLength === 0
  }

  /** Appends frames without waiting: notices. */
  raw(frames: Uint8Array): void {
    this.#writer.raw(frames)
  }

  /** Waits for the client to catch up; throws when it is gone. */
  async #drained(): Promise<void> {
    const socket = this.#socket
    await new Promise<void>((resolve, reject) => {
      const gone = (): void => {
        socket.off('drain', drained)
        reject(new EngineError(SQLSTATE.connectionFailure, 'connection to client lost'))
      }
      const drained = (): void => {
        socket.off('close', gone)
        resolve()
      }
      if (socket.destroyed) return gone()
      socket.once('drain', drained)
      socket.once('close', gone)
    })
  }
}
