/** How fast the MySQL and PostgreSQL connectors read, against the command-line clients of these databases. */
import { execFileSync } from 'node:child_process'
import type { Connector } from '../../src/connectors/connector.js'
import { connector as mysql } from '../../src/connectors/mysql/index.js'
import { connector as postgres } from '../../src/connectors/postgres/index.js'
import { mariadbInstalled, startMariadb } from '../../tests/servers/mariadb.js'
import { startPostgres } from '../../tests/servers/postgres.js'
import { fillMariadb, fillPostgres, sizesOf } from '../federation/data.js'
import { timeProcess } from '../federation/measure.js'
import { compareRates, type ConnectorRate } from './rate.js'
import { openReading, scanOf, sourceWith, type BenchColumn, type Reading } from './reading.js'

const LINEITEM: readonly BenchColumn[] = [
  { name: 'l_order', type: 'integer' },
  { name: 'l_quantity', type: 'integer' },
  { name: 'l_price', type: 'numeric(12,2)' },
  { name: 'l_shipped', type: 'date' },
  { name: 'l_flag', type: 'varchar(1)' },
]
const EVENTS: readonly BenchColumn[] = [
  { name: 'e_id', type: 'bigint' },
  { name: 'e_kind', type: 'integer' },
  { name: 'e_amount', type: 'numeric(12,2)' },
  { name: 'e_day', type: 'date' },
  { name: 'e_note', type: 'text' },
]

/** A client program that prints the rows to nowhere. */
interface Client {
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly target: number
}

/** Measures the reading of `rows` rows of MariaDB; undefined where it is not installed. */
export async function measureMysql(rows: number, runs: number): Promise<ConnectorRate | undefined> {
  if (!mariadbInstalled() || !isInstalled('mariadb')) return undefined
  const server = await startMariadb()
  try {
    await fillMariadb(server, sizesOf(rows / 3_000_000))
    const { host, port, user, password, database } = server
    const sql = 'SELECT l_order, l_quantity, l_price, l_shipped, l_flag FROM lineitem'
    const source = {
      connector: mysql,
      connection: { host, port, user, password, database },
      table: 'lineitem',
      columns: LINEITEM,
    }
    return await compare('mysql (MariaDB)', source, rows, runs, {
      command: 'mariadb',
      // Rows are printed as they come instead of being collected first: the faster way.
      args: ['--no-defaults', '--quick', '-N', '-B', '-h', host, '-P', String(port), '-u', user, `-p${password}`, '-e', sql, database],
      target: 0.85,
    }) // prettier-ignore
  } finally {
    await server.stop()
  }
}

/** Measures the reading of `rows` rows of PostgreSQL over one connection; undefined where psql is not installed. */
export async function measurePostgres(
  rows: number,
  runs: number,
): Promise<ConnectorRate | undefined> {
  if (!isInstalled('psql')) return undefined
  const server = await startPostgres()
  try {
    await fillPostgres(server, sizesOf(rows / 3_000_000))
    const { host, port, user, password } = server
    const sql = 'SELECT e_id, e_kind, e_amount, e_day, e_note FROM events'
    const source = {
      connector: postgres,
      connection: { host, port, user, password, database: 'postgres' },
      table: 'events',
      columns: EVENTS,
    }
    return await compare('postgres, one connection', source, rows, runs, {
      command: 'psql',
      args: ['-X', '-q', '-A', '-t', '-h', host, '-p', String(port), '-U', user, '-d', 'postgres', '-o', '/dev/null', '-c', sql],
      environment: { PGPASSWORD: password },
      target: 1,
    }) // prettier-ignore
  } finally {
    await server.stop()
  }
}

/** Compares reading a table of PostgreSQL over two connections, by ranges of its pages, with reading it over one. */
export async function measureSplitPostgres(rows: number, runs: number): Promise<ConnectorRate> {
  const server = await startPostgres()
  try {
    await fillPostgres(server, sizesOf(rows / 3_000_000))
    const { host, port, user, password } = server
    const over = (connections: number): Reading => {
      const connection = { host, port, user, password, database: 'postgres', parallel_reads: connections } // prettier-ignore
      const version = { product: 'PostgreSQL', version: '18' }
      const source = sourceWith('postgres', connection, 'events', EVENTS, { server: version, rows })
      return openReading(postgres, source, scanOf(postgres, source, EVENTS))
    }
    const [two, one] = [over(2), over(1)]
    try {
      const name = `postgres, two connections: ${rows} rows of ${EVENTS.length} columns`
      return await compareRates(name, rows, runs, two.read, [
        { name: 'one connection', read: one.read },
      ])
    } finally {
      await Promise.all([two.close(), one.close()])
    }
  } finally {
    await server.stop()
  }
}

interface Table {
  readonly connector: Connector
  readonly connection: Record<string, unknown>
  readonly table: string
  readonly columns: readonly BenchColumn[]
}

async function compare(
  name: string,
  { connector, connection, table, columns }: Table,
  rows: number,
  runs: number,
  { command, args, environment, target }: Client,
): Promise<ConnectorRate> {
  const source = sourceWith(connector.kind, connection, table, columns)
  const reading = openReading(connector, source, scanOf(connector, source, columns))
  const read = async (): Promise<number> => {
    await timeProcess(command, args, environment)
    return rows
  }
  try {
    const title = `${name}: ${rows} rows of ${columns.length} columns`
    return await compareRates(title, rows, runs, reading.read, [
      { name: `the client program ${command}`, read, target, isProcess: true },
    ])
  } finally {
    await reading.close()
  }
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
