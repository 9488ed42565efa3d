/** Aggregation expressions, with the server's errors. Operators that are not here are unknown to the server. */
import { BSON } from 'mongodb'
import {
  addNumbers,
  compareBson,
  decimalParts,
  exactOf,
  isNumber,
  keyOf,
  kindOf,
  roundedDecimal,
  toDecimal,
  toNumber,
  wholeNumber,
  type Fields,
  type Value,
} from './bson-values.js'
import { javascriptRegex } from './match.js'
import { fail } from './server-error.js'

/** Names with their values: `$$ROOT` and those of `let`. */
export type Variables = Readonly<Record<string, Value>>

/** Evaluates; missing is undefined. */
export function evaluate(expression: Value, root: Value, variables: Variables = {}): Value {
  if (typeof expression === 'string' && expression.startsWith('$')) return pathValue(expression, root, variables) // prettier-ignore
  const kind = kindOf(expression)
  if (kind === 'array') return (expression as Value[]).map((part) => evaluate(part, root, variables) ?? null) // prettier-ignore
  if (kind !== 'object') return expression
  const entries = Object.entries(expression as Fields)
  const [first] = entries
  if (first === undefined || !first[0].startsWith('$')) {
    const fields: Fields = {}
    for (const [name, part] of entries) {
      if (name.startsWith('$') || name.includes('.')) fail(16412, `FieldPath field names may not contain '.': ${name}`) // prettier-ignore
      const value = evaluate(part, root, variables)
      if (value !== undefined) fields[name] = value
    }
    return fields
  }
  if (entries.length > 1) fail(15983, `An object representing an expression must have exactly one field`) // prettier-ignore
  const [name, operand] = first
  if (name === '$literal') return operand
  const lazy = LAZY[name]
  if (lazy !== undefined) return lazy(operand, (part) => evaluate(part, root, variables))
  const operator = STRICT[name]
  if (operator === undefined) return fail(168, `Unrecognized expression '${name}'`)
  const operands = kindOf(operand) === 'array' ? (operand as Value[]) : [operand]
  const [least, most] = operator.count
  if (operands.length < least || operands.length > most) {
    fail(16020, `Expression ${name} takes ${least} to ${most} arguments. ${operands.length} were passed in.`) // prettier-ignore
  }
  return operator.apply(operands.map((part) => evaluate(part, root, variables)))
}

/** Checks an expression without evaluating it, as parsing does: unknown operators are refused though no document comes. */
export function checkExpression(expression: Value): void {
  const kind = kindOf(expression)
  if (kind === 'array') (expression as Value[]).forEach(checkExpression)
  if (kind !== 'object') return
  for (const [name, operand] of Object.entries(expression as Fields)) {
    if (name === '$literal') return
    const isKnown = !name.startsWith('$') || name in LAZY || name in STRICT
    if (!isKnown) fail(168, `Unrecognized expression '${name}'`)
    if (name === '$dateTrunc' || name === '$regexMatch' || name === '$switch') {
      Object.values(operand as Fields).forEach(checkExpression)
    } else checkExpression(operand)
  }
}

function pathValue(text: string, root: Value, variables: Variables): Value {
  const isVariable = text.startsWith('$$')
  const [first = '', ...rest] = text.slice(isVariable ? 2 : 1).split('.')
  const parts = isVariable ? rest : [first, ...rest]
  if (parts.some((part) => part === '' || part.startsWith('$'))) fail(16410, `FieldPath field names may not start with '$' or be empty: ${text}`) // prettier-ignore
  let start = root
  if (isVariable && first !== 'ROOT' && first !== 'CURRENT') {
    if (!(first in variables)) fail(17276, `Use of undefined variable: ${first}`)
    start = variables[first]
  }
  return descend(start, parts)
}

/** Follows a path; of an array, the values of its elements. */
export function descend(value: Value, parts: readonly string[]): Value {
  const [name, ...rest] = parts
  if (name === undefined) return value
  const kind = kindOf(value)
  if (kind === 'array') {
    return (value as Value[])
      .map((element) => descend(element, parts))
      .filter((v) => v !== undefined)
  }
  return kind === 'object' ? descend((value as Fields)[name], rest) : undefined
}

/** Whether a value counts as true. */
export function isTruthy(value: Value): boolean {
  if (value === undefined || value === null || value === false) return false
  return !(isNumber(value) && toNumber(value) === 0)
}

function isNullish(value: Value): boolean {
  return value === undefined || value === null
}

type Evaluate = (expression: Value) => Value

const LAZY: Readonly<Record<string, (operand: Value, evaluate: Evaluate) => Value>> = {
  $and: (operand, run) => list(operand).every((part) => isTruthy(run(part))),
  $or: (operand, run) => list(operand).some((part) => isTruthy(run(part))),
  $cond(operand, run) {
    const parts = list(operand)
    if (parts.length !== 3) fail(16020, 'Expression $cond takes exactly 3 arguments')
    return run(isTruthy(run(parts[0])) ? parts[1] : parts[2])
  },
  $ifNull(operand, run) {
    const parts = list(operand)
    if (parts.length < 2) fail(1257300, '$ifNull needs at least two arguments')
    for (const part of parts.slice(0, -1)) {
      const value = run(part)
      if (!isNullish(value)) return value
    }
    return run(parts.at(-1))
  },
  $switch(operand, run) {
    const { branches, default: otherwise, ...others } = operand as { branches: { case: Value; then: Value }[]; default?: Value } // prettier-ignore
    if (Object.keys(others).length > 0) fail(40067, '$switch found an unknown argument')
    const branch = branches.find((candidate) => isTruthy(run(candidate.case)))
    if (branch !== undefined) return run(branch.then)
    if (otherwise === undefined) fail(40066, '$switch could not find a matching branch')
    return run(otherwise)
  },
  $dateTrunc(operand, run) {
    const { date, unit, startOfWeek, ...others } = operand as Fields
    if (Object.keys(others).length > 0) fail(5439008, 'Unrecognized argument to $dateTrunc')
    const value = run(date)
    if (isNullish(value)) return null
    if (kindOf(value) !== 'date') fail(5439012, `$dateTrunc requires "date" to be a date, timestamp or ObjectId`) // prettier-ignore
    return truncated(value as Date, run(unit) as string, startOfWeek === undefined ? 'sunday' : (run(startOfWeek) as string)) // prettier-ignore
  },
  $regexMatch(operand, run) {
    const { input, regex, ...others } = operand as Fields
    if (Object.keys(others).length > 0) fail(31024, '$regexMatch found an unknown argument')
    const value = run(input)
    if (isNullish(value)) return false
    if (kindOf(value) !== 'string') fail(51104, "$regexMatch needs 'input' to be of type string")
    return javascriptRegex(regex as BSON.BSONRegExp).test(value as string)
  },
}

function list(operand: Value): readonly Value[] {
  return kindOf(operand) === 'array' ? (operand as Value[]) : [operand]
}

function truncated(date: Date, unit: string, startOfWeek: string): Date {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const at = (y: number, m: number, d: number): Date => {
    const result = new Date(0)
    result.setUTCFullYear(y, m, d)
    return result
  }
  const floor = (size: number): Date => new Date(Math.floor(date.getTime() / size) * size)
  switch (unit) {
    case 'year':
      return at(year, 0, 1)
    case 'quarter':
      return at(year, month - (month % 3), 1)
    case 'month':
      return at(year, month, 1)
    case 'week': {
      const first = { sunday: 0, monday: 1 }[startOfWeek]
      if (first === undefined) fail(5439016, `invalid startOfWeek ${startOfWeek}`)
      return at(year, month, day - ((date.getUTCDay() - first! + 7) % 7))
    }
    case 'day':
      return at(year, month, day)
    case 'hour':
      return floor(3_600_000)
    case 'minute':
      return floor(60_000)
    case 'second':
      return floor(1000)
    default:
      return fail(9, `unknown time unit value: ${unit}`)
  }
}

interface Strict {
  readonly count: readonly [number, number]
  readonly apply: (values: readonly Value[]) => Value
}

function comparison(accepts: (order: number) => boolean): Strict {
  return { count: [2, 2], apply: ([a, b]) => accepts(compareBson(a, b)) }
}

function conversion(convert: (value: Value) => Value): Strict {
  return { count: [1, 1], apply: ([value]) => (isNullish(value) ? null : convert(value)) }
}

const STRICT: Readonly<Record<string, Strict>> = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $not: { count: [1, 1], apply: ([value]) => !isTruthy(value) },
  $type: { count: [1, 1], apply: ([value]) => kindOf(value) },
  $in: {
    count: [2, 2],
    apply([value, values]) {
      if (kindOf(values) !== 'array') fail(40081, '$in requires an array as a second argument')
      const key = keyOf(value)
      return (values as Value[]).some((candidate) => keyOf(candidate) === key)
    },
  },
  $add: {
    count: [1, 99],
    apply(values) {
      if (values.some(isNullish)) return null
      for (const value of values) if (!isNumber(value)) fail(14, `$add only supports numeric or date types, not ${kindOf(value)}`) // prettier-ignore
      return values.reduce((sum, value) => addNumbers(sum, value))
    },
  },
  $abs: {
    count: [1, 1],
    apply([value]) {
      if (isNullish(value)) return null
      if (!isNumber(value)) fail(28765, `$abs only supports numeric types, not ${kindOf(value)}`)
      const kind = kindOf(value)
      if (kind === 'double') return new BSON.Double(Math.abs(toNumber(value)))
      if (kind === 'decimal') return BSON.Decimal128.fromString(String(value).replace(/^-/, ''))
      const { top } = exactOf(value) as { top: bigint }
      return wholeNumber(top < 0n ? -top : top, kind as 'int' | 'long')
    },
  },
  $round: {
    count: [1, 2],
    apply([value, place = new BSON.Int32(0)]) {
      if (isNullish(value)) return null
      if (!isNumber(value)) fail(51081, `$round only supports numeric types, not ${kindOf(value)}`)
      const places = toNumber(place)
      if (places < -20 || places > 100) fail(51083, 'cannot apply $round with that precision')
      const kind = kindOf(value)
      if (kind === 'int' || kind === 'long') return value
      const parts = kind === 'decimal' ? decimalParts(value as BSON.Decimal128) : 'double'
      if (parts === 'double') return new BSON.Double(Number(toNumber(value).toFixed(places)))
      if (typeof parts === 'string' || -parts.exponent <= places) return value
      const unit = 10n ** BigInt(-parts.exponent - places)
      const size = parts.coefficient < 0n ? -parts.coefficient : parts.coefficient
      const rest = size % unit
      let kept = size / unit
      if (rest * 2n > unit || (rest * 2n === unit && kept % 2n === 1n)) kept += 1n
      return roundedDecimal(parts.coefficient < 0n ? -kept : kept, -places)
    },
  },
  $concat: {
    count: [1, 99],
    apply(values) {
      if (values.some(isNullish)) return null
      for (const value of values) if (typeof value !== 'string') fail(16702, `$concat only supports strings, not ${kindOf(value)}`) // prettier-ignore
      return values.join('')
    },
  },
  $strLenCP: {
    count: [1, 1],
    apply([value]) {
      if (typeof value !== 'string') return fail(34471, `$strLenCP requires a string argument, found: ${kindOf(value)}`) // prettier-ignore
      return new BSON.Int32([...value].length)
    },
  },
  $strLenBytes: {
    count: [1, 1],
    apply([value]) {
      if (typeof value !== 'string') return fail(34473, `$strLenBytes requires a string argument, found: ${kindOf(value)}`) // prettier-ignore
      return new BSON.Int32(Buffer.byteLength(value))
    },
  },
  $arrayElemAt: {
    count: [2, 2],
    apply([values, index]) {
      if (isNullish(values)) return null
      if (kindOf(values) !== 'array') fail(28689, "$arrayElemAt's first argument must be an array")
      return (values as Value[]).at(toNumber(index))
    },
  },
  $toDecimal: conversion((value) => {
    if (!isNumber(value)) return fail(241, `Unsupported conversion from ${kindOf(value)} to decimal in $convert with no onError value`) // prettier-ignore
    return toDecimal(value)
  }),
  $toDouble: conversion((value) => {
    if (!isNumber(value)) return fail(241, `Unsupported conversion from ${kindOf(value)} to double in $convert with no onError value`) // prettier-ignore
    return new BSON.Double(toNumber(value))
  }),
  $toInt: conversion((value) => {
    if (typeof value === 'string') {
      if (!/^[+-]?\d+$/.test(value)) return fail(241, `Failed to parse number '${value}' in $convert with no onError value: Did not consume whole string.`) // prettier-ignore
      return new BSON.Int32(Number(value))
    }
    if (!isNumber(value)) return fail(241, `Unsupported conversion from ${kindOf(value)} to int in $convert with no onError value`) // prettier-ignore
    return new BSON.Int32(Math.trunc(toNumber(value)))
  }),
  $toString: conversion((value) => {
    const kind = kindOf(value)
    if (kind === 'string') return value
    if (kind === 'objectId') return (value as BSON.ObjectId).toHexString()
    if (kind === 'int' || kind === 'long' || kind === 'bool') return String(value)
    return fail(241, `Unsupported conversion from ${kind} to string in $convert with no onError value`) // prettier-ignore
  }),
}
