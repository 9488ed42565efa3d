/**
 * Prints row packets as DataRow messages in text format, straight from the wire's bytes: no vector is built and no
 * value becomes an object on the common paths. What it prints equals, byte for byte, what reading the rows into vectors
 * and encoding those would.
 */
import type { ValueSettings } from '../../session/settings/value-settings.js'
import {
  writeAscii,
  writeBytes,
  writeCivilDate,
  writeFraction,
  writeHex,
  writeInt32,
  writeInteger,
  writePair,
  writeSmall,
} from '../../types/numbers/digit-output.js'
import { textAt } from '../../types/text-output.js'
import type { RelayChunk } from '../connector.js'
import { takeFrameBuffer } from '../frame-buffers.js'
import type { ReadOptions } from './batch-sink.js'
import type { ColumnReader } from './column-reader.js'
import { createColumnReader } from './column-readers.js'
import { FIELD, relayField } from './relay-field.js'
import { checkColumnCount } from './result-columns.js'
import type { PieceSink } from './running-read.js'
import { isDate, noSuchDate, type DateRules } from './temporal-readers.js'
import { lengthBytes, readLength, type WireColumn } from './wire-protocol.js'

const LETTER_D = 68
/** Type byte, length, number of columns. */
const HEADER_BYTES = 7
/** Most bytes that a field takes beyond those it took on the wire: its length, and a number's or date's text. */
const FIELD_BYTES = 36
/** The first rows leave early, later ones in large pieces. */
const FIRST_PIECE = 8_192
const LARGEST_PIECE = 262_144

const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57

export class FrameSink implements PieceSink {
  readonly row: (buffer: Buffer, start: number, end: number) => void
  readonly bytes: (count: number) => void
  readonly #options: ReadOptions
  readonly #settings: ValueSettings
  readonly #onChunk: (chunk: RelayChunk) => void
  #fields: Uint8Array = new Uint8Array(0)
  #rules: DateRules[] = []
  #slow: (ColumnReader | undefined)[] = []
  #discarding = false
  #pieceBytes = FIRST_PIECE
  #out = takeFrameBuffer(FIRST_PIECE)
  #at = 0
  #rows = 0

  constructor(options: ReadOptions, settings: ValueSettings, onChunk: (chunk: RelayChunk) => void) {
    this.#options = options
    this.#settings = settings
    this.#onChunk = onChunk
    this.bytes = (count) => options.onBytes?.(count)
    this.row = (buffer, start, end) => {
      if (this.#discarding) return
      const fields = this.#fields
      const width = fields.length
      // Hexadecimal digits are two to a byte.
      const most = HEADER_BYTES + width * FIELD_BYTES + 2 * (end - start)
      if (this.#at + most > this.#out.length) this.#makeRoom(most)
      this.#at = this.#print(buffer, start, most)
      this.#rows++
      if (this.#at >= this.#pieceBytes) this.flush()
    }
  }

  columns(wireColumns: readonly WireColumn[]): void {
    const { columns, zeroDates } = this.#options
    checkColumnCount(wireColumns, columns)
    this.#fields = Uint8Array.from(columns, (column, i) => relayField(column.type, wireColumns[i]!))
    this.#rules = columns.map(({ name }, i) => ({ name, zeroDate: zeroDates[i] ?? 'null' }))
    this.#slow = columns.map(({ type, name }, i) =>
      this.#fields[i] === FIELD.slow
        ? createColumnReader({
            ...{ type, name, wire: wireColumns[i]!, capacity: 1 },
            zeroDate: zeroDates[i] ?? 'null',
          })
        : undefined,
    )
  }

  discard(): void {
    this.#discarding = true
    this.#at = 0
    this.#rows = 0
  }

  flush(): void {
    const rows = this.#rows
    if (rows === 0) return
    const frames = this.#out.subarray(0, this.#at)
    this.#pieceBytes = Math.min(LARGEST_PIECE, this.#pieceBytes * 4)
    this.#out = takeFrameBuffer(this.#pieceBytes + 4096)
    this.#at = 0
    this.#rows = 0
    this.#onChunk({ frames, rows, ownsBuffer: true })
  }

  /** Makes room for `needed` bytes: in a new piece, or in a larger one when nothing can be handed over yet. */
  #makeRoom(needed: number): void {
    this.flush()
    if (needed > this.#out.length) this.#grow(0, needed)
  }

  #grow(used: number, needed: number): Uint8Array<ArrayBuffer> {
    const larger = takeFrameBuffer(Math.max(needed, this.#out.length * 2))
    larger.set(this.#out.subarray(0, used))
    this.#out = larger
    return larger
  }

  /** Prints one row, which takes `most` bytes but for slow values; returns the position behind it. */
  #print(buffer: Buffer, start: number, most: number): number {
    const fields = this.#fields
    const width = fields.length
    let out = this.#out
    let at = this.#at
    const rowStart = at
    out[at] = LETTER_D
    out[at + 5] = width >> 8
    out[at + 6] = width
    at += HEADER_BYTES
    // Behind the leading 0 comes a bitmap of NULLs whose first two bits are unused.
    const nulls = start + 1
    let offset = nulls + ((width + 9) >> 3)
    for (let c = 0; c < width; c++) {
      const from = at + 4
      at = from
      let isNull = (buffer[nulls + ((c + 2) >> 3)]! & (1 << ((c + 2) & 7))) !== 0
      if (!isNull) {
        switch (fields[c]) {
          case FIELD.int8:
            at = writeSigned(out, at, (buffer[offset]! << 24) >> 24)
            offset += 1
            break
          case FIELD.uint8:
            at = writeSmall(out, at, buffer[offset]!)
            offset += 1
            break
          case FIELD.int16:
            at = writeSigned(out, at, ((buffer[offset]! | (buffer[offset + 1]! << 8)) << 16) >> 16)
            offset += 2
            break
          case FIELD.uint16:
            at = writeSmall(out, at, buffer[offset]! | (buffer[offset + 1]! << 8))
            offset += 2
            break
          case FIELD.int32:
            at = writeSigned(out, at, readInt32(buffer, offset))
            offset += 4
            break
          case FIELD.uint32:
            at = writeInteger(out, at, readInt32(buffer, offset) >>> 0)
            offset += 4
            break
          case FIELD.int64:
            at = writeInt64(out, at, buffer, offset)
            offset += 8
            break
          case FIELD.bool:
            out[at++] = buffer[offset] === 0 ? 102 : 116
            offset += 1
            break
          case FIELD.boolWide: {
            const end = offset + 1 + buffer[offset]!
            out[at++] = isZero(buffer, offset + 1, end) ? 102 : 116
            offset = end
            break
          }
          case FIELD.decimal: {
            const end = offset + 1 + buffer[offset]!
            at = writeDecimalText(out, at, buffer, offset + 1, end)
            offset = end
            break
          }
          case FIELD.bytes:
          case FIELD.hex: {
            const first = buffer[offset]!
            const begin = offset + (first < 0xfb ? 1 : lengthBytes(first))
            const end = begin + (first < 0xfb ? first : readLength(buffer, offset))
            if (fields[c] === FIELD.bytes) at = writeBytes(out, at, buffer, begin, end)
            else at = writeHex(out, writeAscii(out, at, '\\x'), buffer, begin, end)
            offset = end
            break
          }
          case FIELD.date:
          case FIELD.timestamp:
            if (isDate(buffer, offset, this.#rules[c]!)) {
              at = writeDay(out, at, buffer, offset)
              if (fields[c] === FIELD.timestamp) at = writeClock(out, at, buffer, offset)
            } else {
              if (this.#rules[c]!.zeroDate === 'fail') throw noSuchDate(this.#rules[c]!)
              isNull = true
            }
            offset += 1 + buffer[offset]!
            break
          default: {
            const reader = this.#slow[c]!
            offset = reader.read(buffer, offset, 0)
            const vector = reader.take(1)
            isNull = vector.nulls?.[0] === 1
            if (!isNull) {
              const text = Buffer.from(textAt(vector, 0, this.#settings))
              if (at + text.length + most > out.length) {
                out = this.#grow(at, at + text.length + most)
              }
              at = writeBytes(out, at, text, 0, text.length)
            }
          }
        }
      }
      writeInt32(out, from - 4, isNull ? -1 : at - from)
    }
    writeInt32(out, rowStart + 1, at - rowStart - 1)
    return at
  }
}

function readInt32(buffer: Buffer, offset: number): number {
  return (
    buffer[offset]! |
    (buffer[offset + 1]! << 8) |
    (buffer[offset + 2]! << 16) |
    (buffer[offset + 3]! << 24)
  )
}

function writeInt64(out: Uint8Array, at: number, buffer: Buffer, offset: number): number {
  const high = readInt32(buffer, offset + 4)
  // Within 2^53 a double is exact.
  if (high >= -0x200000 && high < 0x200000) {
    return writeInteger(out, at, high * 0x100000000 + (readInt32(buffer, offset) >>> 0))
  }
  return writeAscii(out, at, buffer.readBigInt64LE(offset).toString())
}

/** Writes a 32-bit integer. */
function writeSigned(out: Uint8Array, at: number, value: number): number {
  return value >= 0 && value < 1_000_000_000
    ? writeSmall(out, at, value)
    : writeInteger(out, at, value)
}

function isZero(buffer: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buffer[i] !== 0) return false
  return true
}

/** Copies a decimal's digits. The server may pad them with zeros in front, leave out a lone one, and knows -0. */
function writeDecimalText(
  out: Uint8Array,
  at: number,
  buffer: Buffer,
  start: number,
  end: number,
): number {
  let from = start
  if (buffer[from] === MINUS) {
    from++
    if (!isZeroDecimal(buffer, from, end)) out[at++] = MINUS
  }
  while (buffer[from] === ZERO && from + 1 < end && isDigit(buffer[from + 1]!)) from++
  if (buffer[from] === POINT) out[at++] = ZERO
  return writeBytes(out, at, buffer, from, end)
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}

function isZeroDecimal(buffer: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buffer[i] !== ZERO && buffer[i] !== POINT) return false
  return true
}

/** Prints the day of a DATE or DATETIME. */
function writeDay(out: Uint8Array, at: number, buffer: Buffer, offset: number): number {
  const year = buffer[offset + 1]! | (buffer[offset + 2]! << 8)
  return writeCivilDate(out, at, year, buffer[offset + 3]!, buffer[offset + 4]!)
}

/** Prints the time of a DATETIME, by how much of it was sent. */
function writeClock(out: Uint8Array, at: number, buffer: Buffer, offset: number): number {
  const length = buffer[offset]!
  if (length < 7) return writeAscii(out, at, ' 00:00:00')
  out[at] = 32
  writePair(out, at + 1, buffer[offset + 5]!)
  out[at + 3] = 58
  writePair(out, at + 4, buffer[offset + 6]!)
  out[at + 6] = 58
  writePair(out, at + 7, buffer[offset + 7]!)
  return length < 11 ? at + 9 : writeFraction(out, at + 9, readInt32(buffer, offset + 8))
}
