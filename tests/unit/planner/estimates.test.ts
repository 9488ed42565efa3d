/** Estimates against true counts, where a condition on a join's key is carried over to the other side. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import type { Catalog } from '../../../src/catalog/catalog.js'
import { applyPolicies } from '../../../src/governance/apply-policies.js'
import { DEFAULT_PLANNER_SETTINGS, planStatement } from '../../../src/planner/plan-statement.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, COMPILE_OPTIONS, pretendPushdown } from './planner-world.js'
import { PretendSources } from './pretend-sources.js'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

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
  return {
    ...catalog,
    sources: catalog.sources.map((source) => ({
      ...source,
      tables: source.tables.map((table) => ({
        ...table,
        statistics: {
          ...table.statistics,
          columns: Object.fromEntries(
            Object.entries(table.statistics.columns).map(([name, known]) => [
              name,
              { ...known, ...endsOf(table.name, name) },
            ]),
          ),
        },
      })),
    })),
  }
}

const CATALOG = withRanges(catalogOf(TABLES))

const JOINED = 'customer c JOIN orders o ON o.customer_id = c.id'
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
  let analyzer: Analyzer
  let sources: PretendSources

  beforeAll(async () => {
    analyzer = await Analyzer.start(CATALOG)
    sources = await PretendSources.start(TABLES)
  }, 60_000)
  afterAll(async () => {
    await analyzer?.close()
    await sources?.close()
  })

  it.each(STATEMENTS)('%s', (sql, most) => {
    const { logical } = analyzer.analyze(sql, [], COMPILE_OPTIONS)
    const governed = applyPolicies(logical!, { catalog: CATALOG, user: 'tester', role: 'tester' })
    const { plan } = planStatement(governed, {
      catalog: CATALOG,
      pushdownOf: (source: string) => pretendPushdown(source),
      settings: DEFAULT_PLANNER_SETTINGS,
    })
    const actual = Number(sources.query(`SELECT count(*) FROM (${sql}) q`)[0]![0])
    const estimated = plan.estimatedRows ?? NaN
    expect(Math.max(estimated / actual, actual / estimated)).toBeLessThanOrEqual(most)
  })
})
