/**
 * A socket whose bytes come in one buffer, over and over, rather than in a new one each time: a large result would
 * otherwise leave the garbage collector thousands of buffers.
 */
import { connect, type Socket } from 'node:net'
import type { ConnectionOptions } from 'mysql2'

const BUFFER_BYTES = 131_072

/** Where a socket's bytes go. */
export class ReusedBuffer {
  /** Takes each chunk; its bytes are only valid during the call. While absent, chunks are `data` events as usual, and copies. */
  take: ((chunk: Buffer) => void) | undefined

  /** Connects to the server's address. */
  connect(options: ConnectionOptions): Socket {
    const { socketPath, host, port } = options
    const onread = {
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback: (length: number, buffer: Uint8Array): boolean => {
        const chunk = buffer.subarray(0, length) as Buffer
        if (this.take === undefined) socket.emit('data', Buffer.from(chunk))
        else this.take(chunk)
        return true
      },
    }
    const socket: Socket =
      socketPath === undefined
        ? connect({ host: host ?? '127.0.0.1', port: port ?? 3306, noDelay: true, onread })
        : connect({ path: socketPath, onread })
    return socket
  }
}
