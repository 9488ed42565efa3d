/** unnest, string_to_table and the element functions of jsonb: a text taken apart. */
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { splitByRegex, whyNotSplit } from '../../expressions/kernels/regex-functions.js'
import { elementsOf, jsonAsText } from '../../expressions/kernels/json-functions.js'
import { BATCH_ROWS } from '../batch.js'
import type { SetFunction } from './set-function.js'

/** unnest(anyarray): the elements of all dimensions, in order. */
export const unnest: SetFunction = (values, result) => vectorsOf(arrayElements(values[0]!), result)

/** jsonb_array_elements(jsonb). */
export const jsonbElements: SetFunction = (values, result) =>
  vectorsOf(jsonbArray(values[0]!), result)

/** jsonb_array_elements_text(jsonb). */
export const jsonbElementTexts: SetFunction = (values, result) =>
  vectorsOf(
    jsonbArray(values[0]!).map((element) => {
      if (element === 'null') return null
      return element.startsWith('"') ? (JSON.parse(element) as string) : element
    }),
    result,
  )

/** jsonb_object_keys(jsonb). */
export const jsonbKeys: SetFunction = (values, result) => {
  const text = values[0]!
  if (!text.startsWith('{')) {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      `cannot call jsonb_object_keys on ${text.startsWith('[') ? 'an array' : 'a scalar'}`,
    )
  }
  const keys = splitTopLevel(text).map((member) => {
    const end = /^"(?:[^"\\]|\\.)*"/.exec(member)
    return JSON.parse(end?.[0] ?? '""') as string
  })
  return vectorsOf(keys, result)
}

/** string_to_table(text, text): a NULL separator takes every character apart. */
export const splitText: SetFunction = Object.assign(
  (values: readonly Datum[], result: SqlType): Iterable<Vector> => {
    const [text = null, separator = null] = values
    if (text === null || text === '') return []
    if (separator === null) return vectorsOf(Array.from(text), result)
    return vectorsOf(separator === '' ? [text] : text.split(separator), result)
  },
  { acceptsNulls: true as const },
)

/** regexp_split_to_table(text, text), for the patterns that have one reading. */
export const splitTextByRegex: SetFunction = Object.assign(
  (values: readonly string[], result: SqlType) =>
    vectorsOf(splitByRegex(values[0]!, values[1]!), result),
  { refuse: whyNotSplit },
)

/** json_array_elements(json): the elements as they are written. */
export const jsonElements: SetFunction = (values, result) =>
  vectorsOf(jsonArray(values[0]!), result)

/** json_array_elements_text(json). */
export const jsonElementTexts: SetFunction = (values, result) =>
  vectorsOf(jsonArray(values[0]!).map(jsonAsText), result)

function jsonArray(text: string): readonly string[] {
  const elements = elementsOf(text)
  if (elements !== undefined) return elements
  throw new EngineError(
    SQLSTATE.invalidParameterValue,
    `cannot call json_array_elements on a ${text.trimStart().startsWith('{') ? 'non-array' : 'scalar'}`,
  )
}

/** Streams datums as vectors of a type. */
function* vectorsOf(datums: Iterable<Datum>, type: SqlType): Generator<Vector> {
  const builder = createVectorBuilder(type, 16)
  for (const datum of datums) {
    builder.appendDatum(datum)
    if (builder.length === BATCH_ROWS) yield builder.finish()
  }
  if (builder.length > 0) yield builder.finish()
}

/** The elements of an array's text output, NULLs included, dimensions flattened. */
export function* arrayElements(text: string): Generator<Datum> {
  // Bounds other than 1 are printed before the braces: [0:2]={1,2,3}.
  let at = text.indexOf('{')
  while (at < text.length) {
    const character = text[at]!
    if (character === '{' || character === '}' || character === ',') {
      at++
    } else if (character === '"') {
      let value = ''
      at++
      while (text[at] !== '"') {
        if (text[at] === '\\') at++
        value += text[at]!
        at++
      }
      at++
      yield value
    } else {
      let end = at
      while (end < text.length && text[end] !== ',' && text[end] !== '}') end++
      const value = text.slice(at, end)
      yield value === 'NULL' ? null : value
      at = end
    }
  }
}

function jsonbArray(text: string): string[] {
  if (text.startsWith('[')) return splitTopLevel(text)
  throw new EngineError(
    SQLSTATE.invalidParameterValue,
    text.startsWith('{')
      ? 'cannot extract elements from an object'
      : 'cannot extract elements from a scalar',
  )
}

/** The members between the outermost brackets of a canonical JSON text. */
function splitTopLevel(text: string): string[] {
  const members: string[] = []
  let depth = 0
  let start = 1
  for (let at = 1; at < text.length - 1; at++) {
    const character = text[at]!
    if (character === '"') {
      at++
      while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    } else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    else if (character === ',' && depth === 0) {
      members.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  const last = text.slice(start, -1).trim()
  if (last !== '') members.push(last)
  return members
}
