/** What the MySQL connector accepts, refuses with which reason, and prints. */
import { describe, expect, test } from 'vitest'
import type { ColumnDefinition, SourceDefinition } from '../../../../src/catalog/catalog.js'
import { connector } from '../../../../src/connectors/mysql/index.js'
import type {
  Column,
  Expression,
  FunctionReference,
} from '../../../../src/expressions/expression.js'
import type { AggregateCall, LogicalPlan } from '../../../../src/planner/logical-plan.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'

const DEFINITIONS: readonly (readonly [string, string, string, string?])[] = [
  ['id', 'integer', 'int(11)'],
  ['name', 'text', 'varchar(40)', 'utf8mb4_general_ci'],
  ['latin', 'text', 'varchar(40)', 'latin1_swedish_ci'],
  ['essay', 'text', 'longtext', 'utf8mb4_general_ci'],
  ['born', 'date', 'date'],
  ['score', 'numeric(12,2)', 'decimal(12,2)'],
  ['ratio', 'double precision', 'double'],
  ['fake', 'integer', 'varchar(10)', 'utf8mb4_general_ci'],
  ['active', 'boolean', 'tinyint(1)'],
]

const source: SourceDefinition = {
  name: 'shop',
  connector: 'mysql',
  connection: { host: 'h', user: 'u', database: 'd' },
  limits: {},
  discover: {},
  directory: '/',
  tables: [
    {
      name: 'people',
      from: 'shop.peo`ple',
      columns: DEFINITIONS.map(([name, type, native, collation]): ColumnDefinition => ({
        name,
        from: name,
        type,
        native,
        ...(collation === undefined ? {} : { collation }),
        notNull: false,
        hidden: false,
        tags: [],
        options: {},
      })),
      primaryKey: ['id'],
      unique: [],
      foreignKeys: [],
      indexes: [],
      rely: true,
      statistics: { columns: {} },
      requireFilter: [],
      options: {},
    },
  ],
}

const COLUMNS: readonly Column[] = DEFINITIONS.map(([name, type], i) => ({
  id: i + 1,
  name,
  type: parseTypeName(type),
}))
const scan: LogicalPlan = {
  kind: 'scan',
  source: 'shop',
  schema: 'shop',
  table: 'people',
  columns: COLUMNS,
  tableColumns: COLUMNS.map((column) => column.name),
}
const pushdown = connector.pushdown(source)

function column(name: string): Expression {
  return { kind: 'column', ...COLUMNS.find((c) => c.name === name)! }
}

function constant(value: string | null, type: string): Expression {
  return { kind: 'constant', value, type: parseTypeName(type) }
}

function fn(signature: string): FunctionReference {
  const name = signature.split('(')[0]!
  return { oid: 0, name, signature, schema: 'pg_catalog', volatility: 'immutable', strict: true }
}

function call(signature: string, type: string, ...list: Expression[]): Expression {
  return {
    kind: 'call',
    function: fn(signature),
    arguments: list,
    type: parseTypeName(type),
    collation: 'binary',
    form: 'function',
  }
}

function keep(condition: Expression): LogicalPlan {
  const kept = COLUMNS.slice(0, 1).map((c) => ({ column: c, expression: column(c.name) }))
  return { kind: 'project', input: { kind: 'filter', input: scan, condition }, expressions: kept }
}

function aggregate(
  name: string,
  argument: Expression,
  changes: Partial<AggregateCall> = {},
): LogicalPlan {
  const result: Column = { id: 100, name: 'r', type: argument.type }
  const call: AggregateCall = {
    column: result,
    function: fn(`${name}(x)`),
    arguments: [argument],
    star: false,
    distinct: false,
    orderBy: [],
    form: 'normal',
    directArguments: [],
    collation: 'binary',
    ...changes,
  }
  return { kind: 'aggregate', input: scan, groups: [], aggregates: [call] }
}

describe('printing', () => {
  test('a text of the same character set is compared by its index and by its bytes', () => {
    const { text, parameters } = pushdown.print(
      keep(call('texteq(text,text)', 'boolean', column('name'), constant("a'?", 'text'))),
    )
    expect(text).toBe(
      'SELECT t1.`id` FROM `shop`.`peo``ple` AS t1 WHERE (t1.`name` = ? AND CAST(CONVERT(t1.`name` USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY))',
    )
    expect(parameters).toHaveLength(2)
  })

  test('a text of another character set gets the value in its own', () => {
    const { text } = pushdown.print(
      keep(call('texteq(text,text)', 'boolean', column('latin'), constant('x', 'text'))),
    )
    expect(text).toContain('t1.`latin` = CONVERT(? USING latin1) COLLATE latin1_swedish_ci AND')
  })

  test('a date condition lets no date through that does not exist', () => {
    const condition = call(
      'date_ge(date,date)',
      'boolean',
      column('born'),
      constant('2020-01-01', 'date'),
    )
    expect(pushdown.print(keep(condition)).text).toContain(
      'WHERE (t1.`born` >= ? AND TO_DAYS(t1.`born`) IS NOT NULL)',
    )
    const negated: Expression = { kind: 'not', argument: condition, type: parseTypeName('boolean') }
    expect(pushdown.print(keep(negated)).text).toContain(
      'WHERE (NOT (IF(TO_DAYS(t1.`born`) IS NULL, NULL, t1.`born`) >= ?))',
    )
  })

  test('NULLs are sorted as asked', () => {
    const key = { descending: false, nullsFirst: false, collation: 'binary' }
    const text = pushdown.print({
      kind: 'sort',
      input: scan,
      keys: [
        { ...key, expression: column('id') },
        { ...key, expression: column('name'), descending: true, nullsFirst: false },
      ],
    }).text
    expect(text).toContain(
      'ORDER BY (t1.`id` IS NULL), t1.`id`, CAST(CONVERT(t1.`name` USING utf8mb4) AS BINARY) DESC',
    )
  })

  test('the largest text is that of the largest bytes', () => {
    expect(pushdown.print(aggregate('max', column('name'))).text).toContain(
      'MAX(CAST(CONVERT(t1.`name` USING utf8mb4) AS BINARY))',
    )
  })
})

describe('judgements', () => {
  const expressions: readonly (readonly [string, Expression, string | RegExp])[] = [
    [
      'integer comparison',
      call('int4lt(int4,int4)', 'boolean', column('id'), constant('3', 'integer')),
      'exact',
    ],
    [
      'integer addition',
      call('int4pl(int4,int4)', 'integer', column('id'), constant('3', 'integer')),
      /overflow/,
    ],
    [
      'division',
      call('numeric_div(numeric,numeric)', 'numeric', column('score'), constant('3', 'numeric')),
      /Division/,
    ],
    [
      'modulo by zero',
      call('int4mod(int4,int4)', 'integer', column('id'), constant('0', 'integer')),
      /zero/,
    ],
    [
      'decimal product',
      call('numeric_mul(numeric,numeric)', 'numeric', column('score'), constant('1.5', 'numeric')),
      'exact',
    ],
    ['lower', call('lower(text)', 'text', column('name')), /case/],
    [
      'regular expression',
      call('textregexeq(text,text)', 'boolean', column('name'), constant('a', 'text')),
      /grammar/,
    ],
    [
      'infinite date',
      call('date_lt(date,date)', 'boolean', column('born'), constant('infinity', 'date')),
      /calendar/,
    ],
    [
      'pattern with a dangling escape',
      call('textlike(text,text)', 'boolean', column('name'), constant('a\\', 'text')),
      /escape/,
    ],
  ]
  test.each(expressions)('%s', (_name, expression, verdict) => {
    const judgement = pushdown.judgeExpression(expression, 'value')
    if (verdict === 'exact') expect(judgement).toEqual({ support: 'exact' })
    else
      expect(judgement).toMatchObject({
        support: 'none',
        reason: expect.stringMatching(verdict) as string,
      })
  })

  test('a pattern known only later is a prefilter', () => {
    const pattern: Expression = { kind: 'parameter', index: 1, type: parseTypeName('text') }
    const like = call('textlike(text,text)', 'boolean', column('name'), pattern)
    expect(pushdown.judgeExpression(like, 'filter').support).toBe('superset')
    const not: Expression = { kind: 'not', argument: like, type: parseTypeName('boolean') }
    expect(pushdown.judgeExpression(not, 'filter').support).toBe('none')
  })

  /** Twelve digits more than the factor. */
  const timesScore = (factor: string): Expression =>
    call('numeric_mul(numeric,numeric)', 'numeric', column('score'), constant(factor, 'numeric'))
  const nodes: readonly (readonly [string, LogicalPlan, string | RegExp])[] = [
    ['sum of decimals', aggregate('sum', column('score')), 'exact'],
    ['sum of 47 digits', aggregate('sum', timesScore('9'.repeat(35))), 'exact'],
    ['sum of 48 digits', aggregate('sum', timesScore('9'.repeat(36))), /digits/],
    ['sum of doubles', aggregate('sum', column('ratio')), /order/],
    ['average', aggregate('avg', column('score')), /digits/],
    ['distinct short texts', aggregate('count', column('name'), { distinct: true }), 'exact'],
    [
      'distinct long texts',
      aggregate('count', column('essay'), { distinct: true }),
      /first 4096 bytes/,
    ],
    ['a number that is text at the source', aggregate('sum', column('fake')), /varchar/],
    [
      'full join',
      { kind: 'join', joinType: 'full', left: scan, right: scan, lateral: false },
      /FULL/,
    ],
    [
      'ties',
      { kind: 'limit', input: scan, limit: constant('1', 'bigint'), withTies: true },
      /TIES/,
    ],
  ]
  test.each(nodes)('%s', (_name, node, verdict) => {
    const judgement = pushdown.judgeNode(node)
    if (verdict === 'exact') expect(judgement).toEqual({ support: 'exact' })
    else
      expect(judgement).toMatchObject({
        support: 'none',
        reason: expect.stringMatching(verdict) as string,
      })
  })
})

describe('the connection block', () => {
  const problems = (connection: Record<string, unknown>) =>
    connector.validate({ ...source, connection }).map((problem) => problem.key)

  test('names the keys at fault', () => {
    expect(problems({ host: 'h', user: 'u', database: 'd', pool: { max: 2 } })).toEqual([])
    expect(problems({ user: 'u', database: 'd' })).toEqual(['host'])
    expect(problems({ host: 'h', user: 'u', database: 'd', port: 'x', hots: 1 })).toEqual([
      'hots',
      'port',
    ])
    expect(problems({ host: 'h', user: 'u', database: 'd', pool: { max: 0 } })).toEqual([
      'pool.max',
    ])
  })
})
