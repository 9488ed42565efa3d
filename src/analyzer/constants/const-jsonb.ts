/** PostgreSQL's binary jsonb as it lies in memory, printed as its text output. */
import { numericText } from './const-numeric.js'
import { varlenaContent } from './const-varlena.js'

const COUNT_MASK = 0x0fffffff
const SCALAR_FLAG = 0x10000000
const OBJECT_FLAG = 0x20000000
const LENGTH_MASK = 0x0fffffff
const TYPE_MASK = 0x70000000
const HAS_OFFSET = 0x80000000

const STRING = 0x00000000
const NUMERIC = 0x10000000
const FALSE = 0x20000000
const TRUE = 0x30000000
const NULL = 0x40000000

/** Prints a jsonb's content (varlena header gone). */
export function jsonbText(content: Uint8Array): string {
  return containerText(content, 0)
}

/** A container: a header, an entry per child (keys before values in objects), then the children's bytes. */
function containerText(content: Uint8Array, start: number): string {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const header = view.getUint32(start, true)
  const count = header & COUNT_MASK
  const isObject = (header & OBJECT_FLAG) !== 0
  const children = isObject ? count * 2 : count
  const base = start + 4 + children * 4
  const items: string[] = []
  let offset = 0
  for (let child = 0; child < children; child++) {
    const entry = view.getUint32(start + 4 + child * 4, true)
    const value = entry & LENGTH_MASK
    // Every so many entries the end offset is stored in place of the length.
    const end = (entry & HAS_OFFSET) !== 0 ? value : offset + value
    items.push(childText(content, entry & TYPE_MASK, base + offset, base + end, base))
    offset = end
  }
  if ((header & SCALAR_FLAG) !== 0) return items[0] ?? 'null'
  if (!isObject) return `[${items.join(', ')}]`
  const pairs = items.slice(0, count).map((key, index) => `${key}: ${items[count + index]}`)
  return `{${pairs.join(', ')}}`
}

function childText(
  content: Uint8Array,
  type: number,
  start: number,
  end: number,
  base: number,
): string {
  switch (type) {
    case STRING:
      return quoteJson(Buffer.from(content.subarray(start, end)).toString('utf8'))
    case NUMERIC:
      return numericText(varlenaContent(content.subarray(aligned(start, base), end)))
    case FALSE:
      return 'false'
    case TRUE:
      return 'true'
    case NULL:
      return 'null'
    default:
      return containerText(content, aligned(start, base))
  }
}

/** Numbers and containers start at multiples of four, counted from the children's first byte. */
function aligned(start: number, base: number): number {
  return base + Math.ceil((start - base) / 4) * 4
}

/** Quotes a string as jsonb output does: only what JSON requires is escaped. */
function quoteJson(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (character) => {
    switch (character) {
      case '\b':
        return '\\b'
      case '\f':
        return '\\f'
      case '\n':
        return '\\n'
      case '\r':
        return '\\r'
      case '\t':
        return '\\t'
      case '"':
        return '\\"'
      case '\\':
        return '\\\\'
      default:
        return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
    }
  })
  return `"${escaped}"`
}
