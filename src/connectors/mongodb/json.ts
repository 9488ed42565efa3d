/** Extended JSON as plain data: what pipelines are made of before they become BSON. */

/** A document, stage or expression. Typed values are written `{"$numberLong": "5"}`, `{"$date": ...}` and so on. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type JsonObject = { readonly [key: string]: Json }

/** A place that only the run can fill, for it depends on a parameter's value: the only key is this one. */
export const PLACEHOLDER = '$tributary'

/** Tells whether something is a JSON object. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A match that no document fulfils. */
export const NEVER: JsonObject = { $expr: false }

/** All of some matches, in one document where their keys allow. */
export function allOf(matches: readonly JsonObject[]): JsonObject {
  const parts = matches.filter((match) => Object.keys(match).length > 0)
  const excluded = parts.flatMap((part) => (part.$nor ?? []) as readonly Json[])
  const others = parts.map(withoutNor).filter((part) => Object.keys(part).length > 0)
  if (excluded.length > 0) others.push({ $nor: excluded })
  const keys = others.flatMap((part) => Object.keys(part))
  const canMerge = new Set(keys).size === keys.length && !keys.includes(PLACEHOLDER)
  if (canMerge) return Object.assign({}, ...others) as JsonObject
  return others.length === 1 ? others[0]! : { $and: others }
}

function withoutNor(match: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(match).filter(([key]) => key !== '$nor'))
}

/** Any of some matches. */
export function anyOf(matches: readonly JsonObject[]): JsonObject {
  if (matches.length === 0) return NEVER
  return matches.length === 1 ? matches[0]! : { $or: matches }
}

/** The opposite of a match. */
export function noneOf(matches: readonly JsonObject[]): JsonObject {
  return { $nor: matches }
}

/** AND of boolean aggregation expressions. */
export function every(conditions: readonly Json[]): Json {
  const distinct = [...new Map(conditions.map((c) => [JSON.stringify(c), c])).values()]
  const parts = distinct.filter((condition) => condition !== true)
  if (parts.includes(false)) return false
  if (parts.length === 0) return true
  return parts.length === 1 ? parts[0]! : { $and: parts }
}

/** OR of boolean aggregation expressions. */
export function some(conditions: readonly Json[]): Json {
  if (conditions.includes(true)) return true
  const parts = conditions.filter((condition) => condition !== false)
  if (parts.length === 0) return false
  return parts.length === 1 ? parts[0]! : { $or: parts }
}

/** NOT of a boolean aggregation expression that is never null. */
export function negated(condition: Json): Json {
  return typeof condition === 'boolean' ? !condition : { $not: [condition] }
}

const TYPED = new Set([
  '$numberInt',
  '$numberLong',
  '$numberDouble',
  '$numberDecimal',
  '$date',
  '$oid',
  '$binary',
  '$regularExpression',
])

/** Tells whether an object stands for one BSON value. */
export function isTypedValue(value: Json): boolean {
  if (!isJsonObject(value)) return false
  const keys = Object.keys(value)
  return keys.length === 1 && TYPED.has(keys[0]!)
}
