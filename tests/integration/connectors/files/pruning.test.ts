/**
 * What a filter spares: of a Parquet file all row groups but those that hold wanted rows are destroyed, so that reading one more is an error;
 * of a partitioned table all files but the wanted.
 */
import { cp, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import { connector } from '../../../../src/connectors/files/index.js'
import { fixture as sheet } from '../../../conformance/fixtures/sheet.js'
import type { RunningFixture } from '../../../conformance/fixture.js'
import { Federation, tableFrom } from '../federation.js'

const GROUPS = 10
const GROUP_ROWS = 2048

const ROWS = `SELECT i::INTEGER AS i, i::BIGINT AS b, 'k' || lpad(i::VARCHAR, 6, '0') AS t, DATE '2020-01-01' + i::INTEGER AS d,
  TIMESTAMP '2020-01-01' + to_minutes(i) AS ts, (TIMESTAMP '2020-01-01' + to_minutes(i))::TIMESTAMPTZ AS tz,
  (TIMESTAMP '2020-01-01' + to_minutes(i))::TIMESTAMP_MS AS ms, (i / 4)::DECIMAL(12,2) AS n, (i / 2)::DOUBLE AS f
  FROM range(${GROUPS * GROUP_ROWS}) r(i)`

/** What the catalog may call a column that is of another type in the file. */
const OTHERWISE: Readonly<Record<string, string>> = {
  ...{ i: 'bigint', b: 'integer', n: 'numeric(14,2)' },
}

let root: string
let whole: Buffer
let writes = 0
let chunks: { group: number; start: number; size: number }[]
let other: RunningFixture
let federation: Federation

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-pruning-'))
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`COPY (${ROWS}) TO '${root}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE ${GROUP_ROWS})`) // prettier-ignore
  await connection.run(
    `COPY (SELECT i, i // 100 AS y, 'r' || i % 2 AS region, DATE '2020-01-01' + (i // 500)::INTEGER AS day FROM range(1000) r(i)) TO '${root}/hive' (FORMAT parquet, PARTITION_BY (y, region, day))`,
  )
  chunks = await chunksOf(connection, join(root, 'a.parquet'))
  connection.closeSync()
  database.closeSync()
  whole = await readFile(join(root, 'a.parquet'))
  await cp(join(root, 'hive'), join(root, 'hive-whole'), { recursive: true })

  const source: SourceDefinition = {
    ...{ name: 'lake', connector: 'files', limits: {}, discover: {}, directory: '/' },
    ...{ connection: { root }, tables: [] },
  }
  const open = connector.open(source)
  const { tables } = await open.discover({ include: ['a.parquet'], exclude: [], declared: [], signal: AbortSignal.timeout(60_000) }) // prettier-ignore
  await open.close()
  const locked = tableFrom('a', tables[0]!)
  const withoutLock: TableDefinition = {
    ...locked,
    name: 'unlocked',
    columns: locked.columns.map(({ native: _, ...column }) => column),
  }
  const otherwise: TableDefinition = {
    ...locked,
    name: 'otherwise',
    columns: locked.columns.map((c) => ({ ...c, type: OTHERWISE[c.name] ?? c.type })),
  }
  const column = locked.columns.find(({ name }) => name === 'b')!
  const typed = (name: string, type: string) => ({ ...column, name, from: name, type })
  const partitioned: TableDefinition = {
    ...locked,
    ...{ name: 'hive', from: 'hive/**/*.parquet' },
    format: { type: 'parquet', partitions: { y: 'int', region: 'text', day: 'date' } },
    columns: [typed('i', 'bigint'), typed('y', 'integer'), typed('region', 'text'), typed('day', 'date')], // prettier-ignore
  }
  other = await sheet.start([
    {
      name: 'wanted',
      columns: [
        { name: 'i', type: 'int4' },
        { name: 't', type: 'text' },
        { name: 'd', type: 'date' },
        { name: 'y', type: 'int4' },
      ],
      rows: [
        ['5', 'k000005', '2020-01-06', '3'],
        ['20000', 'k020000', '2074-10-04', '7'],
      ],
    },
  ])
  const sheetSource = { ...other.source, name: 'keys' }
  const sheetOpen = (await import('../../../../examples/connectors/sheet.js')).connector.open(sheetSource) // prettier-ignore
  const found = await sheetOpen.discover({ include: [], exclude: [], declared: [], signal: AbortSignal.timeout(60_000) }) // prettier-ignore
  await sheetOpen.close()
  federation = await Federation.start([
    { ...source, tables: [locked, withoutLock, otherwise, partitioned] },
    { ...sheetSource, tables: [tableFrom('wanted', found.tables[0]!)] },
  ])
}, 60_000)
afterAll(async () => {
  await federation?.close()
  await other?.stop()
  await rm(root, { recursive: true, force: true })
})

async function chunksOf(connection: DuckDBConnection, file: string) {
  const result = await connection.runAndReadAll(
    `SELECT row_group_id, least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)), total_compressed_size FROM parquet_metadata('${file}')`,
  )
  const rows = result.getRows().map((row) => row.map(Number) as [number, number, number])
  return rows.map(([group, start, size]) => ({ group, start, size }))
}

/** Writes the file with only these row groups readable. */
async function leave(groups: readonly number[]): Promise<void> {
  const bytes = Buffer.from(whole)
  for (const { group, start, size } of chunks) {
    if (!groups.includes(group)) bytes.fill(0xff, start, start + size)
  }
  await writeFile(join(root, 'a.parquet'), bytes)
  // DuckDB keeps what it read of a file until the file is a later one.
  writes++
  await utimes(join(root, 'a.parquet'), writes * 10, writes * 10)
}

const rowsOf = async (sql: string, parameters: readonly string[] = []): Promise<string> =>
  (await federation.run(sql, 'on', parameters)).rows.map((row) => row.join()).join(';')

test('a destroyed row group is an error to read', async () => {
  await leave([0])
  await expect(rowsOf('select sum(i) from a')).rejects.toThrow(/lake/)
  await expect(rowsOf('select count(*) from a where i = 2048')).rejects.toThrow(/lake/)
})

type Case = readonly [
  condition: string,
  groups: readonly number[],
  count: number,
  parameters?: readonly string[],
]

const CASES: readonly Case[] = [
  ['i = 5', [0], 1],
  ['i in (5, 6)', [0], 2],
  ['i in (5, 20000)', [0, 9], 2],
  ['i < 3', [0], 3],
  ['i between 2047 and 2048', [0, 1], 2],
  ['i > 20478', [9], 1],
  ['i = 5 or i = 20000', [0, 9], 2],
  ['i = $1', [0], 1, ['5']],
  ['i = any ($1::int4[])', [0, 9], 2, ['{5,20000}']],
  ['b = 20000', [9], 1],
  ['b >= 20000 and b < 20003', [9], 3],
  ['b = any ($1::int8[])', [0, 9], 2, ['{5,20000}']],
  [`d = '2020-01-06'`, [0], 1],
  [`d in ('2020-01-06', '2074-10-04')`, [0, 9], 2],
  [`d < '2020-01-03'`, [0], 2],
  [`d between '2020-01-06' and '2020-01-07'`, [0], 2],
  [`d >= $1`, [9], 1, ['2076-01-26']],
  [`d = any ($1::date[])`, [0, 9], 2, ['{2020-01-06,2074-10-04}']],
  [`ts = '2020-01-01 00:05:00'`, [0], 1],
  [`ts in ('2020-01-01 00:05:00', '2020-01-14 21:20:00')`, [0, 9], 2],
  [`ts < '2020-01-01 00:05:00'`, [0], 5],
  [`ts >= $1 and ts < $2`, [9], 60, ['2020-01-15 00:00:00', '2020-01-15 01:00:00']],
  [`ts >= '2020-01-15'::date`, [9], 320],
  [`ts = any ($1::timestamp[])`, [0, 9], 2, ['{"2020-01-01 00:05:00","2020-01-14 21:20:00"}']],
  [`ms < '2020-01-01 00:05:00'`, [0], 5],
  [`tz < '2020-01-01 00:05:00+00'`, [0], 5],
  [`tz = any ($1::timestamptz[])`, [0], 1, ['{"2020-01-01 00:05:00+00"}']],
  [`t = 'k000005'`, [0], 1],
  [`t in ('k000005', 'k020000')`, [0, 9], 2],
  [`t >= 'k020000' and t < 'k020002'`, [9], 2],
  [`t like 'k0200%'`, [9], 100],
  [`starts_with(t, 'k0200')`, [9], 100],
  [`t = $1`, [9], 1, ['k020000']],
  [`t = any ($1::text[])`, [0, 9], 2, ['{k000005,k020000}']],
  ['n = 1.25', [0], 1],
  ['n = 1.2500', [0], 1],
  ['n = 5000', [9], 1],
  ['n < 1', [0], 4],
  ['n = $1', [9], 1, ['5000.0']],
  ['f < 1', [0], 2],
  ['i = 5 and length(t) = 7', [0], 1],
  ['i + 0 = 5 and i < 10', [0], 1],
]

describe.each(['a', 'unlocked', 'otherwise'])('row groups of %s', (table) => {
  test.each(CASES.map((one) => [one[0], one] as const))('%s', async (condition, one) => {
    const [, groups, count, parameters = []] = one
    await leave(groups)
    expect(await rowsOf(`select count(*), count(i) from ${table} where ${condition}`, parameters)).toBe(`${count},${count}`) // prettier-ignore
  })

  test.each([
    ['i', 'a.i = k.i'],
    ['t', 'a.t = k.t'],
    ['d', 'a.d = k.d'],
  ])('keys of a bind join: %s', async (_column, condition) => {
    await leave([0, 9])
    const sql = `select a.i from ${table} a join keys.wanted k on ${condition} order by 1`
    const { nodes } = await federation.plan(sql)
    expect(nodes).toContain('bind-join')
    expect(await rowsOf(sql)).toBe('5;20000')
  })
})

describe('partitions', () => {
  /** Of the others a file is no Parquet any more. DuckDB opens the first for its columns. */
  async function leaveFiles(wanted: RegExp): Promise<number> {
    await cp(join(root, 'hive-whole'), join(root, 'hive'), { recursive: true, force: true })
    const files = (await readdir(join(root, 'hive'), { recursive: true })).filter((f) => f.endsWith('.parquet')).sort() // prettier-ignore
    for (const [at, file] of files.entries()) {
      if (at > 0 && !wanted.test(file)) await writeFile(join(root, 'hive', file), 'destroyed')
    }
    return files.filter((file) => wanted.test(file)).length
  }

  test.each([
    ['y = 3', /y=3\//, 2, 100],
    ['y in (3, 7)', /y=[37]\//, 4, 200],
    ['y > 7', /y=[89]\//, 4, 200],
    ['y = $1', /y=3\//, 2, 100, ['3']],
    ['y = any ($1::int4[])', /y=[37]\//, 4, 200, ['{3,7}']],
    [`region = 'r1'`, /region=r1\//, 10, 500],
    [`region = 'r1' and y between 2 and 3`, /y=[23]\/region=r1\//, 2, 100],
    [`region = any ($1::text[])`, /region=r1\//, 10, 500, ['{r1,r9}']],
    [`day = '2020-01-02'`, /day=2020-01-02\//, 10, 500],
    [`day >= '2020-01-02'`, /day=2020-01-02\//, 10, 500],
    [`day = any ($1::date[])`, /day=2020-01-02\//, 10, 500, ['{2020-01-02}']],
    ['y = 3 and i % 2 = 1', /y=3\//, 2, 50],
  ] as const)('%s', async (condition, wanted, files, count, parameters: readonly string[] = []) => {
    expect(await leaveFiles(wanted)).toBe(files)
    expect(await rowsOf(`select count(i) from hive where ${condition}`, parameters)).toBe(
      `${count}`,
    )
  })

  test('keys of a bind join', async () => {
    await leaveFiles(/y=[37]\//)
    const sql = 'select count(*) from hive h join keys.wanted k on k.y = h.y'
    const { nodes } = await federation.plan(sql)
    expect(nodes).toContain('bind-join')
    expect(await rowsOf(sql)).toBe('200')
  })
})
