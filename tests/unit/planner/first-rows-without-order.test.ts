/** LIMIT without an order over joins: any rows of PostgreSQL's whole answer, from few rows of one side and their matches. */
import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import { departureOf } from '../../../src/planner/estimates/sensitive-parameters.js'
import type { FirstRowsPlan, PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { inputsOf } from '../../../src/planner/physical-plan.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, lying } from './planner-world.js'
import { countNodes, numbers, textOf, usePretendWorld } from './pretend-world.js'

/** `orders` and `item` are in west, the others in east. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'text' },
      { name: 'region', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(3000).map((id) => [String(id), `customer ${id}`, String(id % 10)]),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'customer_id', type: 'integer' },
      { name: 'late_id', type: 'integer' },
      { name: 'rare_id', type: 'integer' },
      { name: 'note', type: 'text' },
    ],
    primaryKey: ['id'],
    rows: numbers(6000).map((id) => [
      String(id),
      String(1 + ((id * 7) % 3000)),
      String(id <= 600 || id % 5 === 0 ? 10_000 + (id % 3) : 1 + (id % 3000)),
      String(id % 20 === 1 ? 1 + (id % 3000) : 10_000 + (id % 3)),
      'n'.repeat(200),
    ]),
  },
  {
    name: 'item',
    columns: [
      { name: 'order_id', type: 'integer' },
      { name: 'sku', type: 'integer' },
    ],
    rows: numbers(9000).map((id) => [String(1 + (id % 6000)), String(1 + (id % 2000))]),
  },
  {
    name: 'product',
    columns: [
      { name: 'sku', type: 'integer' },
      { name: 'title', type: 'text' },
    ],
    primaryKey: ['sku'],
    rows: numbers(2000).map((sku) => [String(sku), `product ${sku}`]),
  },
]

/** Each order has its customer. */
const JOIN = 'SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id'
/** Of the first 600 orders none has a match, of the others four fifths do: nothing tells the planner. */
const LATE = 'SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.late_id'
/** One of twenty has a match, and nothing tells the planner. */
const RARE = 'SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.rare_id'

describe('first rows of joins without an order', () => {
  const world = usePretendWorld(TABLES)
  const { plan, count } = world

  const nodes = (physical: PhysicalPlan): number => countNodes(physical, 'first-rows')

  /** Rows moved for so many rows of a statement, after these were compared with all of it. */
  async function moved(
    whole: string,
    limit: number,
    offset = 0,
    options: { catalog?: Catalog; memory?: number } = {},
  ): Promise<number> {
    const { plan: physical } = plan(`${whole} LIMIT ${limit} OFFSET ${offset}`, {}, options.catalog)
    expect(nodes(physical), `first rows in\n${textOf(physical)}`).toBe(1)
    return (await world.runSome(whole, physical, { limit, offset }, options)).moved
  }

  function isPlain(sql: string, judgements: Partial<Pushdown> = {}): PhysicalPlan {
    const { plan: physical } = plan(sql, judgements)
    expect(nodes(physical), textOf(physical)).toBe(0)
    return physical
  }

  /** The matches of the first rows of orders. */
  const matches = (rows: number, key = 'customer_id') =>
    count(`SELECT 1 FROM customer WHERE id IN (SELECT ${key} FROM orders LIMIT ${rows})`)

  it('reads as many rows as are wanted where all have a match', async () => {
    expect(await moved(JOIN, 10)).toBe(10 + matches(10))
    expect(await moved(JOIN, 1)).toBe(2)
    expect(await moved(JOIN, 300)).toBe(300 + matches(300))
  })

  it('reads the rows before the page as well', async () => {
    expect(await moved(JOIN, 10, 30)).toBe(40 + matches(40))
    expect(await moved(JOIN, 10, 5)).toBe(15 + matches(15))
  })

  it('reads ten times as many, twice, while too few have a match', async () => {
    const { plan: physical } = plan(`${LATE} LIMIT 10`)
    expect(firstRowsOf(physical).attempts.map(({ rows }) => rows)).toEqual([10, 100, 1000])
    expect(matches(600, 'late_id')).toBe(0)
    expect(await moved(LATE, 10)).toBe(10 + 100 + 1000 + matches(1000, 'late_id'))
    expect(await moved(RARE, 2)).toBe(2 + 1 + 20 + 1 + 200 + 10)
  })

  it('reads everything when that was in vain', async () => {
    expect(await moved(LATE, 40)).toBe(40 + 400 + (6000 + 3000))
  })

  it('makes no attempt that the matches so far make hopeless', async () => {
    // One of 20: it takes 400, and the next attempt reads 200. All of it is done by keys.
    expect(await moved(RARE, 20)).toBe(20 + 1 + (6000 + 150))
  })

  it('is done when the side has no more rows', async () => {
    const few = `${LATE} WHERE o.id <= 30`
    expect(await moved(few, 40, 0, { catalog: lying(catalogOf(TABLES), 'orders', 60_000) })).toBe(30) // prettier-ignore
  })

  it('gives out a row of a side once for each of its matches', async () => {
    const items = 'FROM orders o JOIN item i ON i.order_id = o.id'
    const sql = `SELECT o.note, i.sku, p.title ${items} JOIN product p ON p.sku = i.sku`
    const skus = `SELECT DISTINCT sku FROM (SELECT i.sku ${items} LIMIT 12) x`
    expect(await moved(sql, 12)).toBe(12 + count(skus))
    const kept = `SELECT c.region, o.note FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS DISTINCT FROM 7`
    // The condition keeps all orders but one: ten customers have ten rows.
    expect(await moved(kept, 10)).toBe(10 + 2 * 10)
  })

  it('reads few rows of kept sides, and of sides that are tested for a match', async () => {
    for (const sql of [
      'SELECT o.id, c.name FROM customer c RIGHT JOIN orders o ON o.customer_id = c.id WHERE c.region IS DISTINCT FROM 3',
      'SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.late_id WHERE c.region IS DISTINCT FROM 3',
      'SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM customer c WHERE c.id = o.customer_id)',
      'SELECT o.id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = o.rare_id)',
      'SELECT o.id, c.id IS NULL FROM orders o LEFT JOIN customer c ON c.id = o.late_id AND c.region < 4',
    ]) {
      const { plan: physical } = plan(`${sql} LIMIT 10`)
      const { moved } = await world.runSome(sql, physical, { limit: 10, offset: 0 })
      expect(moved, `${sql}\n${textOf(physical)}`).toBeLessThan(100)
    }
  })

  it('orders the joins for few rows, and joins before what lives beside them', async () => {
    const sql = 'SELECT c.name, i.sku, p.title FROM customer c JOIN orders o ON o.customer_id = c.id JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku' // prettier-ignore
    const { plan: physical } = plan(`${sql} LIMIT 10`)
    const [first] = firstRowsOf(physical).attempts
    expect(textOf(first!.input)).toMatch(
      /FROM (orders|item) AS t1 JOIN (orders|item) AS t2 .* LIMIT/,
    )
    const read =
      'SELECT o.customer_id, i.sku FROM orders o JOIN item i ON i.order_id = o.id LIMIT 10'
    const { moved } = await world.runSome(sql, physical, { limit: 10, offset: 0 })
    expect(moved).toBe(10 + count(`SELECT DISTINCT sku FROM (${read}) x`) + count(`SELECT DISTINCT customer_id FROM (${read}) x`)) // prettier-ignore
    // The same where an order says which.
    const ordered = plan(`${sql} ORDER BY i.sku, i.order_id LIMIT 10`).plan
    expect(textOf(firstRowsOf(ordered).attempts[0]!.input)).toContain(' JOIN ')
  })

  it('takes each branch of UNION ALL, and each outer row, by itself', async () => {
    const union = `${JOIN} UNION ALL ${JOIN.replace('o.id', 'o.id + 1')}`
    const { plan: physical } = plan(`${union} LIMIT 10`)
    expect(nodes(physical)).toBe(2)
    const { moved } = await world.runSome(union, physical, { limit: 10, offset: 0 })
    // The second branch has begun meanwhile.
    expect(moved).toBeLessThan(60)
  })

  it('leaves what is above to the rows that are taken', async () => {
    const { plan: physical } = plan(`SELECT x.id, x.name, random() < 2 FROM (${JOIN}) x LIMIT 10`)
    expect(nodes(physical)).toBe(1)
    const cut = { limit: 10, offset: 0 }
    const { moved } = await world.runSome(`SELECT x.id, x.name, true FROM (${JOIN}) x`, physical, cut) // prettier-ignore
    expect(moved).toBe(10 + matches(10))
    // Which rows there are, a volatile condition decides anew each time it is asked.
    isPlain(`${JOIN} WHERE random() < 2 LIMIT 10`)
    isPlain(`${JOIN} AND random() < 2 LIMIT 10`)
  })

  it('takes the first rows of what a source does, where conditions remain here', async () => {
    const none = { support: 'none', reason: 'not here' } as const
    const judgements: Partial<Pushdown> = {
      judgeExpression: ({ kind, ...part }) =>
        kind === 'call' && 'operator' in part && part.operator === '<>'
          ? none
          : { support: 'exact' },
    }
    const cut = { limit: 10, offset: 0 }
    // The source cannot say which of its first rows count: it is the other side that is read.
    const own = `${JOIN} WHERE o.note <> 'm'`
    const { plan: physical } = plan(`${own} LIMIT 10`, judgements)
    expect(textOf(physical)).not.toMatch(/FROM orders AS t1 LIMIT/)
    await world.runSome(own, physical, cut)
    // Here it drops matches, and more rows are read for that.
    const other = `${JOIN} WHERE c.region <> 3`
    const { plan: fewer } = plan(`${other} LIMIT 10`, judgements)
    const [first] = firstRowsOf(fewer).attempts
    expect(first!.rows).toBe(14)
    expect((await world.runSome(other, fewer, cut)).moved).toBe(14 + matches(14))
  })

  it('gives rows of which no column is wanted', async () => {
    const none = (where: string) =>
      `SELECT 1 FROM customer c JOIN orders o ON o.customer_id = c.id ${where}`
    expect(await moved(none(''), 10)).toBe(10 + matches(10))
    // The first column is wanted in a condition at the source alone.
    const sold = `SELECT 1 FROM item i JOIN customer c ON c.id = i.sku WHERE i.order_id <> 5`
    expect(await moved(sold, 10)).toBeLessThan(30)
    // Conditions that remain here need columns of their own.
    const judgements: Partial<Pushdown> = {
      judgeExpression: (expression) =>
        expression.kind === 'call' && expression.operator === '~'
          ? { support: 'none', reason: 'not here' }
          : { support: 'exact' },
    }
    for (const where of [
      "WHERE o.note ~ 'n'",
      "WHERE c.name ~ '5'",
      "WHERE o.note ~ 'n' AND c.name ~ '5'",
    ]) {
      const { plan: physical } = plan(`${none(where)} LIMIT 10`, judgements)
      await world.runSome(none(where), physical, { limit: 10, offset: 0 })
      const second = none(where).replace(
        'FROM customer c JOIN orders o',
        'FROM orders o JOIN customer c',
      )
      const { plan: other } = plan(`${second} LIMIT 10`, judgements)
      await world.runSome(second, other, { limit: 10, offset: 0 })
      const ordered = `${none(where)} ORDER BY o.id LIMIT 10`
      await world.run(ordered, plan(ordered, judgements).plan, 'in order')
    }
    const ordered = `${none('')} ORDER BY o.late_id LIMIT 10`
    const { plan: physical } = plan(ordered)
    expect(nodes(physical)).toBe(1)
    await world.run(ordered, physical, 'in order')
  })

  it('stays out where rows of the answer do not come from one row each', () => {
    const joined = 'FROM orders o JOIN customer c ON c.id = o.customer_id'
    isPlain(`SELECT c.region, count(*) ${joined} GROUP BY c.region LIMIT 5`)
    isPlain(`SELECT count(*) ${joined} LIMIT 5`)
    isPlain(`SELECT DISTINCT c.region ${joined} LIMIT 5`)
    isPlain(`SELECT DISTINCT ON (c.region) c.region, o.id ${joined} LIMIT 5`)
    isPlain(`SELECT o.id, row_number() OVER (ORDER BY c.name) ${joined} LIMIT 5`)
    isPlain(`SELECT o.id ${joined} UNION SELECT o.id + 1 ${joined} LIMIT 5`)
    isPlain(`SELECT o.id ${joined} EXCEPT ALL SELECT 7 LIMIT 5`)
    isPlain(`SELECT o.id, generate_series(1, c.region) ${joined} LIMIT 5`)
    isPlain(
      'SELECT o.id, c.name FROM orders o FULL JOIN customer c ON c.id = o.customer_id LIMIT 5',
    )
    isPlain(`SELECT o.id ${joined} LIMIT 0`)
    isPlain(`SELECT o.id ${joined} LIMIT -1`)
    isPlain(`SELECT o.id ${joined} LIMIT NULL`)
    isPlain(`SELECT o.id ${joined}`)
    isPlain(`SELECT o.id ${joined} OFFSET 5`)
    isPlain(`SELECT o.id ${joined} LIMIT 5000`)
    // One row of a table beside few of another: nothing is saved.
    isPlain(`SELECT o.id ${joined} WHERE c.id = 7 LIMIT 5`)
  })

  it('reads no more of a side with a limit of its own than that has', async () => {
    const few = '(SELECT id, customer_id FROM orders LIMIT 20) o'
    isPlain(`SELECT o.id, c.name FROM ${few} JOIN customer c ON c.id = o.customer_id LIMIT 5`)
    // Of the first 3000 in their order, which 10: each attempt says it anew.
    const many = '(SELECT id, customer_id FROM orders ORDER BY id DESC LIMIT 3000) o'
    const sql = `SELECT o.id, c.name FROM ${many} JOIN customer c ON c.id = o.customer_id`
    const { plan: physical } = plan(`${sql} LIMIT 10`)
    expect((await world.runSome(sql, physical, { limit: 10, offset: 0 })).moved).toBe(20)
  })

  it('takes a parameter for a number of rows, once its values are known', async () => {
    const sql = `${JOIN} LIMIT $1 OFFSET $2`
    const generic = plan(sql)
    expect(nodes(generic.plan)).toBe(0)
    expect(generic.sensitive.map(({ index }) => index)).toEqual([1, 2])
    const movedFor = async (limit: string | null, offset: string | null) => {
      const values = departureOf(generic.sensitive, [limit, offset])
      const { plan: physical } = plan(sql, {}, undefined, values && { values })
      const cut = { limit: limit === null ? null : Number(limit), offset: Number(offset) }
      const { moved } = await world.runSome(JOIN, physical, cut, { parameters: [limit, offset] })
      return [nodes(physical), moved]
    }
    expect(await movedFor('10', '0')).toEqual([1, 10 + matches(10)])
    expect(await movedFor('12', '20')).toEqual([1, 35 + matches(35)])
    expect(await movedFor('0', '20')).toEqual([1, 0])
    expect(await movedFor(null, '20')).toEqual([0, 9000])
    const negative = plan(sql, {}, undefined, { values: departureOf(generic.sensitive, ['10', '0'])! }) // prettier-ignore
    const cut = { limit: 0, offset: 0 }
    for (const parameters of [
      ['-1', '0'],
      ['-1', null],
    ]) {
      const run = world.runSome(JOIN, negative.plan, cut, { parameters })
      await expect(run).rejects.toMatchObject({ code: '2201W' })
    }
    const run = world.runSome(JOIN, negative.plan, cut, { parameters: ['-1', '-1'] })
    await expect(run).rejects.toMatchObject({ code: '2201X' })
  })

  it('holds what it has read and found, and reads everything where there is no room for that', async () => {
    const wide = 'SELECT o.note, c.name FROM orders o JOIN customer c ON c.id = o.customer_id'
    const { plan: physical } = plan(`${wide} LIMIT 600`)
    const cut = { limit: 600, offset: 0 }
    const free = await world.runSome(wide, physical, cut)
    expect(free.moved).toBe(600 + matches(600))
    // The rows that were read, once here and once in the join; what is found at once is not held.
    expect(free.peak).toBeLessThan(2.5 * 600 * 210)
    const outcomes = new Set<string>()
    for (const memory of [200_000, 300_000, 400_000, 500_000, 700_000]) {
      const { moved, peak } = await world.runSome(wide, physical, cut, { memory })
      expect(peak).toBeLessThanOrEqual(memory)
      outcomes.add(moved === free.moved ? 'first rows' : moved > 9000 ? 'everything' : String(moved)) // prettier-ignore
    }
    expect([...outcomes]).toEqual(['everything', 'first rows'])
  })

  it('tells in the ledger and in EXPLAIN what is read', () => {
    const { plan: physical, ledger } = plan(`${JOIN} LIMIT 10`)
    expect(ledger.filter(({ work }) => work === 'limit')).toEqual([
      expect.objectContaining({ work: 'limit', outcome: 'here' }),
      {
        ...{ work: 'limit', detail: 'limit 10', source: 'west', outcome: 'exact' },
        reason: 'so many rows of it are read, then more, until enough of them have a match',
      },
    ])
    expect(textOf(physical)).toContain(
      'First Rows: limit 10 from the first 10 or 100 or 1000 rows of one side, else the last input',
    )
  })
})

function firstRowsOf(plan: PhysicalPlan): FirstRowsPlan {
  if (plan.kind === 'first-rows') return plan
  const input = inputsOf(plan).find((one) => countNodes(one, 'first-rows') > 0)
  if (input === undefined) throw new Error('No first rows')
  return firstRowsOf(input)
}
