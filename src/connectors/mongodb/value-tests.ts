/**
 * Comparisons of a field with a value that is known, as tests that MongoDB's operators express. NULL, NaN (the greatest number in
 * PostgreSQL, the least in MongoDB), microseconds, infinite dates and texts that are no ObjectId are settled here, so that
 * what is sent means what PostgreSQL means for every right-typed value.
 */
import { parseDecimal } from '../../types/numbers/decimal.js'
import { assertNever } from '../../errors.js'
import type { Datum } from '../../types/sql-type.js'
import type { Family } from './bson-kinds.js'
import {
  DAY_MILLISECONDS,
  decimalFloor,
  encodeDate,
  encodeDouble,
  encodeValue,
  midnightOf,
  millisecondsOf,
  NOT_A_NUMBER,
  numberOf,
} from './encode-value.js'
import type { Json } from './json.js'

export type Operator = '=' | '<>' | '<' | '<=' | '>' | '>='

/** One operator of MongoDB and its operand; `$type` never: that the value is there and right-typed is tested besides. */
export type Test = readonly ['$eq' | '$ne' | '$lt' | '$lte' | '$gt' | '$gte' | '$in' | '$nin', Json]

/** Alternatives of tests that all must hold. []: never; [[]]: for every value that is there. */
export type Tests = readonly (readonly Test[])[]

const NEVER: Tests = []
const ALWAYS: Tests = [[]]
const MONGO = {
  '=': '$eq',
  '<>': '$ne',
  '<': '$lt',
  '<=': '$lte',
  '>': '$gt',
  '>=': '$gte',
} as const

/** The tests of `field operator value`. */
export function valueTests(family: Family, operator: Operator, value: Datum): Tests {
  if (value === null) return NEVER
  switch (family) {
    case 'integer':
    case 'text':
    case 'boolean':
    case 'uuid':
      return [[[MONGO[operator], encodeValue(family, value)!]]]
    case 'float': {
      const number = numberOf(value)
      return numberTests(operator, encodeDouble(number), Number.isNaN(number))
    }
    case 'numeric': {
      const decimal = parseDecimal(value)
      const floor = decimalFloor(decimal)
      if (floor.isExact) return numberTests(operator, floor.value, decimal.kind === 'nan')
      return betweenTests(operator, (op) => numberTests(op, floor.value, false))
    }
    case 'timestamp': {
      const { value: at, isExact } = millisecondsOf(value)
      if (typeof at !== 'bigint') return beyondTests(operator, at)
      if (isExact) return [[[MONGO[operator], encodeDate(at)]]]
      return betweenTests(operator, (op) => [[[MONGO[op], encodeDate(at)]]])
    }
    case 'date': {
      const midnight = midnightOf(value)
      if (typeof midnight !== 'bigint') return beyondTests(operator, midnight)
      return dayTests(operator, encodeDate(midnight), encodeDate(midnight + DAY_MILLISECONDS))
    }
    case 'objectId':
      return objectIdTests(operator, value)
    default:
      return assertNever(family)
  }
}

/** The tests of `field = ANY (values)`, or of `field <> ALL (values)`. */
export function listTests(family: Family, values: readonly Datum[], isNegated: boolean): Tests {
  const known = values.filter((value) => value !== null)
  // Not in a list that holds NULL is never known to be true.
  if (isNegated && known.length < values.length) return NEVER
  const encoded = known.flatMap((value) => encodeValue(family, value) ?? [])
  if (isNegated) return encoded.length === 0 ? ALWAYS : [[['$nin', encoded]]]
  return encoded.length === 0 ? NEVER : [[['$in', encoded]]]
}

/** NaN is above all numbers and equal to itself; MongoDB has it below them. */
function numberTests(operator: Operator, value: Json, isNan: boolean): Tests {
  const nan: Test = ['$eq', NOT_A_NUMBER]
  const notNan: Test = ['$ne', NOT_A_NUMBER]
  switch (operator) {
    case '=':
      return [[['$eq', value]]]
    case '<>':
      return [[['$ne', value]]]
    case '<':
      return isNan ? [[notNan]] : [[['$lt', value], notNan]]
    case '<=':
      return isNan ? ALWAYS : [[['$lte', value], notNan]]
    case '>':
      return isNan ? NEVER : [[['$gt', value]], [nan]]
    case '>=':
      return isNan ? [[nan]] : [[['$gte', value]], [nan]]
  }
}

/** Compares with a value that lies between two neighbours of which `tests` knows the lower. */
function betweenTests(operator: Operator, tests: (operator: '<=' | '>') => Tests): Tests {
  switch (operator) {
    case '=':
      return NEVER
    case '<>':
      return ALWAYS
    case '<':
    case '<=':
      return tests('<=')
    case '>':
    case '>=':
      return tests('>')
  }
}

/** Compares with an infinity, which no BSON date is. */
function beyondTests(operator: Operator, infinity: 'infinity' | '-infinity'): Tests {
  if (operator === '=') return NEVER
  if (operator === '<>') return ALWAYS
  return operator.startsWith('<') === (infinity === 'infinity') ? ALWAYS : NEVER
}

/** A point in time lies on a day from its midnight to the next. */
function dayTests(operator: Operator, from: Json, to: Json): Tests {
  switch (operator) {
    case '=':
      return [[['$gte', from], ['$lt', to]]] // prettier-ignore
    case '<>':
      return [[['$lt', from]], [['$gte', to]]]
    case '<':
      return [[['$lt', from]]]
    case '<=':
      return [[['$lt', to]]]
    case '>':
      return [[['$gte', to]]]
    case '>=':
      return [[['$gte', from]]]
  }
}

function objectIdTests(operator: Operator, value: string): Tests {
  const exact = encodeValue('objectId', value)
  if (exact !== undefined) return [[[MONGO[operator], exact]]]
  if (operator === '=') return NEVER
  if (operator === '<>') return ALWAYS
  const bound = leastObjectId(value)
  const isBelow = operator.startsWith('<')
  if (bound === undefined) return isBelow ? ALWAYS : NEVER
  return [[[isBelow ? '$lt' : '$gte', { $oid: bound }]]]
}

/** The least 24 hex digits that sort behind a text, bytewise; undefined: none does. */
function leastObjectId(text: string): string | undefined {
  const digits = '0123456789abcdef'
  let prefix = ''
  for (const character of text) {
    if (prefix.length === 24) return nextHex(prefix, 24)
    if (digits.includes(character)) {
      prefix += character
      continue
    }
    const next = [...digits].find((digit) => digit > character)
    if (next !== undefined) return (prefix + next).padEnd(24, '0')
    return nextHex(prefix, prefix.length)
  }
  return prefix.padEnd(24, '0')
}

/** The hex number behind a prefix, filled up with zeros. */
function nextHex(prefix: string, width: number): string | undefined {
  if (width === 0) return undefined
  const next = (BigInt(`0x${prefix}`) + 1n).toString(16).padStart(width, '0')
  return next.length > width ? undefined : next.padEnd(24, '0')
}
