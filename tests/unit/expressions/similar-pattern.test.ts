/** Patterns of SIMILAR TO drawn at random become the regular expressions that PostgreSQL makes of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../../world/random.js'
import { serveOneTable } from '../session/one-table-server.js'
import { startCallOracle, type CallOracle } from './call-oracle.js'

let oracle: CallOracle
beforeAll(async () => {
  oracle = await startCallOracle()
}, 60_000)
afterAll(() => oracle.close())

const PARTS = [
  ...[
    'a',
    'b',
    'ä',
    '%',
    '_',
    '|',
    '*',
    '+',
    '?',
    '(',
    ')',
    '[',
    ']',
    '[^',
    '[]',
    '[^]',
    '[^^',
    '-',
    '"',
    '#',
  ],
  ...[
    '\\',
    '\\%',
    '\\"',
    '#"',
    '.',
    '^',
    '$',
    '{2}',
    '{1,3}',
    '[:alpha:]',
    '[[:digit:]]',
    '[a-z]',
    '&',
    '[[',
  ],
]

test('similar_to_escape', () => {
  const random = randomFrom(21)
  const draw = (): string =>
    Array.from({ length: random.whole(0, 9) }, () => random.pick(PARTS)).join('')
  const one = Array.from({ length: 3000 }, () => [draw()])
  expect(oracle.differences('similar_to_escape(text)', 'text', one).slice(0, 10)).toEqual([])
  const two = Array.from({ length: 2000 }, () => [
    draw(),
    random.pick(['#', '', '\\', '%', '##', 'ä', '"']),
  ])
  expect(oracle.differences('similar_to_escape(text,text)', 'text', two).slice(0, 10)).toEqual([])
})

test('SIMILAR TO a constant is matched here', async () => {
  const server = await serveOneTable('1,lake\n2,l_ke\n3,\n4,a.b\n')
  try {
    await server.client.query('SET tributary.pushdown = off')
    const sql =
      "SELECT id FROM lake.one WHERE label SIMILAR TO 'l(a|i)_e|%.%' OR label SIMILAR TO 'l#_%' ESCAPE '#'"
    expect((await server.client.query(sql)).rows).toEqual([{ id: 1 }, { id: 2 }, { id: 4 }])
    const plan = (await server.client.query(`EXPLAIN ${sql}`)).rows
    expect(JSON.stringify(plan)).not.toContain('Local PostgreSQL')
  } finally {
    await server.close()
  }
})
