/**
 * Buffers for DataRow messages, one set per thread. What a statement thread fills goes to the main thread, which sends it
 * back here once the client has it: a large result then takes a few buffers in turn instead of making the garbage
 * collectors of both threads work for each piece.
 */

/** Smaller ones are not worth the way back. */
const SMALLEST_KEPT = 65_536
const MOST_KEPT_BYTES = 4 << 20

const kept: ArrayBuffer[] = []
let keptBytes = 0

/** Tells whether a buffer is worth sending back. */
export function isWorthKeeping(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer && buffer.byteLength >= SMALLEST_KEPT
}

/** Gives a buffer of at least `bytes` bytes, their content unknown, with nothing else in it. */
export function takeFrameBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes >= SMALLEST_KEPT) {
    for (let i = kept.length - 1; i >= 0; i--) {
      const buffer = kept[i]!
      if (buffer.byteLength < bytes) continue
      kept.splice(i, 1)
      keptBytes -= buffer.byteLength
      return new Uint8Array(buffer)
    }
  }
  // Not zeroed, and not of the pool that small buffers share.
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)
}

/** Takes a buffer back. */
export function keepFrameBuffer(buffer: ArrayBuffer): void {
  if (!isWorthKeeping(buffer)) return
  kept.push(buffer)
  keptBytes += buffer.byteLength
  // The oldest go first: sizes follow the statements that run now.
  while (keptBytes > MOST_KEPT_BYTES) keptBytes -= kept.shift()!.byteLength
}
