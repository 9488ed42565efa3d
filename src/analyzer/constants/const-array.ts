/** PostgreSQL's arrays as they lie in memory, printed as array literals. */
import type { PostgresFacts } from '../postgres-facts.js'
import { varlenaSize } from './const-varlena.js'

/** The in-memory array starts with a four-byte length that is stripped before we see it. */
const STRIPPED = 4
const MAXIMUM_ALIGNMENT = 8

/** Prints an array's content (varlena header gone); `print` gives the text of one element's bytes. */
export function arrayText(
  content: Uint8Array,
  facts: PostgresFacts,
  print: (bytes: Uint8Array, type: number) => string,
): string {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const dimensions = view.getInt32(0, true)
  const dataOffset = view.getInt32(4, true)
  const element = view.getUint32(8, true)
  if (dimensions === 0) return '{}'
  const sizes = Array.from({ length: dimensions }, (_, d) => view.getInt32(12 + d * 4, true))
  const bounds = Array.from({ length: dimensions }, (_, d) =>
    view.getInt32(12 + (dimensions + d) * 4, true),
  )
  const headerEnd = 12 + dimensions * 8
  const type = facts.type(element)
  let offset = dataOffset === 0 ? align(headerEnd + STRIPPED, MAXIMUM_ALIGNMENT) : dataOffset
  let index = 0
  const nextElement = (): string => {
    const bit = index++
    const isNull =
      dataOffset !== 0 && (((content[headerEnd + (bit >> 3)] ?? 0) >> (bit & 7)) & 1) === 0
    if (isNull) return 'NULL'
    // A short header needs no alignment; padding bytes are zero, a short header never is.
    const unaligned = type.length === -1 && content[offset - STRIPPED] !== 0
    if (!unaligned) offset = align(offset, type.alignment)
    const start = offset - STRIPPED
    const size = elementSize(content.subarray(start), type.length)
    offset += size
    return quoteElement(print(content.subarray(start, start + size), element), type.delimiter)
  }
  const nested = (dimension: number): string => {
    const items = Array.from({ length: sizes[dimension] ?? 0 }, () =>
      dimension === dimensions - 1 ? nextElement() : nested(dimension + 1),
    )
    return `{${items.join(type.delimiter)}}`
  }
  const body = nested(0)
  if (bounds.every((bound) => bound === 1)) return body
  const prefix = bounds.map((bound, d) => `[${bound}:${bound + (sizes[d] ?? 0) - 1}]`).join('')
  return `${prefix}=${body}`
}

function elementSize(bytes: Uint8Array, typeLength: number): number {
  if (typeLength > 0) return typeLength
  return typeLength === -1 ? varlenaSize(bytes) : bytes.indexOf(0) + 1
}

function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}

/** Quotes an element as array output does. */
function quoteElement(text: string, delimiter: string): string {
  const plain =
    text !== '' &&
    text.toUpperCase() !== 'NULL' &&
    !text.includes(delimiter) &&
    !/["\\{}\s]/.test(text)
  return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
