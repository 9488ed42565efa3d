/** Real clients: pg, postgres (npm) and psql where it is installed. */
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startFake } from './fake-engine.js'

let fake: Awaited<ReturnType<typeof startFake>>
beforeAll(async () => {
  fake = await startFake({ ann: { password: 'secret' } })
})
afterAll(() => fake.server.close())

const account = (): {
  host: string
  port: number
  user: string
  password: string
  database: string
} => ({
  host: '127.0.0.1',
  port: fake.server.port,
  user: 'ann',
  password: 'secret',
  database: 'demo',
})

test('pg: simple, parameterised, named and failing queries on one connection', async () => {
  const client = new pg.Client(account())
  await client.connect()
  expect((await client.query('select n from numbers(3)')).rows).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ])
  expect((await client.query('select $1, $2 from echo', ['ü', null])).rows).toEqual([
    { p1: 'ü', p2: null },
  ])
  for (let round = 0; round < 3; round++) {
    const { rows } = await client.query({ name: 'q', text: 'select $1 from echo', values: ['x'] })
    expect(rows).toEqual([{ p1: 'x' }])
  }
  await expect(client.query('select nope')).rejects.toMatchObject({ code: '42P01', position: '8' })
  await expect(client.query('select nope where $1', ['x'])).rejects.toMatchObject({ code: '42P01' })
  const several = (await client.query(
    'select n from numbers(1); show server_version',
  )) as unknown as pg.QueryResult[]
  expect(several.map(({ rows }) => rows as unknown[])).toEqual([
    [{ n: 1 }],
    [{ server_version: '18.6' }],
  ])
  await client.end()
})

test('postgres: pipelined queries, cursors and cancel', async () => {
  const sql = postgres({ ...account(), max: 1, fetch_types: false, onnotice: () => undefined })
  const results = await Promise.all(
    [1, 2, 3].map((n) => sql`select n from numbers(3) where ${String(n)} = ''`),
  )
  expect(results.map((rows) => rows.length)).toEqual([3, 3, 3])

  const sizes: number[] = []
  await sql`select n from numbers(10)`.cursor(4, (rows) => {
    sizes.push(rows.length)
  })
  expect(sizes).toEqual([4, 4, 2])

  const running = sql`select n from forever`
  const outcome = running.then(
    () => 'finished',
    (error: { code?: string }) => error.code,
  )
  await vi.waitFor(() => expect(fake.engine.running).toBe(1))
  running.cancel()
  expect(await outcome).toBe('57014')

  await expect(
    sql.begin(async (transaction) => {
      await transaction`select n from numbers(1)`
      await transaction`select nope`
    }),
  ).rejects.toMatchObject({ code: '42P01' })
  expect(await sql`select n from numbers(1)`).toHaveLength(1)
  await sql.end()
})

const hasPsql = spawnSync('psql', ['--version']).status === 0

test.skipIf(!hasPsql)('psql: queries, FETCH_COUNT, COPY, errors', async () => {
  const { host, port, user, password, database } = account()
  const psql = async (...commands: string[]): Promise<string> => {
    const argv = ['-XAtq', '-h', host, '-p', String(port), '-U', user, '-d', database]
    const { stdout, stderr } = await promisify(execFile)(
      'psql',
      [...argv, ...commands.flatMap((command) => ['-c', command])],
      { env: { ...process.env, PGPASSWORD: password, LC_ALL: 'C' } },
    )
    return stdout + stderr
  }
  expect(await psql('select n from numbers(2)')).toBe('1\n2\n')
  expect(await psql('\\set FETCH_COUNT 3', 'select n from numbers(7)')).toBe(
    '1\n2\n3\n4\n5\n6\n7\n',
  )
  expect(await psql('copy (select n from numbers(2)) to stdout')).toBe('1\n2\n')
  expect(await psql('\\copy (select n from numbers(2)) to stdout csv header')).toBe('n\n1\n2\n')
  expect(await psql('select nope').catch((error: { stderr: string }) => error.stderr)).toBe(
    'ERROR:  relation "nope" does not exist\nLINE 1: select nope\n               ^\n',
  )
  expect(
    await psql('insert into t values (1)').catch((error: { stderr: string }) => error.stderr),
  ).toContain('HINT:  Tributary only reads')
})
