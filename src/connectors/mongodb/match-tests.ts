/**
 * Tests as matches of the query language, which indexes serve, and as aggregation expressions. A match on a raw field is
 * guarded: MongoDB compares within a type, looks into arrays, and takes $ne as true of missing fields.
 */
import { NULL_KINDS, type BsonKind, type Family } from './bson-kinds.js'
import { literal } from './encode-value.js'
import { allOf, anyOf, every, NEVER, noneOf, some, type Json, type JsonObject } from './json.js'
import type { Test, Tests } from './value-tests.js'

/** A field that is matched on. */
export interface MatchTarget {
  readonly field: string
  readonly families: readonly Family[]
  /** The kinds a right-typed value has; absent where every value is right-typed or null already. */
  readonly kinds?: readonly BsonKind[]
  /** The field and the fields above it that must not be arrays. */
  readonly arrays: readonly string[]
  /** What else a right-typed value must fulfil: an expression that never fails. */
  readonly guard?: Json
}

const BRACKETED: ReadonlySet<string> = new Set(['$eq', '$lt', '$lte', '$gt', '$gte', '$in'])
const NUMBERS: ReadonlySet<Family> = new Set(['integer', 'numeric', 'float'])
const KIND_OF_FAMILY: Partial<Record<Family, BsonKind>> = { text: 'string', objectId: 'objectId' }

/** The match of tests, one list for each family of the field; `own` is a match of the field made elsewhere. */
export function matchTests(
  target: MatchTarget,
  tests: readonly (readonly [Family, Tests])[],
  own?: JsonObject,
): JsonObject {
  const alternatives = tests.flatMap(([family, list]) =>
    list.map((conjunction) => ({
      [target.field]: fieldTest(target, family, conjunction),
    })),
  )
  if (own === undefined && alternatives.length === 0) return NEVER
  return allOf([own ?? anyOf(alternatives), ...guards(target)])
}

/** The match of a value that is there and right-typed. */
export function presentMatch(target: MatchTarget): JsonObject {
  return matchTests(
    target,
    target.families.map((family) => [family, [[]]] as const),
  )
}

/** The match of a field that is null, missing, or, where `strays` says so, of another type. */
export function nullMatch(target: MatchTarget, strays: boolean): JsonObject {
  if (strays && target.kinds !== undefined) return noneOf([presentMatch(target)])
  return allOf([{ [target.field]: null }, ...arrayGuard(target)])
}

function guards(target: MatchTarget): JsonObject[] {
  const list = arrayGuard(target)
  return target.guard === undefined ? list : [...list, { $expr: target.guard }]
}

function arrayGuard({ arrays }: MatchTarget): JsonObject[] {
  return arrays.length === 0 ? [] : [noneOf(arrays.map((path) => ({ [path]: { $type: 'array' } })))]
}

function fieldTest(target: MatchTarget, family: Family, tests: readonly Test[]): Json {
  const isBracketed = tests.some(([operator]) => BRACKETED.has(operator))
  if (target.kinds === undefined) {
    if (isBracketed) return fieldDocument(tests)
    const excluded = tests.flatMap(([operator, value]) =>
      operator === '$nin' ? (value as readonly Json[]) : [value],
    )
    return excluded.length === 0 ? { $ne: null } : { $nin: [...excluded, null] }
  }
  if (isBracketed && !NUMBERS.has(family)) return fieldDocument(tests)
  const own = KIND_OF_FAMILY[family]
  const kinds = own === undefined ? target.kinds : [own]
  return { ...Object.fromEntries(tests), $type: kinds.length === 1 ? kinds[0]! : kinds }
}

function fieldDocument(tests: readonly Test[]): Json {
  const [first] = tests
  return tests.length === 1 && first![0] === '$eq' ? first![1] : Object.fromEntries(tests)
}

/** The tests of an expression whose value is there and right-typed. */
export function testExpression(left: Json, tests: Tests): Json {
  return some(
    tests.map((conjunction) =>
      every(
        conjunction.map(([operator, value]) => {
          if (operator === '$nin') return { $not: [{ $in: [left, listLiteral(value)] }] }
          if (operator === '$in') return { $in: [left, listLiteral(value)] }
          return { [operator]: [left, literal(value)] }
        }),
      ),
    ),
  )
}

function listLiteral(list: Json): Json {
  return (list as readonly Json[]).map(literal)
}

/** Tests an expression's kind. */
export function kindTest(expression: Json, kinds: readonly BsonKind[]): Json {
  const type: Json = { $type: expression }
  return kinds.length === 1 ? { $eq: [type, kinds[0]!] } : { $in: [type, kinds] }
}

/** Tells that an expression is null or missing. */
export function nullTest(expression: Json): Json {
  return kindTest(expression, NULL_KINDS)
}
