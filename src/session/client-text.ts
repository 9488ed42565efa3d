/** Text from a client: UTF-8 or an error that names the bytes, as a UTF8 database answers. */
import { EngineError, SQLSTATE } from '../errors.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes text; what is no UTF-8, or holds a zero byte, is 22021. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text: string | undefined
  try {
    text = utf8.decode(bytes)
  } catch {
    text = undefined
  }
  if (text !== undefined && !text.includes('\0')) return text
  throw new EngineError(
    SQLSTATE.characterNotInRepertoire,
    `invalid byte sequence for encoding "UTF8": ${firstInvalid(bytes)}`,
  )
}

/** The bytes PostgreSQL names: the broken sequence as far as its first byte announces it. */
function firstInvalid(bytes: Uint8Array): string {
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!
    const length =
      (lead & 0xe0) === 0xc0 ? 2 : (lead & 0xf0) === 0xe0 ? 3 : (lead & 0xf8) === 0xf0 ? 4 : 1
    const sequence = bytes.subarray(at, Math.min(at + length, bytes.length))
    try {
      utf8.decode(sequence)
      if (lead === 0) break
      at += length
    } catch {
      return [...sequence].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ')
    }
  }
  return '0x00'
}
