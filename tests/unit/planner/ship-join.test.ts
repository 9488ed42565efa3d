/** Ship joins over pretend sources: the answer of PostgreSQL, only the result moves, and the choice is made by the rows that come. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, enlarged, lying } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** `orders` and `event` are in west, and large; `customer`, `rate` and `area` in east. */
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
    name: 'area',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'title', type: 'text' },
      { name: 'weight', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(8).map((id) => [String(id), id === 5 ? null : `a${id % 3}`, String(id * 10)]),
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

  it('gives some rows of which no column is wanted', async () => {
    const none = BOTH_SIDES.replace('c.name, o.id', '1')
    expect(await run(`${none} LIMIT 10`)).toEqual({ moved: 60 + 10, shipped: 60 })
    expect(await run(`${none} LIMIT 10 OFFSET 5`)).toEqual({ moved: 60 + 10, shipped: 60 })
    expect(await run(`${none} LIMIT 5000`)).toEqual({ moved: 60 + count(none), shipped: 60 })
    // The first column is wanted in a condition at the source alone.
    const turned = `SELECT 1 FROM orders o JOIN customer c ON o.customer_id = c.id AND o.total > c.floor + 2300 WHERE o.id <> 5`
    expect(await run(`${turned} LIMIT 10`)).toEqual({ moved: 60 + 10, shipped: 60 })
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

  describe('with several small sides', () => {
    const FACTS = 'FROM event e JOIN orders o ON o.id = e.order_id'
    /** No sums of the facts by keys would do: the argument is of both sides. */
    const STAR = `SELECT c.name, a.title, count(*), sum(o.total * a.weight) ${FACTS}
      JOIN customer c ON c.id = o.customer_id JOIN area a ON a.id = e.region GROUP BY c.name, a.title`

    it('groups the facts by columns of both', async () => {
      expect(await run(STAR)).toEqual({ moved: 60 + 8 + count(STAR), shipped: 68 })
    })

    it('keeps, counts and orders rows as outer, semi and anti joins do', async () => {
      for (const sql of [
        `SELECT c.name, a.title, count(*), max(o.total - a.weight) ${FACTS} LEFT JOIN customer c ON c.id = o.customer_id
          LEFT JOIN area a ON a.id = e.region AND a.weight < o.total GROUP BY c.name, a.title`,
        `SELECT c.name, count(*), max(o.total - c.floor) ${FACTS} JOIN customer c ON c.id = o.customer_id
          WHERE EXISTS (SELECT 1 FROM area a WHERE a.id = e.region AND a.weight < o.total) GROUP BY c.name`,
        `SELECT c.name, count(*), max(o.total - c.floor) ${FACTS} JOIN customer c ON c.id = o.customer_id
          WHERE NOT EXISTS (SELECT 1 FROM area a WHERE a.id = e.region AND a.weight < o.total) GROUP BY c.name`,
        `SELECT c.name, a.title, o.id ${FACTS} JOIN customer c ON c.id = o.customer_id JOIN area a ON a.id = e.region
          ORDER BY o.total * a.weight - c.floor DESC NULLS LAST, o.id LIMIT 7`,
        `SELECT DISTINCT c.region, a.title ${FACTS} JOIN customer c ON c.id = o.customer_id AND o.total > c.floor JOIN area a ON a.id = e.region AND o.total > a.weight`,
      ]) {
        expect((await run(sql)).shipped, sql).toBe(68)
      }
    })

    it('joins here when a side has more rows than a statement may carry, whichever it is', async () => {
      // Of all three: nothing can be grouped before both sides are there.
      const whole = STAR.replace('o.total * a.weight', 'o.total * a.weight - c.floor')
      for (const table of ['customer', 'area']) {
        const lie = lying(CATALOG, table, 3)
        const { plan: physical } = plan(whole, { rows: { maximum: 67 } }, lie)
        expect(textOf(physical), table).toContain('rows of the first 2 inputs')
        expect((await run(whole, { rows: { maximum: 67 } }, lie)).shipped, table).toBe(0)
      }
    })

    it('joins here when a side has a value that not every source takes, whichever it is', async () => {
      expect((await run(STAR, { rows: { maximum: 1000, longestText: 5 } })).shipped).toBe(0)
      const rated = STAR.replace('JOIN area a ON a.id = e.region', 'JOIN rate r ON r.customer_id = e.region')
        .replace('a.title', 'r.factor').replace('a.title', 'r.factor').replace('a.weight', 'r.customer_id') // prettier-ignore
      expect((await run(rated)).shipped).toBe(0)
    })

    it('sends nothing when a side has no row', async () => {
      for (const condition of [`c.name LIKE 'nobody%'`, `a.title LIKE 'nowhere%'`]) {
        const { shipped } = await run(STAR.replace('GROUP BY', `WHERE ${condition} GROUP BY`))
        expect(shipped, condition).toBe(0)
      }
    })

    it('is not planned where groups of the facts by both keys are as few', async () => {
      const { plan: physical } = plan(STAR.replace('o.total * a.weight', 'o.total'))
      expect(shipJoins(physical), textOf(physical)).toBe(0)
      const { moved } = await world.run(STAR.replace('o.total * a.weight', 'o.total'), physical)
      const keys = count(`SELECT DISTINCT o.customer_id, e.region ${FACTS}`)
      expect(moved).toBeLessThanOrEqual(60 + 8 + keys)
    })

    it('leaves the facts to be grouped by both keys where no rows can be sent', async () => {
      const sql = STAR.replace('o.total * a.weight', 'o.total')
      const { plan: physical } = plan(sql, { rows: undefined } as object)
      const { moved, shipped } = await world.run(sql, physical)
      expect([moved, shipped]).toEqual([
        60 + 8 + count(`SELECT DISTINCT o.customer_id, e.region ${FACTS} WHERE o.customer_id BETWEEN 1 AND 60 AND e.region BETWEEN 1 AND 8`), 0,
      ]) // prettier-ignore
    })

    it('is not planned where one side leaves few of the facts, or the sides are too many', () => {
      const few = `SELECT c.name, a.title, e.order_id ${FACTS} JOIN customer c ON c.id = o.customer_id AND o.total > c.floor + 2300
        JOIN area a ON a.id = e.region`
      const [physical] = [plan(few).plan]
      expect(textOf(physical)).not.toContain('the first 2 inputs')
      const areas = numbers(5).map((n) => `JOIN area a${n} ON a${n}.id = e.region + ${n % 2} AND a${n}.weight < o.total`) // prettier-ignore
      const many = `SELECT a1.title, count(*), sum(o.total * a2.weight * a3.id) ${FACTS} ${areas.join(' ')} GROUP BY a1.title`
      expect(textOf(plan(many).plan)).not.toContain('the first 5 inputs')
    })

    it('shows all sides, and says so in the ledger', () => {
      const { plan: physical, ledger } = plan(STAR)
      expect(textOf(physical)).toMatchInlineSnapshot(`
        "Project: name, title, count, sum
        └─ Ship Join: rows of the first 2 inputs to west as $1 = id, $2 = name, $3 = id, $4 = title, $5 = weight, else the last input
           ├─ Remote Query: east
           │      SELECT t1."id", t1."name" FROM customer AS t1
           ├─ Remote Query: east
           │      SELECT t1."id", t1."title", t1."weight" FROM area AS t1
           ├─ Remote Query: west
           │      SELECT f1."name", f2."title", count(*) AS "count", sum((t2."total" * f2."weight"::numeric)) AS "sum" FROM event AS t1 JOIN orders AS t2 ON (t2."id" = t1."order_id") JOIN ROWS FROM (unnest($1::integer[]), unnest($2::text[])) AS f1 ("id", "name") ON (f1."id" = t2."customer_id") JOIN ROWS FROM (unnest($3::integer[]), unnest($4::text[]), unnest($5::integer[])) AS f2 ("id", "title", "weight") ON (f2."id" = t1."region") GROUP BY f1."name", f2."title"
           │      parameters: $1, $2, $3, $4, $5
           └─ Hash Aggregate: count(*), sum(total * weight) by name, title
              └─ Bind Join: inner on region = id, build right, $6 = keys id of right
                 ├─ Bind Join: inner on customer_id = id, build right, $7 = keys id of right
                 │  ├─ Remote Query: west
                 │  │      SELECT t1."region", t2."customer_id", t2."total" FROM event AS t1 JOIN orders AS t2 ON (t2."id" = t1."order_id") WHERE (t1."region" = ANY ($1::integer[])) AND (t2."customer_id" = ANY ($2::integer[]))
                 │  │      parameters: $6, $7
                 │  └─ Shared Rows: the rows of the first input
                 └─ Shared Rows: the rows of the second input"
      `)
      expect(ledger.filter(({ work }) => work === 'rows').map(({ detail }) => detail)).toEqual([
        'id, name',
        'id, title, weight',
      ])
    })
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
