/** A client that sends and expects exact messages. Replies come back as short lines: `C SELECT 1`, `D 1,NULL`, `E 42P01 ...`. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export class RawClient {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #closed = false
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes])
      this.#wake()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  /** Opens a socket without sending anything. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawClient(socket)
  }

  /** Opens a session and reads up to the first ReadyForQuery. */
  static async session(
    port: number,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<RawClient> {
    const client = await RawClient.open(port)
    client.send(startup({ user: 'ann', database: 'demo', ...parameters }))
    await client.untilReady()
    return client
  }

  send(...messages: Uint8Array[]): void {
    this.#socket.write(Buffer.concat(messages))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  end(): void {
    this.#socket.end()
  }

  /** Replies up to and including the next ReadyForQuery. */
  async untilReady(): Promise<string[]> {
    return this.until((line) => line.startsWith('Z'))
  }

  async until(last: (line: string) => boolean): Promise<string[]> {
    const lines: string[] = []
    for (;;) {
      const line = await this.next()
      if (line === undefined) return [...lines, 'closed']
      lines.push(line)
      if (last(line)) return lines
    }
  }

  /** Messages up to and including the next ReadyForQuery, undecoded. */
  async framesUntilReady(): Promise<{ readonly type: string; readonly frame: Buffer }[]> {
    const frames: { readonly type: string; readonly frame: Buffer }[] = []
    while (frames.at(-1)?.type !== 'Z') {
      const header = await this.#peek(5)
      const frame = await this.bytes(1 + header.readInt32BE(1))
      frames.push({ type: String.fromCharCode(frame[0]!), frame })
    }
    return frames
  }

  async #peek(count: number): Promise<Buffer> {
    while (this.#received.length < count) {
      if (this.#closed) throw new Error('closed')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#received
  }

  /** The next reply as a line; undefined when the server closed. */
  async next(): Promise<string | undefined> {
    for (;;) {
      if (this.#received.length >= 5) {
        const length = this.#received.readInt32BE(1)
        if (this.#received.length >= 1 + length) {
          const type = String.fromCharCode(this.#received[0]!)
          const body = this.#received.subarray(5, 1 + length)
          this.#received = this.#received.subarray(1 + length)
          return describe(type, body)
        }
      }
      if (this.#closed) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Raw bytes as they come. */
  async bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const bytes = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return bytes
  }
}

function describe(type: string, body: Buffer): string {
  const strings = (): string[] => body.toString('utf8').split('\0')
  switch (type) {
    case 'E':
    case 'N': {
      const fields = new Map(strings().map((field) => [field[0], field.slice(1)]))
      const extra = ['D', 'H', 'P']
        .filter((key) => fields.has(key))
        .map((key) => ` ${key}=${fields.get(key)}`)
      return `${type} ${fields.get('S')} ${fields.get('C')} ${fields.get('M')}${extra.join('')}`
    }
    case 'D': {
      const values: string[] = []
      let at = 2
      for (let count = body.readInt16BE(0); count > 0; count--) {
        const length = body.readInt32BE(at)
        at += 4
        if (length < 0) values.push('NULL')
        else {
          const bytes = body.subarray(at, at + length)
          values.push(bytes.some((byte) => byte < 32) ? bytes.toString('hex') : bytes.toString())
          at += length
        }
      }
      return `D ${values.join(',')}`
    }
    case 'T': {
      const columns: string[] = []
      let at = 2
      for (let count = body.readInt16BE(0); count > 0; count--) {
        const end = body.indexOf(0, at)
        const name = body.toString('utf8', at, end)
        columns.push(`${name}:${body.readInt32BE(end + 7)}:${body.readInt16BE(end + 17)}`)
        at = end + 19
      }
      return `T ${columns.join(',')}`
    }
    case 't': {
      const types = Array.from({ length: body.readInt16BE(0) }, (_, i) =>
        body.readInt32BE(2 + 4 * i),
      )
      return `t ${types.join(',')}`
    }
    case 'S':
    case 'C':
      return `${type} ${strings().slice(0, -1).join('=')}`
    case 'Z':
      return `Z ${body.toString()}`
    case 'R':
      return `R ${body.readInt32BE(0)}`
    case 'K':
      return `K ${body.toString('hex')}`
    case 'v': {
      const names = body.toString('utf8', 8).split('\0').slice(0, -1)
      return `v ${body.readInt32BE(0).toString(16)} ${names.join(',')}`
    }
    case 'd':
      return `d ${JSON.stringify(body.toString('latin1'))}`
    case 'H':
      return `H ${body.toString('hex')}`
    default:
      return type
  }
}

export function frame(type: string, ...parts: (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? cstring(part) : part)))
  const header = Buffer.alloc(5)
  header.write(type, 0, 'latin1')
  header.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([header, body])
}

export function startup(parameters: Readonly<Record<string, string>>, version = 0x30000): Buffer {
  const entries = Object.entries(parameters).flatMap(([name, value]) => [
    cstring(name),
    cstring(value),
  ])
  const body = Buffer.concat([int32(version), ...entries, Buffer.alloc(1)])
  return Buffer.concat([int32(4 + body.length), body])
}

export const query = (sql: string): Buffer => frame('Q', sql)
export const parse = (name: string, sql: string, types: readonly number[] = []): Buffer =>
  frame('P', name, sql, int16(types.length), ...types.map(int32))
export const describeStatement = (name: string): Buffer => frame('D', Buffer.from('S'), name)
export const describePortal = (name: string): Buffer => frame('D', Buffer.from('P'), name)
export const execute = (portal: string, limit = 0): Buffer => frame('E', portal, int32(limit))
export const closePortal = (name: string): Buffer => frame('C', Buffer.from('P'), name)
export const closeStatement = (name: string): Buffer => frame('C', Buffer.from('S'), name)
export const sync = frame('S')
export const flush = frame('H')

export function bind(
  portal: string,
  statement: string,
  values: readonly (string | Uint8Array | null)[] = [],
  resultFormats: readonly number[] = [],
  valueFormats: readonly number[] = [],
): Buffer {
  const encoded = values.flatMap((value) => {
    if (value === null) return [int32(-1)]
    const bytes = Buffer.from(value as string)
    return [int32(bytes.length), bytes]
  })
  return frame(
    'B',
    portal,
    statement,
    int16(valueFormats.length),
    ...valueFormats.map(int16),
    int16(values.length),
    ...encoded,
    int16(resultFormats.length),
    ...resultFormats.map(int16),
  )
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}
