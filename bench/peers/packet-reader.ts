/** Cuts a byte stream into packets and keeps only the beginning of each: what a proxy needs to know what passes. */

/** Bytes of each packet's body that are kept. */
const KEPT = 256

export class PacketReader {
  readonly #headerSize: () => number
  readonly #bodySize: (header: Buffer) => number
  readonly #onPacket: (header: Buffer, start: Buffer, size: number) => void
  #header = Buffer.alloc(0)
  #start = Buffer.alloc(0)
  #size = 0
  #left = -1

  /** `headerSize` is asked before each packet; -1 lets one byte pass that is no packet. */
  constructor(
    headerSize: () => number,
    bodySize: (header: Buffer) => number,
    onPacket: (header: Buffer, start: Buffer, size: number) => void,
  ) {
    this.#headerSize = headerSize
    this.#bodySize = bodySize
    this.#onPacket = onPacket
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#left < 0) {
        const wanted = this.#headerSize()
        if (wanted < 0) {
          at++
          continue
        }
        const part = chunk.subarray(at, at + wanted - this.#header.length)
        this.#header = Buffer.concat([this.#header, part])
        at += part.length
        if (this.#header.length < wanted) return
        this.#size = this.#left = this.#bodySize(this.#header)
      }
      const part = chunk.subarray(at, at + this.#left)
      if (this.#start.length < KEPT) {
        this.#start = Buffer.concat([this.#start, part.subarray(0, KEPT - this.#start.length)])
      }
      at += part.length
      this.#left -= part.length
      if (this.#left > 0) return
      const [header, start] = [this.#header, this.#start]
      this.#header = this.#start = Buffer.alloc(0)
      this.#left = -1
      this.#onPacket(header, start, this.#size)
    }
  }
}
