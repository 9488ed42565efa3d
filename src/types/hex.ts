/** Hexadecimal forms of bytea and uuid. */

const DIGITS = '0123456789abcdef'
const PAIRS = Array.from({ length: 256 }, (_, byte) => DIGITS[byte >> 4]! + DIGITS[byte & 15]!)

/** Prints bytes as hexadecimal digits. */
export function bytesToHex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = ''
  for (let at = start; at < end; at++) text += PAIRS[bytes[at]!]!
  return text
}

/** Gives the value of a hexadecimal digit's character code, or -1. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** Reads well-formed hexadecimal digits from position `from` on. */
export function hexToBytes(text: string, from: number): Uint8Array {
  const bytes = new Uint8Array((text.length - from) >> 1)
  for (let i = 0; i < bytes.length; i++) {
    const at = from + i * 2
    bytes[i] = (hexDigit(text.charCodeAt(at)) << 4) | hexDigit(text.charCodeAt(at + 1))
  }
  return bytes
}

/** Prints 16 bytes as a uuid. */
export function uuidText(bytes: Uint8Array, start = 0): string {
  const hex = bytesToHex(bytes, start, start + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Reads a uuid in canonical form. */
export function parseUuidBytes(text: string): Uint8Array {
  return hexToBytes(text.replaceAll('-', ''), 0)
}
