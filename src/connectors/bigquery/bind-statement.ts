/** Makes the text and the query parameters of one execution: what BigQuery cannot hold decides its comparison here. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { parseArray } from '../../types/array-text.js'
import { OID, type Datum, type SqlType } from '../../types/sql-type.js'
import type { RemoteStatement } from '../connector.js'
import {
  compareBeyond,
  renderTemplate,
  settled,
  type Choice,
} from '../warehouse/choice-template.js'
import { plainPattern } from '../warehouse/like-pattern.js'
import { beyondOf, digitsOf, ELEMENTS } from '../warehouse/value-range.js'
import { fitsBigNumeric, fitsNumeric } from './functions.js'
import { markerName, plainChoice, type StatementHandle } from './statement-handle.js'
import { bigqueryType } from './types.js'

/** As the REST interface takes it. */
export interface QueryParameter {
  readonly name: string
  readonly parameterType: { readonly type: string; readonly arrayType?: { readonly type: string } }
  readonly parameterValue: {
    readonly value?: string | null
    readonly arrayValues?: readonly { readonly value: string }[]
  }
}

export interface BoundStatement {
  readonly text: string
  readonly parameters: readonly QueryParameter[]
}

/** Binds values to a statement. */
export function bindStatement(
  statement: RemoteStatement,
  values: readonly Datum[],
): BoundStatement {
  const handle = statement.handle as StatementHandle | undefined
  if (handle === undefined) return { text: statement.text, parameters: [] }
  const used = new Set<number>()
  const text = renderTemplate(
    handle.template,
    (choice) => spell(choice, values[choice.position] ?? null, statement.parameters[choice.position]!.type), // prettier-ignore
    (position) => {
      used.add(position)
      return markerName(position)
    },
  )
  const parameters = [...used]
    .sort((a, b) => a - b)
    .map((position) => {
      const { type } = statement.parameters[position]!
      const value = values[position] ?? null
      const pattern = handle.patterns.includes(position) && value !== null
      // A malformed pattern matches everything there, and is an error where it is checked again.
      return parameterOf(markerName(position).slice(1), pattern ? (plainPattern(value) ?? '%') : value, type) // prettier-ignore
    })
  return { text, parameters }
}

function spell(choice: Choice, value: Datum, type: SqlType): string {
  if (choice.operator === 'in') return spellList(choice, value, type)
  if (value !== null) {
    const beyond = beyondOf(value, type.oid)
    if (beyond !== undefined) return compareBeyond(choice.operator, choice.operand, beyond)
    if (isNaNText(value, type)) return compareNaN(choice)
  }
  return plainChoice(choice, type.oid === OID.float8)
}

function spellList(choice: Choice, value: Datum, type: SqlType): string {
  if (value === null) return 'CAST(NULL AS BOOL)'
  const all = parseArray(value).elements
  const hasNull = all.includes(null)
  const kept = elementsOf(value, type)
  if (kept.length === 0) {
    if (hasNull) return 'CAST(NULL AS BOOL)'
    // Nothing is in an empty list, not even NULL; of values that no row can have, NULL is not known to be one.
    return all.length === 0 ? 'FALSE' : settled(choice.operand, false)
  }
  const plain = plainChoice(choice, false)
  return hasNull ? `IF(${plain}, TRUE, CAST(NULL AS BOOL))` : plain
}

/** The elements that a row can equal. */
function elementsOf(value: string, type: SqlType): string[] {
  const element: SqlType = { oid: ELEMENTS[type.oid] ?? OID.text, typmod: -1 }
  return parseArray(value).elements.filter(
    (item): item is string =>
      item !== null && beyondOf(item, element.oid) === undefined && !isTooFine(item, element),
  )
}

/** More digits behind the point than BigQuery has: no value of its equals it. */
function isTooFine(value: string, type: SqlType): boolean {
  return type.oid === OID.numeric && (digitsOf(value)?.scale ?? 0) > 38
}

function isNaNText(value: string, type: SqlType): boolean {
  return type.oid === OID.float8 && value.toLowerCase() === 'nan'
}

/** Compares with NaN as PostgreSQL does: equal to itself and larger than every number. */
function compareNaN({ operator, operand }: Choice): string {
  switch (operator) {
    case '=':
    case '>=':
      return `IS_NAN(${operand})`
    case '<>':
    case '<':
      return `(NOT IS_NAN(${operand}))`
    case '<=':
      return settled(operand, true)
    case '>':
      return settled(operand, false)
    case 'distinct':
      return `(IS_NAN(${operand}) IS NOT TRUE)`
    case 'in':
    case 'like':
      throw new EngineError(SQLSTATE.internalError, 'A list of floating-point numbers was sent')
  }
}

function parameterOf(name: string, value: Datum, type: SqlType): QueryParameter {
  const element = ELEMENTS[type.oid]
  if (element !== undefined) {
    const elementType: SqlType = { oid: element, typmod: -1 }
    const items = value === null ? [] : elementsOf(value, type)
    const typeName = items.reduce<string>(
      (widest, item) => (typeOf(item, elementType) === 'BIGNUMERIC' ? 'BIGNUMERIC' : widest),
      element === OID.numeric ? 'NUMERIC' : bigqueryType(element)!,
    )
    return {
      name,
      parameterType: { type: 'ARRAY', arrayType: { type: typeName } },
      parameterValue: { arrayValues: items.map((item) => ({ value: textOf(item, elementType) })) },
    }
  }
  if (isTooFine(value ?? '', type)) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      'A number with more than 38 digits behind the point cannot be sent to BigQuery',
    )
  }
  return {
    name,
    parameterType: { type: typeOf(value, type) },
    parameterValue: { value: value === null ? null : textOf(value, type) },
  }
}

function typeOf(value: Datum, type: SqlType): string {
  if (type.oid !== OID.numeric) {
    const name = bigqueryType(type.oid)
    if (name !== undefined) return name
    throw new EngineError(SQLSTATE.internalError, `Type ${type.oid} cannot be sent to BigQuery`)
  }
  const digits = value === null ? undefined : digitsOf(value)
  if (digits !== undefined && !fitsNumeric(digits) && fitsBigNumeric(digits)) return 'BIGNUMERIC'
  return 'NUMERIC'
}

function textOf(value: string, type: SqlType): string {
  switch (type.oid) {
    case OID.bool:
      return value === 't' || value === 'true' ? 'true' : 'false'
    case OID.bytea:
      return Buffer.from(value.slice(2), 'hex').toString('base64')
    case OID.timestamptz:
      // PostgreSQL's text in UTC ends with +00.
      return `${value}:00`
    default:
      return value
  }
}
