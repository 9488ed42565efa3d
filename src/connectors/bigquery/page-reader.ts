/**
 * Reads one page of a result: `{"schema":...,"pageToken":...,"rows":[{"f":[{"v":"1"},{"v":null}]}]}`. Rows go from the bytes
 * straight into columns; nothing is made of a row or a cell but what the column keeps.
 */
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  endOfString,
  endOfValue,
  expectByte,
  LETTER_N,
  malformed,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
} from '../warehouse/json-scan.js'
import type { TextColumn } from '../warehouse/text-column.js'
import type { SchemaField } from './types.js'

/** What a page says besides its rows; known up to its rows until they are read. */
export class ResultPage {
  readonly #bytes: Uint8Array
  readonly #members = new Map<string, unknown>()
  /** Behind the opening bracket of the rows; 0: there are none (any more). */
  #rows = 0
  #firstRow = true
  #at: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#at = expectByte(bytes, 0, OPEN_BRACE)
    this.#readMembers()
  }

  /** The members before the rows; all of them once the rows are read. */
  member<T>(name: string): T | undefined {
    return this.#members.get(name) as T | undefined
  }

  get jobComplete(): boolean {
    return this.member('jobComplete') !== false
  }

  get schema(): readonly SchemaField[] {
    return this.member<{ fields?: readonly SchemaField[] }>('schema')?.fields ?? []
  }

  /** Reads up to `most` rows into columns and returns how many there were; 0 at the end of the page. */
  readRows(columns: readonly TextColumn[], most: number): number {
    if (this.#rows === 0) return 0
    const bytes = this.#bytes
    let at = this.#rows
    let count = 0
    while (count < most) {
      at = skipSpace(bytes, at)
      if (bytes[at] === CLOSE_BRACKET) {
        this.#at = at + 1
        this.#rows = 0
        this.#readMembers()
        return count
      }
      if (!this.#firstRow) at = expectByte(bytes, at, COMMA)
      this.#firstRow = false
      at = readRow(bytes, at, columns)
      count++
    }
    this.#rows = at
    return count
  }

  /** Reads members from where it stands up to the rows or the end. */
  #readMembers(): void {
    const bytes = this.#bytes
    for (;;) {
      let at = skipSpace(bytes, this.#at)
      if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1)
      if (bytes[at] === CLOSE_BRACE) return
      if (bytes[at] !== QUOTE) throw malformed(bytes, at)
      const end = endOfString(bytes, at + 1)
      const name = text(bytes, at + 1, end)
      at = skipSpace(bytes, expectByte(bytes, end + 1, COLON))
      if (name === 'rows' && bytes[at] === OPEN_BRACKET) {
        this.#rows = at + 1
        return
      }
      const valueEnd = endOfValue(bytes, at)
      this.#members.set(name, JSON.parse(text(bytes, at, valueEnd)))
      this.#at = valueEnd
    }
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

const LETTER_F = 102
const LETTER_V = 118

/** Expects `"f":` or `"v":`. */
function expectKey(bytes: Uint8Array, at: number, letter: number): number {
  const next = expectByte(bytes, at, QUOTE)
  if (bytes[next] !== letter || bytes[next + 1] !== QUOTE) throw malformed(bytes, next)
  return skipSpace(bytes, expectByte(bytes, next + 2, COLON))
}

function readRow(bytes: Uint8Array, start: number, columns: readonly TextColumn[]): number {
  let at = expectKey(bytes, expectByte(bytes, start, OPEN_BRACE), LETTER_F)
  at = expectByte(bytes, at, OPEN_BRACKET)
  for (let c = 0; c < columns.length; c++) {
    if (c > 0) at = expectByte(bytes, at, COMMA)
    at = expectKey(bytes, expectByte(bytes, at, OPEN_BRACE), LETTER_V)
    const first = bytes[at]
    if (first === QUOTE) {
      const end = endOfString(bytes, at + 1)
      columns[c]!.append(bytes, at + 1, end)
      at = end + 1
    } else {
      const end = endOfValue(bytes, at)
      if (first === LETTER_N) columns[c]!.appendNull()
      else columns[c]!.append(bytes, at, end)
      at = end
    }
    at = expectByte(bytes, at, CLOSE_BRACE)
  }
  at = expectByte(bytes, at, CLOSE_BRACKET)
  return expectByte(bytes, at, CLOSE_BRACE)
}
