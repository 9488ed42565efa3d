/** Turns the raw values of Bind into the canonical text datums that plans take as parameters. */
import { EngineError, SQLSTATE } from '../errors.js'
import { decodeBinaryDatum } from '../types/binary-input.js'
import { sqlType } from '../types/sql-type.js'
import type { Datum } from '../types/sql-type.js'
import { canonicalDatum } from '../types/text-input.js'
import { decodeUtf8 } from './client-text.js'
import type { ValueSettings } from './settings/value-settings.js'

/** Values and formats as a Bind message gives them. */
export interface BoundValues {
  readonly values: readonly (Uint8Array | null)[]
  readonly formats: readonly number[]
}

export const NO_VALUES: BoundValues = { values: [], formats: [] }

/** Refuses a Bind whose counts do not fit the statement: 08P01. */
export function checkBoundValues(
  statement: string,
  types: readonly number[],
  bound: BoundValues,
): void {
  const { values, formats } = bound
  if (formats.length > 1 && formats.length !== values.length) {
    throw violation(
      `bind message has ${formats.length} parameter formats but ${values.length} parameters`,
    )
  }
  if (values.length !== types.length) {
    throw violation(
      `bind message supplies ${values.length} parameters, but prepared statement "${statement}" requires ${types.length}`,
    )
  }
  formats.forEach(checkFormat)
}

/** One result format per column: none given means text, one means that one for all. */
export function expandFormats(formats: readonly number[], columns: number): readonly number[] {
  formats.forEach(checkFormat)
  if (formats.length <= 1) return new Array<number>(columns).fill(formats[0] ?? 0)
  if (formats.length === columns) return formats
  throw violation(
    `bind message has ${formats.length} result formats but query has ${columns} columns`,
  )
}

/** Decodes values to datums of the parameters' types; anything malformed is PostgreSQL's own error. */
export function boundDatums(
  types: readonly number[],
  { values, formats }: BoundValues,
  settings: ValueSettings,
): readonly Datum[] {
  return values.map((value, index) => {
    if (value === null) return null
    const type = types[index] ?? 0
    const format = formats.length === 1 ? formats[0] : formats[index]
    return format === 1
      ? decodeBinaryDatum(type, value)
      : canonicalDatum(sqlType(type), decodeUtf8(value), settings)
  })
}

function checkFormat(format: number): void {
  if (format === 0 || format === 1) return
  throw new EngineError(SQLSTATE.invalidParameterValue, `unsupported format code: ${format}`)
}

function violation(message: string): EngineError {
  return new EngineError(SQLSTATE.protocolViolation, message, { category: 'user' })
}
