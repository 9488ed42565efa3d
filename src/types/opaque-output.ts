/** Prints types that are stored as canonical text (arrays, ranges) as a client's settings ask for. */
import type { ValueSettings } from '../session/settings/value-settings.js'
import { arrayDelimiter, formatArray, parseArray } from './array-text.js'
import { geometryText, isGeometric } from './geometry.js'
import {
  boundTypeOf,
  formatMultirange,
  formatRange,
  parseMultirange,
  parseRange,
  rangeTypeOf,
  type RangeValue,
} from './range-text.js'
import { OID } from './sql-type.js'
import { typeInfo } from './type-registry.js'

/** Prints canonical text of any type as the settings ask for; passed in to keep the modules free of a cycle. */
export type DatumPrinter = (oid: number, text: string, settings: ValueSettings) => string

/** Turns canonical text of an opaque type into the text the settings ask for. */
export function opaqueText(
  oid: number,
  text: string,
  settings: ValueSettings,
  print: DatumPrinter,
): string {
  if (!isOpaqueStyled(oid, settings)) return text
  const { elementOid } = typeInfo(oid)
  if (elementOid !== undefined) {
    const delimiter = arrayDelimiter(elementOid)
    const array = parseArray(text, delimiter)
    const elements = array.elements.map((element) =>
      element === null ? null : print(elementOid, element, settings),
    )
    return formatArray({ ...array, elements }, delimiter)
  }
  if (isGeometric(oid)) return geometryText(text, settings.extraFloatDigits)
  const bound = boundTypeOf(oid) ?? boundTypeOf(rangeTypeOf(oid) ?? 0)
  if (bound === undefined) return text
  const restyle = (range: RangeValue): RangeValue => ({
    ...range,
    lower: range.lower === undefined ? undefined : print(bound, range.lower, settings),
    upper: range.upper === undefined ? undefined : print(bound, range.upper, settings),
  })
  return rangeTypeOf(oid) === undefined
    ? formatRange(restyle(parseRange(text)))
    : formatMultirange(parseMultirange(text).map(restyle))
}

/** Tells whether the settings can change how an opaque type prints. */
export function isOpaqueStyled(oid: number, settings: ValueSettings): boolean {
  const { elementOid } = typeInfo(oid)
  if (elementOid !== undefined) {
    return isScalarStyled(elementOid, settings) || isOpaqueStyled(elementOid, settings)
  }
  if (isGeometric(oid)) return settings.extraFloatDigits <= 0
  const bound = boundTypeOf(oid) ?? boundTypeOf(rangeTypeOf(oid) ?? 0)
  return bound !== undefined && isScalarStyled(bound, settings)
}

/** Tells whether the settings differ from the canonical ones for a scalar type. */
function isScalarStyled(oid: number, settings: ValueSettings): boolean {
  const isIso = settings.dateStyle.toUpperCase().startsWith('ISO')
  switch (oid) {
    case OID.date:
    case OID.timestamp:
      return !isIso
    case OID.timestamptz:
      return !isIso || settings.timeZone !== 'UTC'
    case OID.interval:
      return settings.intervalStyle !== 'postgres'
    case OID.float4:
    case OID.float8:
      return settings.extraFloatDigits <= 0
    case OID.bytea:
      return settings.byteaOutput !== 'hex'
    default:
      return false
  }
}
