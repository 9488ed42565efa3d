/**
 * Reads PostgreSQL's node text (what `debug_print_rewritten` prints) into plain nodes. Knows the syntax only, no
 * node kinds. Input is one byte per character (latin1), so that lines wrapped inside a UTF-8 sequence can be
 * joined again; tokens are decoded as they are read.
 */
import { EngineError, SQLSTATE } from '../errors.js'

/** A node: `{QUERY :commandType 1 ...}`. */
export class TreeNode {
  readonly tag: string
  readonly fields: ReadonlyMap<string, TreeValue>
  readonly #source: string
  readonly #start: number
  readonly #end: number

  constructor(
    tag: string,
    fields: ReadonlyMap<string, TreeValue>,
    source: string,
    start: number,
    end: number,
  ) {
    this.tag = tag
    this.fields = fields
    this.#source = source
    this.#start = start
    this.#end = end
  }

  /** The node's text without source locations: equal for equal nodes. */
  get key(): string {
    return this.#source.slice(this.#start, this.#end).replace(/:location -?\d+/g, '')
  }
}

/** `<>` is null; integers, OIDs, names and booleans are strings; a Const's bytes are a Uint8Array. */
export type TreeValue = null | string | TreeNode | Uint8Array | readonly TreeValue[] | UnreadValue

/** A value that is read when somebody asks for it. Who walks over whole trees does not see into it. */
class UnreadValue {
  readonly #text: string
  #value: TreeValue | undefined

  constructor(text: string) {
    this.#text = text
  }

  read(): TreeValue {
    this.#value ??= new TreeParser(this.#text).parse()
    return this.#value
  }
}

/**
 * Fields that are read only on demand: each join of a chain lists all columns below it once more, which is most of the text of a
 * statement with many joins, and hardly ever looked at.
 */
const READ_LATE: ReadonlySet<string> = new Set(['joinaliasvars'])

/** The longest line PostgreSQL prints before it wraps. */
const LINE_LENGTH = 78

/** Parses node text as it comes in the LOG notice. */
export function readTree(wrapped: string): TreeValue {
  const source = unwrapLines(wrapped)
  return new TreeParser(source).parse()
}

/**
 * Undoes the wrapping: a break replaces a space, except in a line without any space, where it splits a token.
 */
function unwrapLines(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  let to = 0
  for (let from = 0; from <= bytes.length;) {
    const found = bytes.indexOf(NEWLINE, from)
    const end = found < 0 ? bytes.length : found
    bytes.copyWithin(to, from, end)
    to += end - from
    const space = end - from === LINE_LENGTH ? bytes.lastIndexOf(SPACE, to - 1) : to
    // The last line ends where the text does.
    if (found >= 0 && space >= to - LINE_LENGTH) bytes[to++] = SPACE
    from = end + 1
  }
  return bytes.toString('latin1', 0, to)
}

const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const OPEN_LIST = 40
const CLOSE_LIST = 41
const MINUS = 45
const DIGIT_0 = 48
const DIGIT_9 = 57
const COLON = 58
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_NODE = 123
const CLOSE_NODE = 125

/** What a byte does to the token it stands in. */
const ENDS = 1
const ESCAPES = 2
/** Part of a UTF-8 sequence. */
const ENCODES = 3
const KINDS = new Uint8Array(256).fill(ENCODES, 128)
for (const code of [SPACE, OPEN_LIST, CLOSE_LIST, OPEN_NODE, CLOSE_NODE, CLOSE_BRACKET]) {
  KINDS[code] = ENDS
}
KINDS[BACKSLASH] = ESCAPES

class TreeParser {
  readonly #text: string
  #at = 0
  /** The last token means what it says, letter by letter. */
  #isLiteral = true

  constructor(text: string) {
    this.#text = text
  }

  parse(): TreeValue {
    this.#skipSpaces()
    const value = this.#value()
    this.#skipSpaces()
    if (this.#at < this.#text.length) throw this.#malformed()
    return value
  }

  #value(): TreeValue {
    const code = this.#text.charCodeAt(this.#at)
    if (code === OPEN_NODE) return this.#node()
    if (code === OPEN_LIST) return this.#list()
    return this.#atom()
  }

  #node(): TreeNode {
    const start = this.#at
    this.#at += 1
    const tag = this.#rawToken()
    const fields = new Map<string, TreeValue>()
    for (;;) {
      this.#skipSpaces()
      const code = this.#text.charCodeAt(this.#at)
      if (code === CLOSE_NODE) {
        this.#at += 1
        return new TreeNode(tag, fields, this.#text, start, this.#at)
      }
      if (code !== COLON) throw this.#malformed()
      this.#at += 1
      const name = this.#rawToken()
      this.#skipSpaces()
      if (READ_LATE.has(name)) {
        fields.set(name, this.#unread())
        continue
      }
      const value = this.#value()
      fields.set(name, this.#bytesAfter(value) ?? value)
    }
  }

  /** Passes a list by, from one bracket to the next. Anything else is read at once. */
  #unread(): TreeValue {
    const start = this.#at
    const text = this.#text
    if (text.charCodeAt(start) !== OPEN_LIST) return this.#value()
    let open = start
    let close = text.indexOf(')', start)
    for (let depth = 0; close >= 0;) {
      if (open >= 0 && open < close) {
        if (!this.#isEscaped(open)) depth++
        open = text.indexOf('(', open + 1)
        continue
      }
      if (!this.#isEscaped(close) && --depth === 0) {
        this.#at = close + 1
        return new UnreadValue(text.slice(start, close + 1))
      }
      close = text.indexOf(')', close + 1)
    }
    throw this.#malformed()
  }

  #isEscaped(at: number): boolean {
    let first = at
    while (this.#text.charCodeAt(first - 1) === BACKSLASH) first--
    return (at - first) % 2 === 1
  }

  /** Reads `[ 1 0 -128 ]` after a length, as Const values print. */
  #bytesAfter(length: TreeValue): Uint8Array | undefined {
    if (typeof length !== 'string') return undefined
    this.#skipSpaces()
    if (this.#text.charCodeAt(this.#at) !== OPEN_BRACKET) return undefined
    const end = this.#text.indexOf(']', this.#at)
    if (end < 0) throw this.#malformed()
    // A Datum passed by value prints all its bytes; only the first `length` belong to the type.
    const bytes = new Uint8Array(Number(length))
    let count = 0
    for (let at = this.#at + 1; at < end && count < bytes.length; at++) {
      let code = this.#text.charCodeAt(at)
      if (code === SPACE) continue
      const isNegative = code === MINUS
      if (isNegative) code = this.#text.charCodeAt(++at)
      let value = 0
      for (; code >= DIGIT_0 && code <= DIGIT_9; code = this.#text.charCodeAt(++at)) {
        value = value * 10 + code - DIGIT_0
      }
      bytes[count++] = isNegative ? -value : value
    }
    this.#at = end + 1
    return bytes.subarray(0, count)
  }

  #list(): TreeValue[] {
    this.#at += 1
    const items: TreeValue[] = []
    let first = true
    for (;;) {
      this.#skipSpaces()
      const code = this.#text.charCodeAt(this.#at)
      if (code === CLOSE_LIST) {
        this.#at += 1
        return items
      }
      if (first && code !== QUOTE && this.#isListMark()) {
        this.#at += 1
        first = false
        continue
      }
      first = false
      items.push(this.#value())
    }
  }

  /** Integer, OID, transaction id and bitmap lists begin with a letter of their own. */
  #isListMark(): boolean {
    const mark = this.#text.charAt(this.#at)
    const next = this.#text.charCodeAt(this.#at + 1)
    return 'iobx'.includes(mark) && (next === SPACE || next === CLOSE_LIST)
  }

  #atom(): TreeValue {
    if (this.#text.charCodeAt(this.#at) === QUOTE) return this.#quoted()
    const token = this.#rawToken()
    if (token === '<>') return null
    return this.#isLiteral ? token : unescape(token)
  }

  #quoted(): string {
    const start = this.#at + 1
    let end = start
    for (; ; end++) {
      const code = this.#text.charCodeAt(end)
      if (Number.isNaN(code)) throw this.#malformed()
      if (code === BACKSLASH) end++
      else if (code === QUOTE && endsToken(this.#text.charCodeAt(end + 1))) break
    }
    this.#at = end + 1
    return unescape(this.#text.slice(start, end))
  }

  #rawToken(): string {
    const start = this.#at
    const text = this.#text
    const { length } = text
    let end = start
    let isLiteral = true
    for (; end < length; end++) {
      const kind = KINDS[text.charCodeAt(end)]
      if (kind === 0) continue
      if (kind === ENDS) break
      isLiteral = false
      if (kind === ESCAPES) end++
    }
    this.#isLiteral = isLiteral
    if (end === start) throw this.#malformed()
    this.#at = end
    return text.slice(start, end)
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at += 1
  }

  #malformed(): EngineError {
    const near = this.#text.slice(Math.max(0, this.#at - 40), this.#at + 40)
    return new EngineError(SQLSTATE.internalError, `Query tree not understood near: ${near}`)
  }
}

function endsToken(code: number): boolean {
  return Number.isNaN(code) || KINDS[code] === ENDS
}

const PLAIN = /^[a-z0-9_-]{0,40}$/

function unescape(token: string): string {
  if (PLAIN.test(token)) return token
  const plain = token.includes('\\') ? token.replace(/\\([^])/g, '$1') : token
  return /[\x80-\xff]/.test(plain) ? Buffer.from(plain, 'latin1').toString('utf8') : plain
}

/** Gets a field that is a node. */
export function nodeOf(node: TreeNode, field: string): TreeNode {
  const value = node.fields.get(field)
  if (value instanceof TreeNode) return value
  throw unexpected(node, field)
}

/** Gets a field that is a node or `<>`. */
export function optionalNode(node: TreeNode, field: string): TreeNode | undefined {
  const value = node.fields.get(field)
  if (value === null || value === undefined) return undefined
  return nodeOf(node, field)
}

/** Gets a list of nodes; `<>` is the empty list. */
export function nodesOf(node: TreeNode, field: string): readonly TreeNode[] {
  return listOf(node, field).map((item) => {
    if (item instanceof TreeNode) return item
    throw unexpected(node, field)
  })
}

/** Gets a list of anything; `<>` is the empty list. */
export function listOf(node: TreeNode, field: string): readonly TreeValue[] {
  const found = node.fields.get(field)
  const value = found instanceof UnreadValue ? found.read() : found
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value as readonly TreeValue[]
  throw unexpected(node, field)
}

/** Gets a list of integers or OIDs. */
export function integersOf(node: TreeNode, field: string): readonly number[] {
  return listOf(node, field).map(Number)
}

/** Gets an integer or OID. */
export function integerOf(node: TreeNode, field: string): number {
  const value = node.fields.get(field)
  if (typeof value === 'string') return Number(value)
  throw unexpected(node, field)
}

/** Gets a boolean. */
export function booleanOf(node: TreeNode, field: string): boolean {
  return node.fields.get(field) === 'true'
}

/** Gets a name; `<>` is undefined. */
export function textOf(node: TreeNode, field: string): string | undefined {
  const value = node.fields.get(field)
  return typeof value === 'string' ? value : undefined
}

function unexpected(node: TreeNode, field: string): EngineError {
  return new EngineError(
    SQLSTATE.internalError,
    `Query tree not understood: field "${field}" of ${node.tag}`,
  )
}
