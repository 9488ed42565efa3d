/** Facts are grouped at their source before a join where that engine's price of grouping is below that of sending, and are sent else. */
import { describe, expect, it } from 'vitest'
import type { Pushdown } from '../../../src/connectors/connector.js'
import { connectorOf } from '../../../src/connectors/registry.js'
import type { WorldTable } from '../../world/table.js'
import { usePretendWorld } from './pretend-world.js'

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

describe('grouping below a join', () => {
  const world = usePretendWorld(TABLES)

  function isGrouped(column: string, grouping: Pushdown['grouping']): boolean {
    const sql = `SELECT c.region, sum(o.day) FROM customer c JOIN orders o ON o.${column} = c.id GROUP BY c.region`
    // Of an engine that says nothing there is none: not the price of pretend sources either.
    const { rules } = world.plan(sql, { grouping } as Partial<Pushdown>)
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
