/** Puts TPC-H into PostgreSQL, MariaDB and Parquet files at scales that do not fit into this process: by way of text files. */
import { createReadStream, openSync, closeSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type mysql from 'mysql2/promise'
import type pg from 'pg'
import { TPCH_TABLES, tpchRows, type TpchTable } from '../../tests/tpch/tables.js'
import { duckdbType, mysqlType } from '../../tests/world/load-tables.js'
import type { CatalogTable } from '../../tests/world/write-catalog.js'

const CHUNK = 1 << 20

/** Columns that joins and filters look rows up by, as a database of this kind would have them indexed. */
const INDEXES = ['lineitem (l_partkey, l_suppkey)', 'orders (o_custkey)', 'partsupp (ps_suppkey)']

/** Names a table's text file. */
export const textFileOf = (directory: string, table: string): string =>
  join(directory, `${table}.tbl`)

const pathOf = (directory: string, table: TpchTable): string => textFileOf(directory, table.name)

/** Writes one tab-separated file per table; no value of TPC-H needs escaping. */
export function writeTextFiles(directory: string, scale: number): void {
  const files = new Map(
    TPCH_TABLES.map((table) => {
      const file = openSync(pathOf(directory, table), 'w', 0o644)
      return [table.name, { file, pending: '' }]
    }),
  )
  for (const [name, row] of tpchRows(scale)) {
    const target = files.get(name)!
    target.pending += `${row.join('\t')}\n`
    if (target.pending.length < CHUNK) continue
    writeSync(target.file, target.pending)
    target.pending = ''
  }
  for (const { file, pending } of files.values()) {
    writeSync(file, pending)
    closeSync(file)
  }
}

/** Fills PostgreSQL; its server reads the files itself. */
export async function fillPostgres(client: pg.Client, directory: string): Promise<void> {
  for (const table of TPCH_TABLES) {
    const columns = table.columns.map(({ name, type }) => `${name} ${type} NOT NULL`)
    const key = `PRIMARY KEY (${table.primaryKey!.join(', ')})`
    await client.query(`CREATE TABLE ${table.name} (${columns.join(', ')})`)
    await client.query(`COPY ${table.name} FROM '${pathOf(directory, table)}'`)
    await client.query(`ALTER TABLE ${table.name} ADD ${key}`)
  }
  for (const index of INDEXES) await client.query(`CREATE INDEX ON ${index}`)
  await client.query('VACUUM ANALYZE')
}

/** Describes the tables by PostgreSQL's statistics. */
export async function describeTables(client: pg.Client): Promise<CatalogTable[]> {
  const { rows } = await client.query<{
    table: string
    rows: number
    column: string
    distinct: number
  }>(`SELECT s.tablename AS "table", c.reltuples::float8 AS rows, s.attname AS "column",
        CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples ELSE s.n_distinct END::float8 AS "distinct"
      FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename WHERE s.schemaname = 'public'`)
  return TPCH_TABLES.map((table) => {
    const own = rows.filter((row) => row.table === table.name)
    const distinct = own.map((row) => [row.column, { distinct: Math.round(row.distinct) }] as const)
    return { ...table, stats: { rows: own[0]!.rows, columns: Object.fromEntries(distinct) } }
  })
}

/** Fills MariaDB. */
export async function fillMariadb(connection: mysql.Connection, directory: string): Promise<void> {
  for (const table of TPCH_TABLES) {
    const columns = table.columns.map(({ name, type }) => `${name} ${mysqlType(type)} NOT NULL`)
    const key = `PRIMARY KEY (${table.primaryKey!.join(', ')})`
    await connection.query(`CREATE TABLE ${table.name} (${[...columns, key].join(', ')})`)
    await connection.query({
      sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table.name} CHARACTER SET utf8mb4`,
      infileStreamFactory: () => createReadStream(pathOf(directory, table)),
    })
  }
  for (const index of INDEXES) await connection.query(`CREATE INDEX own ON ${index}`)
  const names = TPCH_TABLES.map(({ name }) => name)
  await connection.query(`ANALYZE TABLE ${names.join(', ')}`)
}

/** Writes one Parquet file per table below `target`. */
export async function writeParquetFiles(target: string, directory: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
  for (const table of TPCH_TABLES) {
    const columns = table.columns.map(
      ({ name, type }) => `${quote(name)}: ${quote(duckdbType(type))}`,
    )
    await connection.run(
      `COPY (SELECT * FROM read_csv(${quote(pathOf(directory, table))}, delim = '\t', header = false, quote = '',
         escape = '', columns = {${columns.join(', ')}}))
       TO ${quote(join(target, `${table.name}.parquet`))} (FORMAT parquet)`,
    )
  }
  connection.closeSync()
  instance.closeSync()
}
