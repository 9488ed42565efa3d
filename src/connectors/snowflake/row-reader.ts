/** Reads rows, `["1",null,"x"],["2",...]`, from bytes straight into columns: those of an answer or of a chunk. */
import {
  CLOSE_BRACKET,
  COMMA,
  endOfString,
  endOfValue,
  expectByte,
  LETTER_N,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
} from '../warehouse/json-scan.js'
import type { TextColumn } from '../warehouse/text-column.js'

export class RowReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  #first = true

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Reads up to `most` rows and returns how many there were; 0 at the end. */
  read(columns: readonly TextColumn[], most: number): number {
    const bytes = this.#bytes
    let at = this.#at
    let count = 0
    while (count < most) {
      at = skipSpace(bytes, at)
      if (at >= this.#end) break
      if (!this.#first) at = expectByte(bytes, at, COMMA)
      this.#first = false
      at = readRow(bytes, at, columns)
      count++
    }
    this.#at = at
    return count
  }
}

function readRow(bytes: Uint8Array, start: number, columns: readonly TextColumn[]): number {
  let at = expectByte(bytes, start, OPEN_BRACKET)
  for (let c = 0; c < columns.length; c++) {
    if (c > 0) at = expectByte(bytes, at, COMMA)
    at = skipSpace(bytes, at)
    if (bytes[at] === QUOTE) {
      const end = endOfString(bytes, at + 1)
      columns[c]!.append(bytes, at + 1, end)
      at = end + 1
    } else {
      const end = endOfValue(bytes, at)
      if (bytes[at] === LETTER_N) columns[c]!.appendNull()
      else columns[c]!.append(bytes, at, end)
      at = end
    }
  }
  return expectByte(bytes, at, CLOSE_BRACKET)
}
