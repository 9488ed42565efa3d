/** Reads one field of the documents of a result into a column, and says what happens to values of a wrong type. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { formatArray } from '../../types/array-text.js'
import { digitCount, powerOfTen, type Decimal } from '../../types/numbers/decimal.js'
import { jsonbInput } from '../../types/json-input.js'
import type { NumericBuilder } from '../../types/vectors/numeric-builder.js'
import { OID, sqlType, type SqlType } from '../../types/sql-type.js'
import { canonicalTextAt } from '../../types/text-output.js'
import { formatTypeName, numericTypmod, typeInfo } from '../../types/type-registry.js'
import { createVectorBuilder, type VectorBuilder } from '../../types/vectors/vector-builder.js'
import type { Vector } from '../../types/vectors/vector.js'
import { CODE, decimalAt, eachElement, smallDecimalAt, type Bytes } from './bson-bytes.js'
import { KIND_OF_CODE, type BsonKind } from './bson-kinds.js'
import { jsonOf, textOf } from './bson-to-json.js'
import type { Reading } from './scope.js'

/** Appends a value to the column; false: it is not one of the column's type. */
type Append = (code: number, bytes: Bytes, at: number) => boolean

/** A field, read row by row. */
export interface FieldReader {
  read(code: number, bytes: Bytes, at: number): void
  readNull(): void
  take(): Vector
}

/** Makes the reader of a column. */
export function createFieldReader(
  type: SqlType,
  reading: Reading,
  source: string,
  capacity: number,
): FieldReader {
  const builder = createVectorBuilder(type, capacity)
  const append = appender(type, builder, reading.kinds, reading.scale)
  const accepted = acceptedCodes(reading.kinds)
  return {
    read(code, bytes, at) {
      if (accepted[code] === 1 && append(code, bytes, at)) return
      if (code === CODE.null || code === CODE.undefined) builder.appendNull()
      else stray(code, bytes, at)
    },
    readNull: () => builder.appendNull(),
    take: () => builder.finish(),
  }

  function stray(code: number, bytes: Bytes, at: number): void {
    const isText = type.oid === OID.text || type.oid === OID.varchar
    if (reading.onTypeError === 'null') builder.appendNull()
    else if (reading.onTypeError === 'json' && isText) builder.appendDatum(textOf(code, bytes, at))
    else throw wrongType(source, reading.label, KIND_OF_CODE[code] ?? 'unknown', type)
  }
}

/** The error of a value that does not fit its column. */
export function wrongType(
  source: string,
  label: string,
  kind: BsonKind,
  type?: SqlType,
): EngineError {
  const expected = type === undefined ? 'its column type' : formatTypeName(type)
  return new EngineError(
    SQLSTATE.sourceTypeMismatch,
    `Field ${label} of source "${source}" holds a value of type ${kind} that does not fit ${expected}`,
    {
      ...{ source, category: 'source' },
      hint: 'Run discover to see what the field holds, then change the type of the column, or give it on_type_error: null',
    },
  )
}

function acceptedCodes(kinds: readonly BsonKind[] | undefined): Uint8Array {
  const codes = new Uint8Array(256)
  for (const [code, kind] of Object.entries(KIND_OF_CODE)) {
    const isNull = kind === 'null' || kind === 'undefined'
    if (!isNull && (kinds === undefined || kinds.includes(kind))) codes[Number(code)] = 1
  }
  return codes
}

const MILLISECONDS = 946_684_800_000
const DAY = 86_400_000
/** What PostgreSQL's timestamps reach, in µs since 2000. */
const LEAST_TIMESTAMP = -211_813_488_000_000_000n
const TIMESTAMP_END = 9_223_371_331_200_000_000n

function appender(
  type: SqlType,
  builder: VectorBuilder,
  kinds: readonly BsonKind[] | undefined,
  scale?: number,
): Append {
  switch (type.oid) {
    case OID.bool:
      return (_code, { data }, at) => {
        builder.appendNumber(data[at]!)
        return true
      }
    case OID.int2:
    case OID.int4:
      return integerAppender(builder, type.oid === OID.int2 ? 0x7fff : 0x7fffffff)
    case OID.int8:
      return longAppender(builder)
    case OID.float4:
    case OID.float8:
      return floatAppender(builder, type.oid === OID.float4)
    case OID.numeric:
      return numericAppender(builder as NumericBuilder, shapeOf(type, scale))
    case OID.timestamp:
    case OID.timestamptz:
      return timestampAppender(builder)
    case OID.date:
      return (_code, { view }, at) => {
        const days = Math.floor(numberAt(view, at) / DAY) - MILLISECONDS / DAY
        if (days < -2_451_545 || days > 2_145_031_948) return false
        builder.appendNumber(days)
        return true
      }
    case OID.text:
    case OID.varchar:
      return textAppender(builder)
    case OID.bytea:
      return (_code, { data, view }, at) => {
        // The old subtype 2 repeats its length.
        const start = at + (data[at + 4] === 2 ? 9 : 5)
        builder.appendUtf8(data, start, at + 5 + view.getInt32(at, true))
        return true
      }
    case OID.uuid:
      return (_code, { data, view }, at) => {
        if (view.getInt32(at, true) !== 16 || data[at + 4] !== 4) return false
        builder.appendUtf8(data, at + 5, at + 21)
        return true
      }
    case OID.json:
    case OID.jsonb:
      return (code, bytes, at) => {
        builder.appendDatum(jsonbInput(jsonOf(code, bytes, at)))
        return true
      }
    default:
      return arrayAppender(type, builder, kinds)
  }
}

/** An int64 as a double; exact within 2^53. */
function numberAt(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 0x100000000 + view.getUint32(at, true)
}

/** The whole number that a value of any numeric kind is; NaN where it is none. */
function wholeNumberAt(code: number, bytes: Bytes, at: number): number {
  const { view } = bytes
  if (code === CODE.int) return view.getInt32(at, true)
  if (code === CODE.long) return numberAt(view, at)
  if (code === CODE.double) {
    const value = view.getFloat64(at, true)
    return Number.isSafeInteger(value) ? value : NaN
  }
  const value = decimalAt(bytes, at)
  const unit = powerOfTen(value.scale)
  const isWhole = value.kind === 'finite' && value.coefficient % unit === 0n
  const whole = isWhole ? Number(value.coefficient / unit) : NaN
  return Number.isSafeInteger(whole) ? whole : NaN
}

function integerAppender(builder: VectorBuilder, greatest: number): Append {
  return (code, bytes, at) => {
    const value = wholeNumberAt(code, bytes, at)
    if (!(value <= greatest && value >= -greatest - 1)) return false
    builder.appendNumber(value)
    return true
  }
}

function longAppender(builder: VectorBuilder): Append {
  return (code, bytes, at) => {
    const value = wholeNumberAt(code, bytes, at)
    if (Number.isSafeInteger(value)) builder.appendNumber(value)
    else if (code === CODE.long) builder.appendBigInt(bytes.view.getBigInt64(at, true))
    else return false
    return true
  }
}

function floatAppender(builder: VectorBuilder, isSingle: boolean): Append {
  return (code, bytes, at) => {
    const value =
      code === CODE.double
        ? bytes.view.getFloat64(at, true)
        : code === CODE.decimal
          ? Number(jsonOf(code, bytes, at).replaceAll('"', ''))
          : wholeNumberAt(code, bytes, at)
    builder.appendNumber(isSingle ? Math.fround(value) : value)
    return true
  }
}

interface Shape {
  readonly precision: number
  readonly scale: number
}

function shapeOf({ typmod }: SqlType, scale: number | undefined): Shape | undefined {
  if (scale !== undefined) return { precision: 1000, scale }
  return typmod >= 4 ? numericTypmod(typmod) : undefined
}

function numericAppender(builder: NumericBuilder, shape: Shape | undefined): Append {
  const whole = shape === undefined ? Infinity : shape.precision - shape.scale
  const limit = shape === undefined || whole > 15 ? Infinity : 10 ** whole
  const scale = shape?.scale ?? 0
  const factor = 10 ** Math.max(0, scale)
  // Unscaled values that surely have no more digits than the type; 2^53 when it does not say.
  const within = shape === undefined ? Number.MAX_SAFE_INTEGER : 10 ** Math.min(15, shape.precision)
  // Without a scale in the type, the next value probably has that of the one before.
  let usualScale = Math.max(0, scale)
  return (code, bytes, at) => {
    if (code === CODE.int || code === CODE.long) {
      const value = wholeNumberAt(code, bytes, at)
      if (Math.abs(value) * factor <= Number.MAX_SAFE_INTEGER && scale >= 0) {
        if (Math.abs(value) >= limit) return false
        builder.appendDecimal(value * factor, scale)
        return true
      }
    }
    if (code === CODE.decimal) {
      const small = smallDecimalAt(bytes, at, usualScale)
      if (small < within && small > -within) {
        builder.appendDecimal(small, usualScale)
        return true
      }
    }
    const value = numericAt(code, bytes, at)
    if (shape === undefined && value.scale < 16) usualScale = value.scale
    const fitted = shape === undefined ? value : fitTo(value, shape.precision, shape.scale)
    if (fitted === undefined) return false
    builder.appendExact(fitted)
    return true
  }
}

function numericAt(code: number, bytes: Bytes, at: number): Decimal {
  if (code === CODE.decimal) return decimalAt(bytes, at)
  if (code === CODE.double) return decimalOfDouble(bytes.view.getFloat64(at, true))
  const coefficient =
    code === CODE.long ? bytes.view.getBigInt64(at, true) : BigInt(bytes.view.getInt32(at, true))
  return { kind: 'finite', coefficient, scale: 0 }
}

/** The shortest digits that name a double. */
function decimalOfDouble(value: number): Decimal {
  if (Number.isNaN(value)) return { kind: 'nan', coefficient: 0n, scale: 0 }
  if (!Number.isFinite(value)) {
    return { kind: value > 0 ? 'infinity' : '-infinity', coefficient: 0n, scale: 0 }
  }
  const [digits = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = digits.split('.')
  const scale = fraction.length - Number(exponent)
  const coefficient = BigInt(whole + fraction)
  return scale < 0
    ? { kind: 'finite', coefficient: coefficient * powerOfTen(-scale), scale: 0 }
    : { kind: 'finite', coefficient, scale }
}

/** The value with exactly the digits of numeric(p,s); undefined where that would round it. */
function fitTo(value: Decimal, precision: number, scale: number): Decimal | undefined {
  if (value.kind === 'nan') return value
  if (value.kind !== 'finite' || scale < 0) return undefined
  let { coefficient } = value
  if (value.scale <= scale) coefficient *= powerOfTen(scale - value.scale)
  else {
    const unit = powerOfTen(value.scale - scale)
    if (coefficient % unit !== 0n) return undefined
    coefficient /= unit
  }
  return digitCount(coefficient) > precision ? undefined : { kind: 'finite', coefficient, scale }
}

function timestampAppender(builder: VectorBuilder): Append {
  return (_code, { view }, at) => {
    const milliseconds = numberAt(view, at) - MILLISECONDS
    if (Math.abs(milliseconds) < 9_007_199_254_740) {
      builder.appendNumber(milliseconds * 1000)
      return true
    }
    const micros = (view.getBigInt64(at, true) - BigInt(MILLISECONDS)) * 1000n
    if (micros < LEAST_TIMESTAMP || micros >= TIMESTAMP_END) return false
    builder.appendBigInt(micros)
    return true
  }
}

const HEX = new TextEncoder().encode('0123456789abcdef')

function textAppender(builder: VectorBuilder): Append {
  const digits = new Uint8Array(24)
  return (code, bytes, at) => {
    const { data, view } = bytes
    if (code === CODE.string) {
      builder.appendUtf8(data, at + 4, at + 3 + view.getInt32(at, true))
    } else if (code === CODE.objectId) {
      for (let i = 0; i < 12; i++) {
        const byte = data[at + i]!
        digits[2 * i] = HEX[byte >> 4]!
        digits[2 * i + 1] = HEX[byte & 15]!
      }
      builder.appendUtf8(digits, 0, 24)
    } else {
      builder.appendDatum(textOf(code, bytes, at))
    }
    return true
  }
}

/** Arrays of one dimension whose elements are all of the element type. */
function arrayAppender(
  type: SqlType,
  builder: VectorBuilder,
  kinds: readonly BsonKind[] | undefined,
): Append {
  const { elementOid } = typeInfo(type.oid)
  if (elementOid === undefined || kinds?.includes('array') !== true) return () => false
  const element = sqlType(elementOid, type.typmod)
  const elements = createVectorBuilder(element, 16)
  const append = appender(element, elements, undefined)
  const accepted = acceptedCodes(ELEMENT_KINDS[elementOid])
  return (_code, bytes, at) => {
    let fits = true
    eachElement(bytes, at, (code, _from, _to, value) => {
      if (code === CODE.null || code === CODE.undefined) elements.appendNull()
      else if (accepted[code] !== 1 || !append(code, bytes, value)) fits = false
    })
    const vector = elements.finish()
    if (!fits) return false
    const texts = Array.from({ length: vector.length }, (_, row) =>
      vector.nulls?.[row] === 1 ? null : canonicalTextAt(vector, row),
    )
    const isEmpty = texts.length === 0
    builder.appendDatum(
      formatArray({
        elements: texts,
        dimensions: isEmpty ? [] : [texts.length],
        lowerBounds: isEmpty ? [] : [1],
      }),
    )
    return true
  }
}

const ELEMENT_KINDS: Readonly<Record<number, readonly BsonKind[]>> = {
  [OID.bool]: ['bool'],
  [OID.int2]: ['int'],
  [OID.int4]: ['int'],
  [OID.int8]: ['int', 'long'],
  [OID.float8]: ['double', 'int'],
  [OID.numeric]: ['int', 'long', 'decimal'],
  [OID.text]: ['string', 'objectId'],
  [OID.varchar]: ['string', 'objectId'],
  [OID.timestamptz]: ['date'],
  [OID.timestamp]: ['date'],
  [OID.date]: ['date'],
  [OID.uuid]: ['binData'],
  [OID.jsonb]: ['object', 'array', 'string', 'int', 'long', 'double', 'decimal', 'bool'],
}
