/** The header of PostgreSQL's variable-length values: four bytes, or one when the lowest bit is set. */
import { Unreadable } from '../unreadable.js'

/** Strips the header. */
export function varlenaContent(bytes: Uint8Array): Uint8Array {
  const first = bytes[0] ?? 0
  if ((first & 1) === 1) return bytes.subarray(1, first >> 1)
  if ((first & 3) !== 0) throw new Unreadable('a compressed constant')
  return bytes.subarray(4, varlenaSize(bytes))
}

/** Reads the size of a value, header included. */
export function varlenaSize(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0
  if ((first & 1) === 1) return first >> 1
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) >>> 2
}
