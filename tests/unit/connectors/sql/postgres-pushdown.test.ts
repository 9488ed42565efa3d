/** What the PostgreSQL connector takes, and the text it prints, from SQL through the analyzer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Analyzer } from '../../../../src/analyzer/analyzer.js'
import type { Catalog, ServerFacts } from '../../../../src/catalog/catalog.js'
import { connector } from '../../../../src/connectors/postgres/index.js'
import type { LogicalPlan } from '../../../../src/planner/logical-plan.js'
import { expressionsOf, logicalInputsOf } from '../../../../src/planner/plan-traversal.js'
import { OPTIONS, shopCatalog } from '../../../integration/connectors/shop.js'

const CATALOG: Catalog = shopCatalog({
  ...{ host: 'db', port: 5432, user: 'u', password: 'p', database: 'd', url: '' },
  execute: () => Promise.resolve(),
  connect: () => Promise.reject(new Error('no server')),
  stop: () => Promise.resolve(),
})

let analyzer: Analyzer

beforeAll(async () => {
  analyzer = await Analyzer.start(CATALOG)
}, 60_000)

afterAll(async () => {
  await analyzer?.close()
})

function logicalOf(sql: string): LogicalPlan {
  const { logical } = analyzer.analyze(sql, [], OPTIONS)
  if (logical === undefined) throw new Error('no plan')
  return logical
}

function pushdownOf(server: Partial<ServerFacts> = {}) {
  const source = CATALOG.sources[0]!
  return connector.pushdown({ ...source, server: { ...source.server!, ...server } })
}

const PRINTED: readonly (readonly [sql: string, text: string])[] = [
  [
    "select id, name from customers where city = 'Paris'",
    'SELECT t1."id", t1."name" FROM "shop"."customers" AS t1 WHERE (t1."city"::text = $1::text)',
  ],
  [
    "select name from customers where name < 'b' order by name desc limit 3",
    'SELECT t1."name" FROM "shop"."customers" AS t1 WHERE ((t1."name" COLLATE "C") < ($1::text COLLATE "C"))' +
      ' ORDER BY (t1."name" COLLATE "C") DESC LIMIT $2::integer::bigint',
  ],
  [
    'select c.name, sum(o.amount) as total from customers c join orders o on o.customer_id = c.id group by c.name having count(*) > 1',
    'SELECT t1."name", sum(t2."amount") AS "total" FROM "shop"."customers" AS t1 JOIN "shop"."orders" AS t2' +
      ' ON (t2."customer_id" = t1."id") GROUP BY t1."name" HAVING (count(*) > $1::integer)',
  ],
  [
    'select id from customers c where not exists (select from orders o where o.customer_id = c.id)',
    'SELECT t1."id" FROM "shop"."customers" AS t1 WHERE (NOT EXISTS (SELECT 1 FROM "shop"."orders" AS t2' +
      ' WHERE (t2."customer_id" = t1."id")))',
  ],
  [
    'select max(x) from (select distinct length(name) as x from customers) s',
    'SELECT max(q1."x") AS "max" FROM (SELECT DISTINCT length(t1."name") AS "x" FROM "shop"."customers" AS t1) AS q1',
  ],
  [
    'select upper(name) from customers',
    'SELECT (upper((t1."name" COLLATE "pg_c_utf8")) COLLATE "C") AS "upper" FROM "shop"."customers" AS t1',
  ],
  [
    'select id from orders where ordered_at < now()::timestamp',
    'SELECT t1."id" FROM "shop"."orders" AS t1' +
      ' WHERE (t1."ordered_at" < $1::timestamp with time zone::timestamp without time zone)',
  ],
]

describe('printing', () => {
  test.each(PRINTED)('%s', (sql, text) => {
    expect(pushdownOf().print(logicalOf(sql)).text).toBe(text)
  })

  test('numbers equal constants once, in the order of the text', () => {
    const sql = "select id || 'a', 'b' || id || 'a' from customers where name = 'b'"
    const { parameters } = pushdownOf().print(logicalOf(sql))
    expect(parameters.map((p) => p.kind === 'constant' && p.value)).toEqual(['a', 'b'])
  })

  test('writes constants out when there are more than the protocol can count', () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `(${i}, 'it''s ${i}')`)
    const printed = pushdownOf().print({
      kind: 'values',
      columns: [
        { id: 1, name: 'a', type: { oid: 23, typmod: -1 } },
        { id: 2, name: 'b', type: { oid: 25, typmod: -1 } },
      ],
      rows: rows.map((_, i) => [
        { kind: 'constant', value: String(i), type: { oid: 23, typmod: -1 } },
        { kind: 'constant', value: `it's ${i}`, type: { oid: 25, typmod: -1 } },
      ]),
    })
    expect(printed.parameters).toEqual([])
    expect(printed.text).toContain("('39999'::integer, 'it''s 39999'::text)")
  })
})

/** The first reason against any part of a statement. */
function reasonOf(sql: string, server: Partial<ServerFacts> = {}): string | undefined {
  const pushdown = pushdownOf(server)
  const walk = (node: LogicalPlan): string | undefined => {
    const judgements = [
      pushdown.judgeNode(node),
      ...expressionsOf(node).map((e) => pushdown.judgeExpression(e, 'value')),
    ]
    for (const judgement of judgements) {
      if (judgement.support !== 'exact') return judgement.reason
    }
    for (const input of logicalInputsOf(node)) {
      const reason = walk(input)
      if (reason !== undefined) return reason
    }
    return undefined
  }
  return walk(logicalOf(sql))
}

describe('judging', () => {
  test.each([
    "select id from customers where name like 'A%' and name < 'x' and lower(name) = 'a'",
    "select date_trunc('day', ordered_at), to_char(ordered_at, 'YYYY'), extract(year from ordered_at) from orders",
    'select customer_id, sum(amount), min(ordered_at) from orders group by 1 order by 2',
    'select id from orders where ordered_at > now() and current_user = current_user',
    'select id from customers where id in (select customer_id from orders where amount > 3)',
    'select id, rank() over (order by amount) from orders',
  ])('takes %s', (sql) => {
    expect(reasonOf(sql)).toBeUndefined()
  })

  test.each([
    ['select random() from customers', 'volatile'],
    ["select current_setting('TimeZone') from customers", 'session'],
    ['select pg_typeof(id)::text from customers', 'catalog'],
  ])('refuses %s', (sql, reason) => {
    expect(reasonOf(sql)).toContain(reason)
  })

  test('refuses collations that need not be the same there', () => {
    const column = { id: 1, name: 'name', type: { oid: 25, typmod: -1 } }
    const key = {
      expression: { kind: 'column' as const, ...column },
      descending: false,
      nullsFirst: false,
    }
    const input: LogicalPlan = { kind: 'values', columns: [column], rows: [] }
    const judged = (collation: string) =>
      pushdownOf().judgeNode({ kind: 'sort', input, keys: [{ ...key, collation }] }).support
    expect(judged('de-x-icu')).toBe('none')
    expect(judged('binary')).toBe('exact')
  })

  test('refuses functions that the server does not have yet', () => {
    const sql = "select regexp_count(name, 'a') from customers"
    expect(reasonOf(sql, { version: '14.2', collation: 'en_US.UTF-8 (libc)' })).toContain(
      'PostgreSQL 15',
    )
    expect(reasonOf(sql, { version: '15.1', collation: 'en_US.UTF-8 (libc)' })).toBeUndefined()
  })

  test('maps case at the server only where its rules are the same', () => {
    const sql = 'select upper(name) from customers'
    expect(reasonOf(sql, { version: '16.1', collation: 'en_US.UTF-8 (libc)' })).toBeUndefined()
    expect(reasonOf(sql, { version: '17.1', collation: 'de-DE (icu)' })).toBeUndefined()
    for (const collation of ['tr_TR.UTF-8 (libc)', 'de-DE (icu)', 'C (libc)']) {
      expect(reasonOf(sql, { version: '16.1', collation })).toContain('case')
    }
  })
})

describe('checking a connection', () => {
  const source = CATALOG.sources[0]!
  const keysOf = (connection: Record<string, unknown>) =>
    connector.validate({ ...source, connection }).map((problem) => problem.key)

  test('accepts what it knows', () => {
    expect(keysOf({ ...source.connection, tls: 'verify-full', pool: { max: 3 } })).toEqual([])
  })

  test('names the keys at fault', () => {
    expect(
      keysOf({ user: 'u', port: 'x', tls: 'maybe', pool: { max: 0 }, hots: 'a' }).sort(),
    ).toEqual(['database', 'hots', 'pool', 'port', 'tls'])
  })
})
