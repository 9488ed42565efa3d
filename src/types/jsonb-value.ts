/**
 * jsonb values out of their canonical text, with PostgreSQL's order, equality and containment
 * (src/backend/utils/adt/jsonb_util.c: compareJsonbContainers, JsonbDeepContains).
 */
import { compareDecimal, parseDecimal, type Decimal } from './numbers/decimal.js'

/** Kinds in their order: null < string < number < boolean < array < object. */
export type JsonbValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: Decimal }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'array'; readonly elements: readonly JsonbValue[] }
  | { readonly kind: 'object'; readonly pairs: readonly (readonly [string, JsonbValue])[] }

const RANK = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const

/** Parses canonical jsonb text: valid, one space after commas and colons, keys in their stored order. */
export function parseJsonb(text: string): JsonbValue {
  const reader = { text, at: 0 }
  return readValue(reader)
}

interface Reader {
  readonly text: string
  at: number
}

function readValue(reader: Reader): JsonbValue {
  const { text } = reader
  switch (text[reader.at]) {
    case '{': {
      const pairs: (readonly [string, JsonbValue])[] = []
      reader.at++
      while (text[reader.at] !== '}') {
        const key = readString(reader)
        reader.at += 2
        pairs.push([key, readValue(reader)])
        if (text[reader.at] === ',') reader.at += 2
      }
      reader.at++
      return { kind: 'object', pairs }
    }
    case '[': {
      const elements: JsonbValue[] = []
      reader.at++
      while (text[reader.at] !== ']') {
        elements.push(readValue(reader))
        if (text[reader.at] === ',') reader.at += 2
      }
      reader.at++
      return { kind: 'array', elements }
    }
    case '"':
      return { kind: 'string', value: readString(reader) }
    case 'n':
      reader.at += 4
      return { kind: 'null' }
    case 't':
      reader.at += 4
      return { kind: 'boolean', value: true }
    case 'f':
      reader.at += 5
      return { kind: 'boolean', value: false }
    default: {
      const start = reader.at
      while (reader.at < text.length && !/[,\]}]/.test(text[reader.at]!)) reader.at++
      return { kind: 'number', value: parseDecimal(text.slice(start, reader.at)) }
    }
  }
}

function readString(reader: Reader): string {
  const { text } = reader
  const start = reader.at
  let isPlain = true
  for (reader.at++; text[reader.at] !== '"'; reader.at++) {
    if (text[reader.at] === '\\') {
      isPlain = false
      reader.at++
    }
  }
  reader.at++
  const token = text.slice(start, reader.at)
  return isPlain ? token.slice(1, -1) : (JSON.parse(token) as string)
}

/** Compares whole documents as the btree operators do. A scalar at the top counts as an array of one, just below a real one. */
export function compareJsonb(a: JsonbValue, b: JsonbValue): number {
  const left = asContainer(a)
  const right = asContainer(b)
  if (left.kind === 'array' && right.kind === 'array' && isScalar(a) !== isScalar(b)) {
    // An empty array comes before every scalar: so it was first written, and the order cannot be changed any more.
    if (left.elements.length !== right.elements.length) {
      return left.elements.length - right.elements.length
    }
    return isScalar(a) ? -1 : 1
  }
  return compareInner(left, right)
}

function isScalar(value: JsonbValue): boolean {
  return value.kind !== 'array' && value.kind !== 'object'
}

function asContainer(value: JsonbValue): JsonbValue {
  return isScalar(value) ? { kind: 'array', elements: [value] } : value
}

function compareInner(a: JsonbValue, b: JsonbValue): number {
  if (a.kind === 'string' && b.kind === 'string') return compareCodePoints(a.value, b.value)
  if (a.kind === 'number' && b.kind === 'number') return compareDecimal(a.value, b.value)
  if (a.kind === 'boolean' && b.kind === 'boolean') return Number(a.value) - Number(b.value)
  if (a.kind === 'array' && b.kind === 'array') {
    if (a.elements.length !== b.elements.length) return a.elements.length - b.elements.length
    return firstDifference(a.elements, b.elements, compareInner)
  }
  if (a.kind === 'object' && b.kind === 'object') {
    if (a.pairs.length !== b.pairs.length) return a.pairs.length - b.pairs.length
    return firstDifference(
      a.pairs,
      b.pairs,
      ([key1, value1], [key2, value2]) =>
        compareCodePoints(key1, key2) || compareInner(value1, value2),
    )
  }
  return RANK[a.kind] - RANK[b.kind]
}

function firstDifference<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (x: T, y: T) => number,
): number {
  for (let i = 0; i < a.length; i++) {
    const difference = compare(a[i]!, b[i]!)
    if (difference !== 0) return difference
  }
  return 0
}

/** The order of UTF-8 bytes: code units above the surrogates come before what surrogate pairs stand for. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const isPair = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    if (isPair(x) !== isPair(y)) return isPair(x) ? 1 : -1
    return x - y
  }
  return a.length - b.length
}

/** Tells whether `a @> b`. An array contains a scalar that is one of its elements, but only at the top. */
export function jsonbContains(a: JsonbValue, b: JsonbValue): boolean {
  if ((a.kind === 'object') !== (b.kind === 'object')) return false
  if (isScalar(a) && !isScalar(b)) return false
  return contains(asContainer(a), asContainer(b))
}

function contains(a: JsonbValue, b: JsonbValue): boolean {
  if (a.kind === 'object' && b.kind === 'object') {
    if (a.pairs.length < b.pairs.length) return false
    const values = new Map(a.pairs)
    return b.pairs.every(([key, wanted]) => {
      const found = values.get(key)
      return found !== undefined && containsAsMember(found, wanted)
    })
  }
  if (a.kind === 'array' && b.kind === 'array') {
    return b.elements.every((wanted) =>
      a.elements.some((element) => containsAsMember(element, wanted)),
    )
  }
  return false
}

function containsAsMember(a: JsonbValue, b: JsonbValue): boolean {
  if (a.kind !== b.kind) return false
  return isScalar(a) ? compareInner(a, b) === 0 : contains(a, b)
}
