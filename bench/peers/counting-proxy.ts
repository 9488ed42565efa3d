/**
 * A proxy on loopback before a PostgreSQL or MariaDB server that counts the rows and their bytes that the server sends: what an engine
 * moves, whatever it says of itself. Rows that answer EXPLAIN, SHOW or questions to the server's catalog are not counted.
 */
import type { Socket } from 'node:net'
import { startRelay, type Proxy } from '../../tests/servers/proxy.js'
import { watchMysql } from './count-mysql-rows.js'
import { watchPostgres } from './count-postgres-rows.js'

export interface Moved {
  readonly rows: number
  /** Of the rows alone, as the protocol sends them. */
  readonly bytes: number
}

export interface CountingProxy extends Proxy {
  /** What has passed since the last call. */
  take(): Moved
}

/** Starts a proxy before the server on `port`. */
export async function startCountingProxy(
  protocol: 'postgres' | 'mysql',
  port: number,
): Promise<CountingProxy> {
  let moved: Moved = { rows: 0, bytes: 0 }
  const count = (bytes: number): void => {
    moved = { rows: moved.rows + 1, bytes: moved.bytes + bytes }
  }
  const proxy = await startRelay(port, (client, upstream) => {
    const watcher = protocol === 'postgres' ? watchPostgres(count) : watchMysql(count)
    pass(client, upstream, (chunk) => watcher.fromClient(chunk))
    pass(upstream, client, (chunk) => watcher.fromServer(chunk))
  })
  return {
    ...proxy,
    take() {
      const taken = moved
      moved = { rows: 0, bytes: 0 }
      return taken
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
