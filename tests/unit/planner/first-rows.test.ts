/** First rows of joins over pretend sources: the answer of PostgreSQL, from no more rows than it takes to find enough matches. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { departureOf } from '../../../src/planner/estimates/sensitive-parameters.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, lying } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** `orders` and `item` are in west, `customer` and `ticket` in east. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'text' },
      { name: 'region', type: 'integer' },
      { name: 'score', type: 'numeric' },
    ],
    primaryKey: ['id'],
    rows: numbers(3000).map((id) => [
      String(id),
      `c${id}`,
      String(id % 10),
      id % 3 === 0 ? `${id % 4}.0` : String(id % 4),
    ]),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'customer_id', type: 'bigint' },
      { name: 'total', type: 'numeric(10,2)' },
      { name: 'note', type: 'text' },
    ],
    primaryKey: ['id'],
    rows: numbers(6000).map((id) => [
      String(id),
      id % 11 === 0 ? null : String((id * 13) % 4000),
      id % 17 === 0 ? null : `${(id * 7919) % 1000}.50`,
      `n${id % 5}`,
    ]),
  },
  {
    name: 'ticket',
    columns: [
      { name: 'customer_id', type: 'integer' },
      { name: 'order_id', type: 'integer' },
      { name: 'subject', type: 'text' },
    ],
    rows: numbers(5000).map((id) => [String(id % 3500), String(id % 5900), `s${id % 7}`]),
  },
]

describe('first rows of joins', () => {
  const world = usePretendWorld(TABLES)
  const { plan, count } = world

  const nodes = (physical: PhysicalPlan): number => countNodes(physical, 'first-rows')

  /** Rows moved, after the answer was compared; statements order every row, or compare keys alone. */
  async function moved(sql: string, catalog?: Catalog): Promise<number> {
    const { plan: physical } = plan(sql, {}, catalog)
    expect(nodes(physical), `first rows in\n${textOf(physical)}`).toBe(1)
    return (await world.run(sql, physical, 'in order')).moved
  }

  function isPlain(sql: string, judgements: Partial<Pushdown> = {}): void {
    const { plan: physical } = plan(sql, judgements)
    expect(nodes(physical), textOf(physical)).toBe(0)
  }

  const JOIN = 'FROM customer c JOIN orders o ON o.customer_id = c.id'

  it('reads the rows that decide the order, and asks for their matches', async () => {
    // 10 of 17 is what it takes with doubt to spare; every one of four orders has no customer.
    const sql = `SELECT c.name, o.total, o.id ${JOIN} ORDER BY o.total DESC, o.id LIMIT 10`
    const read = 'SELECT customer_id FROM orders ORDER BY total DESC, id LIMIT 21'
    const matches = count(`SELECT 1 FROM customer WHERE id IN (${read})`)
    expect(await moved(sql)).toBe(21 + matches)
  })

  it('takes equal columns of the other side for keys of this one', async () => {
    for (const sql of [
      `SELECT c.id, c.name, o.id ${JOIN} ORDER BY o.total, c.id, o.id LIMIT 4`,
      `SELECT c.region, o.total ${JOIN} ORDER BY c.id, o.id OFFSET 3 LIMIT 4`,
      // Orders without a customer would come first, and match nothing.
      `SELECT c.region, o.total ${JOIN} ORDER BY c.id NULLS FIRST, o.id LIMIT 4`,
    ]) {
      expect(await moved(sql), sql).toBeLessThan(60)
    }
  })

  it('skips OFFSET rows, and cuts within equal rows', async () => {
    await moved(`SELECT o.total, o.id, c.id ${JOIN} ORDER BY o.total, o.id OFFSET 25 LIMIT 7`)
    await moved(`SELECT o.note ${JOIN} ORDER BY o.note DESC LIMIT 30`)
    await moved(`SELECT c.region ${JOIN} ORDER BY c.region NULLS FIRST OFFSET 5 LIMIT 30`)
  })

  it('goes through filters, projections, several joins, and tests of existence', async () => {
    for (const sql of [
      `SELECT o.id, c.name ${JOIN} WHERE c.region <> 3 AND o.total <> 20 ORDER BY o.total, o.id LIMIT 5`,
      `SELECT x.id, c.name FROM (SELECT id, customer_id, total + 1 AS t FROM orders) x JOIN customer c ON c.id = x.customer_id ORDER BY x.t DESC, x.id LIMIT 5`,
      `SELECT o.id, c.name ${JOIN} JOIN ticket t ON t.order_id = o.id ORDER BY o.total, o.id LIMIT 6`,
      `SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM customer c WHERE c.id = o.customer_id AND c.region <> 3) ORDER BY o.total, o.id LIMIT 6`,
      `SELECT o.id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = o.customer_id) ORDER BY o.total, o.id LIMIT 6`,
      `SELECT o.id, o.total > c.score * 100 ${JOIN} AND o.total > c.score * 100 ORDER BY o.total, o.id LIMIT 6`,
      `SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id WHERE c.region IS DISTINCT FROM 3 ORDER BY o.total, o.id LIMIT 6`,
    ]) {
      expect(await moved(sql), sql).toBeLessThan(400)
    }
  })

  it('reads more when too few of the first have a match', async () => {
    // The cheapest orders are those of customers that are not there: nothing tells the planner.
    const sql = `SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id + 1000 ORDER BY o.customer_id DESC, o.id LIMIT 5`
    const last = count('SELECT 1 FROM orders WHERE customer_id > 2000 OR customer_id IS NULL')
    const rows = await moved(sql)
    expect(rows).toBeGreaterThan(last)
    expect(rows).toBeLessThan(last + 9000)
  })

  it('is done when there are no more rows than were asked for', async () => {
    const small = lying(catalogOf(TABLES), 'orders', 100_000)
    const sql = `SELECT o.id, c.name ${JOIN} WHERE o.total < 20 ORDER BY o.id LIMIT 500`
    const rows = count('SELECT 1 FROM orders WHERE total < 20')
    expect(await moved(sql, small)).toBeLessThanOrEqual(2 * rows)
  })

  it('stays out where the order is not that of one side, or rows do not come from one row', () => {
    isPlain(`SELECT c.name, o.id ${JOIN} ORDER BY o.total + c.score LIMIT 10`)
    isPlain(`SELECT c.name, o.id ${JOIN} ORDER BY o.total, c.name LIMIT 10`)
    isPlain(`SELECT c.name, count(*) ${JOIN} GROUP BY c.name ORDER BY c.name LIMIT 10`)
    isPlain(`SELECT DISTINCT o.total ${JOIN} ORDER BY o.total LIMIT 10`)
    isPlain(`SELECT o.id, row_number() OVER (ORDER BY c.name) ${JOIN} ORDER BY o.id LIMIT 10`)
    isPlain(
      'SELECT o.id FROM customer c FULL JOIN orders o ON o.customer_id = c.id ORDER BY o.id LIMIT 10',
    )
    // Of the padded side: rows without a match have NULL there.
    isPlain(
      'SELECT o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY o.id LIMIT 10',
    )
    isPlain(`SELECT o.id ${JOIN} ORDER BY o.id FETCH FIRST 10 ROWS WITH TIES`)
    isPlain(`SELECT o.id ${JOIN} ORDER BY o.id`)
    isPlain(`SELECT o.id, random() ${JOIN} ORDER BY o.id LIMIT 10`)
  })

  it('stays out where the source does not sort exactly, or takes no keys, or little is saved', () => {
    const sql = `SELECT c.name, o.id ${JOIN} ORDER BY o.total, o.id LIMIT 10`
    const none = { support: 'none', reason: 'not here' } as const
    isPlain(sql, { judgeExpression: (_, use) => (use === 'sort' ? none : { support: 'exact' }) })
    isPlain(sql, {
      judgeExpression: ({ kind }) => (kind === 'array-comparison' ? none : { support: 'exact' }),
    })
    isPlain(`SELECT c.name, o.id ${JOIN} ORDER BY o.total, o.id LIMIT 2000`)
    isPlain(`SELECT c.name, o.id ${JOIN} WHERE c.id < 30 ORDER BY o.total, o.id LIMIT 10`)
  })

  it('takes a parameter for a number of rows, once its values are known', async () => {
    const sql = `SELECT c.name, o.total, o.id ${JOIN} ORDER BY o.total DESC, o.id LIMIT $1 OFFSET $2`
    const generic = plan(sql)
    expect(nodes(generic.plan)).toBe(0)
    expect(generic.sensitive.map(({ index }) => index)).toEqual([1, 2])
    const movedFor = async (limit: string | null, offset: string | null) => {
      const values = departureOf(generic.sensitive, [limit, offset])
      const { plan: physical } = plan(sql, {}, undefined, values && { values })
      const { moved } = await world.run(sql, physical, 'in order', [limit, offset])
      return [nodes(physical), moved]
    }
    const read = (rows: number) =>
      rows +
      count(
        `SELECT 1 FROM customer WHERE id IN (SELECT customer_id FROM orders ORDER BY total DESC, id LIMIT ${rows})`,
      )
    // As many rows as the statement with these numbers in it.
    const constant = plan(sql.replace('$1', '10').replace('$2', '0'))
    const { moved: least } = await world.run(sql, constant.plan, 'in order', ['10', '0'])
    expect(least).toBe(read(21))
    expect(await movedFor('10', '0')).toEqual([1, least])
    // NULL is no OFFSET, and no LIMIT.
    expect((await movedFor('10', null))[0]).toBe(0)
    expect((await movedFor(null, '0'))[0]).toBe(0)
    // Up to the next step: 12 and 13 rows have the plan for 15.
    expect(departureOf(generic.sensitive, ['12', '0'])).toEqual(
      departureOf(generic.sensitive, ['13', '0']),
    )
    expect(await movedFor('12', '0')).toEqual(await movedFor('13', '0'))
    expect((await movedFor('0', '3'))[0]).toBe(1)
  })

  it('takes a parameter for the rows that branches and kept sides send', async () => {
    const sql = 'SELECT id, x FROM (SELECT id, score::int AS x FROM customer UNION ALL SELECT id, total::int FROM orders) u ORDER BY id, x LIMIT $1' // prettier-ignore
    const generic = plan(sql)
    const movedFor = async (limit: string | null) => {
      const values = departureOf(generic.sensitive, [limit])
      const { plan: physical } = plan(sql, {}, undefined, values && { values })
      return (await world.run(sql, physical, 'in order', [limit])).moved
    }
    expect(await movedFor('7')).toBe(14)
    expect(await movedFor('41')).toBe(100)
    expect(await movedFor(null)).toBe(9000)
  })

  it('sends a parameter to the source that does the whole statement, whatever its value', () => {
    const { plan: physical, sensitive } = plan('SELECT id FROM orders ORDER BY total, id LIMIT $1')
    expect([physical.kind, sensitive]).toEqual(['remote-query', []])
  })

  it('tells in the ledger what is read in order', () => {
    const { ledger } = plan(`SELECT c.name, o.id ${JOIN} ORDER BY o.total DESC, o.id LIMIT 10`)
    expect(ledger.filter(({ work }) => work === 'limit')).toEqual([
      expect.objectContaining({ work: 'limit', outcome: 'here' }),
      {
        ...{ work: 'limit', detail: 'total DESC, id limit 10', source: 'west', outcome: 'exact' },
        reason: 'its first rows are read in this order until enough of them have a match',
      },
    ])
  })
})
