/** Different values of BigQuery's and Snowflake's columns: counted where the source file says for how many bytes, never for more. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SourceDefinition } from '../../../../src/catalog/catalog.js'
import type { DiscoverOptions } from '../../../../src/connectors/connector.js'
import { connectorOf } from '../../../../src/connectors/registry.js'
import { startBigQuery, type BigQueryServer } from '../../../servers/bigquery.js'
import { startSnowflake, type SnowflakeServer } from '../../../servers/snowflake.js'

const FILLING = 'SELECT range, CASE WHEN range % 4 = 0 THEN NULL ELSE range % 50 END FROM range'

async function discovered(
  source: SourceDefinition,
  changes: Partial<DiscoverOptions> = {},
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const open = (await connectorOf(source.connector)).open(source)
  try {
    const { tables } = await open.discover({ include: [], exclude: [], declared: [], signal: AbortSignal.timeout(30_000), ...changes }) // prettier-ignore
    return Object.fromEntries(
      tables.map(({ from, columns }) => [
        from.toLowerCase(),
        columns.map(({ distinct, nullFraction }) => [distinct, nullFraction]),
      ]),
    )
  } finally {
    await open.close()
  }
}

const UNKNOWN = [undefined, undefined]
/** `n` is each number once; of `g` a quarter is NULL, and every number below 50 is there. */
const countsOf = (rows: number) => [[rows, 0], [50, 0.25]] // prettier-ignore

describe('BigQuery', () => {
  let server: BigQueryServer
  beforeAll(async () => {
    server = await startBigQuery()
    const fields = [{ name: 'n', type: 'INT64' }, { name: 'g', type: 'INT64' }] // prettier-ignore
    const day = { name: 'day', type: 'DATE' }
    for (const name of ['large', 'small']) {
      await server.createTable({ dataset: 'shop', name, fields, rows: [] })
    }
    await server.createTable({ dataset: 'shop', name: 'parted', fields: [day, { name: 'doc', type: 'JSON' }], partition: { field: 'day', required: true }, rows: [['2024-02-29', '1']] }) // prettier-ignore
    await server.createTable({ dataset: 'shop', name: 'papers', fields: [{ name: 'doc', type: 'JSON' }], rows: [['1']] }) // prettier-ignore
    await server.fill('shop', 'large', `${FILLING}(0, 1000000)`)
    await server.fill('shop', 'small', `${FILLING}(0, 1000)`)
  })
  beforeEach(() => void (server.statements.length = 0))
  afterAll(() => server?.stop())

  const sourceOf = (count_distinct?: string): SourceDefinition => ({
    ...{ name: 'wh', connector: 'bigquery', limits: {}, tables: [], directory: '/' },
    connection: { project: server.project, dataset: 'shop', endpoint: server.endpoint, access_token: server.accessToken }, // prettier-ignore
    discover: count_distinct === undefined ? {} : { count_distinct },
  })

  test('without a size nothing is asked of the tables', async () => {
    const found = await discovered(sourceOf())
    expect(found['shop.small']).toEqual([UNKNOWN, UNKNOWN])
    expect(server.statements).toEqual([])
  })

  test('within the size all are counted, twice the same, but what needs a filter and what is no value', async () => {
    const found = await discovered(sourceOf('1GB'))
    expect(found).toEqual({
      'shop.large': countsOf(1_000_000),
      'shop.papers': [UNKNOWN],
      'shop.parted': [UNKNOWN, UNKNOWN],
      'shop.small': countsOf(1000),
    })
    expect(await discovered(sourceOf('1GB'))).toEqual(found)
    // Each is told what it may be billed for: 10 MiB at least, 16 bytes a row.
    const limits = server.statements.filter((s) => !s.dryRun).map((s) => s.maximumBytesBilled)
    expect(limits).toEqual(['10485760', '16777216', '10485760', '16777216'])
  })

  test('what would read more is left out, the small table is not', async () => {
    const found = await discovered(sourceOf('20MB'))
    expect(found['shop.small']).toEqual(countsOf(1000))
    expect(found['shop.large']).toEqual([UNKNOWN, UNKNOWN])
    expect(server.statements.filter((s) => !s.dryRun)).toHaveLength(1)
    expect((await discovered(sourceOf('1MB')))['shop.small']).toEqual([UNKNOWN, UNKNOWN])
  })

  test.each([{ schemaOnly: true }, { distributions: true }])('nothing is counted for %j', async (options) => {
    await discovered(sourceOf('1GB'), options)
    expect(server.statements).toEqual([])
  }) // prettier-ignore
})

describe('Snowflake', () => {
  let server: SnowflakeServer
  beforeAll(async () => {
    server = await startSnowflake()
    for (const name of ['LARGE', 'SMALL']) {
      const columns = ['N', 'G'].map((column) => ({ name: column, type: { name: 'NUMBER', precision: 18, scale: 0 } })) // prettier-ignore
      await server.createTable({ schema: 'SHOP', name, columns, rows: [] })
    }
    await server.fill('SHOP', 'LARGE', `${FILLING}(0, 100000)`)
    await server.fill('SHOP', 'SMALL', `${FILLING}(0, 1000)`)
  }, 60_000)
  beforeEach(() => void (server.statements.length = 0))
  afterAll(() => server?.stop())

  const sourceOf = (count_distinct?: string): SourceDefinition => ({
    ...{ name: 'wh', connector: 'snowflake', limits: {}, tables: [], directory: '/' },
    connection: { account: server.account, url: server.url, user: server.user, password: server.password, database: server.database, schema: 'SHOP', warehouse: 'LOAD_WH', role: 'ANALYST' }, // prettier-ignore
    discover: count_distinct === undefined ? {} : { count_distinct },
  })
  const counting = (): string[] =>
    server.statements.flatMap(({ sql }) => (sql.includes('APPROX') ? [sql] : []))

  test('without a size nothing is asked of the tables', async () => {
    expect((await discovered(sourceOf()))['shop.small']).toEqual([UNKNOWN, UNKNOWN])
    expect(counting()).toEqual([])
  })

  test('within the size all are counted, the same twice', async () => {
    const found = await discovered(sourceOf('1GB'))
    expect(found).toEqual({ 'shop.large': countsOf(100_000), 'shop.small': countsOf(1000) })
    expect(await discovered(sourceOf('1GB'))).toEqual(found)
  })

  test('what would read more is left out', async () => {
    const found = await discovered(sourceOf('100000B'))
    expect(found['shop.small']).toEqual(countsOf(1000))
    expect(found['shop.large']).toEqual([UNKNOWN, UNKNOWN])
    expect(counting()).toEqual([
      'SELECT COUNT(*) AS total, COUNT("N") AS n0, APPROX_COUNT_DISTINCT("N") AS d0, COUNT("G") AS n1, APPROX_COUNT_DISTINCT("G") AS d1 FROM "TESTDB"."SHOP"."SMALL"',
    ])
  })
})
