/** Column writers of the text format. */
import { enumOf, type KnownEnum } from '../types/enum-types.js'
import type { ValueSettings } from '../session/settings/value-settings.js'
import { parseDateStyle } from '../types/datetime/date-style.js'
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
} from '../types/datetime/datetime.js'
import { float4Text, float8Text } from '../types/numbers/float-output.js'
import { isOpaqueStyled } from '../types/opaque-output.js'
import { OID, type SqlType } from '../types/sql-type.js'
import { textAt } from '../types/text-output.js'
import { offsetText } from '../types/datetime/datetime-output.js'
import { zoneNamed, type TimeZone } from '../types/datetime/time-zone.js'
import { laneOf } from '../types/type-registry.js'
import type {
  BoolVector,
  BytesVector,
  Float64Vector,
  Int32Vector,
  Int64Vector,
  NumericVector,
  Vector,
} from '../types/vectors/vector.js'
import { ColumnWriter, RenderedWriter } from './encode-column.js'
import {
  writeAscii,
  writeBytes,
  writeDate,
  writeDecimal,
  writeHex,
  writeInteger,
  writeTime,
} from '../types/numbers/digit-output.js'

/** Days of 0001-01-01 and 10000-01-01: between them a year has four digits and no era. */
const FIRST_PLAIN_DAY = -730_119
const END_OF_PLAIN_DAYS = 2_921_940

/** Makes the writer of a column in text format. */
export function createTextWriter(type: SqlType, settings: ValueSettings): ColumnWriter {
  const rendered = new RenderedWriter((vector, row) => textAt(vector, row, settings))
  const isIso = parseDateStyle(settings.dateStyle).output === 'iso'
  switch (laneOf(type)) {
    case 'bool':
      return new BoolTextWriter()
    case 'int32':
      if (enumOf(type.oid) !== undefined) return new EnumWriter(enumOf(type.oid)!)
      if (type.oid !== OID.date) return new Int32TextWriter()
      return isIso ? new DateTextWriter(settings) : rendered
    case 'int64':
      if (type.oid === OID.time) return new TimeTextWriter()
      if (type.oid === OID.timestamp) {
        return isIso ? new TimestampTextWriter(settings, undefined, rendered) : rendered
      }
      if (type.oid === OID.timestamptz) {
        const zone = zoneNamed(settings.timeZone)
        return isIso ? new TimestampTextWriter(settings, zone, rendered) : rendered
      }
      return new Int64TextWriter(rendered)
    case 'float64':
      return new FloatTextWriter(type, settings)
    case 'numeric':
      return new NumericTextWriter(rendered)
    case 'bytes':
      if (type.oid === OID.bytea || type.oid === OID.uuid) {
        return type.oid === OID.uuid
          ? new UuidTextWriter()
          : settings.byteaOutput === 'hex'
            ? new ByteaTextWriter()
            : rendered
      }
      return isOpaqueStyled(type.oid, settings) ? rendered : new CopyWriter()
    case 'interval':
      return rendered
  }
}

class BoolTextWriter extends ColumnWriter {
  #values: Uint8Array = new Uint8Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as BoolVector).values
    return rows
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    buffer[at] = this.#values[row] === 0 ? 102 : 116
    return at + 1
  }
}

class Int32TextWriter extends ColumnWriter {
  #values: Int32Array = new Int32Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Int32Vector).values
    return rows * 11
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    return writeInteger(buffer, at, this.#values[row]!)
  }
}

/** Writes labels: text and binary alike. */
export class EnumWriter extends ColumnWriter {
  readonly #labels: readonly Uint8Array[]
  readonly #longest: number
  #values: Int32Array = new Int32Array(0)

  constructor({ bytes }: KnownEnum) {
    super()
    this.#labels = bytes
    this.#longest = Math.max(0, ...bytes.map((label) => label.length))
  }

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Int32Vector).values
    return rows * this.#longest
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    const label = this.#labels[this.#values[row]!]!
    return writeBytes(buffer, at, label, 0, label.length)
  }
}

class DateTextWriter extends ColumnWriter {
  readonly #settings: ValueSettings
  #vector: Int32Vector | undefined
  #values: Int32Array = new Int32Array(0)

  constructor(settings: ValueSettings) {
    super()
    this.#settings = settings
  }

  override begin(vector: Vector, rows: number): number {
    this.#vector = vector as Int32Vector
    this.#values = this.#vector.values
    return rows * 24
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    const days = this.#values[row]!
    if (days >= FIRST_PLAIN_DAY && days < END_OF_PLAIN_DAYS) return writeDate(buffer, at, days)
    if (days === DATE_INFINITY) return writeAscii(buffer, at, 'infinity')
    if (days === DATE_MINUS_INFINITY) return writeAscii(buffer, at, '-infinity')
    return writeAscii(buffer, at, textAt(this.#vector!, row, this.#settings))
  }
}

class TimeTextWriter extends ColumnWriter {
  #values: Float64Array = new Float64Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Int64Vector).values
    return rows * 15
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    return writeTime(buffer, at, this.#values[row]!)
  }
}

class TimestampTextWriter extends ColumnWriter {
  readonly #settings: ValueSettings
  readonly #zone: TimeZone | undefined
  readonly #rendered: ColumnWriter
  #vector: Int64Vector | undefined
  #values: Float64Array = new Float64Array(0)
  #offset = 0
  #offsetText = '+00'

  constructor(settings: ValueSettings, zone: TimeZone | undefined, rendered: ColumnWriter) {
    super()
    this.#settings = settings
    this.#zone = zone
    this.#rendered = rendered
  }

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    this.#vector = vector as Int64Vector
    if (this.#vector.exact !== undefined) {
      return this.#rendered.begin(vector, rows, selection)
    }
    this.#values = this.#vector.values
    return rows * 48
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    if (this.#vector!.exact !== undefined) return this.#rendered.write(buffer, at, row)
    let micros = this.#values[row]!
    if (this.#zone !== undefined) {
      const offset = this.#zone.offsetAt(micros)
      if (offset !== this.#offset) {
        this.#offset = offset
        this.#offsetText = offsetText(offset)
      }
      micros += offset * MICROS_PER_SECOND
    }
    let days = Math.floor(micros / MICROS_PER_DAY)
    let time = micros - days * MICROS_PER_DAY
    if (time < 0) {
      days--
      time += MICROS_PER_DAY
    }
    if (days < FIRST_PLAIN_DAY || days >= END_OF_PLAIN_DAYS) {
      return writeAscii(buffer, at, textAt(this.#vector!, row, this.#settings))
    }
    at = writeDate(buffer, at, days)
    buffer[at++] = 32
    at = writeTime(buffer, at, time)
    return this.#zone === undefined ? at : writeAscii(buffer, at, this.#offsetText)
  }
}

class Int64TextWriter extends ColumnWriter {
  readonly #rendered: ColumnWriter
  #values: Float64Array = new Float64Array(0)
  #isExact = false

  constructor(rendered: ColumnWriter) {
    super()
    this.#rendered = rendered
  }

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { values, exact } = vector as Int64Vector
    this.#values = values
    this.#isExact = exact !== undefined
    return this.#isExact ? this.#rendered.begin(vector, rows, selection) : rows * 20
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    if (this.#isExact) return this.#rendered.write(buffer, at, row)
    return writeInteger(buffer, at, this.#values[row]!)
  }
}

class NumericTextWriter extends ColumnWriter {
  readonly #rendered: ColumnWriter
  #unscaled: Float64Array = new Float64Array(0)
  #scale = 0
  #power = 1
  #isSlow = false

  constructor(rendered: ColumnWriter) {
    super()
    this.#rendered = rendered
  }

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { unscaled, scale, exact } = vector as NumericVector
    this.#unscaled = unscaled
    this.#scale = scale
    this.#power = 10 ** scale
    // Beyond 15 decimals the power is not a small exact double any more.
    this.#isSlow = exact !== undefined || scale > 15
    return this.#isSlow ? this.#rendered.begin(vector, rows, selection) : rows * 22
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    if (this.#isSlow) return this.#rendered.write(buffer, at, row)
    return writeDecimal(buffer, at, this.#unscaled[row]!, this.#scale, this.#power)
  }
}

class FloatTextWriter extends ColumnWriter {
  readonly #isSingle: boolean
  readonly #extraDigits: number
  #values: Float64Array = new Float64Array(0)

  constructor(type: SqlType, settings: ValueSettings) {
    super()
    this.#isSingle = type.oid === OID.float4
    this.#extraDigits = settings.extraFloatDigits
  }

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Float64Vector).values
    return rows * 32
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    const value = this.#values[row]!
    if (this.#isSingle) return writeAscii(buffer, at, float4Text(value, this.#extraDigits))
    if (this.#extraDigits > 0) {
      // A decimal of at most 15 digits that reads back as the value is its only shortest form.
      const cents = Math.round(value * 100)
      const size = Math.abs(cents)
      if (cents / 100 === value && size < 1e14 && size > 0) {
        return writeCents(buffer, at, cents)
      }
    }
    return writeAscii(buffer, at, float8Text(value, this.#extraDigits))
  }
}

/** Writes hundredths with only as many decimals as needed. */
function writeCents(buffer: Uint8Array, at: number, cents: number): number {
  if (cents % 100 === 0) return writeInteger(buffer, at, cents / 100)
  if (cents % 10 === 0) return writeDecimal(buffer, at, cents / 10, 1, 10)
  return writeDecimal(buffer, at, cents, 2, 100)
}

/** Copies stored bytes: text in both formats, and other types whose stored form is the wire's. */
export class CopyWriter extends ColumnWriter {
  #offsets: Int32Array = new Int32Array(0)
  #data: Uint8Array = new Uint8Array(0)

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { offsets, data } = vector as BytesVector
    this.#offsets = offsets
    this.#data = data
    return sizeOfRows(offsets, rows, selection)
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    return writeBytes(buffer, at, this.#data, this.#offsets[row]!, this.#offsets[row + 1]!)
  }
}

/** Adds up the bytes of the rows to be written. */
export function sizeOfRows(
  offsets: Int32Array,
  rows: number,
  selection: Int32Array | undefined,
): number {
  if (selection === undefined) return offsets[rows]! - offsets[0]!
  let size = 0
  for (let i = 0; i < rows; i++) {
    const row = selection[i]!
    size += offsets[row + 1]! - offsets[row]!
  }
  return size
}

class UuidTextWriter extends ColumnWriter {
  #offsets: Int32Array = new Int32Array(0)
  #data: Uint8Array = new Uint8Array(0)

  override begin(vector: Vector, rows: number): number {
    const { offsets, data } = vector as BytesVector
    this.#offsets = offsets
    this.#data = data
    return rows * 36
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    const data = this.#data
    const start = this.#offsets[row]!
    at = writeHex(buffer, at, data, start, start + 4)
    buffer[at++] = 45
    at = writeHex(buffer, at, data, start + 4, start + 6)
    buffer[at++] = 45
    at = writeHex(buffer, at, data, start + 6, start + 8)
    buffer[at++] = 45
    at = writeHex(buffer, at, data, start + 8, start + 10)
    buffer[at++] = 45
    return writeHex(buffer, at, data, start + 10, start + 16)
  }
}

class ByteaTextWriter extends ColumnWriter {
  #offsets: Int32Array = new Int32Array(0)
  #data: Uint8Array = new Uint8Array(0)

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { offsets, data } = vector as BytesVector
    this.#offsets = offsets
    this.#data = data
    return sizeOfRows(offsets, rows, selection) * 2 + rows * 2
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    buffer[at++] = 92
    buffer[at++] = 120
    return writeHex(buffer, at, this.#data, this.#offsets[row]!, this.#offsets[row + 1]!)
  }
}
