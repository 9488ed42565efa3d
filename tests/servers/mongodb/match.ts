/** The query language: matches look into arrays, compare within a type, and take what negates as true of missing fields. */
import type { BSON } from 'mongodb'
import {
  compareBson,
  isNan,
  keyOf,
  kindOf,
  typeRank,
  type Fields,
  type Value,
} from './bson-values.js'
import { checkExpression, evaluate, isTruthy, type Variables } from './expressions.js'
import { fail } from './server-error.js'

const KINDS = new Set([
  ...['double', 'string', 'object', 'array', 'binData', 'undefined', 'objectId', 'bool', 'date'],
  ...['null', 'regex', 'javascript', 'int', 'timestamp', 'long', 'decimal', 'minKey', 'maxKey'],
])

/** Tells whether a document fulfils a query. */
export function matches(query: Value, document: Value, variables: Variables): boolean {
  return Object.entries(query as Fields).every(([key, condition]) => {
    switch (key) {
      case '$and':
        return clauses(key, condition).every((part) => matches(part, document, variables))
      case '$or':
        return clauses(key, condition).some((part) => matches(part, document, variables))
      case '$nor':
        return !clauses(key, condition).some((part) => matches(part, document, variables))
      case '$expr':
        return isTruthy(evaluate(condition, document, variables))
    }
    if (key.startsWith('$')) fail(2, `unknown top level operator: ${key}`)
    return fieldMatches(document, key.split('.'), condition)
  })
}

/** Checks a query as parsing does. */
export function checkMatch(query: Value): void {
  if (kindOf(query) !== 'object') fail(15959, 'the match filter must be an expression in an object')
  for (const [key, condition] of Object.entries(query as Fields)) {
    if (key === '$and' || key === '$or' || key === '$nor')
      clauses(key, condition).forEach(checkMatch) // prettier-ignore
    else if (key === '$expr') checkExpression(condition)
    else if (key.startsWith('$')) fail(2, `unknown top level operator: ${key}`)
    else fieldMatches({}, key.split('.'), condition)
  }
}

function clauses(key: string, condition: Value): readonly Value[] {
  if (kindOf(condition) !== 'array' || (condition as Value[]).length === 0) fail(2, `${key} must be a nonempty array`) // prettier-ignore
  return condition as Value[]
}

function isOperators(condition: Value): boolean {
  return kindOf(condition) === 'object' && Object.keys(condition as Fields).some((k) => k.startsWith('$')) // prettier-ignore
}

function fieldMatches(document: Value, path: readonly string[], condition: Value): boolean {
  const leaves = leavesOf(document, path)
  if (!isOperators(condition)) return some(leaves, (value) => equals(value, condition))
  return Object.entries(condition as Fields).every(([operator, operand]) =>
    operatorMatches(leaves, operator, operand),
  )
}

function operatorMatches(leaves: readonly Value[], operator: string, operand: Value): boolean {
  switch (operator) {
    case '$eq':
      return some(leaves, (value) => equals(value, operand))
    case '$ne':
      return !some(leaves, (value) => equals(value, operand))
    case '$in':
      return inList(leaves, operator, operand)
    case '$nin':
      return !inList(leaves, operator, operand)
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return some(leaves, (value) => compares(operator, value, operand))
    case '$type':
      return typeMatches(leaves, operand)
    case '$exists':
      return leaves.some((value) => value !== undefined) === isTruthy(operand)
    case '$not':
      if (kindOf(operand) === 'regex') return !some(leaves, (value) => equals(value, operand))
      if (!isOperators(operand)) fail(2, '$not needs a regex or a document')
      return !Object.entries(operand as Fields).every(([inner, value]) => operatorMatches(leaves, inner, value)) // prettier-ignore
    default:
      return fail(2, `unknown operator: ${operator}`)
  }
}

/** The values at a path: through arrays, those of every element. Missing is undefined. */
function leavesOf(value: Value, path: readonly string[]): Value[] {
  const [name, ...rest] = path
  if (name === undefined) return [value]
  const kind = kindOf(value)
  if (kind === 'object') return leavesOf((value as Fields)[name], rest)
  if (kind !== 'array') return [undefined]
  const elements = (value as Value[]).filter((element) => kindOf(element) === 'object')
  const found = elements.flatMap((element) => leavesOf(element, path))
  const index = /^\d+$/.test(name) ? leavesOf((value as Value[])[Number(name)], rest) : []
  return [...found, ...index.filter((leaf) => leaf !== undefined)]
}

/** Asks a value and, of an array, its elements. */
function some(leaves: readonly Value[], question: (value: Value) => boolean): boolean {
  return leaves.some(
    (value) => question(value) || (kindOf(value) === 'array' && (value as Value[]).some(question)),
  )
}

function equals(value: Value, operand: Value): boolean {
  const kind = kindOf(operand)
  if (kind === 'regex') {
    return typeof value === 'string' && javascriptRegex(operand as BSON.BSONRegExp).test(value)
  }
  if (kind === 'null') return value === null || value === undefined
  return keyOf(value) === keyOf(operand)
}

function inList(leaves: readonly Value[], operator: string, operand: Value): boolean {
  const { keys, regexes, hasNull } = listOf(operator, operand)
  return some(
    leaves,
    (value) =>
      keys.has(keyOf(value)) ||
      (hasNull && (value === null || value === undefined)) ||
      regexes.some((regex) => equals(value, regex)),
  )
}

interface ValueList {
  readonly keys: ReadonlySet<string>
  readonly regexes: readonly Value[]
  readonly hasNull: boolean
}

/** Lists as they were last asked for: one with many values is asked of every document. */
const lists = new WeakMap<object, ValueList>()

function listOf(operator: string, operand: Value): ValueList {
  if (kindOf(operand) !== 'array') fail(2, `${operator} needs an array`)
  const values = operand as Value[]
  const known = lists.get(values)
  if (known !== undefined) return known
  if (values.some(isOperators)) fail(2, `cannot nest $ under ${operator}`)
  const regexes = values.filter((value) => kindOf(value) === 'regex')
  const plain = values.filter((value) => !['regex', 'null'].includes(kindOf(value)))
  const hasNull = values.some((value) => kindOf(value) === 'null')
  const list = { keys: new Set(plain.map(keyOf)), regexes, hasNull }
  lists.set(values, list)
  return list
}

function compares(operator: string, value: Value, operand: Value): boolean {
  const orEqual = operator.endsWith('e')
  if (kindOf(operand) === 'null') return orEqual && (value === null || value === undefined)
  if (value === undefined || typeRank(value) !== typeRank(operand)) return false
  if (isNan(value) || isNan(operand)) return orEqual && isNan(value) && isNan(operand)
  const order = compareBson(value, operand)
  return (orEqual && order === 0) || (operator.startsWith('$lt') ? order < 0 : order > 0)
}

function typeMatches(leaves: readonly Value[], operand: Value): boolean {
  const kinds = kindOf(operand) === 'array' ? (operand as Value[]) : [operand]
  for (const kind of kinds) if (typeof kind !== 'string' || !KINDS.has(kind)) fail(2, `Unknown type name alias: ${String(kind)}`) // prettier-ignore
  return some(leaves, (value) => value !== undefined && kinds.includes(kindOf(value)))
}

/** A regular expression of PCRE as JavaScript's. */
export function javascriptRegex({ pattern, options }: BSON.BSONRegExp): RegExp {
  if (/[^imsxu]/.test(options)) fail(51108, `invalid flag in regex options: ${options}`)
  return new RegExp(pattern.replaceAll('\\z', '$'), `${options.replace('x', '').replace('u', '')}u`)
}
