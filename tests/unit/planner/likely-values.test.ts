/** Estimates of what is compared with a value that another source has, against true counts. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import { inputsOf, type PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, measured, withStatistics } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

const dayOf = (number: number): string =>
  new Date(Date.UTC(2019, 2, 4) + number * 86_400_000).toISOString().slice(0, 10)

/** `orders` live in one source, all else in another. Large amounts are rare. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'customer_id', type: 'integer' },
      { name: 'amount', type: 'numeric(10,2)' },
      { name: 'day', type: 'date' },
      { name: 'at', type: 'timestamp' },
      { name: 'code', type: 'text' },
      { name: 'pieces', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => [
      String(id),
      String((id % 400) + 1),
      ((((id * 7919) % 4000) / 4000) ** 3 * 1000).toFixed(2),
      dayOf((id * 37) % 2000),
      `${dayOf((id * 37) % 2000)} 12:00:00`,
      `C-${String((id * 13) % 800).padStart(4, '0')}`,
      String((id * 17) % 100),
    ]),
  },
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'budget', type: 'numeric(10,2)' },
      { name: 'discount', type: 'numeric(4,2)' },
      { name: 'since', type: 'date' },
      { name: 'code', type: 'text' },
      { name: 'region', type: 'integer' },
      { name: 'rating', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(400).map((id) => [
      String(id),
      (((id * 7919) % 400) * 1.5).toFixed(2),
      (((id * 31) % 10) / 100).toFixed(2),
      dayOf(600 + ((id * 37) % 900)),
      `C-${String((id * 7) % 600).padStart(4, '0')}`,
      String(id % 8),
      id % 4 === 0 ? null : String((id * 7) % 50),
    ]),
  },
]

const CATALOG = measured(catalogOf(TABLES), TABLES)

/** Subqueries over the other source, compared with a column; each with the most that its estimate may be off. */
const VALUES: readonly (readonly [string, number])[] = [
  // Aggregates of a column.
  [`amount > (SELECT avg(budget) FROM customer)`, 1.1],
  [`amount > (SELECT max(budget) FROM customer)`, 1.1],
  [`amount <= (SELECT min(id) FROM customer)`, 1.2],
  [`amount > (SELECT count(*) FROM customer)`, 1.1],
  [`amount > (SELECT count(rating) FROM customer)`, 1.1],
  [`pieces > (SELECT count(DISTINCT region) FROM customer)`, 1.1],
  [`amount < (SELECT stddev(budget) FROM customer)`, 1.1],
  [`amount < (SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY budget) FROM customer)`, 1.1],
  [`pieces < (SELECT avg(rating) FROM customer)`, 1.1],
  [`pieces < (SELECT sum(rating) / 1000 FROM customer)`, 1.4],
  [`day > (SELECT max(since) FROM customer)`, 1.1],
  [`at < (SELECT min(since) FROM customer)`, 1.1],
  [`code > (SELECT max(code) FROM customer)`, 1.2],
  // Of an expression, and expressions of aggregates.
  [`amount > (SELECT avg(budget * (1 - discount)) FROM customer)`, 1.1],
  [`amount > (SELECT avg(CASE WHEN region < 2 THEN budget ELSE 0 END) FROM customer)`, 1.2],
  [`amount > 0.5 * (SELECT avg(budget) FROM customer)`, 1.1],
  [`amount > (SELECT avg(budget) + 2 * stddev(budget) FROM customer)`, 1.2],
  [`amount > (SELECT sum(budget) / count(*) FROM customer)`, 1.1],
  [`amount > (SELECT coalesce(max(budget), 0) FROM customer)`, 1.1],
  [`day > (SELECT max(since) - 90 FROM customer)`, 1.1],
  [`at > (SELECT max(since) - interval '90 days' FROM customer)`, 1.1],
  [`pieces >= (SELECT round(avg(rating)) FROM customer)`, 1.1],
  // Of some rows, and of groups.
  [`amount > (SELECT avg(budget) FROM customer WHERE budget < 100)`, 1.1],
  [`amount > (SELECT max(budget) FROM customer WHERE budget < 100)`, 1.1],
  [`amount > (SELECT max(budget) FROM customer WHERE region = 3)`, 1.1],
  [`amount > (SELECT count(*) FROM customer WHERE region = 3)`, 1.1],
  [`amount > (SELECT count(*) FILTER (WHERE region < 2) FROM customer)`, 1.2],
  [`amount > (SELECT avg(n) FROM (SELECT count(*) AS n FROM customer GROUP BY region) x)`, 1.1],
  [`amount > (SELECT avg(b) / 100 FROM (SELECT sum(budget) AS b FROM customer GROUP BY region) x)`, 1.1], // prettier-ignore
  // A row's own value is a middling one; the first of an order is at its end.
  [`amount > (SELECT budget FROM customer WHERE id = 7 LIMIT 1)`, 2],
  [`amount > (SELECT budget FROM customer ORDER BY budget DESC LIMIT 1)`, 1.1],
  // Two ends of one range.
  [`amount BETWEEN (SELECT avg(budget) / 2 FROM customer) AND (SELECT avg(budget) FROM customer)`, 1.1], // prettier-ignore
  [`amount > (SELECT avg(budget) FROM customer) AND day < (SELECT min(since) FROM customer)`, 1.2], // prettier-ignore
]

describe('estimates of what is compared with a value of another source', () => {
  const world = usePretendWorld(TABLES, CATALOG)
  const factorOf = (sql: string, catalog?: Catalog): [number, PhysicalPlan] => {
    const actual = world.count(sql)
    const { plan } = world.plan(sql, {}, catalog)
    const estimated = plan.estimatedRows ?? NaN
    return [Math.max(estimated / actual, actual / estimated), plan]
  }

  it.each(VALUES)('%s', (condition, most) => {
    const [factor, plan] = factorOf(`SELECT id FROM orders WHERE ${condition}`)
    expect(countNodes(plan, 'apply'), textOf(plan)).toBeGreaterThan(0)
    expect(factor).toBeLessThanOrEqual(most)
    // What the source is asked is estimated like the whole: the value is no column of it.
    expect(remoteRows(plan, 'west')).toContain(plan.estimatedRows)
  })

  it.each([
    // The row stands beside the others: it is not sent.
    [`SELECT id FROM orders WHERE amount > (SELECT budget FROM customer WHERE id = 7)`, 2],
    [`SELECT id FROM customer WHERE budget > (SELECT avg(budget) FROM customer)`, 1.1],
    [`SELECT o.id, c.id FROM orders o JOIN customer c ON c.id = o.customer_id WHERE o.amount > (SELECT avg(budget) FROM customer)`, 1.1], // prettier-ignore
    [`SELECT o.id, s.most FROM orders o, (SELECT max(budget) AS most, avg(budget) AS mean FROM customer) s WHERE o.amount > s.mean AND o.amount < s.most`, 1.1], // prettier-ignore
  ])('%s', (sql, most) => {
    expect(factorOf(sql)[0]).toBeLessThanOrEqual(most)
  })

  // Without values in the statistics there is no guess, and the default third stays.
  it.each([
    `amount > (SELECT avg(budget) FROM customer)`,
    `day > (SELECT max(since) FROM customer)`,
    `code > (SELECT max(code) FROM customer)`,
  ])('does not guess a value of a tagged column: %s', (condition) => {
    const tagged = withStatistics(CATALOG, ({ name, statistics }) => ({
      ...statistics,
      columns: Object.fromEntries(
        Object.entries(statistics.columns).map(
          ([column, { distinct, nullFraction, ...values }]) => [
            column,
            {
              distinct: distinct!,
              nullFraction: nullFraction!,
              ...(name === 'orders' ? values : {}),
            },
          ],
        ),
      ),
    }))
    const { plan } = world.plan(`SELECT id FROM orders WHERE ${condition}`, {}, tagged)
    expect(plan.estimatedRows).toBe(1333)
    expect(JSON.stringify(plan)).not.toContain('"likely"')
  })

  it('says nothing of the guess in EXPLAIN', () => {
    const { plan } = world.plan(
      `SELECT id FROM orders WHERE amount > (SELECT max(budget) FROM customer)`,
    )
    expect(JSON.stringify(plan)).toContain('"likely":"598.50"')
    expect(textOf(plan)).not.toContain('598')
  })

  // The time and the session are not known when the plan is made.
  it.each(['current_date', 'now()::date'])('does not guess what depends on %s', (today) => {
    const sql = `SELECT id FROM orders WHERE day > (SELECT max(since) - (${today} - DATE '2020-01-01') FROM customer)`
    expect(world.plan(sql).plan.estimatedRows).toBe(1333)
  })
})

function remoteRows(plan: PhysicalPlan, source: string): (number | undefined)[] {
  const own = plan.kind === 'remote-query' && plan.source === source ? [plan.estimatedRows] : []
  return [...own, ...inputsOf(plan).flatMap((input) => remoteRows(input, source))]
}
