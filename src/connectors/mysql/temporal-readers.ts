/** Readers of DATE, DATETIME, TIMESTAMP and TIME. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { OID } from '../../types/sql-type.js'
import type { Int32Vector, Int64Vector, IntervalVector } from '../../types/vectors/vector.js'
import type { ColumnReader, ReaderOptions } from './column-reader.js'
import { NullMask } from './null-mask.js'

const DAY_MICROSECONDS = 86_400_000_000

/** Days since 2000-01-01 of a Gregorian date. */
export function daysOf(year: number, month: number, day: number): number {
  // Months counted from March, so that the leap day comes last.
  const y = month > 2 ? year : year - 1
  const m = month > 2 ? month - 3 : month + 9
  return (
    365 * y +
    Math.floor(y / 4) -
    Math.floor(y / 100) +
    Math.floor(y / 400) +
    Math.floor((153 * m + 2) / 5) +
    day -
    1 -
    730_425
  )
}

function lastDay(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** What counts as a date in a column. */
export type DateRules = Pick<ReaderOptions, 'name' | 'zeroDate'>

/**
 * Tells whether a DATE or DATETIME is a date: the zero date and dates without month or day are none. Other dates that do
 * not exist (31 February, the year 0) are errors: the server compares them as if they did.
 */
export function isDate(buffer: Buffer, offset: number, rules: DateRules): boolean {
  if (buffer[offset] === 0) return false
  const month = buffer[offset + 3]!
  const day = buffer[offset + 4]!
  if (month === 0 || day === 0) return false
  const year = buffer[offset + 1]! | (buffer[offset + 2]! << 8)
  if (year === 0 || (day > 28 && day > lastDay(year, month))) throw noSuchDate(rules)
  return true
}

/** The day of a DATE or DATETIME; NaN for what is no date. */
function readDays(buffer: Buffer, offset: number, options: ReaderOptions): number {
  if (!isDate(buffer, offset, options)) return NaN
  const year = buffer[offset + 1]! | (buffer[offset + 2]! << 8)
  return daysOf(year, buffer[offset + 3]!, buffer[offset + 4]!)
}

/** Microseconds of the time part of a DATETIME value, by how much of it was sent. */
function readClock(buffer: Buffer, offset: number): number {
  const length = buffer[offset]!
  if (length < 7) return 0
  const seconds = buffer[offset + 5]! * 3600 + buffer[offset + 6]! * 60 + buffer[offset + 7]!
  return seconds * 1_000_000 + (length >= 11 ? buffer.readUInt32LE(offset + 8) : 0)
}

/** The error for a date that does not exist. */
export function noSuchDate(options: DateRules): EngineError {
  return new EngineError(
    SQLSTATE.datetimeOverflow,
    `Column "${options.name}" holds a date that does not exist`,
    { hint: 'Dates such as 0000-00-00 are read as NULL unless the column says zero_date: fail' },
  )
}

/** DATE (and the day of a DATETIME). */
export class DateReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  #values: Int32Array<ArrayBuffer>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#values = new Int32Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const days = readDays(buffer, offset, this.#options)
    if (Number.isNaN(days)) {
      if (this.#options.zeroDate === 'fail') throw noSuchDate(this.#options)
      this.readNull(row)
    } else {
      this.#values[row] = days
    }
    return offset + 1 + buffer[offset]!
  }

  readNull(row: number): void {
    this.#nulls.set(row)
  }

  take(rows: number): Int32Vector {
    const values = this.#values.subarray(0, rows)
    this.#values = new Int32Array(this.#options.capacity)
    return {
      lane: 'int32',
      type: this.#options.type,
      length: rows,
      values,
      nulls: this.#nulls.take(rows),
    }
  }
}

/** DATETIME, and TIMESTAMP, which arrives in UTC because the session's zone is. */
export class TimestampReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  #values: Float64Array<ArrayBuffer>
  /** Rows come in runs of one day: its bytes and microseconds. */
  #dayKey = -1
  #day = 0
  /** Only dates before 1715 and after 2285 leave the range in which doubles are exact. */
  #exact: BigInt64Array<ArrayBuffer> | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#values = new Float64Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const length = buffer[offset]!
    let days = NaN
    if (length > 0) {
      const key =
        buffer[offset + 1]! |
        (buffer[offset + 2]! << 8) |
        (buffer[offset + 3]! << 16) |
        (buffer[offset + 4]! << 24)
      if (key === this.#dayKey) {
        days = this.#day
      } else {
        days = readDays(buffer, offset, this.#options)
        this.#dayKey = key
        this.#day = days
      }
    }
    if (Number.isNaN(days)) {
      if (this.#options.zeroDate === 'fail') throw noSuchDate(this.#options)
      this.readNull(row)
      return offset + 1 + length
    }
    const clock = readClock(buffer, offset)
    const value = days * DAY_MICROSECONDS + clock
    this.#values[row] = value
    if (this.#exact || !Number.isSafeInteger(value)) {
      this.#exactValues(row)[row] = BigInt(days) * BigInt(DAY_MICROSECONDS) + BigInt(clock)
    }
    return offset + 1 + length
  }

  readNull(row: number): void {
    this.#nulls.set(row)
    this.#values[row] = 0
    if (this.#exact) this.#exact[row] = 0n
  }

  #exactValues(row: number): BigInt64Array {
    if (this.#exact) return this.#exact
    this.#exact = new BigInt64Array(this.#options.capacity)
    for (let i = 0; i < row; i++) this.#exact[i] = BigInt(this.#values[i]!)
    return this.#exact
  }

  take(rows: number): Int64Vector {
    const values = this.#values.subarray(0, rows)
    const exact = this.#exact?.subarray(0, rows)
    this.#values = new Float64Array(this.#options.capacity)
    this.#exact = undefined
    return {
      lane: 'int64',
      type: this.#options.type,
      length: rows,
      values,
      ...(exact ? { exact } : {}),
      nulls: this.#nulls.take(rows),
    }
  }
}

/** TIME as time of day or as interval: MySQL's TIME runs from -838:59:59 to 838:59:59. */
export class TimeReader implements ColumnReader {
  readonly #options: ReaderOptions
  readonly #nulls: NullMask
  #values: Float64Array<ArrayBuffer>

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#nulls = new NullMask(options.capacity)
    this.#values = new Float64Array(options.capacity)
  }

  read(buffer: Buffer, offset: number, row: number): number {
    const length = buffer[offset]!
    let value = 0
    if (length >= 8) {
      const hours = buffer.readUInt32LE(offset + 2) * 24 + buffer[offset + 6]!
      const seconds = hours * 3600 + buffer[offset + 7]! * 60 + buffer[offset + 8]!
      value = seconds * 1_000_000 + (length >= 12 ? buffer.readUInt32LE(offset + 9) : 0)
      if (buffer[offset + 1] === 1) value = -value
    }
    if (this.#options.type.oid === OID.time && (value < 0 || value > DAY_MICROSECONDS)) {
      throw new EngineError(
        SQLSTATE.datetimeOverflow,
        `Column "${this.#options.name}" holds a TIME that is not a time of day`,
        { hint: 'Declare the column as interval in the source file' },
      )
    }
    this.#values[row] = value
    return offset + 1 + length
  }

  readNull(row: number): void {
    this.#nulls.set(row)
  }

  take(rows: number): Int64Vector | IntervalVector {
    const { type, capacity } = this.#options
    const values = this.#values.subarray(0, rows)
    this.#values = new Float64Array(capacity)
    const base = { type, length: rows, nulls: this.#nulls.take(rows) }
    if (type.oid === OID.time) return { lane: 'int64', ...base, values }
    return {
      lane: 'interval',
      ...base,
      months: new Int32Array(rows),
      days: new Int32Array(rows),
      micros: values,
    }
  }
}
