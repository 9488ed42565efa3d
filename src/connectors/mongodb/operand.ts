/** Values in aggregation expressions, with what must hold for them to be there: NULL, missing and wrong-typed told apart. */
import { OID, type SqlType } from '../../types/sql-type.js'
import { numericTypmod } from '../../types/type-registry.js'
import type { Family } from './bson-kinds.js'
import type { DocumentColumn } from './document-table.js'
import { every, some, type Json } from './json.js'
import { kindTest, nullTest, type MatchTarget } from './match-tests.js'

/** A value. `value` is to be read only where all of `present` holds. */
export interface Operand {
  readonly family: Family
  readonly value: Json
  /** Boolean expressions that never fail. [] : it is never NULL. */
  readonly present: readonly Json[]
  /** The value where it is not present: null, or an expression that fails for a value of a wrong type. */
  readonly absent: Json
  /** Set where `value` itself is null when it is not present. */
  readonly isNullable?: boolean
  /** Digits behind the point that PostgreSQL shows of a numeric; undefined: as many as the value has. */
  readonly scale?: number
}

/** The value, or null. */
export function normalValue(operand: Operand): Json {
  if (operand.present.length === 0 || operand.isNullable === true) return operand.value
  return { $cond: [every(operand.present), operand.value, operand.absent] }
}

/** A field whose values are right-typed or null. */
export function fieldOperand(path: string, family: Family, scale?: number): Operand {
  const value = `$${path}`
  const present: Json[] = [{ $ne: [value, null] }]
  return { family, value, present, absent: null, isNullable: true, ...scaled(scale) }
}

/** The scale of an operand, where there is one. */
export function scaled(scale: number | undefined): { readonly scale?: number } {
  return scale === undefined ? {} : { scale }
}

/** The scale that a type's modifier demands. */
export function scaleOf({ oid, typmod }: SqlType): number | undefined {
  return oid === OID.numeric && typmod >= 4 ? numericTypmod(typmod).scale : undefined
}

/** The match target of such a field. */
export function fieldTarget(path: string, family: Family): MatchTarget {
  return { field: path, families: [family], arrays: [] }
}

/** Applies a function that is NULL when an argument is. */
export function strictOperand(
  family: Family,
  operands: readonly Operand[],
  apply: (...values: Json[]) => Json,
): Operand {
  const absents = operands.map((operand) => operand.absent).filter((absent) => absent !== null)
  return {
    family,
    value: apply(...operands.map((operand) => operand.value)),
    present: operands.flatMap((operand) => operand.present),
    absent: absents.length < 2 ? (absents[0] ?? null) : { $ifNull: absents },
  }
}

/** The prefix of the error by which a pipeline reports a value of a wrong type. */
export const STRAY = 'wrong type'

/** A column as it is in the documents. */
export function columnOperand(column: DocumentColumn, path: string): Operand {
  const value = `$${path}`
  const target = columnTarget(column, path)
  const isMixed = target.families.length > 1
  const present = [
    kindTest(value, column.kinds ?? []),
    ...(target.guard === undefined ? [] : [target.guard]),
  ]
  const family = isMixed ? 'text' : target.families[0]!
  const stray: Json = { $toInt: { $concat: [`${STRAY} ${column.label} `, { $type: value }] } }
  return {
    family,
    value: isMixed
      ? { $cond: [kindTest(value, ['objectId']), { $toString: value }, value] }
      : family === 'date'
        ? { $dateTrunc: { date: value, unit: 'day' } }
        : value,
    present,
    absent: column.onTypeError === 'fail' ? { $cond: [nullTest(value), null, stray] } : null,
    ...scaled(scaleOf(column.type)),
  }
}

/** Where a raw column is matched. */
export function columnTarget(column: DocumentColumn, path: string): MatchTarget {
  const guard = guardOf(column, `$${path}`)
  return {
    field: path,
    families: column.families,
    ...(column.kinds === undefined ? {} : { kinds: column.kinds }),
    arrays: path === '_id' ? [] : prefixesOf(path),
    ...(guard === undefined ? {} : { guard }),
  }
}

function prefixesOf(path: string): string[] {
  const parts = path.split('.')
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'))
}

const UUID_LEAST: Json = { $binary: { base64: 'AAAAAAAAAAAAAAAAAAAAAA==', subType: '04' } }
const UUID_GREATEST: Json = { $binary: { base64: '/////////////////////w==', subType: '04' } }

/** What the type's modifier or subtype demands beyond the BSON type; the expression never fails. */
function guardOf(column: DocumentColumn, value: Json): Json | undefined {
  const { oid, typmod } = column.type
  if (column.families.length === 0) return undefined
  if (oid === OID.uuid) {
    // Binary data compares by length, then subtype, then bytes.
    return { $and: [{ $gte: [value, UUID_LEAST] }, { $lte: [value, UUID_GREATEST] }] }
  }
  if (oid === OID.int2) return { $and: [{ $gte: [value, -32768] }, { $lte: [value, 32767] }] }
  if (oid !== OID.numeric || typmod < 4) return undefined
  const { precision, scale } = numericTypmod(typmod)
  const limit: Json = { $numberDecimal: `1E${precision - scale}` }
  const fits: Json = {
    $and: [{ $eq: [{ $round: [value, scale] }, value] }, { $lt: [{ $abs: value }, limit] }],
  }
  return { $cond: [kindTest(value, column.kinds ?? []), fits, false] }
}

/** The position of an array element, from 1; a value that is no array counts as the only element. */
export function positionOperand(index: string, array: string, keepEmpty: boolean): Operand {
  const value: Json = { $add: [{ $ifNull: [`$${index}`, 0] }, 1] }
  const isElement = some([{ $gte: [`$${index}`, 0] }, { $not: [nullTest(`$${array}`)] }])
  return { family: 'integer', value, present: keepEmpty ? [isElement] : [], absent: null }
}
