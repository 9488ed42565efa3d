/** Writes datums (PostgreSQL's text output) as BSON values in extended JSON, by the family they are compared in. */
import {
  timestampFromCanonical,
  daysFromCanonical,
} from '../../types/datetime/datetime-canonical.js'
import {
  formatDecimal,
  parseDecimal,
  powerOfTen,
  type Decimal,
} from '../../types/numbers/decimal.js'
import { parseUuidBytes } from '../../types/hex.js'
import type { Family } from './bson-kinds.js'
import type { Json } from './json.js'

/** 2000-01-01 in ms since 1970. */
export const EPOCH_MILLISECONDS = 946_684_800_000n
export const DAY_MILLISECONDS = 86_400_000n
const INT64_MAX = 2n ** 63n - 1n
/** Digits that a Decimal128 keeps. */
const DECIMAL_DIGITS = 34

export const NOT_A_NUMBER: Json = { $numberDouble: 'NaN' }

/** A whole number, as int where it fits. */
export function encodeInteger(value: bigint): Json {
  return value >= -0x80000000n && value <= 0x7fffffffn
    ? Number(value)
    : { $numberLong: value.toString() }
}

/** A double; whole ones too stay doubles. */
export function encodeDouble(value: number): Json {
  if (Number.isNaN(value)) return NOT_A_NUMBER
  if (!Number.isFinite(value)) return { $numberDouble: value > 0 ? 'Infinity' : '-Infinity' }
  if (Object.is(value, -0)) return { $numberDouble: '-0.0' }
  return Number.isInteger(value) ? { $numberDouble: `${value}.0` } : value
}

/** The greatest Decimal128 that is not above a value, and whether it is the value itself. */
export function decimalFloor(value: Decimal): { readonly value: Json; readonly isExact: boolean } {
  if (value.kind !== 'finite') {
    const text = { nan: 'NaN', infinity: 'Infinity', '-infinity': '-Infinity' }[value.kind]
    return { value: { $numberDecimal: text }, isExact: true }
  }
  const digits = value.coefficient.toString().replace('-', '').length
  if (digits <= DECIMAL_DIGITS) {
    return { value: { $numberDecimal: formatDecimal(value) }, isExact: true }
  }
  const excess = digits - DECIMAL_DIGITS
  const unit = powerOfTen(excess)
  let kept = value.coefficient / unit
  const isExact = kept * unit === value.coefficient
  if (!isExact && value.coefficient < 0n) kept -= 1n
  return { value: { $numberDecimal: `${kept}E${excess - value.scale}` }, isExact }
}

/** A point in time by its milliseconds since 1970. */
export function encodeDate(milliseconds: bigint): Json {
  return { $date: { $numberLong: milliseconds.toString() } }
}

/**
 * Milliseconds since 1970 of a timestamp, rounded down; `isExact` when no microseconds were lost. Infinities give
 * infinities.
 */
export function millisecondsOf(datum: string): {
  readonly value: bigint | 'infinity' | '-infinity'
  readonly isExact: boolean
} {
  const micros = timestampFromCanonical(datum)
  if (micros >= INT64_MAX) return { value: 'infinity', isExact: true }
  if (micros <= -INT64_MAX) return { value: '-infinity', isExact: true }
  const remainder = ((micros % 1000n) + 1000n) % 1000n
  return { value: (micros - remainder) / 1000n + EPOCH_MILLISECONDS, isExact: remainder === 0n }
}

/** Milliseconds since 1970 of a day's midnight in UTC. */
export function midnightOf(datum: string): bigint | 'infinity' | '-infinity' {
  if (datum === 'infinity' || datum === '-infinity') return datum
  return BigInt(daysFromCanonical(datum)) * DAY_MILLISECONDS + EPOCH_MILLISECONDS
}

/** A number from float8's text output. */
export function numberOf(datum: string): number {
  const lower = datum.toLowerCase()
  if (lower === 'infinity') return Infinity
  return lower === '-infinity' ? -Infinity : Number(datum)
}

/** A uuid as binary of subtype 4. */
export function encodeUuid(datum: string): Json {
  const base64 = Buffer.from(parseUuidBytes(datum)).toString('base64')
  return { $binary: { base64, subType: '04' } }
}

/** The value itself, where the family can hold it; undefined where not (an infinite date, microseconds). */
export function encodeValue(family: Family, datum: string): Json | undefined {
  switch (family) {
    case 'integer':
      return encodeInteger(BigInt(datum))
    case 'numeric': {
      const floor = decimalFloor(parseDecimal(datum))
      return floor.isExact ? floor.value : undefined
    }
    case 'float':
      return encodeDouble(numberOf(datum))
    case 'text':
      return datum
    case 'objectId':
      return /^[0-9a-f]{24}$/.test(datum) ? { $oid: datum } : undefined
    case 'boolean':
      return datum === 't' || datum === 'true'
    case 'timestamp': {
      const { value, isExact } = millisecondsOf(datum)
      return isExact && typeof value === 'bigint' ? encodeDate(value) : undefined
    }
    case 'date': {
      const midnight = midnightOf(datum)
      return typeof midnight === 'bigint' ? encodeDate(midnight) : undefined
    }
    case 'uuid':
      return encodeUuid(datum)
  }
}

/** A value where an aggregation expression stands: texts must not be taken for field paths. */
export function literal(value: Json): Json {
  return typeof value === 'string' && value.startsWith('$') ? { $literal: value } : value
}
