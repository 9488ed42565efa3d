/**
 * string_agg and array_agg: byte pieces in one growing buffer, each marked with its slot, joined at the end. States
 * cannot be copied cheaply, so these do not serve as running window aggregates.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { datumAt } from '../../types/vectors/vector-ops.js'
import { wideFloat64, wideInt32, wideUint8 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const COMMA = Uint8Array.of(0x2c)
const EMPTY = new Uint8Array(0)
/** The longest value PostgreSQL builds. */
const MAXIMUM_BYTES = 0x3fffffff

const utf8 = new TextEncoder()

/** string_agg of text or bytea: delimiters go between values; the first value's delimiter is dropped, as in PostgreSQL. */
export function createStringAggregate(type: SqlType): Accumulator {
  const pieces = new Pieces()
  return {
    grow: () => undefined,
    add(inputs, rows, slots, count) {
      const [values, delimiters] = inputs
      if (values?.lane !== 'bytes' || delimiters?.lane !== 'bytes') return
      for (let k = 0; k < count; k++) {
        const row = rows[k]!
        const delimiter =
          delimiters.nulls?.[row] === 1
            ? EMPTY
            : delimiters.data.subarray(delimiters.offsets[row]!, delimiters.offsets[row + 1]!)
        const { data, offsets } = values
        pieces.add(slots[k]!, delimiter, data.subarray(offsets[row]!, offsets[row + 1]!))
      }
    },
    copy: refuseCopy,
    finish: (slots) => pieces.finish(type, slots, false),
    get bytes() {
      return pieces.bytes
    },
  }
}

/** array_agg of values that are not arrays: PostgreSQL's text of the array, NULL elements included. */
export function createArrayAggregate(type: SqlType): Accumulator {
  const pieces = new Pieces()
  return {
    grow: () => undefined,
    add(inputs, rows, slots, count) {
      const values = inputs[0]!
      for (let k = 0; k < count; k++) {
        const element = utf8.encode(arrayElement(elementText(values, rows[k]!)))
        pieces.add(slots[k]!, COMMA, element)
      }
    },
    copy: refuseCopy,
    finish: (slots) => pieces.finish(type, slots, true),
    get bytes() {
      return pieces.bytes
    },
  }
}

function elementText(values: Vector, row: number): string | null {
  return datumAt(values, row)
}

/** One element of an array's text, quoted when it must be. */
export function arrayElement(text: string | null): string {
  if (text === null) return 'NULL'
  if (!NEEDS_QUOTES.test(text)) return text
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Only the six blanks of the C locale count, unlike in \s. */
const NEEDS_QUOTES = /^$|^null$|[ \t\n\v\f\r"\\{},]/i

function refuseCopy(): never {
  throw new EngineError(SQLSTATE.internalError, 'A text-building aggregate cannot run over frames')
}

/** Byte pieces by slot, in order of arrival. */
class Pieces {
  #data: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #used = 0
  #count = 0
  #slots: Int32Array<ArrayBuffer> = new Int32Array(0)
  /** Where a piece (its delimiter first) begins, and how long the delimiter is. */
  #starts: Float64Array<ArrayBuffer> = new Float64Array(0)
  #delimiters: Int32Array<ArrayBuffer> = new Int32Array(0)

  add(slot: number, delimiter: Uint8Array, value: Uint8Array): void {
    const piece = this.#count++
    this.#slots = wideInt32(this.#slots, piece + 1)
    this.#starts = wideFloat64(this.#starts, piece + 2)
    this.#delimiters = wideInt32(this.#delimiters, piece + 1)
    const end = this.#used + delimiter.length + value.length
    this.#data = wideUint8(this.#data, end)
    this.#data.set(delimiter, this.#used)
    this.#data.set(value, this.#used + delimiter.length)
    this.#slots[piece] = slot
    this.#delimiters[piece] = delimiter.length
    this.#starts[piece] = this.#used
    this.#starts[piece + 1] = end
    this.#used = end
  }

  finish(type: SqlType, slots: number, braces: boolean): Vector {
    const lengths = new Float64Array(slots)
    const seen = new Uint8Array(slots)
    for (let piece = 0; piece < this.#count; piece++) {
      const slot = this.#slots[piece]!
      const length = this.#starts[piece + 1]! - this.#starts[piece]!
      lengths[slot]! += seen[slot] === 0 ? length - this.#delimiters[piece]! : length
      seen[slot] = 1
    }
    const offsets = new Int32Array(slots + 1)
    const nulls = new Uint8Array(slots)
    let total = 0
    for (let slot = 0; slot < slots; slot++) {
      if (seen[slot] === 0) nulls[slot] = 1
      else total += lengths[slot]! + (braces ? 2 : 0)
      if (lengths[slot]! > MAXIMUM_BYTES || total > 0x7fffffff) throw tooLong()
      offsets[slot + 1] = total
    }
    const data = new Uint8Array(total)
    const at = offsets.slice(0, slots)
    const started = new Uint8Array(slots)
    for (let piece = 0; piece < this.#count; piece++) {
      const slot = this.#slots[piece]!
      let from = this.#starts[piece]!
      if (started[slot] === 0) {
        started[slot] = 1
        from += this.#delimiters[piece]!
        if (braces) data[at[slot]!++] = OPEN_BRACE
      }
      const bytes = this.#data.subarray(from, this.#starts[piece + 1])
      data.set(bytes, at[slot]!)
      at[slot]! += bytes.length
    }
    if (braces) {
      for (let slot = 0; slot < slots; slot++) if (seen[slot] === 1) data[at[slot]!] = CLOSE_BRACE
    }
    return { lane: 'bytes', type, length: slots, nulls, offsets, data }
  }

  get bytes(): number {
    return (
      this.#data.byteLength +
      this.#slots.byteLength +
      this.#starts.byteLength +
      this.#delimiters.byteLength
    )
  }
}

function tooLong(): EngineError {
  return new EngineError('54000', 'Result of an aggregate is longer than a value may be')
}

/** Array types whose elements array_agg prints: the text of an element is the same inside and outside of the array. */
export function isPrintableElement(type: SqlType): boolean {
  return type.oid !== OID.record && type.oid < 16384
}
