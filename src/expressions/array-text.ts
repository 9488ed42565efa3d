/** Arrays as values: PostgreSQL's text form taken apart and put together. */
import { typeInfo } from '../types/type-registry.js'
import type { Datum } from '../types/sql-type.js'

/** An array: `dimensions[k]` elements in dimension k, numbered from `lowerBounds[k]`; elements in row-major order. */
export interface ArrayValue {
  readonly dimensions: readonly number[]
  readonly lowerBounds: readonly number[]
  readonly elements: readonly Datum[]
}

/** Reads canonical array text: `{1,NULL,"a b"}`, `{{1},{2}}`, `[0:1]={1,2}`. */
export function parseArray(text: string, delimiter = ','): ArrayValue {
  let at = 0
  let lowerBounds: number[] | undefined
  if (text.startsWith('[')) {
    const end = text.indexOf('=')
    lowerBounds = [...text.slice(0, end).matchAll(/\[(-?\d+):-?\d+\]/g)].map((m) => Number(m[1]))
    at = end + 1
  }
  const elements: Datum[] = []
  const dimensions: number[] = []
  const readItems = (depth: number): void => {
    at++
    let count = 0
    if (text[at] === '}') {
      at++
      return
    }
    for (;;) {
      if (text[at] === '{') readItems(depth + 1)
      else elements.push(readElement())
      count++
      if (text[at++] !== delimiter) break
    }
    dimensions[depth] = count
  }
  const readElement = (): Datum => {
    if (text[at] === '"') {
      let value = ''
      at++
      let from = at
      for (; text[at] !== '"'; at++) {
        if (text[at] !== '\\') continue
        value += text.slice(from, at)
        from = ++at
      }
      value += text.slice(from, at++)
      return value
    }
    const from = at
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at++
    const bare = text.slice(from, at)
    return bare === 'NULL' ? null : bare
  }
  readItems(0)
  return { dimensions, lowerBounds: lowerBounds ?? dimensions.map(() => 1), elements }
}

/** Prints an array as PostgreSQL does. */
export function formatArray(array: ArrayValue, delimiter = ','): string {
  const { dimensions, lowerBounds, elements } = array
  if (elements.length === 0) return '{}'
  let at = 0
  const print = (depth: number): string => {
    const parts: string[] = []
    for (let k = 0; k < (dimensions[depth] as number); k++) {
      parts.push(
        depth === dimensions.length - 1
          ? quoteElement(elements[at++] as Datum, delimiter)
          : print(depth + 1),
      )
    }
    return `{${parts.join(delimiter)}}`
  }
  const body = print(0)
  if (lowerBounds.every((bound) => bound === 1)) return body
  const prefix = lowerBounds.map((low, k) => `[${low}:${low + (dimensions[k] as number) - 1}]`)
  return `${prefix.join('')}=${body}`
}

function quoteElement(element: Datum, delimiter: string): string {
  if (element === null) return 'NULL'
  const needsQuotes =
    element === '' ||
    element.includes(delimiter) ||
    /^null$/i.test(element) ||
    /[{}"\\ \t\n\r\v\f]/.test(element)
  return needsQuotes ? `"${element.replace(/["\\]/g, '\\$&')}"` : element
}

/** Builds a one-dimensional array. */
export function listArray(elements: readonly Datum[]): ArrayValue {
  return elements.length === 0
    ? { dimensions: [], lowerBounds: [], elements }
    : { dimensions: [elements.length], lowerBounds: [1], elements }
}

/** Gives the delimiter of an element type: `;` for box, a comma for all others. */
export function delimiterOf(elementOid: number): string {
  return elementOid === 603 ? ';' : ','
}

/** Gives an array type's element type, where it is known. */
export function elementTypeOf(arrayOid: number): number | undefined {
  return typeInfo(arrayOid).elementOid
}
