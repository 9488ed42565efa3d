/** Values as JSON, as to_json writes them. */
import type { ValueSettings } from '../session/settings/value-settings.js'
import { quoteJson } from '../types/json-input.js'
import { OID, type Datum } from '../types/sql-type.js'
import { formatDatum } from '../types/text-output.js'
import { typeInfo } from '../types/type-registry.js'
import { formatTypeName } from '../types/type-registry.js'
import { arrayDelimiter, parseArray } from '../types/array-text.js'
import type { Expression } from './expression.js'
import { isPrintable } from './printable-types.js'

const NUMBERS: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.float4, OID.float8, OID.numeric],
])
const MOMENTS: ReadonlySet<number> = new Set([OID.date, OID.timestamp, OID.timestamptz])

/** Writes a canonical text of a type as JSON. */
export function jsonOf(value: Datum, oid: number, settings: ValueSettings): string {
  if (value === null) return 'null'
  if (oid === OID.bool) return value === 't' ? 'true' : 'false'
  if (oid === OID.json || oid === OID.jsonb) return value
  if (NUMBERS.has(oid)) {
    const text = formatDatum(oid, value, settings)
    return /^-?(\d|\.)/.test(text) ? text : `"${text}"`
  }
  if (MOMENTS.has(oid)) return `"${isoText(formatDatum(oid, value, iso(settings)))}"`
  const element = typeInfo(oid).elementOid
  if (element !== undefined) return arrayJson(value, element, settings)
  return quoteJson(formatDatum(oid, value, settings))
}

function iso(settings: ValueSettings): ValueSettings {
  return { ...settings, dateStyle: 'ISO, MDY' }
}

/** ISO 8601 as XML Schema has it: a T, and zones with minutes. */
function isoText(text: string): string {
  return text
    .replace(/^(\S+) (?=\d)/, '$1T')
    .replace(/([+-]\d\d)( BC)?$/, (whole, zone: string, era = '') =>
      text.includes(':') ? `${zone}:00${String(era)}` : whole,
    )
}

function arrayJson(text: string, element: number, settings: ValueSettings): string {
  const { dimensions, elements } = parseArray(text, arrayDelimiter(element))
  let at = 0
  const print = (depth: number): string => {
    const count = dimensions[depth] ?? 0
    const parts = Array.from({ length: count }, () =>
      depth === dimensions.length - 1
        ? jsonOf(elements[at++] ?? null, element, settings)
        : print(depth + 1),
    )
    return `[${parts.join(',')}]`
  }
  return print(0)
}

/** Says why values of these expressions are not written as JSON natively. */
export function whyNotJson(values: readonly Expression[]): string | undefined {
  const other = values.find(({ type }) => !isJsonNative(type.oid))
  return other === undefined
    ? undefined
    : `type ${formatTypeName(other.type)} is not written as JSON natively`
}

function isJsonNative(oid: number): boolean {
  const element = typeInfo(oid).elementOid
  if (element !== undefined) return isJsonNative(element)
  return isPrintable(oid)
}
