/** Ship joins between PostgreSQL, MariaDB and files: the answer of one PostgreSQL, and exactly the rows that must move. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mariadbInstalled } from '../../servers/mariadb.js'
import type { WorldTable } from '../../world/table.js'
import { startServers, startWorld } from '../../world/world.js'
import type { Servers, World } from '../../world/world.js'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

/** Words that are one to some collations, and characters that JSON escapes. */
const WORDS = [
  'ann',
  'Ann',
  'ANN',
  'änn',
  'a"b\\c',
  "o'neil",
  '{x,y}',
  'tab\there',
  'null',
  '😀',
  '',
]

const TABLES: readonly WorldTable[] = [
  {
    name: 'account',
    primaryKey: ['id'],
    columns: [
      { name: 'id', type: 'int4' },
      { name: 'label', type: 'varchar(20)' },
      { name: 'floor', type: 'numeric(10,2)' },
      { name: 'opened', type: 'date' },
      { name: 'seen', type: 'timestamp' },
      { name: 'vip', type: 'bool' },
      { name: 'region', type: 'int2' },
    ],
    rows: numbers(150).map((id) => [
      String(id),
      id % 12 === 0 ? null : WORDS[id % WORDS.length]!,
      id % 10 === 0 ? null : `${id * 20}.50`,
      `2020-01-${String((id % 28) + 1).padStart(2, '0')}`,
      `2020-01-01 00:00:${String(id % 60).padStart(2, '0')}.000123`,
      id % 5 === 0 ? null : id % 2 === 0 ? 't' : 'f',
      String(id % 4),
    ]),
  },
  {
    name: 'entry',
    primaryKey: ['id'],
    columns: [
      { name: 'id', type: 'int8' },
      { name: 'account_id', type: 'int4' },
      { name: 'amount', type: 'numeric(10,2)' },
      { name: 'day', type: 'date' },
    ],
    rows: numbers(5000).map((id) => [
      String(id),
      id % 17 === 0 ? null : String((id * 7) % 160),
      `${id}.25`,
      `2020-01-${String((id % 28) + 1).padStart(2, '0')}`,
    ]),
  },
  {
    name: 'note',
    columns: [
      { name: 'entry_id', type: 'int8' },
      { name: 'region', type: 'int2' },
    ],
    rows: numbers(4000).map((id) => [String(id), String(id % 9)]),
  },
  {
    name: 'topic',
    primaryKey: ['region'],
    columns: [
      { name: 'region', type: 'int2' },
      { name: 'title', type: 'varchar(10)' },
      { name: 'since', type: 'date' },
    ],
    rows: numbers(8).map((id) => [
      String(id),
      id === 3 ? null : WORDS[id % 4]!,
      `2020-01-${String(id * 3).padStart(2, '0')}`,
    ]),
  },
]

/** Statements with what comes back from the large source: the answer itself. */
const SHIPPED: readonly string[] = [
  'SELECT a.label, e.id FROM account a JOIN entry e ON e.account_id = a.id AND e.amount > a.floor + 2000',
  'SELECT a.label, a.vip, a.seen, e.id FROM account a JOIN entry e ON e.account_id = a.id AND e.day < a.opened AND e.amount > 2500',
  'SELECT a.label, count(*), max(e.amount) FROM account a JOIN entry e ON e.account_id = a.id AND e.amount > a.floor GROUP BY a.label',
  'SELECT a.id, count(e.id) FROM account a LEFT JOIN entry e ON e.account_id = a.id AND e.amount > a.floor GROUP BY a.id',
  'SELECT a.id, a.label FROM account a WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.account_id = a.id AND e.amount > a.floor + 2500)',
  'SELECT a.opened, sum(e.amount) FROM account a JOIN entry e ON e.account_id = a.id AND e.day >= a.opened GROUP BY a.opened',
  'SELECT e.id, n.region FROM entry e JOIN account a ON a.id = e.account_id JOIN note n ON n.entry_id = e.id AND n.region = a.region',
]

const FACTS = 'FROM entry e JOIN note n ON n.entry_id = e.id'

/** The same with two small sides, from two sources. */
const SHIPPED_WITH_TOPICS: readonly string[] = [
  `SELECT a.label, t.title, sum(e.amount - a.floor), count(*) ${FACTS} JOIN account a ON a.id = e.account_id
    JOIN topic t ON t.region = n.region AND e.day >= t.since GROUP BY a.label, t.title`,
  `SELECT a.vip, t.title, max(e.amount - a.floor) ${FACTS} LEFT JOIN account a ON a.id = e.account_id
    LEFT JOIN topic t ON t.region = n.region AND e.day < t.since GROUP BY a.vip, t.title`,
  `SELECT a.opened, min(e.amount - a.floor) ${FACTS} JOIN account a ON a.id = e.account_id
    WHERE NOT EXISTS (SELECT 1 FROM topic t WHERE t.region = n.region AND e.day < t.since) GROUP BY a.opened`,
  `SELECT e.id, a.label, t.title ${FACTS} JOIN account a ON a.id = e.account_id AND e.day < a.opened
    JOIN topic t ON t.region = n.region AND e.day >= t.since ORDER BY e.amount * t.region - a.floor DESC NULLS LAST, e.id LIMIT 12`,
]

describe.skipIf(!mariadbInstalled())('ship joins over real sources (needs MariaDB)', () => {
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(true)
  }, 120_000)
  afterAll(() => servers?.stop())

  const splits = [
    { account: 'pg', entry: 'my', note: 'my', topic: 'fs' },
    { account: 'my', entry: 'fs', note: 'fs', topic: 'pg' },
    { account: 'fs', entry: 'pg', note: 'pg', topic: 'my' },
  ] as const
  for (const split of splits) {
    describe(`${split.account} to ${split.entry}`, () => {
      let world: World
      beforeAll(async () => {
        world = await startWorld(TABLES, split, servers)
      }, 120_000)
      afterAll(() => world?.stop())

      const rowsOf = async (client: pg.Client, sql: string) =>
        (await client.query({ text: sql, rowMode: 'array' })).rows
          .map((row) => JSON.stringify(row))
          .toSorted()

      it.each([
        ...SHIPPED.map((sql) => ({ sql, sent: 150 })),
        ...SHIPPED_WITH_TOPICS.map((sql) => ({ sql, sent: 158 })),
      ])('$sql', async ({ sql, sent }) => {
        const expected = await rowsOf(world.oracle, sql)
        expect(await rowsOf(world.tributary, sql)).toEqual(expected)
        await world.tributary.query('SET tributary.pushdown = off')
        expect(await rowsOf(world.tributary, sql)).toEqual(expected)
        await world.tributary.query('SET tributary.pushdown = on')
        const { rows } = await world.tributary.query<{ 'QUERY PLAN': string }>(
          `EXPLAIN ANALYZE ${sql}`,
        )
        const text = rows.map((row) => row['QUERY PLAN']).join('\n')
        expect(text).toMatch(new RegExp(`Ship Join: .*shipped=${sent}`))
        expect(Number(/Moved: (\d+) rows/.exec(text)?.[1]), text).toBe(sent + expected.length)
        expect(text).toMatch(new RegExp(`^Moved: .*; sent ${sent} rows, [1-9]\\d+ bytes$`, 'm'))
        const limit = (most: number) => `SET tributary.max_rows_moved = ${most}`
        await world.tributary.query(limit(2 * sent + expected.length))
        expect(await rowsOf(world.tributary, sql)).toEqual(expected)
        await world.tributary.query(limit(2 * sent - 1))
        await expect(world.tributary.query(sql)).rejects.toMatchObject({
          code: '53400',
          message: `The statement moved more than ${2 * sent - 1} rows from its sources and to them: ${sent} were to be sent`,
        })
        await world.tributary.query(limit(0))
      })
    })
  }
})
