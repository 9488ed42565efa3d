/** Files that changed under their catalog: the file at fault is named, and files a filter excludes are not opened. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import { Federation } from '../federation.js'

let root: string
let federation: Federation

const FILES: Readonly<Record<string, string>> = {
  'fit/a.csv': 'id,name\n1,a\n2,b\n',
  'fit/reordered.csv': 'name,id\nc,3\n',
  'fit/wider.csv': 'id,name,more\n4,d,x\n',
  'renamed/a.csv': 'id,name\n1,a\n',
  'renamed/b.csv': 'id,nom\n2,b\n',
  'narrower/a.csv': 'id,name\n1,a\n',
  'narrower/b.csv': 'id\n2\n',
  'typed.json': '{"id":1,"name":"a"}\n{"id":"x","name":"b"}\n',
  'short.parquet': 'PAR1 and nothing else',
}

function tableOf(name: string, from: string, format?: TableDefinition['format']): TableDefinition {
  const columns = [
    ['id', 'integer'],
    ['name', 'text'],
    ...(format === undefined ? [] : [['year', 'integer']]),
  ].map(([column, type]) => ({
    ...{ name: column!, from: column!, type: type!, notNull: false, hidden: false },
    ...{ tags: [], options: {} },
  }))
  return {
    ...{
      name,
      from,
      columns,
      primaryKey: [],
      unique: [],
      foreignKeys: [],
      indexes: [],
      rely: false,
    },
    ...{ statistics: { columns: {} }, requireFilter: [], options: {} },
    ...(format === undefined ? {} : { format }),
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-file-drift-'))
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const write = (path: string, select: string) =>
    connection.run(`COPY (${select}) TO '${join(root, path)}' (FORMAT parquet)`)
  await mkdir(join(root, 'years/year=2025'), { recursive: true })
  await mkdir(join(root, 'years/year=2024'))
  await write('years/year=2024/x.parquet', `SELECT 1 AS id, 'a' AS name`)
  await writeFile(join(root, 'years/year=2025/x.parquet'), 'no Parquet at all, never to be read')
  await write('mixed-a.parquet', `SELECT 1 AS id, 'a' AS name`)
  await write('mixed-b.parquet', `SELECT 2 AS id, 'b' AS nom`)
  await write('whole.parquet', `SELECT range::int AS id, 'n' || range AS name FROM range(5000)`)
  const whole = await readFile(join(root, 'whole.parquet'))
  await writeFile(join(root, 'truncated.parquet'), whole.subarray(0, whole.length - 100))
  const source: SourceDefinition = {
    ...{ name: 'lake', connector: 'files', connection: { root }, limits: {}, discover: {} },
    directory: '/',
    tables: [
      ...['fit', 'renamed', 'narrower'].map((name) => tableOf(name, `${name}/*.csv`)),
      tableOf('typed', 'typed.json'),
      tableOf('mixed', 'mixed-*.parquet'),
      tableOf('truncated', 'truncated.parquet'),
      tableOf('short', 'short.parquet'),
      tableOf('years', 'years/year=*/x.parquet', { type: 'parquet', partitions: { year: 'int' } }),
    ],
  }
  federation = await Federation.start([source])
})

afterAll(async () => {
  await federation?.close()
  if (root !== undefined) await rm(root, { recursive: true, force: true })
})

test('columns are found by name: their order and further ones do not matter', async () => {
  const { rows } = await federation.run('SELECT id, name FROM fit ORDER BY id')
  expect(rows).toEqual([
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
    ['4', 'd'],
  ])
})

test.each([
  ['renamed', 'HV005', /renamed\/b\.csv of table renamed of source "lake" has no column "name"/],
  ['narrower', 'HV005', /narrower\/b\.csv of table narrower of source "lake" has no column "name"/],
  ['mixed', 'HV005', /mixed-b\.parquet of source "lake" has no column "name"/],
  [
    'typed',
    'HV004',
    /^Row 2 of file .*typed\.json of source "lake" holds a value that does not fit column "id" of type \w+$/,
  ],
  ['truncated', 'HV000', /truncated\.parquet of source "lake" is not a whole Parquet file/],
  ['short', 'HV000', /short\.parquet of source "lake" is not a whole Parquet file/],
])('%s: %s names the file', async (table, code, message) => {
  const error: unknown = await federation.run(`SELECT * FROM ${table}`).catch((e: unknown) => e)
  expect(error).toMatchObject({ code, source: 'lake' })
  expect((error as Error).message).toMatch(message)
})

test('a filter on a partition keeps other folders closed', async () => {
  const { rows } = await federation.run('SELECT id, name, year FROM years WHERE year = 2024')
  expect(rows).toEqual([['1', 'a', '2024']])
  await expect(federation.run('SELECT count(name) FROM years')).rejects.toThrow('year=2025')
})
