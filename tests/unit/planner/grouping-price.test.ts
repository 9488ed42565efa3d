/** Facts are grouped at their source before a join where that engine's price of grouping is below that of sending, and are sent else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import { connectorOf } from '../../../src/connectors/registry.js'
import { applyPolicies } from '../../../src/governance/apply-policies.js'
import { DEFAULT_PLANNER_SETTINGS, planStatement } from '../../../src/planner/plan-statement.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, COMPILE_OPTIONS, pretendPushdown } from './planner-world.js'

/** Orders of customers: 4000, with `rare` of 400, `usual` of 1300 and `many` of 2400 different values; in another source. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'region', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: Array.from({ length: 4000 }, (_, id) => [String(id), String(id % 8)]),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'rare', type: 'integer' },
      { name: 'usual', type: 'integer' },
      { name: 'many', type: 'integer' },
      { name: 'day', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: Array.from({ length: 4000 }, (_, id) =>
      [id, id % 400, id % 1300, id % 2400, id % 31].map(String),
    ),
  },
]
const CATALOG = catalogOf(TABLES)

describe('grouping below a join', () => {
  let analyzer: Analyzer

  beforeAll(async () => {
    analyzer = await Analyzer.start(CATALOG)
  }, 60_000)
  afterAll(() => analyzer?.close())

  function isGrouped(column: string, grouping: Pushdown['grouping']): boolean {
    const sql = `SELECT c.region, sum(o.day) FROM customer c JOIN orders o ON o.${column} = c.id GROUP BY c.region`
    const { logical } = analyzer.analyze(sql, [], COMPILE_OPTIONS)
    const governed = applyPolicies(logical!, { catalog: CATALOG, user: 'tester', role: 'tester' })
    const { rules } = planStatement(governed, {
      catalog: CATALOG,
      pushdownOf: (source) => {
        const { site, maximumKeys, judgeExpression, judgeNode, print } = pretendPushdown(source)
        const unpriced = { site, maximumKeys, judgeExpression, judgeNode, print }
        return grouping === undefined ? unpriced : { ...unpriced, grouping }
      },
      settings: DEFAULT_PLANNER_SETTINGS,
    })
    return rules.includes('aggregate-below-join')
  }

  it.each([
    ['files', ['rare', 'usual', 'many']],
    ['postgres', ['rare', 'usual']],
    ['mysql', ['rare']],
    // Nobody measured it: taken to be as dear as the dearest.
    ['mongodb', ['rare']],
  ])('%s: by %j', async (kind, expected) => {
    const { grouping } = (await connectorOf(kind)).capabilities
    const columns = ['rare', 'usual', 'many', 'id']
    expect(columns.filter((column) => isGrouped(column, grouping))).toEqual(expected)
  })
})
