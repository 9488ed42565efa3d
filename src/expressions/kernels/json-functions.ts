/**
 * Access to json and jsonb by key, index and path. Values stay text: what is selected is a stretch of the document,
 * which for jsonb (kept in canonical text) is canonical itself.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { parseArray } from '../../types/array-text.js'
import { jsonbContains, parseJsonb } from '../../types/jsonb-value.js'
import type { Kernel, KernelTable } from './kernel.js'
import { rowWise } from './row-wise.js'

const BLANKS = /[ \t\n\r]*/y

function skipBlanks(text: string, at: number): number {
  BLANKS.lastIndex = at
  BLANKS.test(text)
  return BLANKS.lastIndex
}

/** Finds the end of the string that starts at a quote. */
function stringEnd(text: string, at: number): number {
  let k = at + 1
  for (;;) {
    const unit = text.charCodeAt(k)
    if (unit === 0x5c) k += 2
    else if (unit === 0x22) return k + 1
    else k++
  }
}

/** Finds the end of the value that starts here. */
function valueEnd(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return stringEnd(text, at)
  if (first !== '{' && first !== '[') {
    let k = at
    while (k < text.length && !/[,\]} \t\n\r]/.test(text[k] as string)) k++
    return k
  }
  let depth = 0
  for (let k = at; ;) {
    const character = text[k]
    if (character === '"') {
      k = stringEnd(text, k)
      continue
    }
    if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return k + 1
    k++
  }
}

/** Reads a string token; documents were checked on input, but not whether text can hold them. */
function stringValue(token: string): string {
  if (!token.includes('\\')) return token.slice(1, -1)
  const value = JSON.parse(token) as string
  if (value.includes('\0')) {
    throw new EngineError('22P05', 'unsupported Unicode escape sequence', {
      detail: '\\u0000 cannot be converted to text.',
    })
  }
  // With the flag, only surrogates without a partner are characters of their own.
  if (/[\ud800-\udfff]/u.test(value)) {
    throw new EngineError(SQLSTATE.invalidTextRepresentation, 'invalid input syntax for type json')
  }
  return value
}

/** Visits an object's fields: where each begins, where its value begins and ends. False: it is no object. */
function visitFields(
  text: string,
  visit: (name: string, start: number, valueStart: number, end: number) => void,
): boolean {
  let at = skipBlanks(text, 0)
  if (text[at] !== '{') return false
  at = skipBlanks(text, at + 1)
  while (text[at] === '"') {
    const keyEnd = stringEnd(text, at)
    const name = stringValue(text.slice(at, keyEnd))
    const valueStart = skipBlanks(text, skipBlanks(text, keyEnd) + 1)
    const end = valueEnd(text, valueStart)
    visit(name, at, valueStart, end)
    at = skipBlanks(text, end)
    if (text[at] === ',') at = skipBlanks(text, at + 1)
  }
  return true
}

/** Selects an object's field; of repeated keys the last counts. */
function fieldOf(text: string, key: string): string | null {
  let found: string | null = null
  visitFields(text, (name, _start, valueStart, end) => {
    if (name === key) found = text.slice(valueStart, end)
  })
  return found
}

/** Lists an array's elements; undefined when it is none. */
export function elementsOf(text: string): string[] | undefined {
  let at = skipBlanks(text, 0)
  if (text[at] !== '[') return undefined
  const elements: string[] = []
  at = skipBlanks(text, at + 1)
  while (text[at] !== ']') {
    const end = valueEnd(text, at)
    elements.push(text.slice(at, end))
    at = skipBlanks(text, end)
    if (text[at] === ',') at = skipBlanks(text, at + 1)
  }
  return elements
}

function elementOf(text: string, index: number): string | null {
  return elementsOf(text)?.at(index) ?? null
}

/** A jsonb scalar is kept as an array of one, which shows here. */
function elementOfBinary(text: string, index: number): string | null {
  const elements = elementsOf(text) ?? (typeOf(text) === 'object' ? [] : [text])
  return elements.at(index) ?? null
}

/** Follows a path of keys and indices. */
function follow(text: string, path: string): string | null {
  let current: string | null = text
  for (const step of parseArray(path).elements) {
    if (step === null || current === null) return null
    const first = current[skipBlanks(current, 0)]
    if (first === '{') current = fieldOf(current, step)
    else if (first === '[') {
      const isIndex = /^[ \t\n\r\v\f]*[+-]?\d+$/.test(step)
      const index = Number(step)
      if (!isIndex || index > 2147483647 || index < -2147483648) return null
      current = elementOf(current, index)
    } else return null
  }
  return current
}

/** ->>: strings without their quotes, null as NULL. */
export function jsonAsText(value: string | null): string | null {
  if (value === null) return null
  const start = skipBlanks(value, 0)
  const token = value.slice(start, valueEnd(value, start))
  if (token === 'null') return null
  return token.startsWith('"') ? stringValue(token) : token
}

function typeOf(text: string): string {
  const first = text[skipBlanks(text, 0)]
  switch (first) {
    case '{':
      return 'object'
    case '[':
      return 'array'
    case '"':
      return 'string'
    case 't':
    case 'f':
      return 'boolean'
    case 'n':
      return 'null'
    default:
      return 'number'
  }
}

function lengthOf(text: string): number {
  const elements = elementsOf(text)
  if (elements !== undefined) return elements.length
  throw new EngineError(
    SQLSTATE.invalidParameterValue,
    `cannot get array length of a ${typeOf(text) === 'object' ? 'non-array' : 'scalar'}`,
  )
}

const contains = rowWise(['text', 'text'], 'bool', (a, b) =>
  jsonbContains(parseJsonb(a), parseJsonb(b)),
)
const contained = rowWise(['text', 'text'], 'bool', (a, b) =>
  jsonbContains(parseJsonb(b), parseJsonb(a)),
)

const hasKey = (text: string, key: string): boolean => {
  if (typeOf(text) === 'object') return fieldOf(text, key) !== null
  const strings = elementsOf(text) ?? [text]
  return strings.some((token) => token.startsWith('"') && stringValue(token) === key)
}
const keysOf = (text: string): string[] =>
  parseArray(text).elements.filter((element) => element !== null)

/** jsonb - index */
const withoutIndex = (text: string, index: number): string => {
  if (typeOf(text) === 'object') {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      'cannot delete from object using integer index',
    )
  }
  const elements = elementsOf(text) ?? cannotDeleteFromScalar()
  const at = index < 0 ? elements.length + index : index
  return `[${elements.filter((_, position) => position !== at).join(', ')}]`
}

/** jsonb - key: a field of an object, or the strings that are the key in an array. */
const withoutKey = (text: string, key: string): string => {
  const fields: string[] = []
  const isObject = visitFields(text, (name, start, _valueStart, end) => {
    if (name !== key) fields.push(text.slice(start, end))
  })
  if (isObject) return `{${fields.join(', ')}}`
  const elements = elementsOf(text) ?? cannotDeleteFromScalar()
  const kept = elements.filter((token) => !(token.startsWith('"') && stringValue(token) === key))
  return `[${kept.join(', ')}]`
}

function cannotDeleteFromScalar(): never {
  throw new EngineError(SQLSTATE.invalidParameterValue, 'cannot delete from scalar')
}

const table: Record<string, Kernel> = {
  'jsonb_delete(jsonb,int4)': rowWise(['text', 'int32'], 'text', withoutIndex),
  'jsonb_delete(jsonb,text)': rowWise(['text', 'text'], 'text', withoutKey),
  'jsonb_exists_any(jsonb,_text)': rowWise(['text', 'text'], 'bool', (text, keys) =>
    keysOf(keys).some((key) => hasKey(text, key)),
  ),
  'jsonb_exists_all(jsonb,_text)': rowWise(['text', 'text'], 'bool', (text, keys) =>
    keysOf(keys).every((key) => hasKey(text, key)),
  ),
  'jsonb_contains(jsonb,jsonb)': contains,
  'jsonb_contained(jsonb,jsonb)': contained,
  'jsonb_exists(jsonb,text)': rowWise(['text', 'text'], 'bool', hasKey),
}

for (const type of ['json', 'jsonb']) {
  const element = type === 'json' ? elementOf : elementOfBinary
  table[`${type}_object_field(${type},text)`] = rowWise(['text', 'text'], 'text', fieldOf)
  table[`${type}_object_field_text(${type},text)`] = rowWise(
    ['text', 'text'],
    'text',
    (text, key) => jsonAsText(fieldOf(text, key)),
  )
  table[`${type}_array_element(${type},int4)`] = rowWise(['text', 'int32'], 'text', element)
  table[`${type}_array_element_text(${type},int4)`] = rowWise(
    ['text', 'int32'],
    'text',
    (text, index) => jsonAsText(element(text, index)),
  )
  table[`${type}_extract_path(${type},_text)`] = rowWise(['text', 'text'], 'text', follow)
  table[`${type}_extract_path_text(${type},_text)`] = rowWise(
    ['text', 'text'],
    'text',
    (text, path) => jsonAsText(follow(text, path)),
  )
  table[`${type}_typeof(${type})`] = rowWise(['text'], 'text', typeOf)
  table[`${type}_array_length(${type})`] = rowWise(['text'], 'int32', lengthOf)
}

/** Functions of json and jsonb by signature. */
export const JSON_FUNCTIONS: KernelTable = table
