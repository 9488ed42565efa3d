/** Draws whole statements over the basic tables. */
import { randomFrom } from '../world/random.js'
import { drawConstant, drawValue, literal } from './constants.js'
import { drawAggregate, drawWindowCall } from './draw-aggregate.js'
import {
  drawCondition,
  drawExpression,
  drawLeaf,
  drawType,
  inPlainForm,
  isComparable,
} from './draw-expression.js'
import { FUZZ_TABLES, VALUE_TYPES, type Draw, type ScopeColumn, type ValueType } from './scope.js'
import {
  cutting,
  guard,
  list,
  optional,
  render,
  sql,
  together,
  type SqlNode,
  type SqlPart,
} from './sql-tree.js'

type Scope = readonly ScopeColumn[]

export interface FuzzStatement {
  readonly tree: SqlNode
  /** ORDER BY decides the order of all rows. */
  readonly ordered: boolean
}

interface Relation {
  readonly node: SqlNode
  readonly columns: Scope
  readonly rows: number
}

interface Query {
  readonly node: SqlNode
  /** Output columns by position, named c0, c1, ... */
  readonly columns: readonly Omit<ScopeColumn, 'sql'>[]
}

interface CommonTable {
  readonly name: string
  readonly columns: readonly Omit<ScopeColumn, 'sql'>[]
}

interface Context extends Draw {
  readonly common: CommonTable[]
}

/** Draws the statement of a seed. */
export function drawStatement(seed: number): FuzzStatement {
  const random = randomFrom(seed)
  let aliases = 0
  const context: Context = {
    random,
    common: [],
    parameters: random.chance(0.2),
    rare: random.chance(0.01),
    alias: () => `t${++aliases}`,
    oneColumn: (type, outer, depth, isScalar) =>
      depth < 0 ? undefined : drawOneColumn(context, type, outer, depth, isScalar),
    anyRows: (outer, depth) => (depth < 0 ? undefined : drawAnyRows(context, outer, depth)),
  }
  const depth = random.pick([1, 2, 2, 3])
  const clauses: SqlNode[] = []
  while (random.chance(0.18)) {
    const name = `w${clauses.length}`
    const body = drawBody(context, [], depth - 1, random.chance(0.3))
    const hint = random.pick(['', '', ' MATERIALIZED', ' NOT MATERIALIZED'])
    const names = body.columns.map((_, i) => `c${i}`).join(', ')
    clauses.push(sql`${name} (${names}) AS${hint} (${body.node})`)
    context.common.push({ name, columns: body.columns })
  }
  if (random.chance(0.05)) clauses.push(drawRecursive(context, `w${clauses.length}`))
  const withClause = clauses.length === 0 ? '' : sql`WITH RECURSIVE ${list(clauses)} `
  if (random.chance(0.05)) return { tree: sql`${withClause}${drawDistinctOn(context, depth)}`, ordered: false } // prettier-ignore
  if (random.chance(0.06)) return { tree: sql`${withClause}${drawListing(context)}`, ordered: false } // prettier-ignore
  const share = random.next()
  if (share < 0.45) {
    const body = drawBody(context, [], depth, false)
    const cut = random.chance(0.3) ? drawCut(context) : ''
    return { tree: sql`${withClause}${body.node}${cut}`, ordered: false }
  }
  const body = drawBody(context, [], depth, true)
  const order = totalOrder(context, body)
  const ordered = share < 0.9
  if (!ordered) return { tree: sql`${withClause}${body.node}`, ordered }
  return { tree: sql`${withClause}${body.node} ${order}${drawLimit(context)}`, ordered }
}

/** Draws a recursive common table: numbers, or a walk along the items of an order. */
function drawRecursive(context: Context, name: string): SqlNode {
  const { random } = context
  const all = random.pick(['UNION ALL', 'UNION'])
  const columns: CommonTable['columns'] = [
    { type: 'int4', small: true, plain: true },
    { type: 'text', small: false, plain: true },
  ]
  context.common.push({ name, columns })
  const last = String(random.whole(0, 12))
  return random.pick([
    sql`${name} (c0, c1) AS (SELECT 1, 'a' ${all} SELECT c0 + 1, c1 || 'b' FROM ${name} WHERE c0 < ${last})`,
    sql`${name} (c0, c1) AS (SELECT id, name FROM customer WHERE id < 4 ${all} SELECT c.id, r.c1 FROM ${name} AS r JOIN customer AS c ON c.id = r.c0 * 2 AND c.id < 50)`,
    sql`${name} (c0, c1) AS (VALUES (0, NULL::text) ${all} SELECT (c0 + 1) % 5, p.category FROM ${name} JOIN product AS p ON p.sku = 'SKU-' || (c0 + 1) WHERE c0 < 4)`,
  ]) // prettier-ignore
}

/** Draws SELECT DISTINCT ON: all columns decide which row is kept. */
function drawDistinctOn(context: Context, depth: number): SqlNode {
  const { random } = context
  const body = drawPlainSelect(context, [], depth, true)
  const names = body.columns.map((_, i) => `c${i}`)
  const count = random.whole(1, names.length)
  const keys = names.map((name) => `${name}${random.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`) // prettier-ignore
  const on = names.slice(0, count).join(', ')
  // Equal values that look different: which of them is kept is decided, too.
  const looks = names
    .filter((_, i) => inPlainForm(body.node, body.columns[i]!.type) !== body.node)
    .map((name) => `${name}::text`)
  return sql`SELECT DISTINCT ON (${on}) * FROM (${body.node}) AS d ORDER BY ${[...keys, ...looks].join(', ')}`
}

function totalOrder({ random }: Context, query: Query): SqlNode {
  const positions = query.columns.map((_, i) => i + 1)
  for (let i = positions.length - 1; i > 0; i--) {
    const j = random.whole(0, i)
    ;[positions[i], positions[j]] = [positions[j] as number, positions[i] as number]
  }
  const keys = positions.map(
    (p) => `${p}${random.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`,
  )
  return sql`ORDER BY ${keys.join(', ')}`
}

function drawLimit({ random }: Context): SqlPart {
  if (random.chance(0.5)) return ''
  if (random.chance(0.1)) return guard(` FETCH FIRST ${random.whole(1, 5)} ROWS WITH TIES`)
  const limit = random.chance(0.9) ? ` LIMIT ${random.pick([0, 1, 3, 10, 50])}` : ''
  return guard(`${limit}${random.chance(0.3) ? ` OFFSET ${random.whole(0, 12)}` : ''}`)
}

/** Draws some rows of a join, as tools ask for them to show a table. */
function drawListing(context: Context): SqlNode {
  const { random } = context
  const from = drawFrom(context, [], 0)
  const count = random.whole(1, 4)
  const shown = Array.from({ length: count }, (_, i) => sql`${random.pick(from.columns).sql} AS c${String(i)}`) // prettier-ignore
  const where = random.chance(0.4) ? drawWhere(context, from.columns, 0) : ''
  return sql`SELECT ${list(shown)} FROM ${from.node}${where}${drawCut(context)}`
}

/** Draws a LIMIT of rows in no order. */
function drawCut({ random, parameters }: Context): SqlNode {
  const limit = random.chance(0.95) ? random.pick([0, 1, 1, 3, 3, 10, 10, 50]) : null
  const offset = random.chance(0.3) ? random.whole(0, 12) : 0
  const count = (rows: number): SqlPart =>
    parameters && random.chance(0.5)
      ? { kind: 'parameter', value: String(rows), type: 'int8' }
      : String(rows)
  const parts: SqlPart[] = limit === null ? [' LIMIT NULL'] : [' LIMIT ', count(limit)]
  if (offset > 0) parts.push(' OFFSET ', count(offset))
  return cutting({ limit, offset }, ...parts)
}

/** Draws a query without ORDER BY; plain: values that are equal look equal. */
function drawBody(context: Context, outer: Scope, depth: number, isPlain: boolean): Query {
  const { random } = context
  if (depth > 0 && random.chance(0.12)) return drawSetOperation(context, outer, depth)
  if (random.chance(0.3)) return drawGrouped(context, outer, depth, isPlain)
  return drawPlainSelect(context, outer, depth, isPlain)
}

function drawSetOperation(context: Context, outer: Scope, depth: number): Query {
  const { random } = context
  const types = Array.from({ length: random.whole(1, 3) }, () => random.pick(SET_TYPES))
  const left = drawPlainSelect(context, outer, depth - 1, true, types)
  const right = drawPlainSelect(context, outer, depth - 1, true, types)
  const operation = random.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL']) // prettier-ignore
  let node = sql`${left.node} ${operation} ${right.node}`
  if (random.chance(0.3)) {
    const third = drawPlainSelect(context, outer, depth - 2, true, types)
    node = sql`${node} ${random.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])} ${third.node}`
  }
  return { node, columns: left.columns.map((c) => ({ ...c, small: false })) }
}

const SET_TYPES: readonly ValueType[] = [
  ...(['int4', 'int8', 'text', 'text', 'numeric', 'date', 'bool', 'int2', 'timestamp'] as const),
  ...([
    'float8',
    'uuid',
    'interval',
    'timestamptz',
    'time',
    'jsonb',
    'bytea',
    'text[]',
    'grade',
  ] as const),
]

function drawPlainSelect(
  context: Context,
  outer: Scope,
  depth: number,
  isPlain: boolean,
  types?: readonly ValueType[],
): Query {
  const { random } = context
  const from = drawFrom(context, outer, depth)
  const seen = [...from.columns, ...from.columns, ...outer]
  const distinct = random.chance(0.15)
  const any = VALUE_TYPES.filter((type) => isComparable(type) || !(isPlain || distinct))
  const wanted = types ?? Array.from({ length: random.whole(1, 5) }, () => drawType(context, from.columns, any)) // prettier-ignore
  let mayNumber = true
  const items: ScopeColumn[] = wanted.map((type) => {
    if (types === undefined && random.chance(0.12)) {
      const call = drawWindowCall(context, from.columns, mayNumber)
      mayNumber = false
      if (isComparable(call.type) || !(isPlain || distinct)) return call
    }
    const columns = from.columns.filter((column) => column.type === type)
    if (columns.length > 0 && random.chance(0.5)) return random.pick(columns)
    const expression = drawExpression(context, seen, type, Math.min(depth, 2) + 1)
    return { sql: expression, type, small: false, plain: false }
  })
  const shown = items.map((item) =>
    (isPlain || distinct) && !item.plain
      ? { ...item, plain: true, sql: inPlainForm(sql`${item.sql}`, item.type) }
      : item,
  )
  const select = list(shown.map((item, i) => sql`${item.sql} AS c${String(i)}`))
  const where = drawWhere(context, seen, depth)
  const node = sql`SELECT ${distinct ? optional('DISTINCT ') : ''}${select} FROM ${from.node}${where}`
  return { node, columns: shown.map(({ type, small, plain }) => ({ type, small, plain })) }
}

function drawWhere(context: Context, scope: Scope, depth: number): SqlPart {
  if (context.random.chance(0.25)) return ''
  const conditions = Array.from({ length: context.random.whole(1, 3) }, () =>
    drawCondition(context, scope, Math.min(depth, 2)),
  )
  return guard(' WHERE ', list(conditions, ' AND '))
}

function drawGrouped(context: Context, outer: Scope, depth: number, isPlain: boolean): Query {
  const { random } = context
  const from = drawFrom(context, outer, depth)
  const fixed: Draw = { ...context, parameters: false, oneColumn: () => undefined, anyRows: () => undefined } // prettier-ignore
  const count = random.whole(0, 3)
  const isGrouping = count > 1 && random.chance(0.25)
  const keys = Array.from({ length: count }, (): ScopeColumn => {
    const comparable = from.columns.filter((column) => isComparable(column.type))
    if (random.chance(0.75) && comparable.length > 0) {
      return inPlain(random.pick(comparable))
    }
    const type = drawType(fixed, from.columns, SET_TYPES)
    const expression = drawExpression(fixed, from.columns, type, 2)
    if (isGrouping && !/\bt\d+\./.test(render(expression).text) && comparable.length > 0) {
      return inPlain(random.pick(comparable.filter((column) => column.plain).concat(comparable)))
    }
    // A key must not be a bare constant: GROUP BY 1 names a column.
    const guarded = inPlainForm(sql`coalesce(${expression}, NULL)`, type)
    return { sql: frozen(guarded), type, small: false, plain: true }
  })
  const calls = Array.from({ length: random.whole(1, 3) }, () =>
    drawAggregate(context, [...from.columns]),
  )
  const scope = [...keys, ...calls]
  const items: ScopeColumn[] = [...keys, ...calls].filter(() => random.chance(0.85))
  if (isGrouping && random.chance(0.5)) {
    const call = sql`grouping(${together(keys.map((key) => key.sql))})`
    items.push({ sql: call, type: 'int4', small: true, plain: true })
  }
  if (!isGrouping && random.chance(0.3)) {
    const type = drawType(context, scope, SET_TYPES)
    const expression = drawExpression(context, scope, type, 2)
    items.push({ sql: expression, type, small: false, plain: false })
  }
  if (random.chance(0.08) && !isGrouping) items.push(drawWindowCall(context, keys.length > 0 ? keys : scope)) // prettier-ignore
  if (items.length === 0) items.push({ sql: 'count(*)', type: 'int8', small: true, plain: true })
  const shown = items.map((item) =>
    isPlain && !item.plain
      ? { ...item, plain: true, sql: inPlainForm(sql`${item.sql}`, item.type) }
      : item,
  )
  const select = list(shown.map((item, i) => sql`${item.sql} AS c${String(i)}`))
  const where = drawWhere(context, [...from.columns, ...outer], depth)
  // PostgreSQL 18 answers HAVING over a key of grouping sets that turns out constant in more than one way.
  const isSettled = !isGrouping || keys.every((key) => from.columns.includes(key))
  const having =
    isSettled && random.chance(0.2)
      ? guard(' HAVING ', drawCondition({ ...context, ...noNesting }, scope, 1))
      : ''
  const group = keys.length === 0 ? '' : sql` GROUP BY ${drawGroups(context, keys, isGrouping)}`
  const node = sql`SELECT ${select} FROM ${from.node}${where}${group}${having}`
  return { node, columns: shown.map(({ type, small, plain }) => ({ type, small, plain })) }
}

const noNesting = { oneColumn: () => undefined, anyRows: () => undefined }

/** A column of whose equal values any may stand for a group. */
function inPlain(column: ScopeColumn): ScopeColumn {
  if (column.plain) return column
  return { ...column, sql: inPlainForm(sql`${column.sql}`, column.type), plain: true }
}

/** An expression as plain text, so that every copy of it stays the same. */
function frozen(node: SqlNode): SqlNode {
  return sql`${render(node).text}`
}

function drawGroups({ random }: Context, keys: Scope, isGrouping: boolean): SqlNode {
  const all = together(keys.map((key) => key.sql))
  if (!isGrouping) return all
  switch (random.whole(0, 4)) {
    case 0:
      return sql`ROLLUP (${all})`
    case 1:
      return sql`CUBE (${all})`
    case 2:
      return sql`GROUPING SETS ((${all}), (${random.pick(keys).sql}), ())`
    case 3:
      return sql`${keys[0]?.sql ?? ''}, ROLLUP (${together(keys.slice(1).map((key) => key.sql))})`
    default:
      return sql`GROUPING SETS (ROLLUP (${all}), CUBE (${random.pick(keys).sql}), ())`
  }
}

function drawRelation(context: Context, outer: Scope, depth: number): Relation {
  const { random } = context
  const alias = context.alias()
  const share = random.next()
  const named = (columns: Query['columns']): Scope =>
    columns.map((column, i) => ({ ...column, sql: `${alias}.c${i}` }))
  if (context.common.length > 0 && share > 0.8) {
    const table = random.pick(context.common)
    return { node: sql`${table.name} AS ${alias}`, columns: named(table.columns), rows: 200 }
  }
  if (depth > 0 && share < 0.15) {
    const isLimited = random.chance(0.25)
    const body = drawBody(context, outer, depth - 1, isLimited)
    const order = isLimited ? sql` ${totalOrder(context, body)} LIMIT ${String(random.whole(1, 20))}` : '' // prettier-ignore
    return { node: sql`(${body.node}${order}) AS ${alias}`, columns: named(body.columns), rows: 200 } // prettier-ignore
  }
  if (share > 0.15 && share < 0.19) {
    const types = Array.from({ length: random.whole(1, 3) }, () => random.pick(SET_TYPES))
    const rows = Array.from({ length: random.whole(1, 4) }, () => {
      const row = types.map((type) => random.chance(0.15) ? `NULL::${type}` : literal(type, drawValue(random, type))) // prettier-ignore
      return sql`(${row.join(', ')})`
    })
    const names = types.map((_, i) => `c${i}`).join(', ')
    // One row is no table to PostgreSQL 18.4, which then loses NULLs: (VALUES (1)) a(x) LEFT JOIN (SELECT 7 AS c FROM (VALUES (1)) b(y)
    // RIGHT JOIN (VALUES (2)) d(z) ON y = z WHERE false) e ON true gives c = 7.
    const kept = rows.length === 1 ? ' OFFSET 0' : ''
    return {
      node: sql`(VALUES ${list(rows)}${kept}) AS ${alias} (${names})`,
      columns: types.map((type, i) => ({ sql: `${alias}.c${i}`, type, small: true, plain: true })),
      rows: 4,
    }
  }
  if (share > 0.205 && share < 0.24) return drawSetRelation(context, alias)
  if (share > 0.24 && share < 0.28) return drawUnitedTables(context, alias)
  if (share > 0.19 && share < 0.205) {
    return {
      node: sql`generate_series(1, ${String(random.whole(0, 20))}) AS ${alias} (c0)`,
      columns: [{ sql: `${alias}.c0`, type: 'int4', small: true, plain: true }],
      rows: 20,
    }
  }
  const table = random.chance(0.04)
    ? (FUZZ_TABLES.find((t) => t.name === 'empty') as (typeof FUZZ_TABLES)[number])
    : random.pick(FUZZ_TABLES.filter((t) => t.name !== 'empty'))
  return {
    node: sql`${table.name} AS ${alias}`,
    columns: table.columns.map((column) => ({ ...column, sql: `${alias}.${column.name}` })),
    rows: table.rows,
  }
}

/** Draws a view as one over several systems is: rows of tables, one below the other, each with the name of where it comes from. */
function drawUnitedTables({ random }: Context, alias: string): Relation {
  const tables = Array.from({ length: random.whole(2, 3) }, () => random.pick(FUZZ_TABLES))
  const ofType = (table: (typeof FUZZ_TABLES)[number], type: ValueType) =>
    table.columns.filter((column) => column.type === type)
  const shared = SET_TYPES.filter((type) => tables.every((table) => ofType(table, type).length > 0))
  const columns = Array.from({ length: Math.min(3, shared.length) }, () => {
    const type = random.pick(shared)
    const picked = tables.map((table) => random.pick(ofType(table, type)))
    return { type, picked, plain: picked.every((column) => column.plain) }
  })
  const branches = tables.map((table, i) => {
    const name = random.chance(0.8) ? ['a', 'b', 'c'][i] : 'a'
    const items = columns.map(({ picked }, k) => `${picked[i]!.name} AS c${k + 1}`)
    return `SELECT ${[`'${name}'::text AS c0`, ...items].join(', ')} FROM ${table.name}`
  })
  return {
    node: sql`(${list(branches, ' UNION ALL ')}) AS ${alias}`,
    columns: [
      { sql: `${alias}.c0`, type: 'text', small: false, plain: true },
      ...columns.map(({ type, plain }, k) => ({
        ...{ sql: `${alias}.c${k + 1}`, type, small: false, plain },
      })),
    ],
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
  }
}

/** Draws a set-returning function as a relation of constants. */
function drawSetRelation(context: Context, alias: string): Relation {
  const { random } = context
  const ordinality = random.chance(0.3)
  const [call, type] = random.pick<readonly [string, ValueType]>([
    [`unnest(ARRAY[${[0, 1, 2].map(() => literal('text', drawValue(random, 'text'))).join(', ')}])`, 'text'],
    ["unnest('{3,NULL,1}'::int4[])", 'int4'],
    ["generate_series(timestamp '2024-01-30', timestamp '2024-06-01', interval '1 month')", 'timestamp'],
    ['generate_series(10, 1, -3)', 'int4'],
    ['generate_series(1::int8, 4::int8)', 'int8'],
    ['generate_series(0.5, 3, 0.75)', 'numeric'],
    ["jsonb_array_elements('[1, \"x\", null, {}]')", 'jsonb'],
    ["jsonb_object_keys('{\"a\": 1, \"b\": 2}')", 'text'],
    ["string_to_table('a-b--c', '-')", 'text'],
    ["regexp_split_to_table('a b  c', ' +')", 'text'],
    ["jsonb_array_elements_text('[1, \"x\", null]')", 'text'],
    ["json_array_elements('[1, [2]]')", 'json'],
  ]) // prettier-ignore
  const columns: ScopeColumn[] = [{ sql: `${alias}.c0`, type, small: true, plain: true }]
  if (ordinality) columns.push({ sql: `${alias}.c1`, type: 'int8', small: true, plain: true })
  const names = columns.map((_, i) => `c${i}`).join(', ')
  const node = sql`${call}${ordinality ? ' WITH ORDINALITY' : ''} AS ${alias} (${names})`
  return { node, columns, rows: 12 }
}

/** Draws a set-returning function over columns of the relations before it. */
function drawUnnesting(context: Context, scope: Scope, alias: string): Relation {
  const { random } = context
  const ordinality = random.chance(0.4)
  const value = (type: ValueType): SqlNode => drawExpression(context, scope, type, 1)
  const [call, type] = random.pick<readonly [SqlNode, ValueType]>([
    [sql`unnest(${value('int4[]')})`, 'int4'],
    [sql`unnest(${value('text[]')})`, 'text'],
    [sql`generate_series(1, abs(${drawLeaf(context, scope, 'int2', true)}))`, 'int4'],
    [sql`string_to_table(${value('text')}, 'o')`, 'text'],
    [sql`jsonb_array_elements(jsonb_build_array(${value('int4')}, ${value('text')}))`, 'jsonb'],
    [sql`jsonb_array_elements_text(jsonb_build_array(${value('int4')}, ${value('text')}))`, 'text'],
    [sql`jsonb_object_keys(jsonb_build_object('a', ${value('int4')}))`, 'text'],
    [sql`regexp_split_to_table(${value('text')}, '[ -]')`, 'text'],
    [sql`ROWS FROM (unnest(${value('int4[]')}), generate_series(1, 2))`, 'int4'],
  ]) // prettier-ignore
  const isPair = String(call.parts[0]).startsWith('ROWS FROM')
  const columns: ScopeColumn[] = [{ sql: `${alias}.c0`, type, small: false, plain: true }]
  if (ordinality || isPair) columns.push({ sql: `${alias}.c1`, type: isPair ? 'int4' : 'int8', small: true, plain: true }) // prettier-ignore
  const names = columns.map((_, i) => `c${i}`).join(', ')
  const node = sql`${call}${ordinality ? ' WITH ORDINALITY' : ''} AS ${alias} (${names})`
  return { node, columns, rows: 3 }
}

const LINKS: readonly (readonly [string, string])[] = [
  ...([['customer_id', 'id'], ['order_id', 'id'], ['sku', 'sku'], ['customer_id', 'customer_id']] as const), // prettier-ignore
]

function drawFrom(context: Context, outer: Scope, depth: number): Relation {
  const { random } = context
  let left = drawRelation(context, [], depth)
  const joins = random.pick([0, 0, 1, 1, 1, 2, 2, 3])
  const parts: SqlPart[] = []
  for (let i = 0; i < joins; i++) {
    if (left.rows <= 1000 && random.chance(0.07)) {
      const unnesting = drawUnnesting(context, left.columns, context.alias())
      const isLeft = random.chance(0.4)
      parts.push(optional(sql` ${isLeft ? 'LEFT' : 'CROSS'} JOIN LATERAL ${unnesting.node}${isLeft ? ' ON true' : ''}`)) // prettier-ignore
      left = { node: left.node, columns: [...left.columns, ...unnesting.columns], rows: left.rows * 3 } // prettier-ignore
      continue
    }
    const isLateral = depth > 0 && random.chance(0.08)
    if (isLateral) {
      const alias = context.alias()
      const body = drawBody(context, left.columns, depth - 1, false)
      const kind = random.pick(['CROSS JOIN LATERAL', 'LEFT JOIN LATERAL'])
      const on = kind.startsWith('LEFT') ? ' ON true' : ''
      const columns = body.columns.map((c, n) => ({ ...c, sql: `${alias}.c${n}` }))
      if (left.rows > 100) continue
      parts.push(optional(sql` ${kind} (${body.node}) AS ${alias}${on}`))
      left = { node: left.node, columns: [...left.columns, ...columns], rows: left.rows * 20 }
      continue
    }
    const right = drawRelation(context, [], depth - 1)
    const condition = drawLink(context, left.columns, right.columns)
    const product = left.rows * right.rows
    const both = [...left.columns, ...right.columns]
    if (product <= 3000 && random.chance(0.12)) {
      parts.push(optional(sql` CROSS JOIN ${right.node}`))
      left = { node: left.node, columns: both, rows: product }
      continue
    }
    if (product <= 30_000 && random.chance(0.1)) {
      const condition = drawInequality(context, left.columns, right.columns)
      if (condition !== undefined) {
        parts.push(optional(sql` ${random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN'])} ${right.node} ON ${condition}`)) // prettier-ignore
        left = { node: left.node, columns: both, rows: product / 2 }
        continue
      }
    }
    if (condition === undefined) continue
    const kind = random.pick(['JOIN', 'JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']) // prettier-ignore
    const nesting = kind === 'FULL JOIN' ? { ...context, ...noNesting } : context
    const extra =
      random.chance(0.3) && product < 100_000 && kind !== 'FULL JOIN'
        ? guard(' AND ', drawCondition(nesting, both, 1))
        : ''
    // What an inner join asks for keeps rows from being seen as a WHERE does.
    const on = kind === 'JOIN' ? guard(' ON ', condition) : sql` ON ${condition}`
    parts.push(optional(sql` ${kind} ${right.node}${on}${extra}`))
    left = { node: left.node, columns: both, rows: Math.max(left.rows, right.rows) }
  }
  void outer
  return { ...left, node: sql`${left.node}${{ kind: 'sequence', parts }}` }
}

/** Draws a condition that is no equality: one or two comparisons of columns of the same type. */
function drawInequality(context: Context, left: Scope, right: Scope): SqlNode | undefined {
  const { random } = context
  const pairs = left.flatMap((a) =>
    right
      .filter((b) => a.type === b.type && isComparable(a.type) && a.type !== 'bool')
      .map((b) => [a, b] as const),
  )
  if (pairs.length === 0) return undefined
  const [a, b] = random.pick(pairs)
  const first = sql`${a.sql} ${random.pick(['<', '>=', '<>', '>'])} ${b.sql}`
  if (random.chance(0.5)) return first
  const [c, d] = random.pick(pairs)
  return sql`${first} AND ${c.sql} ${random.pick(['>', '<=', '>='])} ${d.sql}`
}

/** Draws the condition that links two relations: mostly along keys. */
function drawLink(context: Context, left: Scope, right: Scope): SqlNode | undefined {
  const { random } = context
  const nameOf = (column: ScopeColumn): string =>
    typeof column.sql === 'string' ? column.sql.replace(/^t\d+\./, '') : ''
  const linked = left.flatMap((a) =>
    right
      .filter((b) =>
        LINKS.some(
          ([x, y]) => (nameOf(a) === x && nameOf(b) === y) || (nameOf(a) === y && nameOf(b) === x),
        ),
      ) // prettier-ignore
      .map((b) => [a, b] as const),
  )
  const drawAlike = (): readonly [ScopeColumn, ScopeColumn] | undefined => {
    const fitting = (a: ScopeColumn): Scope => right.filter((b) => mayMatch(a.type, b.type))
    const present = left.filter((a) => fitting(a).length > 0)
    if (present.length === 0) return undefined
    const a = random.pick(present)
    return [a, random.pick(fitting(a))]
  }
  const pair = linked.length > 0 && random.chance(0.8) ? random.pick(linked) : drawAlike()
  if (pair === undefined) return undefined
  const first = sql`${pair[0].sql} = ${pair[1].sql}`
  const second = random.chance(0.85) ? undefined : drawAlike()
  if (second === undefined) return first
  return sql`${first} AND ${second[0].sql} ${random.pick(['=', '<', '<>', '>='])} ${second[1].sql}`
}

const WHOLE: ReadonlySet<ValueType> = new Set(['int2', 'int4', 'int8', 'numeric'] as const)

/** Whether columns of the types may be compared and tell rows apart. */
function mayMatch(a: ValueType, b: ValueType): boolean {
  return (a === b || (WHOLE.has(a) && WHOLE.has(b))) && a !== 'bool' && isComparable(a)
}

function drawOneColumn(
  context: Context,
  type: ValueType,
  outer: Scope,
  depth: number,
  isScalar: boolean,
): SqlNode | undefined {
  const { random } = context
  if (isScalar && depth < 1 && random.chance(0.5)) return undefined
  const inner = Math.max(depth - 1, 0)
  const from = random.chance(0.75) ? drawSmallFrom(context) : drawFrom(context, [], inner)
  const seen = [...from.columns, ...from.columns, ...outer]
  const links = drawLink(context, outer, from.columns)
  const where = list(
    [
      ...(links !== undefined && random.chance(0.6) ? [links] : []),
      ...(random.chance(0.6) ? [drawCondition(context, seen, inner)] : []),
      'true',
    ],
    ' AND ',
  )
  if (isScalar) {
    const value = drawAggregateOf(context, from.columns, type)
    return sql`SELECT ${value} FROM ${from.node}${guard(' WHERE ', where)}`
  }
  return sql`SELECT ${drawExpression(context, seen, type, 1)} FROM ${from.node}${guard(' WHERE ', where)}`
}

/** Draws an aggregate with a result of the type. */
function drawAggregateOf(context: Context, scope: Scope, type: ValueType): SqlNode {
  const { random } = context
  if (type === 'int8' && random.chance(0.7)) return sql`count(*)`
  if (type === 'bool') return sql`bool_or(${drawCondition(context, scope, 0)})`
  if (['uuid', 'jsonb', 'json', 'name', 'bytea'].includes(type)) {
    return sql`CASE WHEN count(*) > 1 THEN ${drawConstant(context, type)} END`
  }
  const argument = inPlainForm(drawExpression(context, scope, type, 1), type)
  return sql`${random.pick(['min', 'max'])}(${argument})`
}

function drawSmallFrom(context: Context): Relation {
  return drawRelation(context, [], 0)
}

function drawAnyRows(context: Context, outer: Scope, depth: number): SqlNode {
  const { random } = context
  const from = random.chance(0.75) ? drawSmallFrom(context) : drawFrom(context, [], depth - 1)
  const seen = [...from.columns, ...from.columns, ...outer]
  const link = drawLink(context, outer, from.columns)
  const conditions = [
    ...(link !== undefined && random.chance(0.8) ? [link] : []),
    ...(random.chance(0.6) ? [drawCondition(context, seen, Math.max(depth - 1, 0))] : []),
    'true',
  ]
  const having = random.chance(0.05) ? optional(' HAVING count(*) > 1') : ''
  return sql`SELECT 1 FROM ${from.node}${guard(' WHERE ', list(conditions, ' AND '))}${having}`
}
