/** Bind joins over pretend sources: the answer of PostgreSQL, and no more rows moved than there are matches. */
import { describe, expect, it } from 'vitest'
import type { Pushdown } from '../../../src/connectors/connector.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { WorldTable } from '../../world/table.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** `orders`, `item` and `event` are in west, `customer` and `product` in east. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'varchar(20)' },
      { name: 'region', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(400).map((id) => [String(id), `c${id}`, String(id % 10)]),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'customer_id', type: 'bigint' },
      { name: 'total', type: 'numeric(10,2)' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => [
      String(id),
      id % 7 === 0 ? null : id % 11 === 0 ? '9000000000' : String((id * 13) % 500),
      `${id}.50`,
    ]),
  },
  {
    name: 'product',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'order_id', type: 'integer' },
      { name: 'label', type: 'text' },
    ],
    primaryKey: ['id'],
    rows: numbers(3000).map((id) => [String(id), String((id * 7) % 4000), `p${id % 600}`]),
  },
  {
    name: 'event',
    columns: [
      { name: 'label', type: 'text' },
      { name: 'customer_id', type: 'integer' },
      { name: 'product_id', type: 'integer' },
    ],
    rows: numbers(3000).map((id) => [`p${id % 900}`, String(id % 450), String(id)]),
  },
]

const refuseLists: Pushdown['judgeExpression'] = (expression) =>
  expression.kind === 'array-comparison'
    ? { support: 'none', reason: 'no lists' }
    : { support: 'exact' }

describe('bind joins', () => {
  const world = usePretendWorld(TABLES)
  const { count } = world

  const planned = (sql: string, judgements?: Partial<Pushdown>): PhysicalPlan =>
    world.plan(sql, judgements).plan

  const bindJoins = (plan: PhysicalPlan): number => countNodes(plan, 'bind-join')

  /** Rows moved, after the answer was compared. */
  async function moved(sql: string, judgements?: Partial<Pushdown>): Promise<number> {
    const plan = planned(sql, judgements)
    expect(bindJoins(plan), `a bind join in\n${textOf(plan)}`).toBeGreaterThan(0)
    return (await world.run(sql, plan)).moved
  }

  it('asks the other source for the rows of the keys alone', async () => {
    const matches = count('SELECT FROM orders WHERE customer_id IN (5, 9)')
    expect(
      await moved(
        'SELECT c.name, o.total FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id IN (5, 9)',
      ),
    ).toBeLessThanOrEqual(2 + matches)
  })

  it('tells in the ledger where keys may go, or why not', () => {
    const entries = (sql: string, judgements?: Partial<Pushdown>) =>
      world.plan(sql, judgements).ledger.filter(({ work }) => work === 'keys')
    const joined = 'FROM customer c JOIN orders o ON o.customer_id = c.id'
    expect(entries(`SELECT c.name, o.total ${joined} WHERE c.region = 5`)).toEqual([
      {
        ...{ work: 'keys', detail: 'id', source: 'west', outcome: 'exact' },
        reason: 'when they turn out few enough to keep rows from moving',
      },
    ])
    const refusing = { judgeExpression: refuseLists }
    const reasonsOf = (sql: string, judgements?: Partial<Pushdown>) =>
      entries(sql, judgements).map(({ outcome, reason }) => [outcome, reason])
    expect(reasonsOf(`SELECT c.name, o.total ${joined} WHERE c.region = 5`, refusing)).toEqual([
      ['here', 'no source takes a list of them'],
    ])
    expect(
      reasonsOf('SELECT 1 FROM customer c FULL JOIN orders o ON o.customer_id = c.id'),
    ).toEqual([['here', 'rows without a match come out of both sides of this join']])
    expect(reasonsOf('SELECT 1 FROM customer c JOIN product p ON p.id = c.id')).toEqual([])
  })

  it('does not wait for a key that is known', () => {
    const kinds = (sql: string) => bindJoins(planned(sql))
    const joined = 'SELECT o.total, e.label FROM orders o JOIN event e ON e.product_id = o.id'
    const across = 'SELECT c.name, e.label FROM customer c JOIN event e ON e.customer_id = c.id'
    expect(kinds(`${joined} WHERE o.id = 5`)).toBe(0)
    expect(kinds(`${across} WHERE c.id = 5`)).toBe(0)
    // A value of another column: which keys there are is not known.
    expect(kinds(`${across} WHERE c.name = 'c5'`)).toBe(1)
  })

  it('sends keys of a narrower type as the column has them', () => {
    const text = textOf(
      planned('SELECT 1 FROM orders o JOIN product p ON p.order_id = o.id WHERE o.customer_id = 5'),
    )
    expect(text).toMatch(/"order_id" = ANY \(\$\d+::integer\[\]\)/)
    expect(text).toMatch(/Bind Join: inner on .*keys/)
  })

  it('leaves out keys that the narrower type cannot hold', async () => {
    await moved(
      'SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id WHERE o.id IN (11, 22, 33, 34)',
    )
  })

  it('keeps the rows of the preserved side of a left join', async () => {
    const matches = count('SELECT FROM orders WHERE customer_id IN (5, 450)')
    expect(
      await moved(
        'SELECT c.id, o.total FROM customer c LEFT JOIN orders o ON o.customer_id = c.id + 1 AND o.total > 100 WHERE c.id < 3',
      ),
    ).toBeLessThan(matches + 20)
  })

  it('sends no keys of NULL, and asks nothing without keys', async () => {
    const rows = await moved(
      'SELECT c.id, o.total FROM orders o JOIN customer c ON c.id = o.customer_id WHERE o.id = 7',
    )
    expect(rows).toBe(1)
    expect(
      await moved(
        "SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.name = 'nobody'",
      ),
    ).toBe(0)
  })

  it('narrows the tested side of EXISTS and NOT EXISTS, and the tested rows of EXISTS', async () => {
    const matches = count('SELECT FROM orders WHERE customer_id < 4')
    for (const word of ['EXISTS', 'NOT EXISTS']) {
      const rows = await moved(
        `SELECT c.id FROM customer c WHERE c.id < 4 AND ${word} (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 50)`,
      )
      expect(rows).toBeLessThanOrEqual(3 + matches)
    }
    expect(
      await moved(
        'SELECT o.id FROM orders o WHERE o.customer_id IN (SELECT c.id FROM customer c WHERE c.id < 3)',
      ),
    ).toBeLessThanOrEqual(2 + count('SELECT FROM orders WHERE customer_id < 3'))
  })

  it('chains over several sources, each asked for what the ones before left', async () => {
    const sql = `SELECT c.name, p.label, e.customer_id FROM customer c
      JOIN orders o ON o.customer_id = c.id JOIN product p ON p.order_id = o.id
      JOIN event e ON e.label = p.label WHERE c.id = 17`
    expect(await moved(sql)).toBeLessThan(120)
  })

  it('reaches grouped rows and the branches of a union', async () => {
    expect(
      await moved(
        'SELECT c.name, o.s FROM customer c JOIN (SELECT customer_id, sum(total) s FROM orders GROUP BY 1) o ON o.customer_id = c.id WHERE c.id < 5',
      ),
    ).toBeLessThanOrEqual(8)
    expect(
      await moved(
        `SELECT c.name, o.x FROM customer c JOIN (SELECT customer_id, 1 AS x FROM orders
         UNION ALL SELECT p.order_id, 2 FROM product p) o ON o.customer_id = c.id WHERE c.id < 5`,
      ),
    ).toBeLessThan(200)
  })

  describe('through what is done here', () => {
    const HERE = new Set(['window', 'distinct-on', 'distinct', 'set-operation', 'aggregate'])
    const here: Partial<Pushdown> = {
      judgeNode: ({ kind }) =>
        HERE.has(kind) ? { support: 'none', reason: 'not here' } : { support: 'exact' },
    }
    const join = (rows: string) =>
      `SELECT c.name, x.* FROM customer c JOIN (${rows}) x ON x.customer_id = c.id WHERE c.region = 3 AND c.id < 60`
    const keys = 'SELECT id FROM customer WHERE region = 3 AND id < 60'
    const rowsOf = (table: string) => count(`SELECT FROM ${table} WHERE customer_id IN (${keys})`)

    it('narrows windows by what they are partitioned by', async () => {
      const sql = join(
        'SELECT customer_id, id, rank() OVER (PARTITION BY customer_id ORDER BY id), count(*) OVER (PARTITION BY customer_id) n FROM orders',
      )
      expect(await moved(sql, here)).toBe(6 + rowsOf('orders'))
      expect(await moved(sql, { ...here, maximumKeys: 2 })).toBe(6 + rowsOf('orders'))
    })

    it('narrows DISTINCT ON by its columns, here and at the source', async () => {
      const sql = join('SELECT DISTINCT ON (customer_id) customer_id, id FROM orders ORDER BY customer_id, id') // prettier-ignore
      const groups = count(`SELECT DISTINCT customer_id FROM orders WHERE customer_id IN (${keys})`)
      expect(await moved(sql, here)).toBe(6 + rowsOf('orders'))
      expect(await moved(sql)).toBe(6 + groups)
      expect(await moved(sql, { maximumKeys: 2 })).toBe(6 + groups)
    })

    it('narrows DISTINCT, groups, and both branches of set operations', async () => {
      const [orders, events] = [rowsOf('orders'), rowsOf('event')]
      expect(await moved(join('SELECT DISTINCT customer_id FROM orders'), here)).toBe(6 + orders)
      expect(await moved(join('SELECT customer_id, sum(total) FROM orders GROUP BY 1'), here)).toBe(
        6 + orders,
      )
      for (const word of [
        'UNION',
        'UNION ALL',
        'INTERSECT',
        'INTERSECT ALL',
        'EXCEPT',
        'EXCEPT ALL',
      ]) {
        const sql = join(`SELECT customer_id::int FROM event ${word} SELECT (customer_id + 0)::int FROM event WHERE customer_id % 7 > 2`) // prettier-ignore
        // A computed column is compared with keys as well.
        const computed = count(`SELECT FROM event WHERE customer_id % 7 > 2 AND customer_id IN (${keys})`) // prettier-ignore
        expect(await moved(sql, here), word).toBe(6 + events + computed)
        const both = join(`SELECT customer_id FROM event ${word} SELECT id FROM customer`)
        const own = count(`SELECT FROM customer WHERE id IN (${keys})`)
        expect(await moved(both, here), word).toBe(6 + events + own)
      }
    })

    it('leaves windows and DISTINCT ON whole where the keys are no keys of theirs', () => {
      for (const rows of [
        'SELECT customer_id, row_number() OVER (ORDER BY total) FROM orders',
        'SELECT customer_id, row_number() OVER (PARTITION BY total) FROM orders',
        'SELECT customer_id, rank() OVER (PARTITION BY customer_id + 1 ORDER BY id) FROM orders',
        'SELECT DISTINCT ON (total) total, customer_id FROM orders ORDER BY total, id',
        'SELECT customer_id FROM orders ORDER BY id LIMIT 2000',
      ]) {
        for (const judgements of [here, {}]) {
          expect(bindJoins(planned(join(rows), judgements)), rows).toBe(0)
        }
      }
    })
  })

  it('spreads many keys over several statements, unless the source lets through too much', async () => {
    const sql =
      'SELECT c.id, o.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.region < 2'
    const matches = count(
      'SELECT FROM orders o JOIN customer c ON o.customer_id = c.id WHERE c.region < 2',
    )
    expect(await moved(sql, { maximumKeys: 7 })).toBe(80 + matches)
    const loose: Partial<Pushdown> = {
      judgeExpression: (expression) =>
        expression.kind === 'array-comparison'
          ? { support: 'superset', reason: 'not sure' }
          : { support: 'exact' },
    }
    expect(await moved(sql, loose)).toBe(80 + matches)
    expect(await moved(sql, { ...loose, maximumKeys: 7 })).toBe(80 + 4000)
  })

  it('asks for everything when the keys turn out to cover most of it', async () => {
    // No estimate sees that the pattern takes nearly all.
    const rows = await moved(
      "SELECT p.id, e.label FROM product p JOIN event e ON e.product_id = p.id WHERE p.label LIKE 'p%'",
    )
    expect(rows).toBe(6000)
  })

  it('does not wait where nothing can be saved', () => {
    for (const sql of [
      'SELECT p.label, e.label FROM product p JOIN event e ON e.product_id = p.id',
      'SELECT c.name, o.total FROM customer c FULL JOIN orders o ON o.customer_id = c.id AND c.id = 5',
      'SELECT o.id FROM orders o WHERE o.customer_id NOT IN (SELECT id FROM customer WHERE id < 4)',
    ]) {
      expect(bindJoins(planned(sql)), sql).toBe(0)
    }
  })
})
