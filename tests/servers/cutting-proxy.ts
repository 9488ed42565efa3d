/** A proxy that lets so many bytes of each connection's answers through and then closes it, as a server that dies in the middle does. */
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /** Connections that were cut. */
  cuts(): number
  stop(): Promise<void>
}

/** Starts a proxy on loopback before the server on `port`. */
export async function startCuttingProxy(port: number, bytes: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let left = bytes
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => {
      if (left <= 0) return
      client.write(data.subarray(0, left))
      left -= data.length
      if (left > 0) return
      cuts++
      client.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
