/**
 * Reads an answer's `data`: column types, where the chunks are, and the position of the rows that came along. The rows
 * themselves stay bytes.
 */
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  endOfString,
  endOfValue,
  expectByte,
  malformed,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
} from '../warehouse/json-scan.js'

export interface ResultColumn {
  readonly name: string
  /** fixed, real, text, boolean, date, time, timestamp_ntz, variant, ... */
  readonly type: string
  readonly precision: number | null
  readonly scale: number | null
  readonly nullable: boolean
}

export interface ResultChunk {
  readonly url: string
  readonly rowCount: number
}

export interface ResultHead {
  readonly columns: readonly ResultColumn[]
  /** Rows in all. */
  readonly total: number
  readonly chunks: readonly ResultChunk[]
  readonly chunkHeaders: Readonly<Record<string, string>>
  /** Between the brackets of the rows that came along. */
  readonly rows: { readonly start: number; readonly end: number }
}

/** Reads the head of an answer. */
export function readHead(bytes: Uint8Array): ResultHead {
  const data = new Map<string, unknown>()
  let rows = { start: 0, end: 0 }
  members(bytes, skipSpace(bytes, 0), (name, at) => {
    if (name !== 'data') return endOfValue(bytes, at)
    return members(bytes, at, (inner, innerAt) => {
      const end = endOfValue(bytes, innerAt)
      if (inner === 'rowset' && bytes[innerAt] === OPEN_BRACKET) {
        rows = { start: innerAt + 1, end: end - 1 }
      } else if (WANTED.has(inner)) {
        data.set(inner, JSON.parse(text(bytes, innerAt, end)))
      }
      return end
    })
  })
  const key = data.get('qrmk')
  const chunks = (data.get('chunks') ?? []) as readonly ResultChunk[]
  return {
    columns: (data.get('rowtype') ?? []) as readonly ResultColumn[],
    total: Number(data.get('total') ?? data.get('returned') ?? 0),
    chunks,
    chunkHeaders:
      (data.get('chunkHeaders') as Record<string, string> | null | undefined) ??
      (typeof key === 'string'
        ? {
            'x-amz-server-side-encryption-customer-algorithm': 'AES256',
            'x-amz-server-side-encryption-customer-key': key,
          }
        : {}),
    rows,
  }
}

const WANTED = new Set(['rowtype', 'total', 'returned', 'chunks', 'chunkHeaders', 'qrmk'])

/** Walks an object; `value` gets each member's name and the position of its value and returns the position behind it. */
function members(
  bytes: Uint8Array,
  start: number,
  value: (name: string, at: number) => number,
): number {
  let at = skipSpace(bytes, expectByte(bytes, start, OPEN_BRACE))
  while (bytes[at] !== CLOSE_BRACE) {
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1)
    if (bytes[at] !== QUOTE) throw malformed(bytes, at)
    const end = endOfString(bytes, at + 1)
    const name = text(bytes, at + 1, end)
    at = skipSpace(bytes, value(name, skipSpace(bytes, expectByte(bytes, end + 1, COLON))))
  }
  return at + 1
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
