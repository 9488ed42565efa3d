/** Estimates against true counts, where a condition on a join's key is carried over to the other side. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, withStatistics } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** Ten orders a customer, on one of thirty days each; `orders` and `item` live in one source, `customer` in another. */
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
    rows: numbers(4000).map((id) => [String(id), String((id % 400) + 1), String(id % 30)]),
  },
]

/** The catalog with the ends of every column's range. */
function withRanges(catalog: Catalog): Catalog {
  const endsOf = (table: string, column: string) => {
    const { columns, rows } = TABLES.find(({ name }) => name === table)!
    const index = columns.findIndex(({ name }) => name === column)
    const values = rows.map((row) => Number(row[index]))
    return { min: String(Math.min(...values)), max: String(Math.max(...values)) }
  }
  return withStatistics(catalog, ({ name: table, statistics }) => ({
    ...statistics,
    columns: Object.fromEntries(
      Object.entries(statistics.columns).map(([name, known]) => [
        name,
        { ...known, ...endsOf(table, name) },
      ]),
    ),
  }))
}

const CATALOG = withRanges(catalogOf(TABLES))

const JOINED = 'customer c JOIN orders o ON o.customer_id = c.id'
const SHARED = `WITH t AS MATERIALIZED (SELECT c.id, c.region, o.day FROM ${JOINED})`
/** Each with the most that its estimate may be off. */
const STATEMENTS: readonly (readonly [string, number])[] = [
  // The condition is the other side's as well, and counts once.
  [`SELECT c.region, o.id FROM ${JOINED} WHERE c.id = 7`, 1.05],
  [`SELECT c.region, o.id FROM ${JOINED} WHERE o.customer_id IN (7, 8, 9)`, 1.05],
  [`SELECT c.region, o.id FROM ${JOINED} WHERE c.id <= 40`, 1.1],
  [`SELECT c.region, o.id FROM ${JOINED} WHERE c.id > 100 AND c.id <= 200`, 1.1],
  [`SELECT c.region, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.id <= 40`, 1.1], // prettier-ignore
  [`SELECT o.id FROM orders o WHERE o.customer_id = 7 AND EXISTS (SELECT FROM customer c WHERE c.id = o.customer_id)`, 2], // prettier-ignore
  [`SELECT c.id, count(o.day) FROM ${JOINED} WHERE c.id <= 40 GROUP BY c.id`, 1.1],
  // Conditions on other columns count each.
  [`SELECT c.region, o.id FROM ${JOINED}`, 1.05],
  [`SELECT c.id, o.id FROM ${JOINED} WHERE c.region = 3`, 1.05],
  [`SELECT c.id, o.id FROM ${JOINED} WHERE c.region = 3 AND o.day < 15`, 1.1],
]

describe('estimates of joins', () => {
  const world = usePretendWorld(TABLES, CATALOG)

  it.each(STATEMENTS)('%s', (sql, most) => {
    const actual = world.count(sql)
    const estimated = world.plan(sql).plan.estimatedRows ?? NaN
    expect(Math.max(estimated / actual, actual / estimated)).toBeLessThanOrEqual(most)
  })

  // Both pass a shared table: what a reference to it is estimated with is all that is known there.
  it.each([
    [`SELECT c.id, c.region, (SELECT count(*) FROM orders o WHERE o.day < c.region) FROM customer c`, 1.05], // prettier-ignore
    [`${SHARED} SELECT a.region FROM t a JOIN t b ON b.id = a.id`, 1.05], // prettier-ignore
    [`${SHARED} SELECT DISTINCT region FROM t`, 1.05], // prettier-ignore
  ])('of shared tables: %s', (sql, most) => {
    const actual = world.count(sql)
    const { plan } = world.plan(sql)
    const estimated = plan.estimatedRows ?? NaN
    expect(countNodes(plan, 'shared'), textOf(plan)).toBeGreaterThan(0)
    expect(Math.max(estimated / actual, actual / estimated)).toBeLessThanOrEqual(most)
  })
})
