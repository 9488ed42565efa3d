/**
 * One connection to a MySQL or MariaDB server. mysql2 opens it (address, TLS, authentication plugins); then we take
 * its socket over, because rows must go from the socket's bytes into column vectors without an object in between.
 * One command at a time.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'mysql2'
import { inflowOf, ReusedBuffer, type Inflow } from '../reused-buffer.js'
import { PacketSplitter, type PacketHandler } from './packet-splitter.js'
import {
  COMMAND,
  executePayload,
  isEofPacket,
  isErrorPacket,
  parseColumn,
  parseErrorPacket,
  readLength,
  type WireColumn,
  type WireParameter,
} from './wire-protocol.js'

/** Takes the rows of a result as they arrive. `row` gets the payload of one row packet. */
export interface RowSink {
  columns(columns: readonly WireColumn[]): void
  readonly row: PacketHandler
  /** Bytes that came off the socket. */
  bytes?(count: number): void
}

interface Pending {
  readonly packet: PacketHandler
  readonly fail: (error: Error) => void
  readonly bytes?: (count: number) => void
}

interface Prepared {
  readonly id: number
  readonly parameters: number
}

/** What mysql2's connection has, beyond its typings. */
interface Mysql2Connection {
  readonly stream: Duplex
  readonly threadId: number
  connect(callback: (error: Error | null) => void): void
  destroy(): void
  on(event: 'error', listener: (error: Error) => void): void
}

const MOST_PREPARED = 32
const LARGEST_PAYLOAD = 0xffffff

/** A connection whose socket is ours. */
export class WireConnection {
  /** What KILL QUERY names. */
  readonly threadId: number
  readonly #stream: Duplex
  readonly #inflow: Inflow
  #pending: Pending | undefined
  #failure: Error | undefined
  #isUntouched = false
  readonly #prepared = new Map<string, Prepared>()

  constructor(stream: Duplex, threadId: number, reused?: ReusedBuffer) {
    this.#stream = stream
    this.#inflow = inflowOf(stream, reused)
    this.threadId = threadId
    const splitter = new PacketSplitter((buffer, start, end) => {
      if (this.#pending) this.#pending.packet(buffer, start, end)
      else this.#fail(unsolicited(buffer, start, end))
    })
    this.#inflow.startTaking((chunk) => {
      this.#isUntouched = false
      this.#pending?.bytes?.(chunk.length)
      try {
        splitter.push(chunk)
      } catch (error) {
        // A value that could not be decoded leaves the stream in the middle of a result: it is of no more use.
        this.#fail(error instanceof Error ? error : new Error(String(error)))
      }
    })
    stream.on('error', (error: Error) => this.#fail(error))
    stream.on('close', () => this.#fail(new Error('The server closed the connection')))
  }

  /** False once the socket is gone or the protocol was broken. */
  get usable(): boolean {
    return this.#failure === undefined
  }

  /** Says that it lies in a pool now. */
  rest(): void {
    this.#isUntouched = true
  }

  /** It is gone, and nothing came over it since it lay in a pool: whatever was asked since then was not heard. */
  get brokeInThePool(): boolean {
    return this.#isUntouched && !this.usable
  }

  /** Stops reading from the socket, so that the server stops sending. */
  pause(): void {
    this.#inflow.pause()
  }

  /** Reads on. */
  resume(): void {
    this.#inflow.resume()
  }

  /** Closes the socket at once; a command under way fails. */
  destroy(): void {
    this.#fail(new Error('The connection was closed'))
  }

  /** Says goodbye and closes. */
  end(): void {
    if (this.usable) this.#send(Buffer.from([COMMAND.quit]))
    this.#failure ??= new Error('The connection was closed')
    this.#stream.end()
  }

  /** Runs statements without a result (SET, KILL). */
  command(sql: string): Promise<void> {
    return this.#ask<void>((resolve) => {
      this.#send(Buffer.concat([Buffer.from([COMMAND.query]), Buffer.from(sql, 'utf8')]))
      return () => resolve()
    })
  }

  /** Asks whether the server is still there. */
  ping(): Promise<void> {
    return this.#ask<void>((resolve) => {
      this.#send(Buffer.from([COMMAND.ping]))
      return () => resolve()
    })
  }

  /** Prepares (once per text and connection) and runs a statement; resolves when the last row went to the sink. */
  async run(sql: string, parameters: readonly WireParameter[], sink: RowSink): Promise<void> {
    const prepared = this.#prepared.get(sql) ?? (await this.#prepare(sql))
    if (prepared.parameters !== parameters.length) {
      throw new Error(
        `The statement has ${prepared.parameters} parameter markers for ${parameters.length} values`,
      )
    }
    await this.#ask<void>(
      (resolve) => {
        this.#send(executePayload(prepared.id, parameters))
        return resultReader(sink, resolve)
      },
      (count) => sink.bytes?.(count),
    )
  }

  async #prepare(sql: string): Promise<Prepared> {
    if (this.#prepared.size >= MOST_PREPARED) {
      const [oldest, statement] = this.#prepared.entries().next().value!
      const close = Buffer.alloc(5)
      close[0] = COMMAND.closeStatement
      close.writeUInt32LE(statement.id, 1)
      this.#send(close)
      this.#prepared.delete(oldest)
    }
    const prepared = await this.#ask<Prepared>((resolve) => {
      this.#send(Buffer.concat([Buffer.from([COMMAND.prepare]), Buffer.from(sql, 'utf8')]))
      return prepareReader(resolve)
    })
    this.#prepared.set(sql, prepared)
    return prepared
  }

  /** Runs one command: `start` sends it and returns what takes its packets; an error packet ends it. */
  #ask<T>(
    start: (resolve: (value: T) => void) => PacketHandler,
    bytes?: (count: number) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure)
        return
      }
      if (this.#pending) throw new Error('A command is already running on this connection')
      const finish = (value: T): void => {
        this.#pending = undefined
        resolve(value)
      }
      const handler = start(finish)
      this.#pending = {
        packet: (buffer, begin, end) => {
          if (isErrorPacket(buffer, begin)) {
            this.#pending = undefined
            reject(parseErrorPacket(buffer, begin, end))
          } else {
            handler(buffer, begin, end)
          }
        },
        fail: reject,
        ...(bytes ? { bytes } : {}),
      }
    })
  }

  #send(payload: Buffer): void {
    this.#inflow.startAnswer()
    let sequence = 0
    for (let offset = 0; ; offset += LARGEST_PAYLOAD) {
      const part = payload.subarray(offset, offset + LARGEST_PAYLOAD)
      const packet = Buffer.allocUnsafe(part.length + 4)
      packet.writeUIntLE(part.length, 0, 3)
      packet[3] = sequence++ & 0xff
      part.copy(packet, 4)
      this.#stream.write(packet)
      if (part.length < LARGEST_PAYLOAD) return
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#stream.destroy()
    const pending = this.#pending
    this.#pending = undefined
    pending?.fail(this.#failure)
  }
}

function unsolicited(buffer: Buffer, start: number, end: number): Error {
  if (isErrorPacket(buffer, start)) return parseErrorPacket(buffer, start, end)
  return new Error('The server sent a packet that nobody asked for')
}

/** Takes the answer to a prepare: header, then parameter and column definitions, each list closed by an EOF. */
function prepareReader(resolve: (value: Prepared) => void): PacketHandler {
  let prepared: Prepared | undefined
  let ends = 0
  return (buffer, start, end) => {
    if (prepared === undefined) {
      const columns = buffer.readUInt16LE(start + 5)
      const parameters = buffer.readUInt16LE(start + 7)
      prepared = { id: buffer.readUInt32LE(start + 1), parameters }
      ends = (columns > 0 ? 1 : 0) + (parameters > 0 ? 1 : 0)
    } else if (isEofPacket(buffer, start, end)) {
      ends--
    }
    if (ends === 0) resolve(prepared)
  }
}

/** Takes a result: column count, definitions, EOF, rows, EOF. */
function resultReader(sink: RowSink, resolve: () => void): PacketHandler {
  const columns: WireColumn[] = []
  let expected = -1
  let inRows = false
  const row = sink.row
  return (buffer, start, end) => {
    if (inRows) {
      if (isEofPacket(buffer, start, end)) resolve()
      else row(buffer, start, end)
    } else if (expected < 0) {
      expected = readLength(buffer, start)
      if (expected === 0) resolve()
    } else if (isEofPacket(buffer, start, end)) {
      inRows = true
      sink.columns(columns)
    } else {
      columns.push(parseColumn(buffer, start, end))
    }
  }
}

/** Opens a connection with mysql2 and takes its socket over. Errors are the driver's and the server's own. */
export async function openWireConnection(
  options: ConnectionOptions,
  signal?: AbortSignal,
): Promise<WireConnection> {
  const { default: mysql2 } = await import('mysql2')
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    // Encrypted bytes are Node's to decrypt first.
    const reused = options.ssl === undefined ? new ReusedBuffer() : undefined
    const connection = mysql2.createConnection({
      ...options,
      ...(reused === undefined ? {} : { stream: () => connected(reused.socket, options) }),
      // No session tracking, no query attributes, no file upload: packets stay as simple as they can be.
      flags: [
        '-LOCAL_FILES',
        '-SESSION_TRACK',
        '-CLIENT_QUERY_ATTRIBUTES',
        '-ODBC',
        '-IGNORE_SPACE',
      ],
    }) as unknown as Mysql2Connection
    const abort = (): void => {
      connection.destroy()
      reject(signal?.reason instanceof Error ? signal.reason : new Error('Aborted'))
    }
    signal?.addEventListener('abort', abort, { once: true })
    connection.on('error', () => undefined)
    connection.connect((error) => {
      signal?.removeEventListener('abort', abort)
      if (error) {
        connection.destroy()
        reject(error)
      } else {
        resolve(new WireConnection(connection.stream, connection.threadId, reused))
      }
    })
  })
}

function connected(socket: Socket, { socketPath, host, port }: ConnectionOptions): Socket {
  if (socketPath !== undefined) return socket.connect({ path: socketPath })
  return socket.setNoDelay(true).connect({ host: host ?? '127.0.0.1', port: port ?? 3306 })
}
