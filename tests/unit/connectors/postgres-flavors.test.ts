/** What relatives of PostgreSQL are trusted with: `connection.flavor`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { connector } from '../../../src/connectors/postgres/index.js'
import type { LogicalPlan } from '../../../src/planner/logical-plan.js'
import { planStatement, DEFAULT_PLANNER_SETTINGS } from '../../../src/planner/plan-statement.js'
import { inputsOf, type PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { applyPolicies } from '../../../src/governance/apply-policies.js'
import { OPTIONS, shopCatalog } from '../../integration/connectors/shop.js'

const CATALOG = shopCatalog({
  ...{ host: 'db', port: 5432, user: 'u', password: 'p', database: 'd', url: '' },
  execute: () => Promise.resolve(),
  connect: () => Promise.reject(new Error('no server')),
  stop: () => Promise.resolve(),
})
let analyzer: Analyzer
beforeAll(async () => {
  analyzer = await Analyzer.start(CATALOG)
}, 60_000)
afterAll(() => analyzer?.close())

/** What a source of this flavor is sent for a statement. */
function sentTo(flavor: string, sql: string): string[] {
  const { logical } = analyzer.analyze(sql, [], OPTIONS)
  const source = CATALOG.sources[0]!
  const pushdown = connector.pushdown({
    ...source,
    connection: { ...source.connection, flavor },
  })
  const { plan } = planStatement(
    applyPolicies(logical as LogicalPlan, { catalog: CATALOG, user: 'u', role: 'u' }),
    {
      catalog: CATALOG,
      pushdownOf: () => pushdown,
      settings: DEFAULT_PLANNER_SETTINGS,
    },
  )
  const sent: string[] = []
  const visit = (node: PhysicalPlan): void => {
    if (node.kind === 'remote-query') sent.push(node.statement.text)
    inputsOf(node).forEach(visit)
  }
  visit(plan)
  return sent
}

const GROUPED = `select c.city, sum(o.amount) filter (where o.id > 1) from customers c join orders o on o.customer_id = c.id where c.name <> 'x' group by 1`

describe('flavors', () => {
  test.each(['postgresql', 'timescale', 'yugabyte'])('%s gets everything', (flavor) => {
    const [text, ...more] = sentTo(flavor, GROUPED)
    expect(more).toEqual([])
    expect(text).toMatch(/FILTER .* GROUP BY/)
  })

  test.each(['cockroachdb', 'redshift'])('%s joins and filters, and does not add up', (flavor) => {
    const [text, ...more] = sentTo(flavor, GROUPED)
    expect(more).toEqual([])
    expect(text).toMatch(/ JOIN .* WHERE .*<> /)
    expect(text).not.toMatch(/GROUP BY|sum|FILTER/)
  })

  test('arithmetic and functions stay here', () => {
    for (const flavor of ['cockroachdb', 'redshift']) {
      const sql = `select id / 2, upper(name) from customers where length(name) > 2 and id = 3`
      expect(sentTo(flavor, sql)[0]).toMatch(
        /^SELECT t1."id", t1."name" FROM .* WHERE \(t1."id" = \$1/,
      )
    }
  })

  test('lists go to CockroachDB, not to Redshift', () => {
    const sql = `select name from customers where id in (1, 2, 3)`
    expect(sentTo('cockroachdb', sql)[0]).toMatch(/ANY|IN/)
    expect(sentTo('redshift', sql)[0]).not.toMatch(/WHERE/)
  })

  test('an unknown one is an error of the catalog', () => {
    const source = CATALOG.sources[0]!
    const connection = { ...source.connection, flavor: 'oracle' }
    expect(connector.validate({ ...source, connection })).toEqual([
      { key: 'flavor', message: expect.stringContaining('postgresql, timescale') as string },
    ])
  })
})
