/** What a table of files is in DuckDB's SQL, and what the connector refuses. */
import { describe, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import { connector } from '../../../../src/connectors/files/index.js'
import type { Expression } from '../../../../src/expressions/expression.js'
import type { LogicalPlan } from '../../../../src/planner/logical-plan.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'

function tableOf(
  from: string,
  columns: Readonly<Record<string, string>>,
  format?: Record<string, unknown>,
): TableDefinition {
  return {
    name: 't',
    from,
    columns: Object.entries(columns).map(([name, type]) => ({
      name: name.split('.').at(-1)!,
      from: name,
      type,
      notNull: false,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: [],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: false,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
    ...(format === undefined ? {} : { format }),
  }
}

function pushdownOf(table: TableDefinition) {
  const source: SourceDefinition = {
    name: 'lake',
    connector: 'files',
    connection: { root: 'data' },
    limits: {},
    discover: {},
    tables: [table],
    directory: '/srv',
  }
  return connector.pushdown(source)
}

function scanOf(table: TableDefinition): LogicalPlan {
  const columns = table.columns.map(({ name, type }, i) => ({
    id: i + 1,
    name,
    type: parseTypeName(type),
  }))
  const tableColumns = columns.map((column) => column.name)
  return { kind: 'scan', source: 'lake', schema: 'lake', table: 't', columns, tableColumns }
}

function printed(table: TableDefinition): string {
  return pushdownOf(table).print(scanOf(table)).text
}

describe('printing', () => {
  test('CSV says everything that sniffing would guess', () => {
    expect(printed(tableOf("a'*.csv", { id: 'bigint', 'na"me': 'text' }))).toBe(
      `SELECT exact_bigint(t1."id", 'id') AS "id", t1."na""me" AS "c1" FROM read_csv('/srv/data/a''*.csv', header=true, delim=',', quote='"', escape='"', skip=0, comment='', nullstr=[''], buffer_size=8000000, types={'id': 'VARCHAR', 'na"me': 'VARCHAR'}, auto_type_candidates=['VARCHAR'], hive_partitioning=false) AS t1`,
    )
  })

  test('partitions are columns of their own', () => {
    const text = printed(
      tableOf(
        'y=*/*.csv',
        { id: 'bigint', y: 'integer' },
        { partitions: { y: 'int' }, null_values: ['', 'N/A'] },
      ),
    )
    expect(text).toContain(
      `nullstr=['', 'N/A'], buffer_size=8000000, types={'id': 'VARCHAR'}, auto_type_candidates=['VARCHAR'], hive_partitioning=true, hive_types={'y': INTEGER}`,
    )
  })

  test('Parquet is cast to what the catalog promises', () => {
    expect(printed(tableOf('a.parquet', { n: 'numeric(12,2)', any: 'numeric' }))).toBe(
      `SELECT CAST(t1."n" AS DECIMAL(12,2)) AS "n", t1."any" FROM read_parquet('/srv/data/a.parquet', hive_partitioning=false) AS t1`,
    )
  })

  test('a path reaches into JSON', () => {
    expect(printed(tableOf('a.json', { 'address.zip': 'integer' }))).toContain(
      `exact_integer(CAST((t1."address" ->> '$."zip"') AS DOUBLE), 'address.zip') AS "zip" FROM read_json('/srv/data/a.json', format='auto', columns={'address': 'JSON'}`,
    )
  })

  test.each(['../a.csv', 'x/../../a.csv', '/etc/a.csv'])('%s is outside of the root', (from) => {
    expect(() => printed(tableOf(from, { a: 'text' }))).toThrow(/outside of its root/)
  })

  test('files of an unknown kind need a type', () => {
    expect(() => printed(tableOf('a.dat', { a: 'text' }))).toThrow(/Cannot tell the type/)
  })
})

describe('judgements', () => {
  const table = tableOf('a.csv', {
    id: 'integer',
    name: 'text',
    n: 'numeric(12,2)',
    wide: 'numeric',
    amount: 'numeric(15,2)',
    fine: 'numeric(18,9)',
    long: 'numeric(30,2)',
    mark: 'char(3)',
    f: 'double precision',
  })
  const pushdown = pushdownOf(table)
  const columns = scanOf(table) as Extract<LogicalPlan, { kind: 'scan' }>
  const column = (name: string): Expression => ({
    kind: 'column',
    ...columns.columns.find((c) => c.name === name)!,
  })
  const fn = (signature: string) => ({
    oid: 0,
    name: signature.split('(')[0]!,
    signature,
    schema: 'pg_catalog',
    volatility: 'immutable' as const,
    strict: true,
  })
  const call = (signature: string, type: string, ...list: Expression[]): Expression => ({
    kind: 'call',
    function: fn(signature),
    arguments: list,
    type: parseTypeName(type),
    collation: 'binary',
    form: 'function',
  })
  const constant = (value: string, type: string): Expression => ({
    kind: 'constant',
    value,
    type: parseTypeName(type),
  })

  test.each([
    [
      'addition',
      call('int4pl(int4,int4)', 'integer', column('id'), constant('1', 'integer')),
      'exact',
    ],
    [
      'division by a number',
      call('int4div(int4,int4)', 'integer', column('id'), constant('2', 'integer')),
      'exact',
    ],
    [
      'division by a column',
      call('int4div(int4,int4)', 'integer', column('id'), column('id')),
      'none',
    ],
    ['lower', call('lower(text)', 'text', column('name')), 'none'],
    [
      'text order',
      call('text_lt(text,text)', 'boolean', column('name'), constant('a', 'text')),
      'exact',
    ],
    [
      'product of decimals',
      call('numeric_mul(numeric,numeric)', 'numeric', column('n'), column('n')),
      'exact',
    ],
    [
      'product of unknown width',
      call('numeric_mul(numeric,numeric)', 'numeric', column('n'), column('wide')),
      'none',
    ],
  ] as const)('%s', (_name, expression, support) => {
    expect(pushdown.judgeExpression(expression, 'value').support).toBe(support)
  })

  const product = (a: string, b: string) =>
    call('numeric_mul(numeric,numeric)', 'numeric', column(a), column(b))
  const given: Expression = { kind: 'parameter', index: 1, type: parseTypeName('numeric') }
  const above = (value: Expression) =>
    call('numeric_gt(numeric,numeric)', 'boolean', column('amount'), value)
  const sumOf = (argument: Expression): LogicalPlan => ({
    ...{ kind: 'aggregate', input: columns, groups: [] },
    aggregates: [
      {
        ...{ column: { id: 90, name: 'sum', type: parseTypeName('numeric') } },
        ...{ function: fn('sum(numeric)'), arguments: [argument], star: false, distinct: false },
        ...{ orderBy: [], form: 'normal', directArguments: [], collation: 'binary' },
      },
    ],
  })

  // DuckDB keeps a product of two numbers of up to 18 digits in 18, unless it has 18 behind the point.
  test.each([
    ['twelve digits each', product('n', 'n'), 'exact', 'none'],
    ['fifteen digits each', product('amount', 'amount'), 'exact', 'none'],
    ['nine digits behind the point each', product('fine', 'fine'), 'exact', 'exact'],
    ['no nine digits left before the point', product('fine', 'n'), 'none', 'none'],
    ['more digits than amounts have', product('long', 'amount'), 'none', 'none'],
    ['a column alone', column('long'), 'exact', 'exact'],
    ['a comparison with a column', above(column('n')), 'exact', 'exact'],
    ['a comparison with a value known later', above(given), 'exact', 'none'],
  ] as const)('arithmetic of %s', (_name, expression, expected, proven) => {
    expect(pushdown.judgeExpression(expression, 'value').support).toBe(expected)
    expect(pushdown.proven!.judgeExpression(expression, 'value').support).toBe(proven)
  })

  test.each([
    ['a column of fifteen digits', column('amount'), 'exact', 'exact'],
    ['products', product('amount', 'amount'), 'exact', 'none'],
    ['products with eighteen digits behind the point', product('fine', 'fine'), 'exact', 'none'],
    ['a column of thirty digits', column('long'), 'none', 'none'],
  ] as const)('sums of %s', (_name, argument, expected, proven) => {
    expect(pushdown.judgeNode(sumOf(argument)).support).toBe(expected)
    expect(pushdown.proven!.judgeNode(sumOf(argument)).support).toBe(proven)
  })

  test('groups of char(n) are made without trailing blanks', () => {
    const mark = column('mark') as Extract<Expression, { kind: 'column' }>
    const { id, name, type } = mark
    const grouped: LogicalPlan = {
      ...{ kind: 'aggregate', input: columns, aggregates: [] },
      groups: [{ column: { id, name, type }, expression: mark }],
    }
    expect(pushdown.judgeNode(grouped).support).toBe('exact')
    const { text } = pushdown.print(grouped)
    expect(text).toMatch(/^SELECT min\(t1\."mark"\) AS "mark" FROM /)
    expect(text).toMatch(/ GROUP BY rtrim\(t1\."mark", ' '\)$/)
    expect(pushdown.judgeNode({ kind: 'distinct', input: columns }).support).toBe('none')
  })

  test('a column without an equal type is only read', () => {
    const condition = call(
      'numeric_gt(numeric,numeric)',
      'boolean',
      column('wide'),
      constant('1', 'numeric'),
    )
    expect(pushdown.judgeNode({ kind: 'filter', input: columns, condition })).toMatchObject({
      support: 'none',
    })
  })
})
