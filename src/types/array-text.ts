/** The text form of arrays: `{1,2,NULL}`, nested braces, `[2:3]=` bounds. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { Datum } from './sql-type.js'

/** An array taken apart: its elements in row-major order, and its shape. */
export interface ArrayValue {
  readonly elements: readonly Datum[]
  /** Length of each dimension; [] for an empty array. */
  readonly dimensions: readonly number[]
  /** First index of each dimension, usually 1. */
  readonly lowerBounds: readonly number[]
}

/** Box arrays alone separate their elements by semicolons. */
export function arrayDelimiter(elementOid: number): string {
  return elementOid === 603 ? ';' : ','
}

const MAXIMUM_DIMENSIONS = 6

function malformed(text: string, detail: string): EngineError {
  return new EngineError(SQLSTATE.invalidTextRepresentation, `malformed array literal: "${text}"`, {
    detail,
  })
}

/** One dimension without quotes, escapes and spaces: as arrays of numbers, dates and plain words are printed. */
const PLAIN_ARRAY = /^\{[^{}"\\\s]+\}$/

/** Reads array text; elements stay as they are written. */
export function parseArray(text: string, delimiter = ','): ArrayValue {
  if (PLAIN_ARRAY.test(text) && !/null/i.test(text)) {
    const elements = text.slice(1, -1).split(delimiter)
    if (!elements.includes('')) return { elements, dimensions: [elements.length], lowerBounds: [1] }
  }
  const bounds = /^\s*((?:\[\s*[+-]?\d+\s*(?::\s*[+-]?\d+\s*)?\]\s*)+)=\s*/.exec(text)
  const start = bounds?.[0].length ?? /^\s*/.exec(text)![0].length
  if (text[start] !== '{') {
    throw malformed(
      text,
      bounds === null
        ? /^\s*\[/.test(text)
          ? 'Missing "=" after array dimensions.'
          : 'Array value must start with "{" or dimension information.'
        : 'Array contents must start with "{".',
    )
  }
  const reader = new ArrayReader(text, delimiter, start)
  const { elements, dimensions } = reader.read()
  if (bounds === null) return { elements, dimensions, lowerBounds: dimensions.map(() => 1) }
  const ranges = [...bounds[1]!.matchAll(/([+-]?\d+)\s*(?::\s*([+-]?\d+))?/g)].map(
    ([, first, second]) =>
      second === undefined ? [1, Number(first)] : [Number(first), Number(second)],
  )
  if (ranges.some(([low = 0, high = 0]) => high < low)) {
    throw new EngineError('2202E', 'upper bound cannot be less than lower bound')
  }
  const lengths = ranges.map(([low = 0, high = 0]) => high - low + 1)
  if (lengths.join() !== dimensions.join()) {
    throw malformed(text, 'Specified array dimensions do not match array contents.')
  }
  return { elements, dimensions, lowerBounds: ranges.map(([low = 1]) => low) }
}

class ArrayReader {
  readonly #text: string
  readonly #delimiter: string
  #at: number
  readonly #elements: (string | null)[] = []
  readonly #dimensions: number[] = []
  /** Depth at which elements stand, once one was met. */
  #elementDepth = -1

  constructor(text: string, delimiter: string, start: number) {
    this.#text = text
    this.#delimiter = delimiter
    this.#at = start
  }

  read(): { elements: (string | null)[]; dimensions: number[] } {
    this.#readLevel(0)
    if (/\S/.test(this.#text.slice(this.#at))) {
      throw malformed(this.#text, 'Junk after closing right brace.')
    }
    const dimensions = this.#elements.length === 0 ? [] : this.#dimensions
    return { elements: this.#elements, dimensions }
  }

  #readLevel(depth: number): void {
    if (depth >= MAXIMUM_DIMENSIONS) {
      throw new EngineError(
        '54000',
        `number of array dimensions exceeds the maximum allowed (${MAXIMUM_DIMENSIONS})`,
      )
    }
    this.#at++
    let count = 0
    for (;;) {
      this.#skipSpace()
      const letter = this.#text[this.#at]
      if (letter === undefined) throw malformed(this.#text, 'Unexpected end of input.')
      if (letter === '}') {
        if (count > 0) throw malformed(this.#text, 'Unexpected "}" character.')
        break
      }
      if (letter === this.#delimiter) {
        throw malformed(this.#text, `Unexpected "${letter}" character.`)
      }
      if (letter === '{') {
        if (this.#elementDepth >= 0 && this.#elementDepth <= depth) throw this.#mismatch()
        this.#readLevel(depth + 1)
      } else {
        if (this.#elementDepth >= 0 && this.#elementDepth !== depth) throw this.#mismatch()
        if (this.#dimensions.length > depth + 1) throw this.#mismatch()
        this.#elementDepth = depth
        this.#elements.push(this.#readElement())
      }
      count++
      this.#skipSpace()
      const next = this.#text[this.#at]
      if (next === '}') break
      if (next === this.#delimiter) this.#at++
      else if (next === undefined) throw malformed(this.#text, 'Unexpected end of input.')
      else if (next === '{') throw malformed(this.#text, 'Unexpected "{" character.')
      else throw malformed(this.#text, 'Unexpected array element.')
    }
    this.#at++
    const known = this.#dimensions[depth]
    if (known !== undefined && known !== count) throw this.#mismatch()
    this.#dimensions[depth] = count
  }

  #mismatch(): EngineError {
    return malformed(
      this.#text,
      'Multidimensional arrays must have sub-arrays with matching dimensions.',
    )
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#at])) this.#at++
  }

  #readElement(): string | null {
    const text = this.#text
    if (text[this.#at] === '"') return this.#readQuoted()
    let value = ''
    let from = this.#at
    // Spaces at the end do not count unless escaped.
    let end = from
    let isEscaped = false
    for (;;) {
      const letter = text[this.#at]
      if (letter === undefined) throw malformed(text, 'Unexpected end of input.')
      if (letter === '"') throw malformed(text, 'Incorrectly quoted array element.')
      if (letter === '{') throw malformed(text, 'Unexpected "{" character.')
      if (letter === '}' || letter === this.#delimiter) break
      if (letter === '\\') {
        value += text.slice(from, this.#at)
        from = ++this.#at
        if (from === text.length) throw malformed(text, 'Unexpected end of input.')
        isEscaped = true
        end = from + 1
      } else if (!isSpace(letter)) {
        end = this.#at + 1
      }
      this.#at++
    }
    const bare = value + text.slice(from, end)
    return !isEscaped && bare.length === 4 && /^null$/i.test(bare) ? null : bare
  }

  #readQuoted(): string {
    const text = this.#text
    let value = ''
    let from = ++this.#at
    for (let letter = text[this.#at]; letter !== '"'; letter = text[++this.#at]) {
      if (letter === '\\') {
        value += text.slice(from, this.#at)
        from = ++this.#at
      }
      if (this.#at >= text.length) throw malformed(text, 'Unexpected end of input.')
    }
    value += text.slice(from, this.#at++)
    this.#skipSpace()
    const next = text[this.#at]
    if (next !== undefined && next !== '}' && next !== this.#delimiter && next !== '{') {
      throw malformed(text, 'Incorrectly quoted array element.')
    }
    return value
  }
}

function isSpace(letter: string | undefined): boolean {
  return letter === ' ' || (letter !== undefined && letter >= '\t' && letter <= '\r')
}

/** Makes an array of one dimension. */
export function listArray(elements: readonly Datum[]): ArrayValue {
  return elements.length === 0
    ? { dimensions: [], lowerBounds: [], elements }
    : { dimensions: [elements.length], lowerBounds: [1], elements }
}

/** Prints an array. */
export function formatArray(value: ArrayValue, delimiter = ','): string {
  const { elements, dimensions, lowerBounds } = value
  if (elements.length === 0) return '{}'
  let next = 0
  const level = (depth: number): string => {
    const parts: string[] = []
    const isLast = depth === dimensions.length - 1
    for (let i = 0; i < dimensions[depth]!; i++) {
      parts.push(isLast ? quoteElement(elements[next++]!, delimiter) : level(depth + 1))
    }
    return `{${parts.join(delimiter)}}`
  }
  const bounds = lowerBounds.every((low) => low === 1)
    ? ''
    : `${lowerBounds.map((low, i) => `[${low}:${low + dimensions[i]! - 1}]`).join('')}=`
  return bounds + level(0)
}

/** Letters that mean nothing in an array, but together the word NULL. */
const PLAIN_ELEMENT = /^[\w.:+-]+$/

function quoteElement(element: string | null, delimiter: string): string {
  if (element === null) return 'NULL'
  if (PLAIN_ELEMENT.test(element) && element.length !== 4) return element
  const needsQuotes =
    element === '' ||
    /[{}"\\ \t\n\v\f\r]/.test(element) ||
    element.includes(delimiter) ||
    /^null$/i.test(element)
  return needsQuotes ? `"${element.replace(/["\\]/g, '\\$&')}"` : element
}
