/** A proxy that makes a server far away: its answers come later, and no faster than a narrow line lets them through. */
import { startProxy, type Proxy } from './proxy.js'

export interface SlowProxy extends Proxy {
  /** Bytes that come through in a millisecond, over each connection; Infinity at first. */
  bytesPerMillisecond: number
}

/** A piece that a line passes on at once. */
const PIECE = 4096

/** Starts a proxy on loopback before the server on `port`; each answer takes so many ms more. */
export async function startSlowProxy(port: number, milliseconds: number): Promise<SlowProxy> {
  const proxy = await startProxy(port, (client) => {
    const line: { readonly piece: Buffer; readonly due: number }[] = []
    /** When the line is free again. */
    let free = 0
    let timer: NodeJS.Timeout | undefined
    const passOn = (): void => {
      timer = undefined
      const now = performance.now()
      while (line.length > 0 && line[0]!.due <= now) client.write(line.shift()!.piece)
      if (line.length > 0) timer = setTimeout(passOn, Math.ceil(line[0]!.due - now))
    }
    return (data) => {
      for (let at = 0; at < data.length; at += PIECE) {
        const piece = data.subarray(at, at + PIECE)
        free = Math.max(free, performance.now() + milliseconds)
        free += piece.length / slow.bytesPerMillisecond
        line.push({ piece, due: free })
      }
      if (timer === undefined) passOn()
    }
  })
  const slow: SlowProxy = { ...proxy, bytesPerMillisecond: Infinity }
  return slow
}
