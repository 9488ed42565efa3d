/**
 * A proxy on loopback before a PostgreSQL or MariaDB server that counts the rows and their bytes that the server sends: what an engine
 * moves, whatever it says of itself. Rows that answer EXPLAIN, SHOW or questions to the server's catalog are not counted.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { watchMysql } from './count-mysql-rows.js'
import { watchPostgres } from './count-postgres-rows.js'

export interface Moved {
  readonly rows: number
  /** Of the rows alone, as the protocol sends them. */
  readonly bytes: number
}

export interface CountingProxy {
  readonly port: number
  /** What has passed since the last call. */
  take(): Moved
  stop(): Promise<void>
}

/** Starts a proxy before the server on `port`. */
export async function startCountingProxy(
  protocol: 'postgres' | 'mysql',
  port: number,
): Promise<CountingProxy> {
  const sockets = new Set<Socket>()
  let moved: Moved = { rows: 0, bytes: 0 }
  const count = (bytes: number): void => {
    moved = { rows: moved.rows + 1, bytes: moved.bytes + bytes }
  }
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    const watcher = protocol === 'postgres' ? watchPostgres(count) : watchMysql(count)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    pass(client, upstream, (chunk) => watcher.fromClient(chunk))
    pass(upstream, client, (chunk) => watcher.fromServer(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = moved
      moved = { rows: 0, bytes: 0 }
      return taken
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** No faster than the other side takes it: what an engine leaves unread is not sent. */
function pass(from: Socket, to: Socket, watch: (chunk: Buffer) => void): void {
  from.on('data', (chunk: Buffer) => {
    watch(chunk)
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
}
