/** Tables that may only be read with a filter. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import type { Catalog } from '../../../src/catalog/catalog.js'
import { EngineError } from '../../../src/errors.js'
import { planStatement } from '../../../src/planner/plan-statement.js'
import { BASIC_CATALOG, logicalOf, plannerContext, pretendPushdown } from './planner-world.js'

const CATALOG: Catalog = {
  ...BASIC_CATALOG,
  sources: BASIC_CATALOG.sources.map((source) => ({
    ...source,
    tables: source.tables.map((table) =>
      table.name === 'orders' ? { ...table, requireFilter: ['placed', 'customer_id'] } : table,
    ),
  })),
}

let analyzer: Analyzer
beforeAll(async () => {
  analyzer = await Analyzer.start(BASIC_CATALOG)
}, 60_000)
afterAll(() => analyzer?.close())

const refusalOf = (sql: string, context = plannerContext()) =>
  planStatement(logicalOf(analyzer, sql), { ...context, catalog: CATALOG }).refusal

it.each([
  'SELECT id FROM orders WHERE customer_id = 5',
  "SELECT id FROM orders WHERE placed BETWEEN '2024-01-01' AND '2024-02-01'",
  'SELECT id FROM orders WHERE customer_id IN (1, 2) OR (id > 3 AND customer_id < 9)',
  'SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.id = 5',
  'SELECT * FROM (SELECT customer_id, count(*) FROM orders GROUP BY 1) s WHERE customer_id = 7',
  'SELECT id FROM customer',
])('lets %s pass', (sql) => expect(refusalOf(sql)).toBeUndefined())

it.each([
  'SELECT id FROM orders',
  'SELECT id FROM orders WHERE customer_id IS NOT NULL',
  'SELECT id FROM orders WHERE customer_id = 5 OR id = 3',
  'SELECT id FROM orders WHERE id = 5',
  'SELECT id FROM orders WHERE customer_id = priority',
  'SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.active',
  'SELECT id FROM customer WHERE EXISTS (SELECT 1 FROM orders)',
  'SELECT count(*) FROM (SELECT id FROM orders LIMIT 3) s WHERE id = 3',
])('refuses %s', (sql) => {
  const refusal = refusalOf(sql)
  expect(refusal).toBeInstanceOf(EngineError)
  expect(refusal).toMatchObject({
    code: '53400',
    message: 'Table west.orders may only be read with a filter on placed or customer_id',
  })
})

it('counts no filter that the source is not sent', () => {
  const sql = 'SELECT id FROM orders WHERE customer_id = 5'
  expect(refusalOf(sql, plannerContext({ pushdown: false }))).toMatchObject({
    code: '53400',
    detail: 'The filter customer_id = 5 is not sent there: pushdown is off (tributary.pushdown)',
  })
  const judging = (support: 'none' | 'superset') =>
    plannerContext({}, (site) =>
      pretendPushdown(site, { judgeExpression: () => ({ support, reason: 'another collation' }) }),
    )
  expect(refusalOf(sql, judging('superset'))).toBeUndefined()
  expect(refusalOf(sql, judging('none'))?.detail).toMatch(/another collation$/)
})
