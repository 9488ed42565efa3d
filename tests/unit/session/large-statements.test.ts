/** Statements too large or too deep for anybody: they get an answer or an error, and the server lives. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withoutLongLists } from '../../../src/session/routing/shorten-lists.js'
import { loadGrammar, routeStatements } from '../../../src/session/routing/statement-router.js'
import { serveOneTable, type OneTableServer } from './one-table-server.js'

let server: OneTableServer
let client: pg.Client

beforeAll(async () => {
  server = await serveOneTable('1,a\n2,b\n3,c\n')
  client = server.client
}, 30_000)

afterAll(() => server?.close())

const list = (count: number, item: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => item(i))

async function answer(text: string): Promise<unknown> {
  try {
    return (await client.query({ text, rowMode: 'array' })).rows
  } catch (error) {
    return (error as { code?: string }).code
  }
}

/** The next statement: the analyzer may be starting again, and says so. */
async function lives(): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const rows = await answer("SELECT label FROM one WHERE id = 2 AND label <> 'x'")
    if (rows !== '57P03') return JSON.stringify(rows) === '[["b"]]'
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

describe('answered', () => {
  test.each<[string, () => string]>([
    ['100,000 numbers', () => `SELECT id FROM one WHERE id IN (${list(100_000, (i) => String(2 + i * 2)).join(',')})`], // prettier-ignore
    ['20,000 texts', () => `SELECT id FROM one WHERE label IN (${list(20_000, (i) => `'k${i}'`).join(',')}, 'b')`], // prettier-ignore
    ['a literal of 4 MB', () => `SELECT id FROM one WHERE label = '${'x'.repeat(4e6)}' OR id = 2`],
    ['5,000 ORs', () => `SELECT id FROM one WHERE ${list(5000, (i) => `id = ${2 + i * 2}`).join(' OR ')}`], // prettier-ignore
    ['5,000 rows of VALUES', () => `SELECT one.id FROM one JOIN (VALUES ${list(5000, (i) => `(${2 + i * 2})`).join(',')}) AS v (id) ON v.id = one.id`], // prettier-ignore
  ])('%s', async (_name, sql) => {
    expect(await answer(sql())).toEqual([[2]])
  })
})

describe('refused, and the next statement runs', () => {
  test.each<[string, RegExp, () => string]>([
    // The grammar's own stack ends first, as in PostgreSQL, whose message is the same.
    ['10,000 parentheses', /^42601|54001$/, () => `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)} FROM one`], // prettier-ignore
    ['2,000 nested calls', /^54001$/, () => `SELECT ${'abs('.repeat(2000)}id${')'.repeat(2000)} FROM one`], // prettier-ignore
    ['5,000 additions', /^54001$/, () => `SELECT id${' + 1'.repeat(5000)} FROM one`],
    ['2,000 branches of UNION ALL', /^54001$/, () => list(2000, (i) => `SELECT id, ${i} FROM one`).join(' UNION ALL ')], // prettier-ignore
    [
      '1,700 columns',
      /^54011$/,
      () => `SELECT ${list(1700, (i) => `id + ${i}`).join(', ')} FROM one`,
    ],
    ['64 MB', /^54000$/, () => `SELECT '${'x'.repeat(64 * 1024 * 1024)}' FROM one`],
  ])(
    '%s',
    async (_name, code, sql) => {
      expect(await answer(sql())).toMatch(code)
      expect(await lives()).toBe(true)
    },
    60_000,
  )
})

describe('lists are left out of account where only the kind of a statement is asked', () => {
  beforeAll(loadGrammar)
  const numbers = list(4000, (i) => String(i)).join(', ')

  test('first and last stay, and everything in its place', () => {
    const sql = `SELECT f(${numbers}), '${numbers}' /* ${numbers} */, x`
    const short = withoutLongLists(sql)!
    expect(short.length).toBe(sql.length)
    expect(short.replaceAll(/ +/g, ' ')).toBe("SELECT f(0 , 3999), '0 , 3999' /* 0 , 3999 */, x")
  })

  test('a list in a comment that goes on after it', () => {
    const sql = `SELECT 1 -- ${numbers}\n, 2 FOR UPDATE`
    expect(routeStatements(sql)[0]).toMatchObject({ kind: 'refused', what: 'SELECT FOR UPDATE' })
  })

  test('what follows a list decides as ever', () => {
    const kinds = (sql: string): string[] => routeStatements(sql).map(({ kind }) => kind)
    expect(kinds(`SELECT ${numbers}`)).toEqual(['query'])
    expect(kinds(`SELECT ${numbers} FOR UPDATE`)).toEqual(['refused'])
    expect(kinds(`WITH d AS (DELETE FROM t WHERE x IN (${numbers})) SELECT 1`)).toEqual(['refused'])
    expect(kinds(`SELECT ${numbers}; DROP TABLE t`)).toEqual(['query', 'refused'])
    expect(routeStatements(`EXECUTE p('${numbers}')`)[0]).toMatchObject({
      arguments: [{ literal: numbers }],
    })
    expect(routeStatements(`SELECT set_config('a.b', '${numbers}', false)`)[0]).toMatchObject({
      calls: [{ arguments: [{}, { value: numbers }, {}] }],
    })
  })

  test('an error keeps its place', () => {
    expect(() => routeStatements(`SELECT ${numbers} FROM WHERE`)).toThrowError(
      expect.objectContaining({ code: '42601', position: `SELECT ${numbers} FROM `.length + 1 }),
    )
  })
})
