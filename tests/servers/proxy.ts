/** A proxy on loopback before a server: what a test does to the answers is its own. */
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface Proxy {
  readonly port: number
  stop(): Promise<void>
}

/** Starts one before the server on `port`. `answer` says, for each connection, what becomes of a piece of the server's answer. */
export function startProxy(
  port: number,
  answer: (client: Socket) => (data: Buffer) => void,
): Promise<Proxy> {
  return startRelay(port, (client, upstream) => {
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', answer(client))
  })
}

/** Starts one that leaves both directions to `pass`, called for each connection; when one side goes, so does the other. */
export async function startRelay(
  port: number,
  pass: (client: Socket, upstream: Socket) => void,
): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
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
    pass(client, upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
