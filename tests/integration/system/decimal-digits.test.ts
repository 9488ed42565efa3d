/** Arithmetic that a source has room for as long as numbers are of the usual size: answers are right where they are not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const LARGEST = '9999999999999.99'
const HEADER = 'id,amount,share,fine,mark'

describe('numbers of files with more digits than DuckDB keeps', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-digits-'))
  let tributary: TributaryProcess
  let client: pg.Client

  beforeAll(async () => {
    const files = join(directory, 'files')
    mkdirSync(files)
    const usual = ['1,104949.50,0.05,1.5,A', '2,20.25,0.10,2.5,"A "', '3,3.00,0.00,3.5,B']
    const large = [`4,${LARGEST},${LARGEST},1.5,C`, `5,-${LARGEST},${LARGEST},1.5,C`]
    writeFileSync(join(files, 'usual.csv'), [HEADER, ...usual, ''].join('\n'))
    writeFileSync(join(files, 'large.csv'), [HEADER, ...usual, ...large, ''].join('\n'))
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'amount', type: 'numeric(15,2)' },
      { name: 'share', type: 'numeric(15,2)' },
      { name: 'fine', type: 'numeric(10,9)' },
      { name: 'mark', type: 'char(2)' },
    ]
    const source = {
      ...{
        version: 1,
        kind: 'source',
        name: 'fs',
        connector: 'files',
        connection: { root: files },
      },
      tables: ['usual', 'large'].map((name) => ({ name, from: `${name}.csv`, columns })),
    }
    mkdirSync(join(directory, 'sources'))
    writeFileSync(join(directory, 'sources', 'fs.yaml'), JSON.stringify(source))
    writeFileSync(
      join(directory, 'catalog.yaml'),
      'version: 1\nkind: catalog\nname: digits\nsearch_path: [fs]\n',
    )
    tributary = await startTributary(directory)
    const { port } = tributary
    client = new pg.Client({ host: '127.0.0.1', port, user: 'x', database: 'digits' })
    await client.connect()
  })

  afterAll(async () => {
    await client?.end()
    await tributary?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const rowsOf = async (text: string): Promise<unknown[][]> =>
    (await client.query({ text, rowMode: 'array' })).rows as unknown[][]
  const planOf = async (sql: string, options: string): Promise<string> =>
    (await rowsOf(`EXPLAIN ${options} ${sql}`)).flat().join('\n')

  test.each([
    ['SELECT sum(amount * share) FROM', [['5249.5000']], [['5249.5000']]],
    ['SELECT max(amount * (1 + share)) FROM', [['110196.9750']], [[biggest()]]],
    ['SELECT count(*) FROM', [['1']], [['2']], 'WHERE amount * share > 100'],
    ['SELECT sum(amount * share * share) FROM', [['262.576250']], [['262.576250']]],
    ['SELECT max(fine + amount) FROM', [['104951.000000000']], [['10000000000001.490000000']]],
  ])('%s: the source does it, until it cannot', async (select, usual, large, where = '') => {
    const [few, many] = [`${select} usual ${where}`, `${select} large ${where}`]
    expect(await rowsOf(few)).toEqual(usual)
    expect(await planOf(few, '(ANALYZE)')).toMatch(/^Moved: 1 rows/m)
    expect(await planOf(many, '(COSTS off)')).not.toContain('not pushed')
    expect(await rowsOf(many)).toEqual(large)
    // What was learned is kept, and what ran is what is explained.
    expect(await planOf(many, '(COSTS off)')).toContain('not pushed')
    expect(await planOf(many, '(ANALYZE)')).toContain('not pushed')
    expect(await rowsOf(many)).toEqual(large)
  })

  test.each([
    ['amount < $1', '9'.repeat(37), ['1', '2', '3']],
    ['amount < $1', '9'.repeat(50), ['1', '2', '3']],
    ['amount > $1', `3.${'0'.repeat(37)}1`, ['1', '2']],
    ['amount = $1', `3.${'0'.repeat(37)}`, ['3']],
    ['amount = $1', '20.25', ['2']],
    ['amount * share > $1', `0.${'0'.repeat(45)}1`, ['1', '2']],
  ])('a value sent by the client: %s, %s', async (condition, value, expected) => {
    const text = `SELECT id FROM usual WHERE ${condition} ORDER BY id`
    const { rows } = await client.query({ text, values: [value], rowMode: 'array' })
    expect(rows.flat().map(String)).toEqual(expected)
  })

  test('a statement explained before it ran shows the plan that it ran by', async () => {
    const sql = 'SELECT min(amount * share) AS least FROM large'
    expect(await planOf(sql, '(ANALYZE)')).toMatch(/not pushed.*\n.*Remote Query.*actual rows=5/)
  })

  test('values that differ in trailing blanks are one group', async () => {
    const sql = 'SELECT mark, count(*), sum(amount * share) FROM usual GROUP BY mark ORDER BY mark'
    const rows = await rowsOf(sql)
    expect(rows.map(([mark, ...rest]) => [String(mark).trimEnd(), ...rest])).toEqual([
      ['A', '2', '5249.5000'],
      ['B', '1', '0.0000'],
    ])
    expect(await planOf(sql, '(ANALYZE)')).toMatch(/^Moved: 2 rows/m)
  })
})

/** The largest amount times one more than it. */
function biggest(): string {
  const cents = BigInt(LARGEST.replace('.', ''))
  return String(cents * (cents + 100n)).replace(/(\d{4})$/, '.$1')
}
