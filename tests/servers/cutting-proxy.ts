/** A proxy that lets so many bytes of each connection's answers through and then closes it, as a server that dies in the middle does. */
import { startProxy, type Proxy } from './proxy.js'

export interface CuttingProxy extends Proxy {
  /** Connections that were cut. */
  cuts(): number
}

/** Starts a proxy on loopback before the server on `port`. */
export async function startCuttingProxy(port: number, bytes: number): Promise<CuttingProxy> {
  let cuts = 0
  const proxy = await startProxy(port, (client) => {
    let left = bytes
    return (data) => {
      if (left <= 0) return
      client.write(data.subarray(0, left))
      left -= data.length
      if (left > 0) return
      cuts++
      client.end()
    }
  })
  return { ...proxy, cuts: () => cuts }
}
