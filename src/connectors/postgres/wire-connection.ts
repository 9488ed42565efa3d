/**
 * One connection to a PostgreSQL server. The `pg` driver opens it (TLS, authentication); after that the bytes of its socket
 * are read here, because rows must not become JavaScript objects on their way into column vectors.
 */
import { connect as connectSocket, type Socket } from 'node:net'
import type { Client } from 'pg'
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { EngineError } from '../../errors.js'
import { inflowOf, ReusedBuffer, type Inflow } from '../reused-buffer.js'
import { InboundPieces } from './inbound-pieces.js'
import { openClient } from './open-client.js'
import { connectError, connectionLost } from './source-errors.js'

// Bytes that may wait here before the socket is paused, which stops the server in turn.
const HIGH_WATER = 1 << 20

// Few large pieces of a long answer cost their reader less than many small ones: they may take so many ms to be filled.
const GATHERING = 4

/** What of pg's client is used beyond its types. */
interface ClientInternals {
  readonly connection: { readonly stream: Socket }
  readonly processID: number
  readonly secretKey: number
}

/** A connection whose raw bytes are pulled by one reader at a time. */
export class WireConnection {
  readonly source: SourceDefinition
  readonly #client: Client
  readonly #socket: Socket
  readonly #inflow: Inflow
  readonly #processId: number
  readonly #secretKey: number
  readonly #inbound = new InboundPieces()
  #isPaused = false
  #gathering: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined
  #failure: EngineError | undefined
  #closing = false
  /** It lay in a pool since its last statement. */
  isReused = false
  /** Bytes received so far. */
  bytesRead = 0
  /** The settings in force, by name, as far as they were set here. */
  readonly settings = new Map<string, string>()

  private constructor(source: SourceDefinition, client: Client, reused: ReusedBuffer) {
    this.source = source
    this.#client = client
    const internals = client as unknown as ClientInternals
    this.#socket = internals.connection.stream
    this.#processId = internals.processID
    this.#secretKey = internals.secretKey
    this.#inflow = inflowOf(this.#socket, reused)
    this.#inflow.startTaking((chunk) => this.#receive(chunk))
    const fail = (why: string, said?: string) => this.#fail(why, said)
    this.#socket.on('error', (error) => fail('the network failed', error.message))
    this.#socket.on('close', () => fail('the server closed it'))
    client.on('error', (error) => fail('the driver gave it up', error.message))
  }

  /** Opens a connection; fails with an error that names the source. */
  static async open(source: SourceDefinition): Promise<WireConnection> {
    try {
      const reused = new ReusedBuffer()
      return new WireConnection(source, await openClient(source, reused), reused)
    } catch (error) {
      throw connectError(source, error)
    }
  }

  /** It broke, or is being closed. */
  get isBroken(): boolean {
    return this.#failure !== undefined || this.#closing
  }

  /** Sends bytes that begin a statement. */
  send(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#inbound.startSmall()
    this.#inflow.startAnswer()
    this.#socket.write(bytes)
  }

  /**
   * Takes the oldest bytes that have come, in a buffer of their own; waits for some if there are none, until the signal aborts.
   */
  async receive(signal?: AbortSignal): Promise<Buffer> {
    for (;;) {
      const bytes = this.#inbound.take(this.#gathering !== undefined)
      if (this.#isPaused && this.#inbound.waiting < HIGH_WATER) this.#resume()
      if (bytes !== undefined) return bytes
      if (this.#failure !== undefined) throw this.#failure
      signal?.throwIfAborted()
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  /** Wakes a waiting reader, so that it looks at its signal. */
  wake(): void {
    this.#wake?.()
  }

  /** Wakes a waiting reader with an error; the connection cannot be used any more. */
  destroy(why = 'it was closed'): void {
    this.#closing = true
    this.#fail(why)
    this.#socket.destroy()
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#resume()
    await this.#client.end().catch(() => undefined)
  }

  /** Asks the server, over a connection of its own, to cancel what runs here. Resolves when the request is delivered. */
  async cancel(): Promise<void> {
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(this.#processId, 8)
    request.writeInt32BE(this.#secretKey, 12)
    const { remoteAddress, remotePort } = this.#socket
    if (remoteAddress === undefined || remotePort === undefined) return
    await new Promise<void>((resolve) => {
      const socket = connectSocket({ host: remoteAddress, port: remotePort })
      const done = () => {
        socket.destroy()
        resolve()
      }
      socket.setTimeout(2000, done)
      socket.on('connect', () => socket.end(request))
      socket.on('error', done)
      // The server closes once it has signalled the backend.
      socket.on('end', done)
      socket.on('close', done)
      socket.resume()
    })
  }

  #receive(chunk: Buffer): void {
    // Nobody reads any more.
    if (this.#closing) return
    this.#inbound.add(chunk)
    this.bytesRead += chunk.length
    if (this.#inbound.waiting >= HIGH_WATER && !this.#isPaused) {
      this.#isPaused = true
      this.#inflow.pause()
    }
    if (this.#inbound.isLong) {
      this.#gathering ??= setTimeout(() => this.#gathered(), GATHERING)
      if (!this.#inbound.hasFull) return
    }
    this.#wake?.()
  }

  /** What is there is handed over, however little it is. */
  #gathered(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#wake?.()
  }

  #resume(): void {
    this.#isPaused = false
    this.#inflow.resume()
  }

  #fail(why: string, said?: string): void {
    this.#failure ??= connectionLost(this.source, why, said)
    this.#gathered()
  }
}
