/** Makes the text and the binds of one execution: what Snowflake cannot hold decides its comparison here. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { parseArray } from '../../types/array-text.js'
import { OID, type Datum, type SqlType } from '../../types/sql-type.js'
import type { RemoteStatement } from '../connector.js'
import {
  compareBeyond,
  elementMarker,
  markerAt,
  renderTemplate,
  settled,
  type Choice,
} from '../warehouse/choice-template.js'
import { plainPattern } from '../warehouse/like-pattern.js'
import { beyondOf, digitsOf, ELEMENTS } from '../warehouse/value-range.js'
import { plainChoice, SCALE, typedMarker, type StatementHandle } from './statement-handle.js'

/** As the query request takes it: every value is a text. */
export interface Bind {
  readonly type: 'TEXT'
  readonly value: string | null
}

export interface BoundStatement {
  readonly text: string
  /** By position, from '1'. */
  readonly bindings: Readonly<Record<string, Bind>>
}

/** Longer lists travel as one JSON document that is flattened there. */
const LONGEST_LIST = 200

/** Binds values to a statement. */
export function bindStatement(
  statement: RemoteStatement,
  values: readonly Datum[],
): BoundStatement {
  const handle = statement.handle as StatementHandle | undefined
  if (handle === undefined) return { text: statement.text, bindings: {} }
  const lists = new Map<number, readonly (string | null)[]>()
  const bindings: Record<string, Bind> = {}
  let count = 0
  const bind = (value: string | null): string => {
    bindings[String(++count)] = { type: 'TEXT', value }
    return '?'
  }
  const typeAt = (position: number): SqlType => statement.parameters[position]!.type
  const withScales = scaleMarkers(handle.template, (position) => scaleFor(values[position] ?? null, typeAt(position))) // prettier-ignore
  const text = renderTemplate(
    withScales,
    (choice) => spell(choice, values[choice.position] ?? null, typeAt(choice.position), lists),
    (position, element) => {
      const list = lists.get(position)
      if (element !== undefined && list) return bind(list[element] ?? null)
      if (list) return bind(JSON.stringify(list))
      const value = values[position] ?? null
      const isPattern = handle.patterns.includes(position) && value !== null
      // A malformed pattern matches everything there, and is an error where it is checked again.
      return bind(isPattern ? (plainPattern(value) ?? '%') : textOf(value, typeAt(position).oid))
    },
  )
  return { text, bindings }
}

/** Writes the scale of each decimal behind its marker. */
function scaleMarkers(template: string, scale: (position: number) => number): string {
  return template.replace(
    /\u0005(\d+);( AS NUMBER\(38,)\u0006/g,
    (_match, position: string, between: string) =>
      `${markerAt(Number(position) + 1)}${between}${scale(Number(position))}`,
  )
}

function scaleFor(value: Datum, type: SqlType): number {
  if (value === null || type.oid !== OID.numeric || beyondOf(value, type.oid)) return 0
  const digits = digitsOf(value)
  if (digits && digits.whole + digits.scale > 38) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      'A number of more than 38 digits cannot be sent to Snowflake',
    )
  }
  return digits?.scale ?? 0
}

function spell(
  choice: Choice,
  value: Datum,
  type: SqlType,
  lists: Map<number, readonly (string | null)[]>,
): string {
  if (choice.operator === 'in') return spellList(choice, value, type, lists)
  const beyond = value === null ? undefined : beyondOf(value, type.oid)
  return beyond === undefined
    ? plainChoice(choice)
    : compareBeyond(choice.operator, choice.operand, beyond)
}

function spellList(
  choice: Choice,
  value: Datum,
  type: SqlType,
  lists: Map<number, readonly (string | null)[]>,
): string {
  if (value === null) return 'CAST(NULL AS BOOLEAN)'
  const all = parseArray(value).elements
  const oid = ELEMENTS[type.oid] ?? OID.text
  const kept = all.filter((item) => item === null || isComparable(item, oid))
  if (kept.length === 0) {
    // Nothing is in an empty list, not even NULL; of values that no row can have, NULL is not known to be one.
    return all.length === 0 ? 'FALSE' : settled(choice.operand, false)
  }
  lists.set(
    choice.position,
    kept.map((item) => textOf(item, oid)),
  )
  const scale = Math.max(0, ...kept.map((item) => (item === null ? 0 : (digitsOf(item)?.scale ?? 0)))) // prettier-ignore
  const typed = (marker: string): string => typedMarker(marker, oid).replace(SCALE, String(scale))
  if (kept.length <= LONGEST_LIST) {
    const items = kept.map((_item, i) => typed(elementMarker(choice.position, i)))
    return plainChoice({ ...choice, value: items.join(', ') })
  }
  // A text out of JSON is one only after a cast.
  const element = oid === OID.text ? 'CAST(f."VALUE" AS VARCHAR)' : typed('f."VALUE"')
  return plainChoice({
    ...choice,
    value: `SELECT ${element} FROM TABLE(FLATTEN(INPUT => PARSE_JSON(${choice.value}))) AS f`,
  })
}

/** Tells whether some row could equal a value. */
function isComparable(value: string, oid: number): boolean {
  if (beyondOf(value, oid) !== undefined) return false
  const digits = oid === OID.numeric ? digitsOf(value) : undefined
  return digits === undefined || digits.whole + digits.scale <= 38
}

function textOf(value: Datum, oid: number): string | null {
  if (value === null) return null
  switch (oid) {
    case OID.bool:
      return value === 't' || value === 'true' ? 'true' : 'false'
    case OID.bytea:
      return value.slice(2)
    case OID.float4:
    case OID.float8:
      return value.replace('Infinity', 'inf')
    case OID.timestamp:
      return value.replace(' ', 'T')
    case OID.timestamptz:
      // PostgreSQL's text in UTC ends with +00.
      return `${value.replace(' ', 'T')}:00`
    default:
      return value
  }
}
