/**
 * Finds parts of a statement's text: libpg-query counts in UTF-8 bytes and does not say where the query inside
 * EXPLAIN, DECLARE, PREPARE or COPY begins, so its scanner's tokens are walked.
 */
import { scanSync } from 'libpg-query'

/** A piece of the client's string. */
export interface TextSpan {
  readonly text: string
  /** Characters (code points) before it, in the client's string: added to the positions of errors. */
  readonly offset: number
}

/** Text that can be cut at UTF-8 byte offsets. */
export class StatementText {
  readonly text: string
  readonly offset: number
  readonly #bytes: Buffer | undefined

  constructor(text: string, offset = 0) {
    this.text = text
    this.offset = offset

    this.#bytes = Buffer.byteLength(text) === text.length ? undefined : Buffer.from(text)
  }

  /** The piece from one byte to before another. */
  slice(start: number, end?: number): StatementText {
    if (this.#bytes === undefined) {
      return new StatementText(this.text.slice(start, end), this.offset + start)
    }
    const before = this.#bytes.toString('utf8', 0, start)
    const text = this.#bytes.toString('utf8', start, end ?? this.#bytes.byteLength)
    return new StatementText(text, this.offset + codePoints(before))
  }

  /** The 1-based character position, in the client's string, of a byte of this text. */
  position(byte: number): number {
    return this.offset + codePoints(this.slice(0, byte).text) + 1
  }

  /** The words and signs of the text, comments left out. */
  tokens(): readonly Token[] {
    return scanSync(this.text)
      .tokens.filter((token) => token.tokenType !== C_COMMENT && token.tokenType !== SQL_COMMENT)
      .map((token) => ({
        start: token.start,
        end: token.end,
        word: this.slice(token.start, token.end).text.toLowerCase(),
      }))
  }
}

export interface Token {
  readonly start: number
  readonly end: number
  /** In lower case. */
  readonly word: string
}

const SQL_COMMENT = 275
const C_COMMENT = 276

/** The query inside `EXPLAIN ... query`. */
export function explainedText(statement: StatementText): StatementText {
  const tokens = statement.tokens()
  let at = 1
  if (tokens[at]?.word === '(' && startsOption(tokens[at + 1]?.word)) {
    at = closing(tokens, at) + 1
  } else {
    while (['analyze', 'analyse', 'verbose'].includes(tokens[at]?.word ?? '')) at++
  }
  return statement.slice(tokens[at]?.start ?? 0)
}

/** `EXPLAIN (SELECT ...)` puts a query, not options, into the parentheses. */
function startsOption(word: string | undefined): boolean {
  return word !== undefined && !['select', 'with', 'values', 'table', '('].includes(word)
}

/** The query after the first top-level occurrence of a word: DECLARE ... FOR, PREPARE ... AS. */
export function textAfter(statement: StatementText, word: string): StatementText {
  const tokens = statement.tokens()
  let depth = 0
  for (const [index, token] of tokens.entries()) {
    if (token.word === '(') depth++
    else if (token.word === ')') depth--
    // A name may be quoted, never the keyword; the second token on: `DECLARE for CURSOR` is not possible unquoted.
    else if (depth === 0 && index > 1 && token.word === word) return statement.slice(token.end)
  }
  return statement
}

/** The texts between the parentheses that follow a statement's name, cut at top-level commas. */
export function argumentTexts(statement: StatementText): readonly StatementText[] {
  const tokens = statement.tokens()
  const open = tokens.findIndex((token) => token.word === '(')
  if (open < 0) return []
  const close = closing(tokens, open)
  const texts: StatementText[] = []
  let depth = 0
  let start = tokens[open]?.end ?? 0
  for (const token of tokens.slice(open + 1, close + 1)) {
    const ends = depth === 0 && (token.word === ',' || token.word === ')')
    if (ends) {
      texts.push(statement.slice(start, token.start))
      start = token.end
    }
    if (token.word === '(' || token.word === '[') depth++
    else if (token.word === ')' || token.word === ']') depth--
  }
  return texts
}

/** The query of COPY (query) TO: what the first parentheses hold. */
export function parenthesizedText(statement: StatementText): StatementText {
  const tokens = statement.tokens()
  const open = tokens.findIndex((token) => token.word === '(')
  const close = closing(tokens, open)
  return statement.slice(tokens[open]?.end ?? 0, tokens[close]?.start)
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let index = open; index < tokens.length; index++) {
    if (tokens[index]?.word === '(') depth++
    else if (tokens[index]?.word === ')' && --depth === 0) return index
  }
  return tokens.length - 1
}

/** Counts characters as PostgreSQL does: code points. */
export function codePoints(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0xdc00 || unit > 0xdfff) count++
  }
  return count
}
