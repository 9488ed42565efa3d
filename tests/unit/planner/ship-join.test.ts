/** Ship joins over pretend sources: the answer of PostgreSQL, only the result moves, and the choice is made by the rows that come. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, enlarged, lying } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** `orders` and `event` are in west, and large; `customer` and `rate` in east. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'text' },
      { name: 'floor', type: 'numeric(10,2)' },
      { name: 'region', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(60).map((id) => [
      String(id),
      id % 9 === 0 ? null : `c"${id % 20},\\{}`,
      id % 8 === 0 ? null : `${id * 40}.25`,
      String(id % 6),
    ]),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'customer_id', type: 'integer' },
      { name: 'total', type: 'numeric(10,2)' },
    ],
    primaryKey: ['id'],
    rows: numbers(3000).map((id) => [
      String(id),
      id % 13 === 0 ? null : String((id * 3) % 70),
      `${id}.50`,
    ]),
  },
  {
    name: 'rate',
    columns: [
      { name: 'customer_id', type: 'integer' },
      { name: 'factor', type: 'double precision' },
    ],
    rows: [
      ...numbers(30).map((id) => [String(id % 12), `${id}`]),
      ...[[null, '1'], ['3', 'NaN']],
    ], // prettier-ignore
  },
  {
    name: 'event',
    columns: [
      { name: 'order_id', type: 'bigint' },
      { name: 'region', type: 'integer' },
    ],
    rows: numbers(2500).map((id) => [String(id % 1500), String(id % 9)]),
  },
]

const CATALOG = enlarged(catalogOf(TABLES), 'west', 100)

describe('ship joins', () => {
  const world = usePretendWorld(TABLES, CATALOG, { rows: { maximum: 1000 } })
  const { plan, count } = world

  const shipJoins = (physical: PhysicalPlan): number => countNodes(physical, 'ship-join')

  /** Rows moved and rows shipped, after the answer was compared. */
  async function run(sql: string, judgements?: Partial<Pushdown>, catalog?: Catalog) {
    const { plan: physical } = plan(sql, judgements, catalog)
    expect(shipJoins(physical), `a ship join in\n${textOf(physical)}`).toBe(1)
    return world.run(sql, physical)
  }

  const BOTH_SIDES = `SELECT c.name, o.id FROM customer c JOIN orders o ON o.customer_id = c.id AND o.total > c.floor + 2300`

  it('moves the joined rows alone where a condition over both sides leaves few', async () => {
    expect(await run(BOTH_SIDES)).toEqual({ moved: 60 + count(BOTH_SIDES), shipped: 60 })
  })

  it('groups at the source by columns of the small side', async () => {
    const sql = `SELECT c.name, count(*), max(o.total - c.floor) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.name`
    expect(await run(sql)).toEqual({ moved: 60 + count(sql), shipped: 60 })
  })

  it('joins two tables of one source over a small one between them', async () => {
    const sql = `SELECT o.id, e.order_id FROM orders o JOIN customer c ON c.id = o.customer_id
      JOIN event e ON e.region = c.region AND e.order_id = o.id WHERE o.total > 1000`
    expect(await run(sql)).toEqual({ moved: 60 + count(sql), shipped: 60 })
  })

  it('keeps and counts rows as outer, semi and anti joins do', async () => {
    for (const sql of [
      'SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.total > 2900 + c.floor',
      'SELECT c.id, count(o.id) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.total > c.floor GROUP BY c.id',
      'SELECT c.id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > c.floor + 2000)',
      'SELECT c.id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > c.floor + 2000)',
      'SELECT count(o.total) FROM orders o WHERE o.total + o.customer_id NOT IN (SELECT customer_id FROM rate WHERE factor < 40)',
      'SELECT count(*), count(c.id) FROM orders o FULL JOIN customer c ON o.customer_id = c.id AND o.total > c.floor',
    ]) {
      expect((await run(sql)).shipped, sql).toBeGreaterThan(0)
    }
  })

  it('sends duplicates and NULLs as they are', async () => {
    const sql = `SELECT r.factor, count(*) FROM rate r LEFT JOIN orders o ON o.customer_id = r.customer_id AND o.total > r.factor * 50
      WHERE r.factor < 40 GROUP BY r.factor`
    expect((await run(sql)).shipped).toBe(31)
  })

  it('cuts off at the source', async () => {
    const sql = `SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id ORDER BY o.total * c.region DESC, o.id LIMIT 5`
    expect(await run(sql)).toEqual({ moved: 60 + 5, shipped: 60 })
  })

  it('asks the other source for nothing when there are no rows to send', async () => {
    const sql = `${BOTH_SIDES} WHERE c.name LIKE 'nobody%'`
    expect(await run(sql)).toEqual({ moved: 0, shipped: 0 })
  })

  it('sends keys instead where fewer rows come than were expected', async () => {
    // 20 customers are expected, and one comes.
    const sql = `${BOTH_SIDES} WHERE c.floor + c.region < 42`
    const small = count('SELECT 1 FROM customer WHERE floor + region < 42')
    const { moved, shipped } = await run(sql, {}, enlarged(catalogOf(TABLES), 'west', 2))
    expect(shipped).toBe(0)
    const matches = count(
      'SELECT 1 FROM orders o JOIN customer c ON c.id = o.customer_id WHERE c.floor + c.region < 42',
    )
    expect(moved).toBe(small + matches)
  })

  it('joins here when more rows come than a statement may carry', async () => {
    const { shipped } = await run(
      BOTH_SIDES,
      { rows: { maximum: 59 } },
      lying(CATALOG, 'customer', 20),
    )
    expect(shipped).toBe(0)
  })

  it('joins here when a value comes that not every source knows', async () => {
    const sql = `SELECT r.factor, count(*) FROM rate r JOIN orders o ON o.customer_id = r.customer_id AND o.total > r.factor GROUP BY r.factor`
    expect((await run(sql)).shipped).toBe(0)
  })

  it('joins here when a text is longer than a source takes', async () => {
    expect((await run(BOTH_SIDES, { rows: { maximum: 1000, longestText: 5 } })).shipped).toBe(0)
    expect((await run(BOTH_SIDES, { rows: { maximum: 1000, longestText: 9 } })).shipped).toBe(60)
  })

  it('is not planned', () => {
    const none = { support: 'none', reason: 'no' } as const
    const exact = { support: 'exact' } as const
    const cases: readonly (readonly [string, string, Partial<Pushdown>?, Catalog?])[] = [
      ['where the source takes no rows', BOTH_SIDES, { rows: undefined } as object],
      [
        'where it does not take their types',
        BOTH_SIDES,
        { judgeNode: (node) => (node.kind === 'table-function' ? none : exact) },
      ],
      [
        'where it does not join as PostgreSQL does',
        BOTH_SIDES,
        { judgeNode: (node) => (node.kind === 'join' ? none : exact) },
      ],
      [
        'where all that is read comes back',
        'SELECT c.name, o.* FROM customer c JOIN orders o ON o.customer_id = c.id',
      ],
      [
        'where keys narrow it as well',
        'SELECT c.name, o.* FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id = 5',
      ],
      ['for a small table', BOTH_SIDES, {}, catalogOf(TABLES.map((t) => ({ ...t, rows: t.rows.slice(0, 500) })))],
      [
        'over volatile functions',
        'SELECT c.name, o.id FROM customer c JOIN orders o ON o.customer_id = c.id AND o.total > c.floor * random()',
      ],
      ['where the rows are too many', BOTH_SIDES, { rows: { maximum: 59 } }],
      [
        'with enum or array types',
        `SELECT c.a, o.id FROM (SELECT id, floor, ARRAY[name] AS a FROM customer) c JOIN orders o ON o.customer_id = c.id AND o.total > c.floor + 2300`,
        { judgeExpression: (e) => (e.kind === 'array' ? none : exact) },
      ],
    ] // prettier-ignore
    for (const [name, sql, judgements, catalog] of cases) {
      const { plan: physical } = plan(sql, judgements, catalog)
      expect(shipJoins(physical), `${name}:\n${textOf(physical)}`).toBe(0)
    }
  })

  it('shows both ways, and says so in the ledger', () => {
    const { plan: physical, ledger } = plan(BOTH_SIDES)
    expect(textOf(physical)).toBe(
      `Ship Join: rows of the first input to west as $1 = id, $2 = name, $3 = floor, else the last input
├─ Remote Query: east
│      SELECT t1."id", t1."name", t1."floor" FROM customer AS t1
├─ Remote Query: west
│      SELECT f1."name", t1."id" FROM ROWS FROM (unnest($1::integer[]), unnest($2::text[]), unnest($3::numeric[])) AS f1 ("id", "name", "floor") JOIN orders AS t1 ON ((t1."customer_id" = f1."id") AND (t1."total" > (f1."floor" + $4::numeric)))
│      parameters: $1, $2, $3, 2300
└─ Project: name, id
   └─ Bind Join: inner on id = customer_id and total > floor + 2300, build left, $4 = keys id of left
      ├─ Shared Rows: the rows of the first input
      └─ Remote Query: west
             SELECT t1."id", t1."customer_id", t1."total" FROM orders AS t1 WHERE (t1."customer_id" = ANY ($1::integer[]))
             parameters: $4`,
    )
    expect(ledger.filter(({ work }) => work === 'rows')).toEqual([
      {
        ...{ work: 'rows', detail: 'id, name, floor', source: 'west', outcome: 'exact' },
        reason: 'when they are few, so that it joins there; else the join runs here',
      },
    ])
  })
})
