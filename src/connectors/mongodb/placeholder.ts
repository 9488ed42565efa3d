/** The places in a pipeline that depend on parameters, and how they are filled once the values are known. */
import { EngineError } from '../../errors.js'
import { parseArray } from '../../types/array-text.js'
import type { Datum } from '../../types/sql-type.js'
import type { Family } from './bson-kinds.js'
import { encodeInteger, encodeValue, literal } from './encode-value.js'
import { every, isJsonObject, NEVER, PLACEHOLDER, type Json, type JsonObject } from './json.js'
import { likeRegex } from './like-regex.js'
import { matchTests, testExpression, type MatchTarget } from './match-tests.js'
import { listTests, valueTests, type Operator, type Tests } from './value-tests.js'

/** What a place needs. match: a condition on a field; expression: one on an expression that is not NULL. */
export type Use =
  | { readonly use: 'match'; readonly target: MatchTarget; readonly test: ValueTest }
  | {
      readonly use: 'expression'
      readonly left: Json
      /** What must hold for `left` to be there; nothing of it matters to a list without elements. */
      readonly present: readonly Json[]
      readonly family: Family
      readonly test: ValueTest
    }
  | { readonly use: 'value'; readonly family: Family }
  | { readonly use: 'limit' | 'skip' }

/** How the value is compared. list: a member of an array; like: a pattern. */
export type ValueTest =
  | { readonly kind: 'compare'; readonly operator: Operator }
  | { readonly kind: 'list'; readonly isNegated: boolean }
  | { readonly kind: 'like'; readonly isNegated: boolean }

/** A value that is known now, or a parameter by its position. */
export type Bound = { readonly datum: Datum } | { readonly parameter: number }

/** Fills a place at once, or leaves it for the run. */
export function place(use: Use, bound: Bound): Json {
  return 'datum' in bound
    ? fill(use, bound.datum)
    : ({ [PLACEHOLDER]: { ...use, parameter: bound.parameter } } as unknown as JsonObject)
}

/** Fills all places of a pipeline. */
export function fillPlaces(json: Json, values: readonly Datum[]): Json {
  if (Array.isArray(json)) {
    return json.flatMap((part: Json) => {
      const filled = fillPlaces(part, values)
      // A limit of NULL is no stage at all.
      return filled === null && part !== null && isPlace(part) && isStage(part) ? [] : [filled]
    })
  }
  if (!isJsonObject(json)) return json
  if (isPlace(json)) {
    const use = json[PLACEHOLDER] as unknown as Use & { parameter: number }
    return fill(filledInside(use, values), values[use.parameter] ?? null)
  }
  return Object.fromEntries(
    Object.entries(json as JsonObject).map(([key, value]) => [key, fillPlaces(value, values)]),
  )
}

/** A place may stand on an expression that has places of its own. */
function filledInside(use: Use, values: readonly Datum[]): Use {
  if (use.use !== 'expression') return use
  const present = fillPlaces(use.present, values) as readonly Json[]
  return { ...use, left: fillPlaces(use.left, values), present }
}

/** Prints a pipeline; places show as the parameters that fill them. */
export function printPipeline(json: Json): string {
  return JSON.stringify(json, (_key, value: Json): unknown => {
    if (!isJsonObject(value) || !isPlace(value)) return value
    const use = value[PLACEHOLDER] as unknown as Use & { parameter: number }
    const marker = `?${use.parameter + 1}`
    switch (use.use) {
      case 'limit':
      case 'skip':
        return { [`$${use.use}`]: marker }
      case 'value':
        return marker
      case 'expression':
        return { [operatorOf(use.test)]: [use.left, marker] }
      case 'match':
        return { [use.target.field]: { [operatorOf(use.test)]: marker } }
    }
  })
}

function operatorOf(test: ValueTest): string {
  if (test.kind === 'list') return test.isNegated ? '$nin' : '$in'
  if (test.kind === 'like') return test.isNegated ? '$not' : '$regex'
  const names = { '=': '$eq', '<>': '$ne', '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' }
  return names[test.operator]
}

function isPlace(json: Json): json is JsonObject {
  return isJsonObject(json) && PLACEHOLDER in json
}

function isStage(place: JsonObject): boolean {
  const { use } = place[PLACEHOLDER] as unknown as Use
  return use === 'limit' || use === 'skip'
}

function fill(use: Use, datum: Datum): Json {
  switch (use.use) {
    case 'value':
      return datum === null ? null : literal(encodeValue(use.family, datum) ?? null)
    case 'limit':
    case 'skip':
      return rowCount(use.use, datum)
    case 'match': {
      const { target, test } = use
      if (test.kind === 'like') return likeMatch(target, datum, test.isNegated)
      if (isNotInNothing(test, datum)) return {}
      return matchTests(
        target,
        target.families.map((family) => [family, testsOf(family, test, datum)] as const),
      )
    }
    case 'expression': {
      if (isNotInNothing(use.test, datum)) return true
      const test =
        use.test.kind === 'like'
          ? likeExpression(use.left, datum, use.test.isNegated)
          : testExpression(use.left, testsOf(use.family, use.test, datum))
      return test === false ? false : every([...use.present, test])
    }
  }
}

/** Nothing is in a list without elements, not even NULL. */
function isNotInNothing(test: ValueTest, datum: Datum): boolean {
  if (test.kind !== 'list' || !test.isNegated || datum === null) return false
  return parseArray(datum).elements.length === 0
}

function testsOf(family: Family, test: ValueTest, datum: Datum): Tests {
  if (test.kind === 'compare') return valueTests(family, test.operator, datum)
  if (test.kind !== 'list' || datum === null) return []
  return listTests(family, parseArray(datum).elements, test.isNegated)
}

/** A pattern that ends with an escape fails in PostgreSQL; here it lets all through, and the check above it fails. */
function likeMatch(target: MatchTarget, datum: Datum, isNegated: boolean): JsonObject {
  if (datum === null) return NEVER
  const regex = likeRegex(datum)
  if (regex === undefined) return {}
  const field: JsonObject = isNegated
    ? { $not: regex, ...(target.kinds ? { $type: target.kinds } : { $ne: null }) }
    : regex
  return matchTests(target, [], { [target.field]: field })
}

function likeExpression(left: Json, datum: Datum, isNegated: boolean): Json {
  if (datum === null) return false
  const regex = likeRegex(datum)
  if (regex === undefined) return true
  const match: Json = { $regexMatch: { input: left, regex } }
  return isNegated ? { $not: [match] } : match
}

/** MongoDB refuses a limit of 0. */
function rowCount(use: 'limit' | 'skip', datum: Datum): Json {
  if (datum === null || (use === 'skip' && datum === '0')) return null
  if (datum.startsWith('-')) {
    throw new EngineError(
      use === 'limit' ? '2201W' : '2201X',
      `${use === 'limit' ? 'LIMIT' : 'OFFSET'} must not be negative`,
    )
  }
  if (use === 'limit' && datum === '0') return { $match: NEVER }
  return { [`$${use}`]: encodeInteger(BigInt(datum)) }
}
