/**
 * Cuts the byte stream of a MySQL connection into packets. A packet that lies whole in one chunk is handed over in
 * place, without a copy: its bytes are only valid during the call. So are a chunk's; of what must wait a copy is kept.
 */

/** Receives the payload of one packet: `buffer[start .. end)`. */
export type PacketHandler = (buffer: Buffer, start: number, end: number) => void

const HEADER = 4
/** A payload of this length continues in the next packet. */
const LARGEST_PAYLOAD = 0xffffff

/** Turns chunks as they come off the socket into calls of one handler. */
export class PacketSplitter {
  readonly #onPacket: PacketHandler
  /** The begun packet (header included) that earlier chunks did not complete. */
  #partial: Buffer[] = []
  #partialBytes = 0
  /** Payload length of the begun packet, once its header is complete. */
  #partialPayload = -1
  /** Payloads of a packet of 16 MB or more, of which more is to come. */
  #parts: Buffer[] = []

  constructor(onPacket: PacketHandler) {
    this.#onPacket = onPacket
  }

  /** Takes a chunk and hands over every packet that is complete with it. */
  push(chunk: Buffer): void {
    let offset = this.#partialBytes > 0 ? this.#complete(chunk) : 0
    if (offset < 0) return
    const length = chunk.length
    while (length - offset >= HEADER) {
      const payload = chunk[offset]! | (chunk[offset + 1]! << 8) | (chunk[offset + 2]! << 16)
      const end = offset + HEADER + payload
      if (end > length) {
        this.#partialPayload = payload
        break
      }
      this.#emit(chunk, offset + HEADER, end)
      offset = end
    }
    if (offset < length) {
      this.#partial.push(Buffer.from(chunk.subarray(offset)))
      this.#partialBytes = length - offset
    }
  }

  /** Fills the begun packet from a chunk: the offset after it, or -1 when the chunk was not enough. */
  #complete(chunk: Buffer): number {
    let taken = 0
    if (this.#partialPayload < 0) {
      taken = Math.min(HEADER - this.#partialBytes, chunk.length)
      this.#partial.push(Buffer.from(chunk.subarray(0, taken)))
      this.#partialBytes += taken
      if (this.#partialBytes < HEADER) return -1
      const header = Buffer.concat(this.#partial)
      this.#partial = [header]
      this.#partialPayload = header.readUIntLE(0, 3)
    }
    const missing = HEADER + this.#partialPayload - this.#partialBytes
    const available = Math.min(missing, chunk.length - taken)
    const more = chunk.subarray(taken, taken + available)
    this.#partialBytes += available
    if (available < missing) {
      this.#partial.push(Buffer.from(more))
      return -1
    }
    this.#partial.push(more)
    const packet = Buffer.concat(this.#partial)
    this.#partial = []
    this.#partialBytes = 0
    this.#partialPayload = -1
    this.#emit(packet, HEADER, packet.length)
    return taken + available
  }

  #emit(buffer: Buffer, start: number, end: number): void {
    if (end - start < LARGEST_PAYLOAD && this.#parts.length === 0) {
      this.#onPacket(buffer, start, end)
      return
    }
    this.#parts.push(Buffer.from(buffer.subarray(start, end)))
    if (end - start === LARGEST_PAYLOAD) return
    const whole = Buffer.concat(this.#parts)
    this.#parts = []
    this.#onPacket(whole, 0, whole.length)
  }
}
