/** The same statements over the Snowflake test server with pushdown, without it, and on a PostgreSQL that holds the same rows. */
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import type { DiscoveredTable } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/snowflake/index.js'
import { startSnowflake, type SnowflakeServer } from '../../../servers/snowflake.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { loadIntoPostgres } from '../../../world/load-tables.js'
import { Federation, sorted, tableFrom } from '../federation.js'
import { ORDERED, PARAMETERISED, STATEMENTS, WAREHOUSE_TABLES } from '../warehouse-tables.js'
import { loadIntoSnowflake } from './load.js'

let server: SnowflakeServer
let postgres: PostgresServer
let client: pg.Client
let federation: Federation

beforeAll(async () => {
  ;[server, postgres] = await Promise.all([startSnowflake(), startPostgres()])
  await loadIntoSnowflake(server, 'SHOP', WAREHOUSE_TABLES)
  client = await postgres.connect()
  await loadIntoPostgres(client, 'shop', WAREHOUSE_TABLES)
  await client.query(`set search_path to shop; set timezone to 'UTC'`)
  const source: SourceDefinition = {
    name: 'shop',
    connector: 'snowflake',
    connection: {
      ...{ account: server.account, url: server.url, user: server.user },
      ...{ private_key: server.privateKey, database: server.database, schema: 'SHOP' },
      ...{ warehouse: 'LOAD_WH', role: 'ANALYST' },
    },
    limits: {},
    discover: {},
    tables: [],
    directory: '/',
  }
  const open = connector.open(source)
  const signal = new AbortController().signal
  const { tables } = await open.discover({ include: [], exclude: [], declared: [], signal })
  await open.close()
  federation = await Federation.start([{ ...source, tables: tables.map(asDeclared) }])
})

/** A table as a catalog would name it: lower case, whole numbers as bigint. */
function asDeclared(found: DiscoveredTable): TableDefinition {
  const name = found.from.split('.')[1]!.toLowerCase()
  const world = WAREHOUSE_TABLES.find((table) => table.name === name)!
  const table = tableFrom(name, found)
  return {
    ...table,
    primaryKey: table.primaryKey.map((column) => column.toLowerCase()),
    columns: table.columns.map((column, i) => ({
      ...column,
      name: column.name.toLowerCase(),
      type: world.columns[i]!.type,
    })),
  }
}

afterAll(async () => {
  await federation?.close()
  await client?.end()
  await Promise.all([server?.stop(), postgres?.stop()])
})

async function expected(
  sql: string,
  values: readonly unknown[] = [],
): Promise<(string | null)[][]> {
  const result = await client.query<(string | null)[]>({
    text: sql,
    values: [...values],
    rowMode: 'array',
    types: { getTypeParser: () => (value: string) => value } as never,
  })
  return result.rows
}

test.each(STATEMENTS)('%s', async (sql, extent) => {
  const pushed = await federation.run(sql)
  const rows = sorted(await expected(sql))
  expect(sorted(pushed.rows)).toEqual(rows)
  expect(sorted((await federation.run(sql, 'off')).rows)).toEqual(rows)
  if (extent === 'whole') expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
  else expect(pushed.nodes).not.toEqual(['remote-query'])
})

test.each(ORDERED)('%s', async (sql) => {
  const pushed = await federation.run(sql)
  expect(pushed.rows).toEqual(await expected(sql))
  expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
})

test.each(PARAMETERISED)('%s with %j', async (sql, parameters) => {
  const pushed = await federation.run(sql, 'on', parameters)
  expect(sorted(pushed.rows)).toEqual(sorted(await expected(sql, parameters)))
  if (!sql.includes('like')) {
    expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
  }
})
