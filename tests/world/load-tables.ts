/** Puts world tables into PostgreSQL, MariaDB, or files. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type mysql from 'mysql2/promise'
import type pg from 'pg'
import { parseArray } from '../../src/types/array-text.js'
import type { WorldColumn, WorldTable } from './table.js'

const CHUNK = 2000

/** Creates and fills tables in a PostgreSQL database, in `schema`. */
export async function loadIntoPostgres(
  client: pg.Client,
  schema: string,
  tables: readonly WorldTable[],
  typeOf: (column: WorldColumn) => string = (column) => column.type,
): Promise<void> {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
  // Enum types are named without schema.
  await client.query(`SET search_path = ${schema}`)
  for (const table of tables) {
    for (const [name, labels] of Object.entries(table.enums ?? {})) {
      const list = labels.map((label) => `'${label.replaceAll("'", "''")}'`)
      await client.query(`CREATE TYPE ${quote(name)} AS ENUM (${list.join(', ')})`)
    }
    const columns = table.columns.map((c) => `${quote(c.name)} ${typeOf(c)}`)
    const key = table.primaryKey ? [`PRIMARY KEY (${table.primaryKey.map(quote).join(', ')})`] : []
    const target = `${schema}.${quote(table.name)}`
    await client.query(`CREATE TABLE ${target} (${[...columns, ...key].join(', ')})`)
    for (let at = 0; at < table.rows.length; at += CHUNK) {
      const arrays = table.columns.map((_, c) => table.rows.slice(at, at + CHUNK).map((r) => r[c]))
      const casts = table.columns.map((c, i) => `c${i}::${c.type}`)
      await client.query(
        `INSERT INTO ${target} SELECT ${casts.join(', ')}
         FROM unnest(${table.columns.map((_, i) => `$${i + 1}::text[]`).join(', ')})
           AS v(${table.columns.map((_, i) => `c${i}`).join(', ')})`,
        arrays,
      )
    }
    await client.query(`ANALYZE ${target}`)
  }
}

/** The MariaDB type that holds a PostgreSQL type's values. */
export function mysqlType(type: string): string {
  const [, base = type, modifier = ''] = /^([a-z0-9 ]+?)(\(.*\))?$/.exec(type) ?? []
  switch (base) {
    case 'bool':
      return 'TINYINT(1)'
    case 'int2':
      return 'SMALLINT'
    case 'int4':
      return 'INT'
    case 'int8':
      return 'BIGINT'
    case 'float4':
      return 'FLOAT'
    case 'float8':
      return 'DOUBLE'
    case 'numeric':
      return `DECIMAL${modifier === '' ? '(38,10)' : modifier}`
    case 'varchar':
    case 'char':
      return `${base}${modifier} CHARACTER SET utf8mb4`
    case 'text':
      return 'VARCHAR(500) CHARACTER SET utf8mb4'
    case 'bytea':
      return 'BLOB'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME(6)'
    case 'timestamp':
      return 'DATETIME(6)'
    case 'timestamptz':
      return 'TIMESTAMP(6) NULL'
    case 'uuid':
      return 'CHAR(36) CHARACTER SET ascii'
    case 'json':
    case 'jsonb':
      return 'LONGTEXT CHARACTER SET utf8mb4'
    default:
      throw new Error(`No MariaDB type for ${type}`)
  }
}

/** Creates and fills tables in the connection's database. */
export async function loadIntoMariadb(
  connection: mysql.Connection,
  tables: readonly WorldTable[],
  typeOf: (column: WorldColumn) => string = (column) => mysqlType(column.type),
): Promise<void> {
  const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``
  for (const table of tables) {
    const columns = table.columns.map((c) => `${quote(c.name)} ${typeOf(c)}`)
    const key = table.primaryKey ? [`PRIMARY KEY (${table.primaryKey.map(quote).join(', ')})`] : []
    await connection.query(`CREATE TABLE \`${table.name}\` (${[...columns, ...key].join(', ')})`)
    const types = table.columns.map((c) => c.type)
    for (let at = 0; at < table.rows.length; at += CHUNK) {
      const rows = table.rows.slice(at, at + CHUNK).map((row) =>
        row.map((value, c) => {
          if (value === null) return null
          if (types[c] === 'bool') return value === 't' ? 1 : 0
          if (types[c] === 'bytea') return Buffer.from(value.slice(2), 'hex')
          if (types[c] === 'timestamptz') return value.replace(/\+00$/, '')
          return value
        }),
      )
      await connection.query(`INSERT INTO \`${table.name}\` VALUES ?`, [rows])
    }
    await connection.query(`ANALYZE TABLE \`${table.name}\``)
  }
}

/** The DuckDB type that holds a PostgreSQL type's values. */
export function duckdbType(type: string): string {
  if (type.startsWith('varchar') || type.startsWith('char')) return 'VARCHAR'
  const names: Readonly<Record<string, string>> = {
    ...{ bool: 'BOOLEAN', int2: 'SMALLINT', int4: 'INTEGER', int8: 'BIGINT', float4: 'FLOAT' },
    ...{ float8: 'DOUBLE', text: 'VARCHAR', bytea: 'BLOB', date: 'DATE', time: 'TIME' },
    ...{ timestamp: 'TIMESTAMP', timestamptz: 'TIMESTAMPTZ', uuid: 'UUID', interval: 'INTERVAL' },
    ...{ 'text[]': 'VARCHAR[]', json: 'VARCHAR', jsonb: 'VARCHAR', numeric: 'DECIMAL(38,10)' },
  }
  const name = names[type] ?? (type.startsWith('numeric(') ? type : undefined)
  if (name === undefined) throw new Error(`No DuckDB type for ${type}`)
  return name
}

/** Writes one Parquet file per table below `directory`. */
export async function writeParquet(
  directory: string,
  tables: readonly WorldTable[],
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
  const name = (text: string): string => `"${text.replaceAll('"', '""')}"`
  for (const table of tables) {
    const columns = table.columns.map((c) => `${name(c.name)} ${duckdbType(c.type)}`)
    await connection.run(`CREATE TABLE "${table.name}" (${columns.join(', ')})`)
    for (let at = 0; at < table.rows.length; at += CHUNK) {
      const rows = table.rows.slice(at, at + CHUNK).map((row) => {
        const values = row.map((value, c) => {
          if (value === null) return 'NULL'
          const type = table.columns[c]?.type
          if (type === 'bytea') return `unhex(${quote(value.slice(2))})`
          if (type !== 'text[]') return quote(value)
          const elements = parseArray(value).elements.map((e) => (e === null ? 'NULL' : quote(e)))
          return `[${elements.join(', ')}]::VARCHAR[]`
        })
        return `(${values.join(', ')})`
      })
      await connection.run(`INSERT INTO "${table.name}" VALUES ${rows.join(', ')}`)
    }
    const target = quote(join(directory, `${table.name}.parquet`))
    await connection.run(`COPY "${table.name}" TO ${target} (FORMAT parquet)`)
  }
  connection.closeSync()
  instance.closeSync()
}

/** Writes one CSV file per table: texts in quotes, NULL as nothing without quotes, all else as PostgreSQL prints it. */
export async function writeCsv(directory: string, tables: readonly WorldTable[]): Promise<void> {
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
  for (const { name, columns, rows } of tables) {
    const cell = (value: string | null, c: number): string =>
      value === null ? '' : BARE.test(columns[c]!.type) ? value : quote(value)
    const lines = [columns.map((column) => quote(column.name)), ...rows.map((row) => row.map(cell))]
    const text = lines.map((line) => `${line.join(',')}\n`).join('')
    await writeFile(join(directory, `${name}.csv`), text)
  }
}

/** Writes one file of JSON lines per table. Every other NULL is a key that is not there; what JSON has no number for is a string. */
export async function writeJsonLines(
  directory: string,
  tables: readonly WorldTable[],
): Promise<void> {
  for (const { name, columns, rows } of tables) {
    const lines = rows.map((row, i) => {
      const fields = columns.flatMap((column, c) => {
        const value = row[c] ?? null
        if (value === null && (i + c) % 2 === 0) return []
        return [`${JSON.stringify(column.name)}: ${jsonText(value, column.type)}`]
      })
      return `{${fields.join(', ')}}\n`
    })
    await writeFile(join(directory, `${name}.jsonl`), lines.join(''))
  }
}

const BARE = /^(bool|int|float|numeric|date|time)/

function jsonText(value: string | null, type: string): string {
  if (value === null) return 'null'
  if (type === 'bool') return value === 't' ? 'true' : 'false'
  if (type === 'json' || type === 'jsonb') return value
  if (type === 'text[]') return JSON.stringify(parseArray(value).elements)
  const isNumber = /^(int|float)/.test(type) || (type.startsWith('numeric') && value.length <= 15)
  if (value === '-0') return '-0.0'
  return isNumber && /\d$/.test(value) ? value : JSON.stringify(value)
}
