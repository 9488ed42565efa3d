/** Reads json (validated, kept as written) and jsonb (in PostgreSQL's normal form). */
import { EngineError, SQLSTATE } from '../errors.js'
import { formatDecimal, parseDecimal } from './numbers/decimal.js'

/** Checks json; the text stays as it is. */
export function jsonInput(text: string): string {
  new JsonReader(text, false).read()
  return text
}

/** Prints json as jsonb does: keys by length then bytes, the last of equal keys, exact numbers, one space. */
export function jsonbInput(text: string): string {
  return new JsonReader(text, true).read()
}

/** Quotes a string as PostgreSQL's JSON output does. */
export function quoteJson(text: string): string {
  let quoted = '"'
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) quoted += '\\"'
    else if (code === 92) quoted += '\\\\'
    else if (code >= 32) quoted += text[at]!
    else quoted += SHORT_ESCAPES[code] ?? `\\u${code.toString(16).padStart(4, '0')}`
  }
  return `${quoted}"`
}

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
}

const UNESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

const MAXIMUM_DEPTH = 6000

class JsonReader {
  readonly #text: string
  /** jsonb decodes strings and numbers; json only checks them. */
  readonly #isBinary: boolean
  #at = 0
  #depth = 0

  constructor(text: string, isBinary: boolean) {
    this.#text = text
    this.#isBinary = isBinary
  }

  read(): string {
    const value = this.#readValue('JSON value')
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.#unexpected('end of input')
    return value
  }

  #skipSpace(): void {
    const text = this.#text
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
      this.#at++
    }
  }

  #readValue(expected: string): string {
    this.#skipSpace()
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#readObject())
      case '[':
        return this.#nested(() => this.#readArray(expected))
      case '"': {
        const value = this.#readString()
        return this.#isBinary ? quoteJson(value) : ''
      }
      default:
        return this.#readScalar(expected)
    }
  }

  #nested(read: () => string): string {
    if (++this.#depth > MAXIMUM_DEPTH) {
      throw new EngineError(SQLSTATE.statementTooComplex, 'stack depth limit exceeded')
    }
    const value = read()
    this.#depth--
    return value
  }

  #readScalar(expected: string): string {
    const word = this.#tokenHere()
    if (word === 'true' || word === 'false' || word === 'null') {
      this.#at += word.length
      return word
    }
    const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.exec(word)
    if (number === null) {
      if (word === '' || /^[{}[\]:,]$/.test(word)) throw this.#unexpected(expected)
      throw this.#invalidToken(word)
    }
    this.#at += word.length
    return this.#isBinary ? formatDecimal(parseDecimal(word)) : ''
  }

  #readArray(_expected: string): string {
    this.#at++
    this.#skipSpace()
    if (this.#text[this.#at] === ']') {
      this.#at++
      return '[]'
    }
    const values: string[] = []
    for (;;) {
      const expected = values.length === 0 ? 'array element or "]"' : 'JSON value'
      const value = this.#readValue(values.length === 0 ? expected : 'JSON value')
      if (this.#isBinary || values.length === 0) values.push(value)
      this.#skipSpace()
      const next = this.#text[this.#at]
      if (next === ']') break
      if (next !== ',') throw this.#unexpected('"," or "]"')
      this.#at++
    }
    this.#at++
    return `[${values.join(', ')}]`
  }

  #readObject(): string {
    this.#at++
    this.#skipSpace()
    if (this.#text[this.#at] === '}') {
      this.#at++
      return '{}'
    }
    const members = new Map<string, string>()
    for (let isFirst = true; ; isFirst = false) {
      this.#skipSpace()
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected(isFirst ? 'string or "}"' : 'string')
      }
      const key = this.#readString()
      this.#skipSpace()
      if (this.#text[this.#at] !== ':') throw this.#unexpected('":"')
      this.#at++
      const value = this.#readValue('JSON value')
      if (this.#isBinary) members.set(key, value)
      this.#skipSpace()
      const next = this.#text[this.#at]
      if (next === '}') break
      if (next !== ',') throw this.#unexpected('"," or "}"')
      this.#at++
    }
    this.#at++
    const sorted = [...members]
      .map(([key, value]) => ({ key: Buffer.from(key, 'utf8'), name: key, value }))
      .sort((a, b) => a.key.length - b.key.length || Buffer.compare(a.key, b.key))
    return `{${sorted.map(({ name, value }) => `${quoteJson(name)}: ${value}`).join(', ')}}`
  }

  #readString(): string {
    const text = this.#text
    const start = this.#at++
    let value = ''
    let runStart = this.#at
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (Number.isNaN(code)) throw this.#invalidToken(text.slice(start))
      if (code === 34) break
      if (code < 32) {
        throw this.#malformed(
          `Character with value 0x${code.toString(16).padStart(2, '0')} must be escaped.`,
        )
      }
      if (code === 92) {
        value += text.slice(runStart, this.#at)
        value += this.#readEscape(start)
        runStart = this.#at
      } else {
        this.#at++
      }
    }
    value += text.slice(runStart, this.#at)
    this.#at++
    return value
  }

  #readEscape(start: number): string {
    const text = this.#text
    const letter = text[this.#at + 1]
    if (letter === undefined) throw this.#invalidToken(text.slice(start))
    if (letter !== 'u') {
      const plain = UNESCAPED[letter]
      if (plain === undefined) {
        const shown = String.fromCodePoint(text.codePointAt(this.#at + 1)!)
        throw this.#malformed(`Escape sequence "\\${shown}" is invalid.`)
      }
      this.#at += 2
      return plain
    }
    const first = this.#readHex()
    if (!this.#isBinary) return ''
    if (first === 0) {
      throw new EngineError('22P05', 'unsupported Unicode escape sequence', {
        detail: '\\u0000 cannot be converted to text.',
      })
    }
    if (first >= 0xdc00 && first <= 0xdfff) {
      throw this.#malformed('Unicode low surrogate must follow a high surrogate.')
    }
    if (first < 0xd800 || first > 0xdbff) return String.fromCharCode(first)
    if (text[this.#at] !== '\\' || text[this.#at + 1] !== 'u') {
      throw this.#malformed('Unicode low surrogate must follow a high surrogate.')
    }
    const second = this.#readHex()
    if (second >= 0xd800 && second <= 0xdbff) {
      throw this.#malformed('Unicode high surrogate must not follow a high surrogate.')
    }
    if (second < 0xdc00 || second > 0xdfff) {
      throw this.#malformed('Unicode low surrogate must follow a high surrogate.')
    }
    return String.fromCharCode(first, second)
  }

  #readHex(): number {
    const digits = this.#text.slice(this.#at + 2, this.#at + 6)
    if (!/^[0-9a-f]{4}$/i.test(digits)) {
      throw this.#malformed('"\\u" must be followed by four hexadecimal digits.')
    }
    this.#at += 6
    return parseInt(digits, 16)
  }

  /** The token at the position: punctuation, or a run of what could be a word or number. */
  #tokenHere(): string {
    const rest = /[-+.\w\u0080-\uffff]+|[^]?/y
    rest.lastIndex = this.#at
    return rest.exec(this.#text)?.[0] ?? ''
  }

  #unexpected(expected: string): EngineError {
    if (this.#at >= this.#text.length) {
      return this.#malformed('The input string ended unexpectedly.')
    }
    let token = this.#tokenHere()
    if (token === '"') {
      const start = this.#at
      this.#readString()
      token = this.#text.slice(start, this.#at)
    } else if (!/^[{}[\]:,]$/.test(token) && !isJsonToken(token)) {
      return this.#invalidToken(token)
    }
    const sentence =
      expected === 'end of input'
        ? 'Expected end of input, but found'
        : `Expected ${expected}, but found`
    return this.#malformed(`${sentence} "${token}".`)
  }

  #invalidToken(token: string): EngineError {
    return this.#malformed(`Token "${token}" is invalid.`)
  }

  #malformed(detail: string): EngineError {
    return new EngineError(
      SQLSTATE.invalidTextRepresentation,
      'invalid input syntax for type json',
      { detail },
    )
  }
}

function isJsonToken(text: string): boolean {
  return /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(text)
}
