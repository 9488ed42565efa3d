/** Common tables that several references read: run once or apart, whichever moves less; the answer is PostgreSQL's both ways. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { PlannedStatement } from '../../../src/planner/plan-statement.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, withStatistics } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** `orders` lives in one source, `customer` in another. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'region', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(400).map((id) => [String(id), String(id % 8)]),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'customer_id', type: 'integer' },
      { name: 'day', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(9000).map((id) => [String(id), String((id % 400) + 1), String((id % 31) + 1)]),
  },
]

/** The catalog without any figure. */
const UNKNOWN = withStatistics(catalogOf(TABLES), () => ({ columns: {} }))

const GROUPED = 'SELECT customer_id, day, count(*) AS n FROM orders GROUP BY customer_id, day'
/** Each reference wants another customer's rows. */
const EACH_ITS_OWN = `SELECT c.region, a.day, a.n, b.n AS m FROM customer c JOIN t a ON a.customer_id = c.id AND a.customer_id = 7
  JOIN t b ON b.day = a.day AND b.customer_id = 93`
/** Each reference wants all rows. */
const ALL_OF_IT = `SELECT a.id, b.id FROM customer c JOIN t a ON a.customer_id = c.id JOIN t b ON b.id = a.id + c.region`

describe('common tables', () => {
  const world = usePretendWorld(TABLES)
  const planned = (sql: string, catalog?: Catalog): PlannedStatement => world.plan(sql, {}, catalog)

  const sharedTables = (plan: PhysicalPlan): number => countNodes(plan, 'shared')

  const choicesOf = ({ ledger }: PlannedStatement) =>
    ledger.flatMap(({ work, detail, outcome, reason }) =>
      work === 'common table' && reason?.includes('references') === true
        ? [{ detail, outcome, reason: reason.replaceAll(/\d+/g, 'N') }]
        : [],
    )

  /** Rows moved, after the answer was compared. */
  const moved = async (sql: string): Promise<number> =>
    (await world.run(sql, planned(sql).plan)).moved

  it('run apart where each reference has a filter that reaches the source', async () => {
    const sql = `WITH t AS (${GROUPED}) ${EACH_ITS_OWN}`
    expect(choicesOf(planned(sql))).toEqual([
      {
        detail: 't',
        outcome: 'apart',
        reason: 'apart for each of N references N rows move at cost N, once costs N or more',
      },
    ])
    expect(sharedTables(planned(sql).plan)).toBe(0)
    expect(await moved(sql)).toBeLessThan(100)
    // Kept together, every group of every customer moves.
    expect(await moved(sql.replace('t AS (', 't AS MATERIALIZED ('))).toBeGreaterThan(3000)
  })

  it('run once where the references want all of it', async () => {
    const sql = `WITH t AS (SELECT id, customer_id, day FROM orders WHERE day < 20) ${ALL_OF_IT}`
    const statement = planned(sql)
    expect(choicesOf(statement)).toEqual([
      {
        detail: 't',
        outcome: 'here',
        reason: 'once for N references N rows move at cost N, apart for each N rows move at cost N',
      },
    ])
    expect(textOf(statement.plan)).toMatch(
      /Shared: t, computed once\n.*note: once for 2 references \d+ rows move at cost \d+, apart/,
    )
    const once = await moved(sql)
    const apart = await moved(sql.replace('t AS (', 't AS NOT MATERIALIZED ('))
    expect(once).toBeLessThan(0.6 * apart)
  })

  it('are planned one way where the other cannot win: most rows come from elsewhere', async () => {
    const sql = `WITH t AS (SELECT region, count(*) AS n FROM customer GROUP BY region)
      SELECT o.id, a.n, b.n AS m FROM orders o LEFT JOIN t a ON a.region = o.day LEFT JOIN t b ON b.region = o.customer_id`
    const slow = { roundTrip: 1_000, rowMoved: 10, byteMoved: 0.1 }
    const statement = world.plan(sql, {}, undefined, { prices: { west: slow } })
    expect(choicesOf(statement)).toEqual([
      {
        detail: 't',
        outcome: 'here',
        reason: 'once for N references N rows move at cost N, apart for each costs N or more',
      },
    ])
    await world.run(sql, statement.plan)
  })

  it('obey MATERIALIZED and NOT MATERIALIZED, and keep the one value of what is volatile', async () => {
    const materialized = `WITH t AS MATERIALIZED (${GROUPED}) ${EACH_ITS_OWN}`
    const asked = `WITH t AS NOT MATERIALIZED (SELECT id, customer_id, day FROM orders) ${ALL_OF_IT}`
    const drawn = `WITH t AS (SELECT customer_id, day, random() AS n FROM orders) ${EACH_ITS_OWN}`
    const single = `WITH t AS (${GROUPED}) SELECT c.region, t.n FROM customer c JOIN t ON t.customer_id = c.id`
    expect(sharedTables(planned(materialized).plan)).toBe(1)
    expect(sharedTables(planned(asked).plan)).toBe(0)
    expect(sharedTables(planned(drawn).plan)).toBe(1)
    expect(sharedTables(planned(single).plan)).toBe(0)
    for (const sql of [materialized, asked, drawn, single]) {
      expect(choicesOf(planned(sql)), sql).toEqual([])
    }
  })

  it('are left to a source that does the whole statement', () => {
    const sql = `WITH t AS (${GROUPED}) SELECT a.n, b.n FROM t a JOIN t b ON a.customer_id = b.day`
    expect(planned(sql).plan.kind).toBe('remote-query')
    expect(choicesOf(planned(sql))).toEqual([])
  })

  it('are decided by rule where rows are unknown', () => {
    const grouped = planned(`WITH t AS (${GROUPED}) ${EACH_ITS_OWN}`, UNKNOWN)
    const plain = planned(`WITH t AS (SELECT * FROM orders) ${ALL_OF_IT}`, UNKNOWN)
    expect([grouped, plain].map(({ plan }) => sharedTables(plan))).toEqual([1, 0])
    expect(grouped.ledger.find(({ detail }) => detail === 't')?.reason).toMatch(/unknown/)
  })

  it('are decided one by one, each with the others as they are', async () => {
    const sql = `WITH t AS (${GROUPED}), u AS (SELECT id, customer_id, day FROM orders WHERE day < 20)
      SELECT q.region, q.day FROM (${EACH_ITS_OWN}) q UNION ALL (${ALL_OF_IT.replaceAll('JOIN t', 'JOIN u')})`
    expect(choicesOf(planned(sql)).map(({ detail, outcome }) => [detail, outcome])).toEqual([
      ['t', 'apart'],
      ['u', 'here'],
    ])
    await moved(sql)
  })
})
