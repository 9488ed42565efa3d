/** TRIBUTARY_TEST_..._URL: the conformance fixtures work at the service that it names, in a database of their own, and leave nothing. */
import { afterEach, beforeAll, afterAll, describe, expect, test, vi } from 'vitest'
import { connectorOf } from '../../src/connectors/registry.js'
import { fixture as bigquery } from '../conformance/fixtures/bigquery.js'
import { fixture as mongodb } from '../conformance/fixtures/mongodb.js'
import { fixture as mysql } from '../conformance/fixtures/mysql.js'
import { fixture as postgres } from '../conformance/fixtures/postgres.js'
import { fixture as snowflake } from '../conformance/fixtures/snowflake.js'
import type { ConformanceFixture } from '../conformance/fixture.js'
import type { SuiteTable } from '../conformance/subject-tables.js'
import { startBigQuery } from '../servers/bigquery.js'
import { mariadbInstalled, startMariadb } from '../servers/mariadb.js'
import { startMongodb } from '../servers/mongodb.js'
import { startPostgres } from '../servers/postgres.js'
import { startSnowflake } from '../servers/snowflake.js'
import { loadIntoBigQuery } from './connectors/bigquery/load.js'
import { loadIntoSnowflake } from './connectors/snowflake/load.js'

const WORDS: SuiteTable = {
  name: 'words',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'word', type: 'text' },
  ],
  rows: [
    ['1', 'hus'],
    ['2', null],
  ],
}

interface Service {
  readonly url: string
  /** What is there, by the service itself. */
  databases(): Promise<readonly string[]>
  stop(): Promise<void>
}

async function servePostgres(): Promise<Service> {
  const server = await startPostgres()
  const client = await server.connect()
  return {
    url: server.url,
    async databases() {
      const { rows } = await client.query<{ name: string }>('SELECT datname AS name FROM pg_database') // prettier-ignore
      return rows.map(({ name }) => name)
    },
    stop: () => client.end().then(() => server.stop()),
  }
}

async function serveMysql(): Promise<Service> {
  const server = await startMariadb()
  const client = await server.connect()
  return {
    url: server.url,
    async databases() {
      const [rows] = await client.query('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA') // prettier-ignore
      return (rows as { name: string }[]).map(({ name }) => name)
    },
    stop: () => client.end().then(() => server.stop()),
  }
}

/** The test server has one database: what it tells is the collections. */
async function serveMongodb(): Promise<Service> {
  const server = await startMongodb({ isWritable: true, accounts: { ann: 's3cret' } })
  const client = await server.connect()
  return {
    url: server.url,
    async databases() {
      const found = await client.db('shop').listCollections().toArray()
      return found.map(({ name }) => name)
    },
    stop: () => client.close().then(() => server.stop()),
  }
}

const SERVICES: readonly (readonly [
  string,
  ConformanceFixture,
  () => Promise<Service>,
  boolean,
])[] = [
  ['postgres', postgres, servePostgres, true],
  ['mysql', mysql, serveMysql, mariadbInstalled()],
  ['mongodb', mongodb, serveMongodb, true],
]

describe.each(SERVICES)('%s', (kind, fixture, serve, isAvailable) => {
  let service: Service | undefined
  beforeAll(async () => {
    if (isAvailable) service = await serve()
  })
  afterAll(() => service?.stop())
  afterEach(() => vi.unstubAllEnvs())

  test.runIf(isAvailable)('loads, is read, and is left as it was', async () => {
    const { url, databases } = service!
    vi.stubEnv(`TRIBUTARY_TEST_${kind.toUpperCase()}_URL`, url)
    const before = await databases()
    const running = await fixture.start([WORDS])
    expect((await databases()).length).toBe(before.length + 1)
    const open = (await connectorOf(kind)).open(running.source)
    try {
      const signal = AbortSignal.timeout(30_000)
      const { tables } = await open.discover({ include: [], exclude: [], declared: [], signal })
      const found = tables.find(({ from }) => from === running.from('words'))
      expect(found?.rows).toBe(2)
    } finally {
      await open.close()
      await running.stop()
    }
    expect(await databases()).toEqual(before)
  })
})

interface Warehouse {
  readonly url: string
  stop(): Promise<void>
}

async function serveBigQuery(): Promise<Warehouse> {
  const server = await startBigQuery()
  await loadIntoBigQuery(server, 'conformance', [WORDS])
  const parameters = new URLSearchParams({ endpoint: server.endpoint, access_token: server.accessToken }) // prettier-ignore
  return {
    url: `bigquery://${server.project}/conformance?${parameters}`,
    stop: () => server.stop(),
  }
}

async function serveSnowflake(): Promise<Warehouse> {
  const server = await startSnowflake()
  await loadIntoSnowflake(server, 'CONFORMANCE', [WORDS], (name) => name)
  const parameters = new URLSearchParams({ url: server.url, warehouse: 'LOAD_WH', role: 'ANALYST' })
  const { user, password, account, database } = server
  return {
    url: `snowflake://${user}:${password}@${account}/${database}/CONFORMANCE?${parameters}`,
    stop: () => server.stop(),
  }
}

describe.each([
  ['bigquery', bigquery, serveBigQuery],
  ['snowflake', snowflake, serveSnowflake],
] as const)('%s, whose tables are there already', (kind, fixture, serve) => {
  let service: Warehouse | undefined
  beforeAll(async () => void (service = await serve()))
  afterAll(() => service?.stop())
  afterEach(() => vi.unstubAllEnvs())

  test('is read at the address that the variable gives', async () => {
    vi.stubEnv(`TRIBUTARY_TEST_${kind.toUpperCase()}_URL`, service!.url)
    const running = await fixture.start([WORDS])
    const open = (await connectorOf(kind)).open(running.source)
    try {
      const signal = AbortSignal.timeout(30_000)
      const { tables } = await open.discover({ include: [], exclude: [], declared: [], signal })
      expect(tables).toMatchObject([{ from: running.from('words'), rows: 2 }])
      const [word] = tables[0]!.columns.filter(({ name }) => name === 'word')
      expect(word).toMatchObject({ type: 'text', distinct: 1, nullFraction: 0.5 })
    } finally {
      await open.close()
      await running.stop()
    }
  })
})
