/** Bind joins between PostgreSQL, MariaDB and files: the answer of one PostgreSQL, with pushdown on and off, and exact rows moved. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mariadbInstalled } from '../../servers/mariadb.js'
import { answerOf, differenceOf } from '../../world/compare.js'
import type { WorldTable } from '../../world/table.js'
import { startServers, startWorld } from '../../world/world.js'
import type { Servers, World } from '../../world/world.js'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

const TABLES: readonly WorldTable[] = [
  {
    name: 'person',
    primaryKey: ['id'],
    columns: [
      { name: 'id', type: 'int4' },
      { name: 'name', type: 'text' },
    ],
    rows: numbers(2000).map((id) => [String(id), `person ${id}`]),
  },
  {
    name: 'contract',
    primaryKey: ['id'],
    columns: [
      { name: 'id', type: 'int8' },
      { name: 'person_id', type: 'int4' },
      { name: 'code', type: 'text' },
    ],
    rows: numbers(6000).map((id) => [
      String(id),
      id % 50 === 0 ? null : String(((id - 1) % 2000) + 1),
      `${id % 2 === 0 ? 'k' : 'K'}${id >> 1}`,
    ]),
  },
  {
    name: 'payment',
    columns: [
      { name: 'contract_id', type: 'int8' },
      { name: 'code', type: 'text' },
      { name: 'amount', type: 'numeric(10,2)' },
    ],
    rows: numbers(9000).map((id) => [
      String(((id - 1) % 6000) + 1),
      `${id % 3 === 0 ? 'k' : 'K'}${(id % 6000) >> 1}`,
      `${id}.25`,
    ]),
  },
]

const CHAIN = `SELECT p.name, c.id, y.amount FROM person p JOIN contract c ON c.person_id = p.id
  JOIN payment y ON y.contract_id = c.id WHERE p.id = 17`

const KINDS = ['f4', 'f8', 'flag', 'code'] as const

/** Keys of other types, each with 40 values or two; 0 and -0 are one number. */
function keyed(name: string, count: number, floats: readonly string[]): WorldTable {
  return {
    name,
    columns: [
      { name: 'id', type: 'int4' },
      { name: 'f4', type: 'float4' },
      { name: 'f8', type: 'float8' },
      { name: 'flag', type: 'bool' },
      { name: 'code', type: 'char(6)' },
    ],
    rows: numbers(count).map((id) => {
      const float = floats[id % 40] ?? String((id % 40) / 8)
      const flag = id % 50 === 0 ? null : id > 1000 ? 't' : 'f'
      return [String(id), float, float, flag, `c${id % 40}`.padEnd(6)]
    }),
  }
}

/** More keys than are sent as a list; of `line` their ends leave out a quarter. */
const LARGE: readonly WorldTable[] = [
  {
    name: 'booking',
    primaryKey: ['id'],
    columns: [
      { name: 'id', type: 'int8' },
      { name: 'paid', type: 'int4' },
    ],
    rows: numbers(51_000).map((id) => [String(10_000 + id), String(id % 2)]),
  },
  {
    name: 'line',
    columns: [
      { name: 'booking_id', type: 'int4' },
      { name: 'size', type: 'int4' },
    ],
    rows: numbers(68_000).map((id) => [String(id), String(id % 7)]),
  },
]

describe.skipIf(!mariadbInstalled())('bind joins over real sources (needs MariaDB)', () => {
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(true)
  }, 120_000)
  afterAll(() => servers?.stop())

  const splits = [
    { person: 'pg', contract: 'my', payment: 'fs' },
    { person: 'fs', contract: 'pg', payment: 'my' },
    { person: 'my', contract: 'fs', payment: 'pg' },
  ] as const
  for (const split of splits) {
    describe(Object.values(split).join(', '), () => {
      let world: World
      beforeAll(async () => {
        world = await startWorld(TABLES, split, servers)
      }, 120_000)
      afterAll(() => world?.stop())

      const rowsOf = async (client: pg.Client, sql: string) =>
        (await client.query({ text: sql, rowMode: 'array' })).rows
          .map((row) => JSON.stringify(row))
          .toSorted()

      async function agrees(sql: string): Promise<void> {
        const expected = await rowsOf(world.oracle, sql)
        for (const pushdown of ['on', 'off']) {
          await world.tributary.query(`SET tributary.pushdown = ${pushdown}`)
          expect(await rowsOf(world.tributary, sql), `pushdown ${pushdown}: ${sql}`).toEqual(
            expected,
          )
        }
        await world.tributary.query('SET tributary.pushdown = on')
      }

      /** `Moved: N rows` of EXPLAIN ANALYZE, and the plan. */
      async function analyze(sql: string): Promise<{ rows: number; text: string }> {
        const { rows } = await world.tributary.query<{ 'QUERY PLAN': string }>(
          `EXPLAIN ANALYZE ${sql}`,
        )
        const text = rows.map((row) => row['QUERY PLAN']).join('\n')
        return { rows: Number(/Moved: (\d+) rows/.exec(text)?.[1]), text }
      }

      it('moves the rows of one person and nothing else, source after source', async () => {
        await agrees(CHAIN)
        const { rows, text } = await analyze(CHAIN)
        // One person, three contracts, four or five payments.
        const payments = (await world.oracle.query(CHAIN)).rowCount ?? 0
        expect(rows, text).toBe(1 + 3 + payments)
        expect(text).toContain('Bind Join')
        expect(text).toMatch(/keys=3/)
      })

      it('asks for the row of a key first, and sends its value', async () => {
        const above = (value: string) =>
          `SELECT contract_id, amount FROM payment WHERE amount > (SELECT ${value})`
        for (const [value, found] of [
          ['id + 2900.5 FROM contract WHERE id = 6000', 1],
          ['person_id FROM contract WHERE id = 1999 + 1', 1],
          // NULL, and no row.
          ['person_id FROM contract WHERE id = 50', 1],
          ['id FROM contract WHERE id = 6001', 0],
          ['c.id * 2 FROM contract c JOIN person p ON p.id = c.person_id WHERE c.id = 3999', 2],
        ] as const) {
          const sql = above(value)
          await agrees(sql)
          const { rows, text } = await analyze(sql)
          const matches = (await world.oracle.query(sql)).rowCount ?? 0
          expect(rows, text).toBe(found + matches)
        }
        const prepared = above('id + 2900 FROM contract WHERE id = $1')
        for (const id of ['6000', '5999', '7000', null]) {
          const expected = await answerOf(world.oracle, prepared, [id])
          const answer = await answerOf(world.tributary, prepared, [id])
          expect(differenceOf(expected, answer, { ordered: false }), String(id)).toBeUndefined()
        }
      })

      it('takes no second row for one where no key tells, and asks for no value that nobody reads', async () => {
        for (const sql of [
          'SELECT name, (SELECT code FROM contract WHERE id = 7), (SELECT code FROM contract WHERE id = 0) FROM person WHERE id < 4',
          'SELECT CASE WHEN p.id > 2 THEN (SELECT person_id FROM contract WHERE id = 7) ELSE (SELECT 0 FROM contract WHERE id = 50) END FROM person p WHERE p.id < 4',
          'SELECT name FROM person WHERE id < 0 AND id + 0 > (SELECT 1 / (id - 7) FROM contract WHERE id = 7)',
          'SELECT DISTINCT p.id % 3 FROM person p JOIN LATERAL (SELECT max(c.person_id) AS k FROM contract c WHERE c.person_id <= p.id) s ON s.k = p.id WHERE p.id < 20',
        ]) {
          await agrees(sql)
        }
        for (const [sql, code] of [
          ['SELECT name FROM person WHERE id > (SELECT id FROM contract WHERE id < 3)', '21000'],
          [
            'SELECT name FROM person WHERE id > (SELECT contract_id FROM payment WHERE contract_id = 5)',
            '21000',
          ],
          [
            'SELECT name FROM person WHERE id > (SELECT 1 / (id - 7) FROM contract WHERE id = 7)',
            '22012',
          ],
        ] as const) {
          expect((await answerOf(world.oracle, sql)).error?.code, sql).toBe(code)
          expect((await answerOf(world.tributary, sql)).error?.code, sql).toBe(code)
        }
      })

      it('sends no keys where they are nearly all, and says so', async () => {
        // Each of these is taken for true for half of the rows, by itself.
        const all = [1, 2, 3, 4, 5].map((n) => `(c.id > -${n}) = (now() IS NOT NULL)`).join(' AND ')
        const sql = `SELECT y.amount, c.id FROM contract c JOIN payment y ON y.contract_id = c.id WHERE ${all}`
        await agrees(sql)
        const { rows, text } = await analyze(sql)
        expect(rows, text).toBeGreaterThan(9000)
        expect(text).toMatch(/no keys sent: \d+ would leave out too little of \d+ rows/)
      })

      it('tells texts apart as PostgreSQL does, whatever the source calls equal', async () => {
        await agrees(
          'SELECT c.id, y.amount FROM contract c JOIN payment y ON y.code = c.code WHERE c.id IN (100, 101, 102, 103)',
        )
      })

      it('reads the first rows of a join from the side that decides the order', async () => {
        const sql =
          'SELECT y.amount, c.code FROM contract c JOIN payment y ON y.contract_id = c.id WHERE c.person_id > 0 ORDER BY y.amount DESC LIMIT 10'
        await agrees(sql)
        const { rows, text } = await analyze(sql)
        expect(text).toContain('First Rows')
        // 17 payments are read for 10 with a match, and each has a contract of its own; one in fifty has no person.
        expect(rows, text).toBe(17 + 16)
      })

      it('reads as few where the counts of LIMIT and OFFSET are parameters', async () => {
        const text =
          'SELECT y.amount, c.code FROM contract c JOIN payment y ON y.contract_id = c.id WHERE c.person_id > 0 ORDER BY y.amount DESC LIMIT $1 OFFSET $2'
        for (const values of [
          ...[
            ['10', '0'],
            ['12', '0'],
            ['13', '0'],
            ['0', '3'],
            ['2000', '7000'],
            ['5', '8811'],
          ],
          ...[
            ['1000001', '0'],
            ['3', '8817'],
            [null, '8810'],
            ['7', null],
            ['10', '0'],
          ],
        ]) {
          const [here, there] = [
            await world.tributary.query({ name: 'page', text, values, rowMode: 'array' }),
            await world.oracle.query({ text, values, rowMode: 'array' }),
          ]
          expect(here.rows, values.join()).toEqual(there.rows)
        }
        const negative = world.tributary.query({ name: 'page', text, values: ['-1', '0'] })
        await expect(negative).rejects.toMatchObject({ code: '2201W' })
        await world.tributary.query(`PREPARE page_of(int, int) AS ${text}`)
        try {
          const few = await analyze('EXECUTE page_of(10, 0)')
          expect(few.rows, few.text).toBe(17 + 16)
          const all = await analyze('EXECUTE page_of(NULL, 0)')
          expect(all.rows, all.text).toBeGreaterThan(9000)
        } finally {
          await world.tributary.query('DEALLOCATE page_of')
        }
      })

      /** Any rows of the whole answer, as many as the LIMIT leaves; rows moved, and the plan. */
      async function takesSome(whole: string, limit: number, offset = 0) {
        const sql = `${whole} LIMIT ${limit} OFFSET ${offset}`
        const expected = await answerOf(world.oracle, whole)
        for (const pushdown of ['off', 'on']) {
          await world.tributary.query(`SET tributary.pushdown = ${pushdown}`)
          const cut = { limit, offset }
          const difference = differenceOf(expected, await answerOf(world.tributary, sql), { ordered: false, cut }) // prettier-ignore
          expect(difference, `pushdown ${pushdown}: ${sql}`).toBeUndefined()
        }
        return analyze(sql)
      }

      it('reads as many rows of one side as are wanted without an order, and their matches', async () => {
        const paid =
          'SELECT y.amount, c.code FROM payment y JOIN contract c ON c.id = y.contract_id'
        const ten = await takesSome(paid, 10)
        expect(ten.text).toContain('First Rows: limit 10 from the first 10 or 100 or 1000 rows of one side') // prettier-ignore
        // Payments one after another are of different contracts.
        expect(ten.rows, ten.text).toBe(10 + 10)
        const page = await takesSome(paid, 10, 25)
        expect(page.rows, page.text).toBe(35 + 35)
        const first = await takesSome(`${paid} JOIN person p ON p.id = c.person_id`, 10)
        // One in fifty has no person; with some rows to spare for that.
        expect(first.rows, first.text).toBeGreaterThanOrEqual(30)
        expect(first.rows, first.text).toBeLessThanOrEqual(3 * 12)
      })

      it('goes on where too few of the first rows have a match', async () => {
        // Of the first thousand none has a contract: nothing tells the planner.
        const late =
          'SELECT y.amount, c.code FROM payment y JOIN contract c ON c.id = y.contract_id - 1000'
        const { rows, text } = await takesSome(late, 5)
        expect(text).toContain('First Rows')
        expect(rows, text).toBeGreaterThanOrEqual(1005)
        await takesSome(late, 2000, 7990)
        await takesSome('SELECT y.amount, c.code FROM payment y LEFT JOIN contract c ON c.id = y.contract_id - 5500 WHERE c.code IS NULL OR y.amount > 4', 20, 3) // prettier-ignore
        await takesSome('SELECT y.amount FROM payment y WHERE EXISTS (SELECT 1 FROM contract c WHERE c.id = y.contract_id - 1000)', 20) // prettier-ignore
        await takesSome('SELECT y.amount FROM payment y WHERE NOT EXISTS (SELECT 1 FROM contract c WHERE c.id = y.contract_id - 500)', 600) // prettier-ignore
      })

      it('takes the counts from parameters there, too, and refuses those below zero', async () => {
        const whole =
          'SELECT y.amount, c.code FROM payment y JOIN contract c ON c.id = y.contract_id'
        const text = `${whole} LIMIT $1 OFFSET $2`
        for (const [limit, offset] of [
          ...[
            [10, 0],
            [12, 3],
            [0, 4],
            [10, 8995],
            [null, 8990],
            [2_000_000, 0],
          ],
        ] as [number | null, number][]) {
          const cut = { limit, offset }
          const values = [limit === null ? null : String(limit), String(offset)]
          const [here, there] = [
            await answerOf(world.tributary, text, values),
            await answerOf(world.oracle, whole),
          ]
          expect(differenceOf(there, here, { ordered: false, cut }), values.join()).toBeUndefined()
        }
        for (const [values, code] of [
          [['-1', '0'], '2201W'],
          [['10', '-1'], '2201X'],
        ] as const) {
          const answer = await answerOf(world.tributary, text, values)
          expect(answer.error?.code).toBe(code)
          const constant = text.replace('$1', values[0]).replace('$2', values[1])
          expect((await answerOf(world.tributary, constant)).error?.code).toBe(code)
        }
      })

      it('keeps rows without a match, and tests for existence', async () => {
        for (const sql of [
          'SELECT p.id, c.id FROM person p LEFT JOIN contract c ON c.person_id = p.id AND c.id > 3000 WHERE p.id < 6',
          'SELECT p.id FROM person p WHERE p.id < 60 AND EXISTS (SELECT 1 FROM contract c WHERE c.person_id = p.id AND c.id % 3 = 0)',
          'SELECT p.id FROM person p WHERE p.id < 60 AND NOT EXISTS (SELECT 1 FROM contract c WHERE c.person_id = p.id)',
          'SELECT p.id, s.n FROM person p JOIN (SELECT person_id, count(*) n FROM contract GROUP BY 1) s ON s.person_id = p.id WHERE p.id IN (3, 50, 100)',
        ]) {
          await agrees(sql)
        }
      })
    })
  }

  it('sends floats, booleans and char(n), which keep the matches that PostgreSQL finds', async () => {
    const floats = ['0', '-0', '0.1', '1e+20']
    const tables = [
      ...[keyed('few', 6, floats), keyed('odd', 6, ['0', 'NaN', 'Infinity'])],
      ...['pg', 'my', 'fs'].map((source) => keyed(`many_${source}`, 2000, floats)),
    ]
    const placed = { few: 'fs', odd: 'pg', many_pg: 'pg', many_my: 'my', many_fs: 'fs' } as const
    const few2: WorldTable = { ...tables[0]!, name: 'few_pg' }
    const world = await startWorld([...tables, few2], { ...placed, few_pg: 'pg' }, servers)
    const both = async (sql: string) => {
      const [here, there] = [await world.tributary.query(sql), await world.oracle.query(sql)]
      expect(here.rows, sql).toEqual(there.rows)
    }
    try {
      for (const [keys, many] of [
        ['few', 'many_pg'],
        ['few', 'many_my'],
        ['few_pg', 'many_fs'],
      ] as const) {
        for (const kind of KINDS) {
          const joined = `FROM ${keys} f JOIN ${many} m ON m.${kind} = f.${kind} WHERE m.id % 2 < 2`
          await both(`SELECT f.id, m.id AS other ${joined} ORDER BY 1, 2`)
          const { rows } = await world.tributary.query<{ 'QUERY PLAN': string }>(
            `EXPLAIN ANALYZE SELECT f.id, m.id AS other ${joined}`,
          )
          const text = rows.map((row) => row['QUERY PLAN']).join('\n')
          const matches = await world.oracle.query(
            `SELECT 1 FROM ${many} WHERE ${kind} IN (SELECT ${kind} FROM ${keys})`,
          )
          expect(text).toContain(`Moved: ${6 + matches.rows.length} rows`)
          // Not a number and infinity are not sent: everything is asked for, and joined here.
          if (many !== 'many_pg') {
            await both(
              `SELECT f.id, m.id AS other FROM odd f JOIN ${many} m ON m.${kind} = f.${kind} ORDER BY 1, 2`,
            )
            if (kind !== 'f8') continue
            const analyzed = await world.tributary.query<{ 'QUERY PLAN': string }>(
              `EXPLAIN ANALYZE SELECT f.id, m.id AS other FROM odd f JOIN ${many} m ON m.f8 = f.f8`,
            )
            expect(analyzed.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(
              'no keys sent: one of them is a value that sources compare differently',
            )
          }
        }
      }
    } finally {
      await world.stop()
    }
  }, 120_000)

  it('asks for the rows between the ends of keys that are too many for a list', async () => {
    const world = await startWorld(LARGE, { booking: 'pg', line: 'my' }, servers)
    try {
      const sql =
        'SELECT b.id, x.size FROM booking b JOIN line x ON x.booking_id = b.id WHERE b.paid < 2'
      const { rows } = await world.tributary.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ANALYZE ${sql}`,
      )
      const text = rows.map((row) => row['QUERY PLAN']).join('\n')
      expect(text).toContain('Moved: 102000 rows')
      expect(text).toMatch(/Bind Join: .* no keys sent: more than 50000 ranges=1\)/)
      const sums = `SELECT count(*), sum(size) FROM (${sql} OFFSET 0) x`
      const [here, there] = [await world.tributary.query(sums), await world.oracle.query(sums)]
      expect(here.rows).toEqual(there.rows)
    } finally {
      await world.stop()
    }
  }, 120_000)
})
