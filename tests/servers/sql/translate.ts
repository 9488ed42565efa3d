/**
 * Translates a parsed statement to DuckDB, resolving every name and type as the product would. Relations get generated
 * names (r1.c2), so that DuckDB's own rules for identifiers never apply.
 */
import { ServerSqlError } from './sql-error.js'
import type { Body, Expr, FromItem, OrderItem, Query, Select, TypeName } from './syntax-tree.js'
import { typeNamed, type Typed, type ValueType } from './value-type.js'

export interface NamedColumn {
  readonly name: string
  readonly type: ValueType
  /** Called when a statement uses it: what it reads is what it costs. */
  readonly onUse?: () => void
}

/** A stored table: DuckDB holds it as `sql` with columns c0, c1, ... */
export interface StoredTable {
  readonly sql: string
  readonly columns: readonly NamedColumn[]
}

type Call = Extract<Expr, { kind: 'call' }>
export type FunctionTranslator = (call: Call, context: ExpressionContext) => Typed

/** What distinguishes one product's SQL. */
export interface Product {
  /** How names of columns and aliases are compared. */
  readonly nameKey: (name: string) => string
  readonly table: (path: readonly string[], at: number) => StoredTable
  readonly parameter: (name: string, at: number) => Typed
  readonly number: (text: string, at: number) => Typed
  readonly string: (value: string) => Typed
  readonly typed: (type: string, value: string, at: number) => Typed
  readonly typeOf: (name: TypeName, at: number) => ValueType
  readonly cast: (operand: Typed, to: ValueType, at: number) => Typed
  readonly compare: (operator: string, left: Typed, right: Typed, at: number) => Typed
  readonly distinctFrom: (left: Typed, right: Typed, at: number) => Typed
  readonly arithmetic: (operator: string, left: Typed, right: Typed, at: number) => Typed
  readonly negate: (operand: Typed, at: number) => Typed
  readonly like: (operand: Typed, pattern: Typed, escape: Typed | undefined, at: number) => Typed
  readonly extract: (part: string, operand: Typed, at: number) => Typed
  readonly field: (of: Typed, name: string, at: number) => Typed
  readonly element: (of: Typed, index: Expr, context: ExpressionContext, at: number) => Typed
  /** The common type of CASE branches, lists, set operations. */
  readonly supertype: (types: readonly ValueType[], at: number) => ValueType
  /** `sql` as a value of exactly `to`. */
  readonly coerce: (operand: Typed, to: ValueType) => Typed
  readonly functions: Readonly<Record<string, FunctionTranslator>>
  readonly aggregates: Readonly<Record<string, FunctionTranslator>>
  readonly functionNotFound: (name: string, at: number) => ServerSqlError
  readonly columnNotFound: (path: readonly string[], at: number) => ServerSqlError
  readonly orderItem: (sql: string, type: ValueType, item: OrderItem) => string
  readonly boolType: string
  readonly integerType: string
  /** LIMIT NULL is no limit. */
  readonly limitNull: boolean
  /** UNION needs ALL or DISTINCT. */
  readonly setModifierRequired: boolean
  /** Outer joins need an equality of both sides. */
  readonly outerJoinsNeedEquality: boolean
  /** A column of UNNEST or of FLATTEN's output. */
  readonly flattenColumns: readonly NamedColumn[]
}

export interface ExpressionContext {
  readonly product: Product
  readonly translate: (expression: Expr) => Typed
}

interface Relation {
  readonly alias: string | undefined
  readonly columns: readonly (NamedColumn & { readonly sql: string })[]
}

interface Scope {
  readonly relations: readonly Relation[]
  readonly outer: Scope | undefined
  /** Set when a name was found further out. */
  readonly correlation: { used: boolean }
}

export interface Translated {
  readonly sql: string
  readonly columns: readonly NamedColumn[]
}

/** Translates a whole statement. */
export function translateQuery(query: Query, product: Product): Translated {
  return new Translator(product).query(query, undefined)
}

class Translator {
  readonly #product: Product
  #names = 0

  constructor(product: Product) {
    this.#product = product
  }

  query(query: Query, outer: Scope | undefined): Translated {
    const plain = query.orderBy.length === 0 && !query.limit && !query.offset
    if (query.body.kind !== 'select') {
      const body = this.#body(query.body, outer)
      if (plain) return body
      const relation = this.#relation(undefined, body.columns)
      const scope: Scope = { relations: [relation.relation], outer, correlation: { used: false } }
      const order = this.#orderBy(query.orderBy, scope, undefined, body.columns)
      const tail = `${order}${this.#limit(query)}`
      return { sql: `SELECT * FROM (${body.sql}) AS ${relation.name}${relation.list}${tail}`, columns: body.columns } // prettier-ignore
    }
    return this.#select(query.body, query, outer)
  }

  #limit(query: Query): string {
    const count = (expression: Expr | undefined): string | undefined => {
      if (expression === undefined) return undefined
      if (expression.kind === 'null' && this.#product.limitNull) return 'NULL'
      if (expression.kind !== 'number' && expression.kind !== 'parameter') {
        throw new ServerSqlError('Syntax error: Expected integer literal or parameter in LIMIT')
      }
      return this.#expression(expression, undefined).sql
    }
    const [limit, offset] = [count(query.limit), count(query.offset)]
    if (offset !== undefined && limit === undefined) {
      throw new ServerSqlError('Syntax error: Unexpected keyword OFFSET')
    }
    return `${limit === undefined ? '' : ` LIMIT ${limit}`}${offset === undefined ? '' : ` OFFSET ${offset}`}` // prettier-ignore
  }

  #body(body: Body, outer: Scope | undefined): Translated {
    switch (body.kind) {
      case 'select':
        return this.#select(body, { body, orderBy: [] }, outer)
      case 'nested':
        return this.query(body.query, outer)
      case 'set': {
        const product = this.#product
        if (body.modifier === undefined && product.setModifierRequired) {
          throw new ServerSqlError(`Syntax error: Expected keyword ALL or keyword DISTINCT after ${body.operation.toUpperCase()}`) // prettier-ignore
        }
        if (body.modifier === 'all' && body.operation !== 'union') {
          throw new ServerSqlError(`${body.operation.toUpperCase()} ALL is not supported`)
        }
        const sides = [this.#body(body.left, outer), this.#body(body.right, outer)] as const
        if (sides[0].columns.length !== sides[1].columns.length) {
          throw new ServerSqlError('Queries in set operation have mismatched column count')
        }
        const columns = sides[0].columns.map((column, i) => ({
          name: column.name,
          type: product.supertype([column.type, sides[1].columns[i]!.type], -1),
        }))
        const texts = sides.map((side) => {
          const { name, list, relation } = this.#relation(undefined, side.columns)
          const items = relation.columns.map(
            (c, i) => `${product.coerce(c, columns[i]!.type).sql} AS c${i}`,
          )
          return `SELECT ${items.join(', ')} FROM (${side.sql}) AS ${name}${list}`
        })
        const word = `${body.operation.toUpperCase()}${body.modifier === 'all' ? ' ALL' : ''}`
        return { sql: `(${texts[0]}) ${word} (${texts[1]})`, columns }
      }
    }
  }

  /** A generated alias with the spelling of each column. */
  #relation(
    alias: string | undefined,
    columns: readonly NamedColumn[],
  ): { name: string; list: string; relation: Relation } {
    const name = `r${++this.#names}`
    return {
      name,
      list: ` (${columns.map((_column, i) => `c${i}`).join(', ')})`,
      relation: { alias, columns: columns.map((c, i) => ({ ...c, sql: `${name}.c${i}` })) },
    }
  }

  #select(select: Select, tail: Query, outer: Scope | undefined): Translated {
    const correlation = { used: false }
    const from =
      select.from === undefined
        ? { sql: '', relations: [] }
        : this.#from(select.from, { relations: [], outer, correlation })
    const scope: Scope = { relations: from.relations, outer, correlation }
    const items: { name: string; value: Typed; source?: Expr }[] = []
    for (const item of select.items) {
      if (item.kind === 'star') {
        const chosen = from.relations.filter(
          (r) => item.of === undefined || this.#same(r.alias, item.of),
        )
        if (chosen.length === 0) throw new ServerSqlError('SELECT * must have a FROM clause')
        for (const relation of chosen) {
          for (const column of relation.columns) {
            column.onUse?.()
            items.push({ name: column.name, value: { sql: column.sql, type: column.type } })
          }
        }
        continue
      }
      const { expression, alias } = item
      const name =
        alias ?? (expression.kind === 'name' ? expression.path.at(-1)! : `f${items.length}_`)
      items.push({ name, value: this.#expression(expression, scope), source: expression })
    }
    const columns = items.map(({ name, value }) => ({ name, type: value.type }))
    const list = items.map(({ value }, i) => `${value.sql} AS c${i}`).join(', ')
    const where = select.where === undefined ? '' : ` WHERE ${this.#boolean(select.where, scope)}`
    const byAlias = (expression: Expr): Typed | undefined => {
      if (expression.kind !== 'name' || expression.path.length !== 1) return undefined
      return items.find((item) => this.#same(item.name, expression.path[0]!))?.value
    }
    const groups = select.groupBy.map((expression) => {
      const position = expression.kind === 'number' ? items[Number(expression.text) - 1] : undefined
      return (position?.value ?? byAlias(expression) ?? this.#expression(expression, scope)).sql
    })
    const groupBy = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`
    const having = select.having === undefined ? '' : ` HAVING ${this.#boolean(select.having, scope)}` // prettier-ignore
    const order = this.#orderBy(tail.orderBy, scope, byAlias, columns)
    const distinct = select.distinct ? 'DISTINCT ' : ''
    return {
      sql: `SELECT ${distinct}${list}${from.sql === '' ? '' : ` FROM ${from.sql}`}${where}${groupBy}${having}${order}${this.#limit(tail)}`,
      columns,
    }
  }

  #orderBy(
    list: readonly OrderItem[],
    scope: Scope,
    byAlias: ((expression: Expr) => Typed | undefined) | undefined,
    columns: readonly NamedColumn[],
  ): string {
    if (list.length === 0) return ''
    const texts = list.map((item) => {
      const { expression } = item
      if (expression.kind === 'number') {
        const column = columns[Number(expression.text) - 1]
        if (!column) throw new ServerSqlError('ORDER BY column number is out of range')
        return this.#product.orderItem(`#${expression.text}`, column.type, item)
      }
      const value = byAlias?.(expression) ?? this.#expression(expression, scope)
      return this.#product.orderItem(value.sql, value.type, item)
    })
    return ` ORDER BY ${texts.join(', ')}`
  }

  #same(a: string | undefined, b: string): boolean {
    return a !== undefined && this.#product.nameKey(a) === this.#product.nameKey(b)
  }

  #from(item: FromItem, before: Scope): { sql: string; relations: readonly Relation[] } {
    const product = this.#product
    switch (item.kind) {
      case 'table': {
        const column = item.path.length > 1 ? this.#tryName(item.path, before) : undefined
        if (column !== undefined && column.type.name === 'ARRAY') {
          return this.#unnest(column, item.alias, undefined)
        }
        const table = product.table(item.path, item.at)
        const alias = item.alias ?? item.path.at(-1)
        const { name, list, relation } = this.#relation(alias, table.columns)
        return { sql: `${table.sql} AS ${name}${list}`, relations: [relation] }
      }
      case 'derived': {
        const query = this.query(item.query, before.outer)
        const { name, list, relation } = this.#relation(item.alias, query.columns)
        return { sql: `(${query.sql}) AS ${name}${list}`, relations: [relation] }
      }
      case 'unnest':
        return this.#unnest(this.#expression(item.array, before), item.alias, item.offset)
      case 'flatten': {
        const input = this.#expression(item.input, before)
        const { name, list, relation } = this.#relation(item.alias, product.flattenColumns)
        return {
          sql: `${flattenText(input.sql, item.outer)} AS ${name}${list}`,
          relations: [relation],
        }
      }
      case 'join': {
        const left = this.#from(item.left, before)
        const seen = [...before.relations, ...left.relations]
        const right = this.#from(item.right, { ...before, relations: seen })
        const relations = [...left.relations, ...right.relations]
        const isLateral = right.sql.startsWith('LATERAL ')
        const scope: Scope = { ...before, relations: [...before.relations, ...relations] }
        const on = item.on === undefined ? '' : ` ON ${this.#boolean(item.on, scope)}`
        if (
          product.outerJoinsNeedEquality &&
          ['left', 'right', 'full'].includes(item.type) &&
          !isLateral &&
          !this.#hasEquality(item.on!, left.relations, right.relations)
        ) {
          throw new ServerSqlError(
            `${item.type.toUpperCase()} OUTER JOIN cannot be used without a condition that is an equality of fields from both sides of the join.`,
          )
        }
        const right1 = item.right.kind === 'join' ? `(${right.sql})` : right.sql
        return { sql: `${left.sql} ${item.type.toUpperCase()} JOIN ${right1}${on}`, relations }
      }
    }
  }

  #unnest(
    array: Typed,
    alias: string | undefined,
    offset: string | undefined,
  ): { sql: string; relations: readonly Relation[] } {
    const { element } = array.type
    if (array.type.name !== 'ARRAY' || element === undefined) {
      throw new ServerSqlError('Values referenced in UNNEST must be arrays')
    }
    const name = `r${++this.#names}`
    const own = { name: alias ?? '', type: element, sql: `${name}.c0` }
    // Fields of a struct can be named alone.
    const fields = (element.fields ?? []).map((field) => ({
      ...field,
      sql: `struct_extract(${name}.c0, '${field.name}')`,
    }))
    const at = offset === undefined ? [] : [{ name: offset, type: typeNamed(this.#product.integerType), sql: `${name}.c1` }] // prettier-ignore
    return {
      sql: `LATERAL (SELECT unnest(${array.sql}) AS c0, generate_subscripts(${array.sql}, 1) - 1 AS c1) AS ${name} (c0, c1)`,
      relations: [
        { alias, columns: [...fields] },
        { alias: undefined, columns: [own, ...at] },
      ],
    }
  }

  /** Does a condition hold `a = b` with a from one side and b from the other? */
  #hasEquality(on: Expr, left: readonly Relation[], right: readonly Relation[]): boolean {
    if (on.kind !== 'binary') return false
    if (on.operator === 'and') {
      return this.#hasEquality(on.left, left, right) || this.#hasEquality(on.right, left, right)
    }
    if (on.operator !== '=') return false
    const sides = [on.left, on.right].map((side) => aliasesIn(side))
    const within = (names: readonly string[], relations: readonly Relation[]): boolean =>
      names.length > 0 &&
      names.every((name) => relations.some((relation) => this.#same(relation.alias, name)))
    return (
      (within(sides[0]!, left) && within(sides[1]!, right)) ||
      (within(sides[0]!, right) && within(sides[1]!, left))
    )
  }

  #boolean(expression: Expr, scope: Scope | undefined): string {
    const value = this.#expression(expression, scope)
    const { name } = value.type
    if (name !== this.#product.boolType && name !== 'NULL') {
      throw new ServerSqlError(`Expected a condition of type ${this.#product.boolType}, found ${name}`, expression.at) // prettier-ignore
    }
    return value.sql
  }

  #tryName(path: readonly string[], scope: Scope | undefined): Typed | undefined {
    for (let at = scope; at !== undefined; at = at.outer) {
      for (const relation of at.relations) {
        const rest = this.#same(relation.alias, path[0]!) ? path.slice(1) : undefined
        const found =
          rest === undefined || rest.length === 0 ? undefined : this.#column(relation, rest)
        if (found) {
          if (at !== scope) markCorrelated(scope!, at)
          return found
        }
      }
      for (const relation of at.relations) {
        const found = this.#column(relation, path)
        if (found) {
          if (at !== scope) markCorrelated(scope!, at)
          return found
        }
      }
    }
    return undefined
  }

  #column(relation: Relation, path: readonly string[]): Typed | undefined {
    const column = relation.columns.find((c) => c.name !== '' && this.#same(c.name, path[0]!))
    if (column === undefined) return undefined
    column.onUse?.()
    let value: Typed = { sql: column.sql, type: column.type }
    for (const name of path.slice(1)) value = this.#product.field(value, name, -1)
    return value
  }

  #subquery(
    query: Query,
    scope: Scope | undefined,
  ): { translated: Translated; correlated: boolean } {
    const marks = { used: false }
    const wrapped = scope === undefined ? undefined : { ...scope, correlation: marks }
    const translated = this.query(query, wrapped)
    return { translated, correlated: marks.used }
  }

  #expression(expression: Expr, scope: Scope | undefined): Typed {
    const product = this.#product
    const context: ExpressionContext = {
      product,
      translate: (inner) => this.#expression(inner, scope),
    }
    const bool = typeNamed(product.boolType)
    switch (expression.kind) {
      case 'null':
        return { sql: 'NULL', type: typeNamed('NULL') }
      case 'bool':
        return { sql: expression.value ? 'TRUE' : 'FALSE', type: bool }
      case 'number':
        return product.number(expression.text, expression.at)
      case 'string':
        return product.string(expression.value)
      case 'typed':
        return product.typed(expression.type, expression.value, expression.at)
      case 'parameter':
        return product.parameter(expression.name, expression.at)
      case 'name': {
        const found = this.#tryName(expression.path, scope)
        if (found === undefined) throw product.columnNotFound(expression.path, expression.at)
        return found
      }
      case 'field':
        return product.field(context.translate(expression.of), expression.name, expression.at)
      case 'element':
        return product.element(
          context.translate(expression.of),
          expression.index,
          context,
          expression.at,
        )
      case 'unary':
        if (expression.operator === 'not') {
          return { sql: `(NOT ${this.#boolean(expression.operand, scope)})`, type: bool }
        }
        return product.negate(context.translate(expression.operand), expression.at)
      case 'binary': {
        if (expression.operator === 'and' || expression.operator === 'or') {
          const [left, right] = [expression.left, expression.right].map((side) =>
            this.#boolean(side, scope),
          )
          return { sql: `(${left} ${expression.operator.toUpperCase()} ${right})`, type: bool }
        }
        const left = context.translate(expression.left)
        const right = context.translate(expression.right)
        if (['=', '<>', '!=', '<', '<=', '>', '>='].includes(expression.operator)) {
          const operator = expression.operator === '!=' ? '<>' : expression.operator
          return product.compare(operator, left, right, expression.at)
        }
        return product.arithmetic(expression.operator, left, right, expression.at)
      }
      case 'is': {
        const operand = context.translate(expression.operand)
        const word = `${expression.negated ? 'NOT ' : ''}${expression.test.toUpperCase()}`
        if (expression.test !== 'null' && operand.type.name !== bool.name) {
          throw new ServerSqlError(`IS ${word} needs a ${bool.name}`, expression.at)
        }
        return { sql: `(${operand.sql} IS ${word})`, type: bool }
      }
      case 'distinct-from': {
        const value = product.distinctFrom(
          context.translate(expression.left),
          context.translate(expression.right),
          expression.at,
        )
        return expression.negated ? { sql: `(NOT ${value.sql})`, type: bool } : value
      }
      case 'in':
        return this.#in(expression, scope)
      case 'like': {
        const value = product.like(
          context.translate(expression.operand),
          context.translate(expression.pattern),
          expression.escape === undefined ? undefined : context.translate(expression.escape),
          expression.at,
        )
        return expression.negated ? { sql: `(NOT ${value.sql})`, type: bool } : value
      }
      case 'cast': {
        const to = product.typeOf(expression.type, expression.at)
        return product.cast(context.translate(expression.operand), to, expression.at)
      }
      case 'extract':
        return product.extract(expression.part, context.translate(expression.operand), expression.at) // prettier-ignore
      case 'case': {
        const values = [
          ...expression.branches.map((branch) => context.translate(branch.then)),
          ...(expression.otherwise ? [context.translate(expression.otherwise)] : []),
        ]
        const type = product.supertype(
          values.map((value) => value.type),
          expression.at,
        )
        const texts = values.map((value) => product.coerce(value, type).sql)
        const branches = expression.branches.map(
          (branch, i) => `WHEN ${this.#boolean(branch.when, scope)} THEN ${texts[i]}`,
        )
        const otherwise = expression.otherwise ? ` ELSE ${texts.at(-1)}` : ''
        return { sql: `CASE ${branches.join(' ')}${otherwise} END`, type }
      }
      case 'exists': {
        const { translated, correlated } = this.#subquery(expression.query, scope)
        if (correlated && product.outerJoinsNeedEquality) {
          requireDecorrelation(expression.query, expression.at)
        }
        return { sql: `EXISTS (${translated.sql})`, type: bool }
      }
      case 'scalar': {
        const { translated, correlated } = this.#subquery(expression.query, scope)
        if (translated.columns.length !== 1) {
          throw new ServerSqlError('Scalar subquery cannot have more than one column')
        }
        if (correlated && product.outerJoinsNeedEquality) {
          requireDecorrelation(expression.query, expression.at)
        }
        return { sql: `(${translated.sql})`, type: translated.columns[0]!.type }
      }
      case 'call': {
        const translator = product.functions[expression.name] ?? product.aggregates[expression.name]
        if (translator === undefined) throw product.functionNotFound(expression.name, expression.at)
        if (
          (expression.distinct || expression.star) &&
          product.aggregates[expression.name] === undefined
        ) {
          throw new ServerSqlError(`Function ${expression.name} takes no DISTINCT and no *`)
        }
        return translator(expression, context)
      }
    }
  }

  #in(expression: Extract<Expr, { kind: 'in' }>, scope: Scope | undefined): Typed {
    const product = this.#product
    const bool = typeNamed(product.boolType)
    const operand = this.#expression(expression.operand, scope)
    const { list } = expression
    const negate = (sql: string): Typed => ({
      sql: expression.negated ? `(NOT ${sql})` : sql,
      type: bool,
    })
    if (Array.isArray(list)) {
      const parts = (list as readonly Expr[]).map(
        (item) => product.compare('=', operand, this.#expression(item, scope), expression.at).sql,
      )
      return negate(`(${parts.join(' OR ')})`)
    }
    if ('unnest' in list) {
      const array = this.#expression(list.unnest, scope)
      if (array.type.element === undefined) {
        throw new ServerSqlError('Second argument of IN UNNEST must be an array', expression.at)
      }
      const element: Typed = { sql: 'u.c0', type: array.type.element }
      const test = product.compare('=', operand, element, expression.at).sql
      return negate(
        `COALESCE((SELECT CASE WHEN bool_or(t) THEN TRUE WHEN bool_or(t IS NULL) THEN NULL ELSE FALSE END FROM (SELECT ${test} AS t FROM (SELECT unnest(${array.sql}) AS c0) AS u)), CASE WHEN coalesce(len(${array.sql}), 0) = 0 THEN FALSE END)`,
      )
    }
    const { translated, correlated } = this.#subquery(list as Query, scope)
    const name = `r${++this.#names}`
    const element: Typed = { sql: `${name}.c0`, type: translated.columns[0]!.type }
    const test = product.compare('=', operand, element, expression.at).sql
    // What depends on no outer row is computed once, not once a row.
    const [kept, from] = correlated
      ? ['', `(${translated.sql}) AS ${name} (c0)`]
      : [`WITH ${name} (c0) AS MATERIALIZED (${translated.sql}) `, name]
    return negate(
      `COALESCE((${kept}SELECT CASE WHEN bool_or(t) THEN TRUE WHEN bool_or(t IS NULL) THEN NULL ELSE FALSE END FROM (SELECT ${test} AS t FROM ${from}) AS x), FALSE)`,
    )
  }
}

function markCorrelated(from: Scope, to: Scope): void {
  for (let at: Scope | undefined = from; at !== undefined; at = at.outer) {
    at.correlation.used = true
    if (at === to) return
  }
}

/** First parts of all qualified names in an expression. */
function aliasesIn(expression: Expr): string[] {
  switch (expression.kind) {
    case 'name':
      return [expression.path[0]!]
    case 'call':
      return expression.arguments.flatMap(aliasesIn)
    case 'cast':
    case 'extract':
    case 'unary':
      return aliasesIn(expression.operand)
    case 'field':
      return aliasesIn(expression.of)
    case 'binary':
      return [...aliasesIn(expression.left), ...aliasesIn(expression.right)]
    default:
      return []
  }
}

/** A correlated subquery must be a join in disguise: an equality in its WHERE. */
function requireDecorrelation(query: Query, at: number): void {
  const where = query.body.kind === 'select' ? query.body.where : undefined
  const hasEquality = (expression: Expr | undefined): boolean =>
    expression?.kind === 'binary' &&
    (expression.operator === '='
      ? aliasesIn(expression.left).length > 0 && aliasesIn(expression.right).length > 0
      : expression.operator === 'and' &&
        (hasEquality(expression.left) || hasEquality(expression.right)))
  if (hasEquality(where)) return
  throw new ServerSqlError(
    'Correlated subqueries that reference other tables are not supported unless they can be de-correlated, such as by transforming them into an efficient JOIN.',
    at,
  )
}

/** SEQ, KEY, PATH, INDEX, VALUE, THIS of each element of a JSON array. */
function flattenText(input: string, outer: boolean): string {
  const rows = `SELECT 1, NULL, '[' || i || ']', i, v, ${input} FROM (SELECT unnest(range(0, json_array_length(${input})::BIGINT)) AS i, unnest(json_extract(${input}, '$[*]')) AS v)`
  const none = `SELECT 1, NULL, NULL, NULL, NULL, ${input} WHERE coalesce(json_array_length(${input}), 0) = 0`
  return `LATERAL (${outer ? `${rows} UNION ALL ${none}` : rows})`
}
