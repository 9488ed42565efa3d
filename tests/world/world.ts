/**
 * A world: the same tables once in one PostgreSQL (the oracle) and once spread over sources behind Tributary.
 * A statement is true when both give the same answer.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startMariadb, type MariadbServer } from '../servers/mariadb.js'
import { startPostgres, type PostgresServer } from '../servers/postgres.js'
import { loadIntoMariadb, loadIntoPostgres, writeParquet } from './load-tables.js'
import type { SourceName, Split, WorldTable } from './table.js'
import { writeCatalog, type CatalogTable } from './write-catalog.js'
import { discoverSource, startTributary, type TributaryProcess } from './tributary-process.js'

export interface World {
  readonly oracle: pg.Client
  readonly tributary: pg.Client
  readonly process: TributaryProcess
  readonly postgres: PostgresServer
  readonly mariadb: MariadbServer | undefined
  readonly catalogDirectory: string
  /** Opens another connection to Tributary; the caller ends it. */
  connect(): Promise<pg.Client>
  /** Opens another connection to the oracle; the caller ends it. */
  connectOracle(): Promise<pg.Client>
  stop(): Promise<void>
}

export interface Servers {
  readonly postgres: PostgresServer
  readonly mariadb: MariadbServer | undefined
  stop(): Promise<void>
}

/** Starts the servers that worlds share. */
export async function startServers(mariadb: boolean): Promise<Servers> {
  const [postgresServer, mariadbServer] = await Promise.all([
    startPostgres(),
    mariadb ? startMariadb() : undefined,
  ])
  return {
    postgres: postgresServer,
    mariadb: mariadbServer,
    async stop() {
      await Promise.all([postgresServer.stop(), mariadbServer?.stop()])
    },
  }
}

let worlds = 0

/**
 * Loads the tables as the split says, writes a catalog over them and serves it. Tables are named without schema. `overstated`: how many
 * times as large the catalog calls the tables of a source, for plans that pay with large tables alone.
 */
export async function startWorld(
  tables: readonly WorldTable[],
  split: Split,
  shared?: Servers,
  overstated: Partial<Record<SourceName, number>> = {},
): Promise<World> {
  const needsMariadb = Object.values(split).includes('my')
  const servers = shared ?? (await startServers(needsMariadb))
  const { postgres, mariadb } = servers
  const name = `world_${process.pid}_${++worlds}`
  const directory = await mkdtemp(join(tmpdir(), 'tributary-world-'))
  const inSource = (source: SourceName): WorldTable[] =>
    tables.filter((table) => split[table.name] === source)

  await postgres.execute(`CREATE DATABASE ${name}_oracle; `)
  await postgres.execute(`CREATE DATABASE ${name}_source`)
  const oracle = await postgres.connect(`${name}_oracle`)
  await loadIntoPostgres(oracle, 'public', tables)
  const sourceClient = await postgres.connect(`${name}_source`)
  await loadIntoPostgres(sourceClient, 'data', inSource('pg'))
  await sourceClient.end()
  if (mariadb !== undefined) {
    const connection = await mariadb.connect()
    await connection.query(`CREATE DATABASE ${name}; USE ${name}`)
    await loadIntoMariadb(connection, inSource('my'))
    await connection.end()
  }
  const files = join(directory, 'files')
  await mkdir(files, { recursive: true })
  await writeParquet(files, inSource('fs'))

  const described = (source: SourceName): CatalogTable[] =>
    inSource(source).map((table) => ({
      ...table,
      stats: {
        rows: table.rows.length * (overstated[source] ?? 1),
        columns: distinctCounts(table),
      },
    }))
  const catalogDirectory = join(directory, 'catalog')
  const sources = await writeCatalog(catalogDirectory, [
    {
      ...{ name: 'pg', connector: 'postgres', tables: described('pg') },
      connection: {
        ...{ host: postgres.host, port: postgres.port, database: `${name}_source` },
        ...{ user: postgres.user, password: '${env:WORLD_PASSWORD}' },
      },
      from: (table) => `data.${table}`,
    },
    {
      ...{ name: 'my', connector: 'mysql', tables: described('my') },
      connection: {
        ...{ host: '127.0.0.1', port: mariadb?.port ?? 1, database: name },
        ...{ user: mariadb?.user ?? 'none', password: '${env:WORLD_PASSWORD}' },
      },
      from: (table) => `${name}.${table}`,
    },
    {
      ...{ name: 'fs', connector: 'files', tables: described('fs'), connection: { root: files } },
      from: (table) => `${table}.parquet`,
    },
  ])
  const environment = { WORLD_PASSWORD: 'secret' }
  // What the sources say of themselves (native types, collations) decides what may run there.
  await Promise.all(sources.map((source) => discoverSource(catalogDirectory, source, environment)))
  const tributaryProcess = await startTributary(catalogDirectory, environment)
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port: tributaryProcess.port, user: 'tester', database: 'world' },
    })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  const tributary = await connect()
  return {
    ...{
      oracle,
      tributary,
      process: tributaryProcess,
      postgres,
      mariadb,
      catalogDirectory,
      connect,
      connectOracle: () => postgres.connect(`${name}_oracle`),
    },
    async stop() {
      await Promise.all([oracle.end(), tributary.end()])
      await tributaryProcess.stop()
      if (shared === undefined) await servers.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function distinctCounts(table: WorldTable): Record<string, { distinct: number }> {
  return Object.fromEntries(
    table.columns.map((column, c) => [
      column.name,
      { distinct: new Set(table.rows.map((row) => row[c])).size },
    ]),
  )
}
