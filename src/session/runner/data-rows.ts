/** DataRow messages as bytes: cutting them at row boundaries, reading their fields, writing rows of text. */
import type { RelayChunk } from '../../connectors/connector.js'

/** Where the frame that starts at `at` ends. */
export function frameEnd(frames: Uint8Array, at: number): number {
  const length =
    (frames[at + 1]! << 24) | (frames[at + 2]! << 16) | (frames[at + 3]! << 8) | frames[at + 4]!
  return at + 1 + length
}

/** Cuts a chunk after a number of rows; both parts share its bytes. */
export function splitRows(
  chunk: RelayChunk,
  rows: number,
): { readonly head: RelayChunk; readonly tail: RelayChunk | undefined } {
  if (rows >= chunk.rows) return { head: chunk, tail: undefined }
  let at = 0
  for (let row = 0; row < rows; row++) at = frameEnd(chunk.frames, at)
  return {
    head: { frames: chunk.frames.subarray(0, at), rows },
    tail: {
      frames: chunk.frames.subarray(at),
      rows: chunk.rows - rows,
      release: chunk.release,
    },
  }
}

/** Each row's frame of a chunk. */
export function* framesOf(chunk: RelayChunk): Iterable<Uint8Array> {
  for (let at = 0; at < chunk.frames.byteLength;) {
    const end = frameEnd(chunk.frames, at)
    yield chunk.frames.subarray(at, end)
    at = end
  }
}

/** The fields of one DataRow frame; null: NULL. */
export function fieldsOf(frame: Uint8Array): readonly (Uint8Array | null)[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const fields: (Uint8Array | null)[] = []
  let at = 7
  for (let count = view.getUint16(5); count > 0; count--) {
    const length = view.getInt32(at)
    at += 4
    if (length < 0) {
      fields.push(null)
      continue
    }
    fields.push(frame.subarray(at, at + length))
    at += length
  }
  return fields
}

/** Writes rows of text values as DataRow frames. */
export function textRows(rows: readonly (readonly (string | null)[])[]): RelayChunk {
  const parts: Buffer[] = []
  for (const row of rows) {
    const header = Buffer.alloc(7)
    const fields = row.flatMap((value) => {
      const length = Buffer.alloc(4)
      if (value === null) {
        length.writeInt32BE(-1)
        return [length]
      }
      const bytes = Buffer.from(value)
      length.writeInt32BE(bytes.byteLength)
      return [length, bytes]
    })
    header[0] = 0x44
    header.writeInt32BE(6 + fields.reduce((sum, field) => sum + field.byteLength, 0), 1)
    header.writeUInt16BE(row.length, 5)
    parts.push(header, ...fields)
  }
  return { frames: Buffer.concat(parts), rows: rows.length }
}
