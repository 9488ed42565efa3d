/** Cuts SQL text into tokens as a product does: its quotes, its escapes, its parameter markers. */
import { ServerSqlError } from './sql-error.js'

export interface Token {
  /** word: an unquoted name or keyword. name: a quoted one. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'parameter' | 'symbol' | 'end'
  readonly text: string
  readonly at: number
}

export interface Lexicon {
  /** What quotes identifiers: "`" or '"'. */
  readonly identifierQuote: '`' | '"'
  /** Backslashes escape inside quoted identifiers. */
  readonly identifierEscapes: boolean
  /** What may open a string. */
  readonly stringQuotes: string
  /** A doubled quote inside a string is one. */
  readonly doubledQuotes: boolean
  /** `@name` or `?`. */
  readonly parameter: '@' | '?'
}

const SYMBOLS = ['::', '<=', '>=', '<>', '!=', '||', ...'(),.+-*/%=<>[]:'.split('')]

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"', '`': '`', '?': '?',
} // prettier-ignore

/** Cuts a statement into tokens; the last is `end`. */
export function tokensOf(text: string, lexicon: Lexicon): Token[] {
  const tokens: Token[] = []
  let at = 0
  let parameters = 0
  while (at < text.length) {
    const char = text[at]!
    if (/\s/.test(char)) {
      at++
      continue
    }
    const word = /^[A-Za-z_][A-Za-z0-9_$]*/.exec(text.slice(at, at + 300))
    if (word) {
      tokens.push({ kind: 'word', text: word[0], at })
      at += word[0].length
      continue
    }
    const number = /^(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/.exec(text.slice(at, at + 300))
    if (number) {
      tokens.push({ kind: 'number', text: number[0], at })
      at += number[0].length
      continue
    }
    if (lexicon.stringQuotes.includes(char)) {
      if (text.startsWith(char.repeat(3), at) && !lexicon.doubledQuotes) {
        throw new ServerSqlError('Triple-quoted strings are not part of this test server', at)
      }
      const { value, end } = quoted(text, at, char, true, lexicon.doubledQuotes)
      tokens.push({ kind: 'string', text: value, at })
      at = end
      continue
    }
    if (char === lexicon.identifierQuote) {
      const { value, end } = quoted(text, at, char, lexicon.identifierEscapes, !lexicon.identifierEscapes) // prettier-ignore
      if (value === '') throw new ServerSqlError('Invalid empty identifier', at)
      tokens.push({ kind: 'name', text: value, at })
      at = end
      continue
    }
    if (char === '@' && lexicon.parameter === '@') {
      const name = /^@([A-Za-z_]\w*)/.exec(text.slice(at, at + 200))
      if (!name) throw new ServerSqlError('Unexpected "@"', at)
      tokens.push({ kind: 'parameter', text: name[1]!.toLowerCase(), at })
      at += name[0].length
      continue
    }
    if (char === '?' && lexicon.parameter === '?') {
      tokens.push({ kind: 'parameter', text: String(++parameters), at })
      at++
      continue
    }
    const symbol = SYMBOLS.find((candidate) => text.startsWith(candidate, at))
    if (symbol === undefined || text.startsWith('--', at) || text.startsWith('/*', at)) {
      throw new ServerSqlError(`Illegal input character "${char}"`, at)
    }
    tokens.push({ kind: 'symbol', text: symbol, at })
    at += symbol.length
  }
  tokens.push({ kind: 'end', text: '', at })
  return tokens
}

function quoted(
  text: string,
  start: number,
  quote: string,
  escapes: boolean,
  doubled: boolean,
): { value: string; end: number } {
  let value = ''
  let at = start + 1
  for (;;) {
    const char = text[at]
    if (char === undefined) throw new ServerSqlError('Unclosed string or identifier', start)
    if (char === '\\' && escapes) {
      const next = text[at + 1] ?? ''
      const unicode = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(
        text.slice(at, at + 10),
      )
      if (unicode) {
        value += String.fromCodePoint(parseInt(unicode[1] ?? unicode[2] ?? unicode[3]!, 16))
        at += unicode[0].length
        continue
      }
      const plain = ESCAPES[next]
      if (plain === undefined) throw new ServerSqlError(`Illegal escape sequence: \\${next}`, at)
      value += plain
      at += 2
    } else if (char === quote) {
      if (doubled && text[at + 1] === quote) {
        value += quote
        at += 2
        continue
      }
      return { value, end: at + 1 }
    } else {
      value += char
      at++
    }
  }
}
