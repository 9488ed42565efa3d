/** Parses the SELECT statements that the test servers accept. What it does not know is refused, never skipped. */
import { tokensOf, type Lexicon, type Token } from './lexer.js'
import { ServerSqlError } from './sql-error.js'
import type {
  Body,
  Expr,
  FromItem,
  JoinType,
  OrderItem,
  Query,
  Select,
  SelectItem,
  TypeName,
} from './syntax-tree.js'

export interface Grammar extends Lexicon {
  /** Words that cannot be names without quotes. */
  readonly reserved: ReadonlySet<string>
  /** How an unquoted identifier is stored: Snowflake folds to upper case. */
  readonly fold: (word: string) => string
  /** FROM UNNEST(array), x IN UNNEST(array), struct fields, [OFFSET(n)]. */
  readonly arrays: boolean
  /** TABLE(FLATTEN(...)), x::type, v:path. */
  readonly variants: boolean
}

/** Parses one statement. */
export function parseQuery(text: string, grammar: Grammar): Query {
  const parser = new Parser(tokensOf(text, grammar), grammar)
  return parser.statement()
}

const TYPED_LITERALS = new Set(['DATE', 'DATETIME', 'TIMESTAMP', 'TIME', 'NUMERIC', 'BIGNUMERIC', 'JSON']) // prettier-ignore
const COMPARISONS = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])

class Parser {
  readonly #tokens: readonly Token[]
  readonly #grammar: Grammar
  #next = 0

  constructor(tokens: readonly Token[], grammar: Grammar) {
    this.#tokens = tokens
    this.#grammar = grammar
  }

  statement(): Query {
    const query = this.#query()
    if (this.#peek().kind !== 'end') this.#unexpected('end of input')
    return query
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!
  }

  #unexpected(expected: string): never {
    const token = this.#peek()
    const found = token.kind === 'end' ? 'end of input' : `"${token.text}"`
    throw new ServerSqlError(`Syntax error: Expected ${expected} but got ${found}`, token.at)
  }

  #isWord(word: string, ahead = 0): boolean {
    const token = this.#peek(ahead)
    return token.kind === 'word' && token.text.toUpperCase() === word
  }

  #takeWord(...words: string[]): boolean {
    if (!words.every((word, i) => this.#isWord(word, i))) return false
    this.#next += words.length
    return true
  }

  #expectWord(word: string): void {
    if (!this.#takeWord(word)) this.#unexpected(`keyword ${word}`)
  }

  #isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.#peek(ahead)
    return token.kind === 'symbol' && token.text === symbol
  }

  #take(symbol: string): boolean {
    if (!this.#isSymbol(symbol)) return false
    this.#next++
    return true
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#unexpected(`"${symbol}"`)
  }

  /** A name: quoted, or an unreserved word as the product folds it. */
  #name(): string {
    const token = this.#peek()
    if (token.kind === 'name') {
      this.#next++
      return token.text
    }
    if (token.kind === 'word' && !this.#grammar.reserved.has(token.text.toUpperCase())) {
      this.#next++
      return this.#grammar.fold(token.text)
    }
    return this.#unexpected('an identifier')
  }

  #isName(): boolean {
    const token = this.#peek()
    if (token.kind === 'name') return true
    return token.kind === 'word' && !this.#grammar.reserved.has(token.text.toUpperCase())
  }

  #list<T>(item: () => T): T[] {
    const list = [item()]
    while (this.#take(',')) list.push(item())
    return list
  }

  #query(): Query {
    const body = this.#body()
    const orderBy = this.#takeWord('ORDER', 'BY') ? this.#list(() => this.#orderItem()) : []
    const limit = this.#takeWord('LIMIT') ? this.#primary() : undefined
    const offset = this.#takeWord('OFFSET') ? this.#primary() : undefined
    return { body, orderBy, limit, offset }
  }

  #body(): Body {
    let left = this.#bodyPart()
    for (;;) {
      const operation = (['union', 'intersect', 'except'] as const).find((word) =>
        this.#isWord(word.toUpperCase()),
      )
      if (operation === undefined) return left
      this.#next++
      const modifier = this.#takeWord('ALL')
        ? 'all'
        : this.#takeWord('DISTINCT')
          ? 'distinct'
          : undefined
      left = { kind: 'set', operation, modifier, left, right: this.#bodyPart() }
    }
  }

  #bodyPart(): Body {
    if (this.#take('(')) {
      const query = this.#query()
      this.#expect(')')
      return { kind: 'nested', query }
    }
    return this.#select()
  }

  #select(): Select {
    this.#expectWord('SELECT')
    const distinct = this.#takeWord('DISTINCT')
    const items = this.#list(() => this.#selectItem())
    const from = this.#takeWord('FROM') ? this.#from() : undefined
    const where = this.#takeWord('WHERE') ? this.#expression() : undefined
    const groupBy = this.#takeWord('GROUP', 'BY') ? this.#list(() => this.#expression()) : []
    const having = this.#takeWord('HAVING') ? this.#expression() : undefined
    return { kind: 'select', distinct, items, from, where, groupBy, having }
  }

  #selectItem(): SelectItem {
    if (this.#take('*')) return { kind: 'star' }
    if (this.#isName() && this.#isSymbol('.', 1) && this.#isSymbol('*', 2)) {
      const of = this.#name()
      this.#next += 2
      return { kind: 'star', of }
    }
    const expression = this.#expression()
    const alias = this.#alias()
    return { kind: 'item', expression, ...(alias === undefined ? {} : { alias }) }
  }

  #alias(): string | undefined {
    if (this.#takeWord('AS')) return this.#name()
    return this.#isName() ? this.#name() : undefined
  }

  #orderItem(): OrderItem {
    const expression = this.#expression()
    const descending = this.#takeWord('DESC')
    if (!descending) this.#takeWord('ASC')
    let nulls: OrderItem['nulls']
    if (this.#takeWord('NULLS')) {
      if (this.#takeWord('FIRST')) nulls = 'first'
      else if (this.#takeWord('LAST')) nulls = 'last'
      else this.#unexpected('FIRST or LAST')
    }
    return { expression, descending, nulls }
  }

  #from(): FromItem {
    let left = this.#fromItem()
    for (;;) {
      let type: JoinType
      if (this.#take(',')) type = 'cross'
      else if (this.#takeWord('CROSS', 'JOIN')) type = 'cross'
      else if (this.#takeWord('JOIN') || this.#takeWord('INNER', 'JOIN')) type = 'inner'
      else {
        const side = (['left', 'right', 'full'] as const).find((word) =>
          this.#isWord(word.toUpperCase()),
        )
        if (side === undefined) return left
        this.#next++
        this.#takeWord('OUTER')
        this.#expectWord('JOIN')
        type = side
      }
      const right = this.#fromItem()
      let on: Expr | undefined
      if (type !== 'cross') {
        this.#expectWord('ON')
        on = this.#expression()
      }
      left = { kind: 'join', type, left, right, on }
    }
  }

  #fromItem(): FromItem {
    if (this.#take('(')) {
      if (this.#startsQuery()) {
        const query = this.#query()
        this.#expect(')')
        return { kind: 'derived', query, ...this.#asAlias() }
      }
      const inner = this.#from()
      this.#expect(')')
      return inner
    }
    if (this.#grammar.arrays && this.#takeWord('UNNEST')) {
      this.#expect('(')
      const array = this.#expression()
      this.#expect(')')
      const alias = this.#asAlias()
      if (!this.#takeWord('WITH', 'OFFSET')) return { kind: 'unnest', array, ...alias }
      const offset = this.#alias() ?? 'offset'
      return { kind: 'unnest', array, ...alias, offset }
    }
    if (this.#grammar.variants && (this.#isWord('TABLE') || this.#isWord('LATERAL'))) {
      const isTable = this.#takeWord('TABLE')
      if (isTable) this.#expect('(')
      else this.#expectWord('LATERAL')
      this.#expectWord('FLATTEN')
      this.#expect('(')
      this.#expectWord('INPUT')
      this.#arrow()
      const input = this.#expression()
      let outer = false
      if (this.#take(',')) {
        this.#expectWord('OUTER')
        this.#arrow()
        outer = this.#takeWord('TRUE')
        if (!outer) this.#expectWord('FALSE')
      }
      this.#expect(')')
      if (isTable) this.#expect(')')
      return { kind: 'flatten', input, outer, ...this.#asAlias() }
    }
    const at = this.#peek().at
    const path = [this.#name()]
    while (this.#take('.')) path.push(this.#name())
    return { kind: 'table', path, at, ...this.#asAlias() }
  }

  #arrow(): void {
    this.#expect('=')
    this.#expect('>')
  }

  /** Behind an opening parenthesis in FROM: a query, or a parenthesised join? */
  #startsQuery(): boolean {
    if (this.#isWord('SELECT')) return true
    let ahead = 0
    while (this.#isSymbol('(', ahead)) ahead++
    return this.#isWord('SELECT', ahead) && this.#closesBeforeSetOperation(ahead)
  }

  #closesBeforeSetOperation(from: number): boolean {
    let depth = 1
    for (let ahead = from; this.#peek(ahead).kind !== 'end'; ahead++) {
      if (this.#isSymbol('(', ahead)) depth++
      if (this.#isSymbol(')', ahead) && --depth === 0) {
        const next = this.#peek(ahead + 1)
        return (
          (next.kind === 'symbol' && next.text === ')') ||
          ['UNION', 'INTERSECT', 'EXCEPT', 'ORDER', 'LIMIT'].includes(next.text.toUpperCase())
        )
      }
    }
    return false
  }

  #asAlias(): { alias?: string } {
    const alias = this.#alias()
    return alias === undefined ? {} : { alias }
  }

  #expression(): Expr {
    return this.#or()
  }

  #or(): Expr {
    let left = this.#and()
    while (this.#isWord('OR')) {
      const { at } = this.#tokens[this.#next++]!
      left = { kind: 'binary', operator: 'or', left, right: this.#and(), at }
    }
    return left
  }

  #and(): Expr {
    let left = this.#not()
    while (this.#isWord('AND')) {
      const { at } = this.#tokens[this.#next++]!
      left = { kind: 'binary', operator: 'and', left, right: this.#not(), at }
    }
    return left
  }

  #not(): Expr {
    if (this.#isWord('NOT')) {
      const { at } = this.#tokens[this.#next++]!
      return { kind: 'unary', operator: 'not', operand: this.#not(), at }
    }
    return this.#predicate()
  }

  #predicate(): Expr {
    let left = this.#concatenation()
    for (;;) {
      const { at } = this.#peek()
      const symbol = this.#peek()
      if (symbol.kind === 'symbol' && COMPARISONS.has(symbol.text)) {
        this.#next++
        left = { kind: 'binary', operator: symbol.text, left, right: this.#concatenation(), at }
        continue
      }
      if (this.#takeWord('IS')) {
        const negated = this.#takeWord('NOT')
        if (this.#takeWord('DISTINCT', 'FROM')) {
          left = { kind: 'distinct-from', left, right: this.#concatenation(), negated, at }
        } else if (this.#takeWord('NULL')) {
          left = { kind: 'is', operand: left, test: 'null', negated, at }
        } else if (this.#takeWord('TRUE')) {
          left = { kind: 'is', operand: left, test: 'true', negated, at }
        } else if (this.#takeWord('FALSE')) {
          left = { kind: 'is', operand: left, test: 'false', negated, at }
        } else this.#unexpected('NULL, TRUE, FALSE or DISTINCT FROM')
        continue
      }
      const negated = this.#isWord('NOT') && (this.#isWord('IN', 1) || this.#isWord('LIKE', 1))
      if (negated) this.#next++
      if (this.#takeWord('LIKE')) {
        const pattern = this.#concatenation()
        const escape = this.#takeWord('ESCAPE') ? this.#concatenation() : undefined
        left = {
          kind: 'like',
          operand: left,
          pattern,
          ...(escape === undefined ? {} : { escape }),
          negated,
          at,
        }
        continue
      }
      if (this.#takeWord('IN')) {
        left = { kind: 'in', operand: left, list: this.#inList(), negated, at }
        continue
      }
      return left
    }
  }

  #inList(): Extract<Expr, { kind: 'in' }>['list'] {
    if (this.#grammar.arrays && this.#takeWord('UNNEST')) {
      this.#expect('(')
      const unnest = this.#expression()
      this.#expect(')')
      return { unnest }
    }
    this.#expect('(')
    const list = this.#isWord('SELECT') ? this.#query() : this.#list(() => this.#expression())
    this.#expect(')')
    return list
  }

  #concatenation(): Expr {
    return this.#leftAssociative(['||'], () =>
      this.#leftAssociative(['+', '-'], () =>
        this.#leftAssociative(['*', '/', '%'], () => this.#unary()),
      ),
    )
  }

  #leftAssociative(operators: readonly string[], operand: () => Expr): Expr {
    let left = operand()
    for (;;) {
      const token = this.#peek()
      if (token.kind !== 'symbol' || !operators.includes(token.text)) return left
      this.#next++
      left = { kind: 'binary', operator: token.text, left, right: operand(), at: token.at }
    }
  }

  #unary(): Expr {
    const { at } = this.#peek()
    if (this.#take('-')) {
      const operand = this.#unary()
      return operand.kind === 'number' && !operand.text.startsWith('-')
        ? { kind: 'number', text: `-${operand.text}`, at }
        : { kind: 'unary', operator: '-', operand, at }
    }
    return this.#postfix()
  }

  #postfix(): Expr {
    let operand = this.#primary()
    for (;;) {
      const { at } = this.#peek()
      if (this.#take('.')) {
        operand = { kind: 'field', of: operand, name: this.#name(), at }
      } else if (this.#grammar.variants && this.#take('::')) {
        operand = { kind: 'cast', operand, type: this.#type(), at }
      } else if (this.#grammar.variants && this.#take(':')) {
        operand = { kind: 'field', of: operand, name: this.#name(), at }
      } else if (this.#take('[')) {
        const index = this.#expression()
        this.#expect(']')
        operand = { kind: 'element', of: operand, index, at }
      } else return operand
    }
  }

  #primary(): Expr {
    const token = this.#peek()
    const { at } = token
    switch (token.kind) {
      case 'number':
        this.#next++
        return { kind: 'number', text: token.text, at }
      case 'string':
        this.#next++
        return { kind: 'string', value: token.text, at }
      case 'parameter':
        this.#next++
        return { kind: 'parameter', name: token.text, at }
      case 'symbol':
        if (this.#take('(')) {
          if (this.#isWord('SELECT')) {
            const query = this.#query()
            this.#expect(')')
            return { kind: 'scalar', query, at }
          }
          const inner = this.#expression()
          this.#expect(')')
          return inner
        }
        return this.#unexpected('an expression')
      case 'end':
        return this.#unexpected('an expression')
      case 'name':
        return this.#path()
      case 'word':
        return this.#word(token)
    }
  }

  #word(token: Token): Expr {
    const { at } = token
    const word = token.text.toUpperCase()
    if (this.#takeWord('NULL')) return { kind: 'null', at }
    if (this.#takeWord('TRUE')) return { kind: 'bool', value: true, at }
    if (this.#takeWord('FALSE')) return { kind: 'bool', value: false, at }
    if (word === 'CASE') return this.#case()
    if (word === 'EXISTS') {
      this.#next++
      this.#expect('(')
      const query = this.#query()
      this.#expect(')')
      return { kind: 'exists', query, at }
    }
    if (word === 'CAST') {
      this.#next++
      this.#expect('(')
      const operand = this.#expression()
      this.#expectWord('AS')
      const type = this.#type()
      this.#expect(')')
      return { kind: 'cast', operand, type, at }
    }
    if (word === 'EXTRACT') {
      this.#next++
      this.#expect('(')
      const part = this.#peek().text.toUpperCase()
      this.#next++
      this.#expectWord('FROM')
      const operand = this.#expression()
      this.#expect(')')
      return { kind: 'extract', part, operand, at }
    }
    if (TYPED_LITERALS.has(word) && this.#peek(1).kind === 'string') {
      const value = this.#peek(1).text
      this.#next += 2
      return { kind: 'typed', type: word, value, at }
    }
    if (this.#isSymbol('(', 1)) return this.#call(word)
    return this.#path()
  }

  #call(name: string): Expr {
    const { at } = this.#peek()
    this.#next += 2
    if (this.#take('*')) {
      this.#expect(')')
      return { kind: 'call', name, arguments: [], distinct: false, star: true, at }
    }
    const distinct = this.#takeWord('DISTINCT')
    const list = this.#isSymbol(')') ? [] : this.#list(() => this.#expression())
    this.#expect(')')
    return { kind: 'call', name, arguments: list, distinct, star: false, at }
  }

  #path(): Expr {
    const { at } = this.#peek()
    const path = [this.#name()]
    while (this.#isSymbol('.')) {
      this.#next++
      path.push(this.#name())
    }
    return { kind: 'name', path, at }
  }

  #case(): Expr {
    const { at } = this.#peek()
    this.#expectWord('CASE')
    const branches: { when: Expr; then: Expr }[] = []
    while (this.#takeWord('WHEN')) {
      const when = this.#expression()
      this.#expectWord('THEN')
      branches.push({ when, then: this.#expression() })
    }
    if (branches.length === 0) this.#unexpected('keyword WHEN')
    const otherwise = this.#takeWord('ELSE') ? this.#expression() : undefined
    this.#expectWord('END')
    return { kind: 'case', branches, otherwise, at }
  }

  #type(): TypeName {
    const token = this.#peek()
    if (token.kind !== 'word') this.#unexpected('a type')
    this.#next++
    let name = token.text.toUpperCase()
    if (name === 'DOUBLE' && this.#takeWord('PRECISION')) name = 'DOUBLE PRECISION'
    if (name === 'ARRAY' && this.#take('<')) {
      const element = this.#type()
      this.#expect('>')
      return { name, numbers: [], element }
    }
    const numbers: number[] = []
    if (this.#take('(')) {
      for (const item of this.#list(() => this.#peekNumber())) numbers.push(item)
      this.#expect(')')
    }
    return { name, numbers }
  }

  #peekNumber(): number {
    const token = this.#peek()
    if (token.kind !== 'number') this.#unexpected('a number')
    this.#next++
    return Number(token.text)
  }
}
