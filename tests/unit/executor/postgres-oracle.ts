/** A real PostgreSQL in the test's process that says what is right. */
import { startPostgres } from '../../../src/analyzer/postgres/pglite.js'
import type { PostgresInstance } from '../../../src/analyzer/postgres/pglite.js'
import type { Column } from '../../../src/expressions/expression.js'
import { formatTypeName } from '../../../src/types/type-registry.js'
import type { Row } from './plan-builder.js'

let starting: Promise<PostgresInstance> | undefined

/** The instance, started on first use. */
export function oracle(): Promise<PostgresInstance> {
  return (starting ??= startPostgres())
}

/** Fills table `t` with rows and runs a query over it. `n` numbers the rows from 1. */
export async function ask(
  columns: readonly Column[],
  rows: readonly Row[],
  sql: string,
): Promise<Row[]> {
  const postgres = await oracle()
  const literal = (value: string | null): string =>
    value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`
  const definitions = columns.map(({ name, type }) => `${name} ${formatTypeName(type)}`)
  postgres.exec(`drop table if exists t; create temp table t (${definitions.join(', ')})`)
  if (rows.length > 0) {
    const values = rows.map((row) => `(${row.map(literal).join(', ')})`)
    postgres.exec(`insert into t values ${values.join(', ')}`)
  }
  return postgres.query(sql)
}
