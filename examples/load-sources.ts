/** Fills the sources of an example whose data the servers make themselves: PostgreSQL and MariaDB databases, Parquet files. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { MariadbServer } from '../tests/servers/mariadb.js'
import type { PostgresServer } from '../tests/servers/postgres.js'

/** SQL by database, and one SELECT per Parquet file. Deterministic: the same rows on every machine. */
export interface ExampleSources {
  readonly postgres: Readonly<Record<string, string>>
  readonly mariadb: Readonly<Record<string, string>>
  /** By path below the folder, without extension. */
  readonly parquet: Readonly<Record<string, string>>
}

/** Creates and fills everything. */
export async function loadSources(
  sources: ExampleSources,
  postgres: PostgresServer,
  mariadb: MariadbServer,
  directory: string,
): Promise<void> {
  for (const [database, sql] of Object.entries(sources.postgres)) {
    await postgres.execute(`CREATE DATABASE ${database}`)
    const client = await postgres.connect(database)
    await client.query(sql)
    await client.query('VACUUM ANALYZE')
    await client.end()
  }
  for (const [database, sql] of Object.entries(sources.mariadb)) {
    await mariadb.execute(
      `CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}; ${sql}`,
    )
  }
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  for (const [path, sql] of Object.entries(sources.parquet)) {
    const target = join(directory, `${path}.parquet`)
    await mkdir(join(target, '..'), { recursive: true })
    await connection.run(`COPY (${sql}) TO '${target.replaceAll("'", "''")}' (FORMAT parquet)`)
  }
  connection.closeSync()
  instance.closeSync()
}
