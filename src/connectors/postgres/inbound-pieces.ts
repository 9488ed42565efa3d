/**
 * Bytes off a socket that wait for their reader, gathered into few large pieces. Each piece has a buffer of its own, which its
 * reader may hand to another thread or give back: many small buffers would keep the garbage collector busier than the rows keep us.
 */
import { takeFrameBuffer } from '../frame-buffers.js'

/** The first pieces of an answer are small, as most answers are; later ones grow. */
const FIRST_PIECE = 8_192
const LARGEST_PIECE = 262_144

/** Bytes kept free in front of a piece, for what was left of the piece before it. */
const HEADROOM = 1_024

/** A queue of bytes. */
export class InboundPieces {
  readonly #full: Buffer[] = []
  /** The piece being filled, up to `#end`. */
  #open: Uint8Array<ArrayBuffer> | undefined
  #end = HEADROOM
  #pieceBytes = FIRST_PIECE
  #waiting = 0

  /** Bytes that nobody has taken yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** So much has come of this answer that more will. */
  get isLong(): boolean {
    return this.#pieceBytes === LARGEST_PIECE
  }

  /** An answer begins. */
  startSmall(): void {
    this.#pieceBytes = FIRST_PIECE
  }

  /** Copies a chunk. */
  add(chunk: Uint8Array): void {
    this.#waiting += chunk.length
    let from = 0
    while (from < chunk.length) {
      this.#open ??= this.#begin(chunk.length - from)
      const to = Math.min(chunk.length, from + this.#open.length - this.#end)
      this.#open.set(chunk.subarray(from, to), this.#end)
      this.#end += to - from
      from = to
      if (this.#end === this.#open.length) this.#close(this.#open)
    }
  }

  /** A piece is complete. */
  get hasFull(): boolean {
    return this.#full.length > 0
  }

  /** The oldest bytes, as many as are in one piece; the piece being filled is left alone while more is `expected` in it. */
  take(expected: boolean): Buffer | undefined {
    if (!expected && !this.hasFull && this.#open !== undefined) this.#close(this.#open)
    const piece = this.#full.shift()
    this.#waiting -= piece?.length ?? 0
    return piece
  }

  #begin(bytes: number): Uint8Array<ArrayBuffer> {
    const size = Math.max(this.#pieceBytes, Math.min(bytes, LARGEST_PIECE))
    this.#pieceBytes = Math.min(LARGEST_PIECE, this.#pieceBytes * 4)
    return takeFrameBuffer(HEADROOM + size)
  }

  #close(piece: Uint8Array<ArrayBuffer>): void {
    this.#full.push(Buffer.from(piece.buffer, HEADROOM, this.#end - HEADROOM))
    this.#open = undefined
    this.#end = HEADROOM
  }
}

/** Puts the few bytes left of the piece before in front of a piece just taken, in the room that is free there. */
export function joinPieces(rest: Uint8Array, piece: Buffer): Buffer {
  if (rest.length > piece.byteOffset) return Buffer.concat([rest, piece])
  const joined = Buffer.from(
    piece.buffer as ArrayBuffer,
    piece.byteOffset - rest.length,
    rest.length + piece.length,
  )
  joined.set(rest)
  return joined
}
