/** Network addresses between text and binary. */
import { hexToBytes, bytesToHex } from './hex.js'
import { malformedBinary } from './binary-reader.js'

const FAMILY_IPV4 = 2
const FAMILY_IPV6 = 3

/** Writes inet or cidr in binary: family, bits, is-cidr, size, address. */
export function encodeNetwork(text: string, isCidr: boolean): Uint8Array {
  const [address = '', width] = text.split('/')
  const bytes = address.includes(':')
    ? ipv6Bytes(address)
    : Uint8Array.from(address.split('.').map(Number))
  const bits = width === undefined ? bytes.length * 8 : Number(width)
  const family = bytes.length === 4 ? FAMILY_IPV4 : FAMILY_IPV6
  return Uint8Array.of(family, bits, isCidr ? 1 : 0, bytes.length, ...bytes)
}

/** Reads inet or cidr from binary. */
export function decodeNetwork(bytes: Uint8Array, isCidr: boolean): string {
  const [family, bits = 0, , size] = bytes
  const name = isCidr ? 'cidr' : 'inet'
  if (family !== FAMILY_IPV4 && family !== FAMILY_IPV6) {
    throw malformedBinary(`invalid address family in external "${name}" value`)
  }
  const address = bytes.subarray(4)
  const expected = family === FAMILY_IPV4 ? 4 : 16
  if (bits > expected * 8) throw malformedBinary(`invalid bits in external "${name}" value`)
  if (size !== expected || address.length !== expected) {
    throw malformedBinary(`invalid length in external "${name}" value`)
  }
  const text = expected === 4 ? address.join('.') : ipv6Text(address)
  return isCidr || bits !== expected * 8 ? `${text}/${bits}` : text
}

function ipv6Bytes(text: string): Uint8Array {
  const mapped = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const hex =
    mapped === null
      ? text
      : mapped[1]! +
        [mapped.slice(2, 4), mapped.slice(4, 6)]
          .map(([high, low]) => (Number(high) * 256 + Number(low)).toString(16))
          .join(':')
  const [before = '', after] = hex.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0')
  return hexToBytes([...head, ...zeros, ...tail].map((part) => part.padStart(4, '0')).join(''), 0)
}

function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!)
  let start = -1
  let length = 1
  // The first longest run of two or more zero groups is left out.
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) {
      start = i
      length = end - i
    }
  }
  const isMapped =
    start === 0 &&
    (length === 6 || (length === 7 && groups[7] !== 1) || (length === 5 && groups[5] === 0xffff))
  if (isMapped) {
    const tail = bytes.subarray(12).join('.')
    return length === 5 ? `::ffff:${tail}` : `::${tail}`
  }
  const hex = groups.map((group) => group.toString(16))
  if (start < 0) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** Writes macaddr or macaddr8. */
export function encodeMac(text: string): Uint8Array {
  return hexToBytes(text.replaceAll(':', ''), 0)
}

/** Reads macaddr or macaddr8. */
export function decodeMac(bytes: Uint8Array): string {
  return bytesToHex(bytes).replace(/..(?!$)/g, '$&:')
}
