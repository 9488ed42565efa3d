/** Keys that are too many to be listed: their smallest and largest go to the other source instead, where these leave something out. */
import { describe, expect, it } from 'vitest'
import type { Catalog, ColumnStatistics } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, withStatistics } from './planner-world.js'
import { numbers, textOf, usePretendWorld } from './pretend-world.js'

const dayOf = (day: number) => new Date(Date.UTC(2000, 0, day)).toISOString().slice(0, 10)

/** `orders`, `item` and `event` are in west, `product` and `customer` in east. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'orders',
    columns: [{ name: 'id', type: 'bigint' }],
    primaryKey: ['id'],
    rows: numbers(51_000).map((id) => [String(20_000 + id)]),
  },
  {
    name: 'product',
    columns: [
      { name: 'order_id', type: 'integer' },
      { name: 'size', type: 'integer' },
    ],
    rows: numbers(80_000).map((id) => [String(id), String(id % 7)]),
  },
  {
    name: 'event',
    columns: [
      { name: 'day', type: 'date' },
      { name: 'big', type: 'bigint' },
      { name: 'label', type: 'text' },
      { name: 'kind', type: 'integer' },
    ],
    rows: [
      ...numbers(40).map((id) => [dayOf(1500 + id), String(100 + id), `p${id}`, '1']),
      [null, null, null, '1'],
      [null, '9000000000', null, '1'],
      ['infinity', '-5000000000', 'p1', '2'],
      ['0044-03-15 BC', '1', 'p1', '3'],
    ],
  },
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'since', type: 'date' },
      { name: 'name', type: 'text' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => [String(id), dayOf(id), `p${id % 50}`]),
  },
]

const ENDS: Readonly<Record<string, readonly [string, string]>> = {
  order_id: ['1', '80000'],
  id: ['1', '4000'],
  since: [dayOf(1), dayOf(4000)],
  name: ['p0', 'p9'],
}

const PLAIN = catalogOf(TABLES)

/** The catalog, which knows the smallest and the largest value of these columns. */
function knowing(ends: Readonly<Record<string, readonly [string, string]>>): Catalog {
  const known = (columns: Readonly<Record<string, ColumnStatistics>> = {}) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, column]) => {
        const own = ends[name]
        return [name, own === undefined ? column : { ...column, min: own[0], max: own[1] }]
      }),
    )
  return withStatistics(PLAIN, ({ statistics }) => ({
    ...statistics,
    columns: known(statistics.columns),
  }))
}

const CATALOG = knowing(ENDS)

/** A source that lets through too much when it is sent a list, and takes few keys: they cannot be spread over statements. */
const LOOSE: Partial<Pushdown> = {
  maximumKeys: 3,
  judgeExpression: ({ kind }) =>
    kind === 'array-comparison'
      ? { support: 'superset', reason: 'not sure' }
      : { support: 'exact' },
}

describe('ranges of keys', () => {
  const world = usePretendWorld(TABLES, CATALOG)
  const { count } = world

  /** Rows moved, after the answer was compared. */
  async function moved(
    sql: string,
    judgements?: Partial<Pushdown>,
    catalog?: Catalog,
  ): Promise<number> {
    const { plan } = world.plan(sql, judgements, catalog)
    expect(textOf(plan)).toContain('Bind Join')
    return (await world.run(sql, plan)).moved
  }

  it('asks for the rows between the ends of more keys than are listed', async () => {
    // Grouping below the join would hide what is looked at.
    const sql =
      'SELECT o.id, p.size FROM orders o JOIN product p ON p.order_id = o.id WHERE o.id % 2 < 2'
    expect(await moved(sql)).toBe(51_000 + 51_000)
  })

  it('asks for everything when the ends leave out less than a fifth, or are not known', async () => {
    const sql =
      'SELECT o.id, p.size FROM orders o JOIN product p ON p.order_id = o.id WHERE o.id % 2 < 2'
    expect(await moved(sql, {}, knowing({ order_id: ['15000', '72000'] }))).toBe(51_000 + 80_000)
    expect(await moved(sql, {}, PLAIN)).toBe(51_000 + 80_000)
  })

  const within = (condition: string) =>
    `SELECT e.kind, c.id FROM event e JOIN customer c ON ${condition}`

  it('sends the ends where a list would let through too much, of numbers that the column can hold', async () => {
    const sql = `${within('c.id = e.big')} WHERE e.kind < 3 AND e.label IS DISTINCT FROM 'x'`
    expect(await moved(sql, LOOSE)).toBe(43 + 40)
  })

  it('sends the ends of dates, and none where one of them is beyond what every source knows', async () => {
    const sql = (kind: number) => `${within('c.since = e.day')} WHERE e.kind IN (1, ${kind})`
    expect(await moved(sql(1), LOOSE)).toBe(42 + 40)
    expect(await moved(sql(2), LOOSE)).toBe(43 + 4000)
    expect(await moved(sql(3), LOOSE)).toBe(43 + 4000)
  })

  it('sends no ends of texts, which sources order in their own ways', async () => {
    expect(await moved(`${within('c.name = e.label')} WHERE e.kind = 1`, LOOSE)).toBe(
      42 + count('SELECT FROM customer'),
    )
  })

  it('sends nothing where the source does not compare so', async () => {
    const refusing: Partial<Pushdown> = {
      ...LOOSE,
      judgeExpression: (expression, use) =>
        expression.kind === 'call' && /[gl]e$/.test(expression.function.name)
          ? { support: 'none', reason: 'no order' }
          : LOOSE.judgeExpression!(expression, use),
    }
    expect(await moved(`${within('c.id = e.big')} WHERE e.kind = 1`, refusing)).toBe(42 + 4000)
  })

  it('tells so in the ledger', () => {
    const keysOf = (sql: string) =>
      world.plan(sql).ledger.flatMap(({ work, reason }) => (work === 'keys' ? [reason] : []))
    const few = 'when they turn out few enough to keep rows from moving'
    expect(keysOf(within('c.id = e.big'))).toEqual([
      `${few}; when they are too many, the smallest and the largest of them`,
    ])
    expect(keysOf(within('c.name = e.label'))).toEqual([few])
  })
})
