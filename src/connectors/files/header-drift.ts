/** Finds the file at fault when DuckDB only says that a column is missing: the header of one of a table's files has changed. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { quoteString } from '../sql/ansi-dialect.js'
import { csvOptions, partitionsOf } from './file-table.js'
import { tablesRead } from './tables-read.js'

/** Returns the error that names the table, the file and its columns, or the given one. `statement`: what DuckDB was sent. */
export async function explainMissingColumn(
  error: unknown,
  connection: DuckDBConnection,
  source: SourceDefinition,
  statement: string,
): Promise<unknown> {
  const message = error instanceof Error ? error.message : ''
  if (!/Columns with names: .* do not exist/.test(message)) return error
  for (const { table, type, files } of tablesRead(connection, source, statement)) {
    if (type !== 'csv') continue
    const found = await firstDrifted(connection, table, await files())
    if (found === undefined) continue
    return new EngineError(
      SQLSTATE.sourceColumnNotFound,
      `File ${found.file} of table ${table.name} of source "${source.name}" has no column "${found.column}"`,
      {
        source: source.name,
        category: 'source',
        cause: error,
        detail: `Its header names ${found.header.join(', ')}`,
        hint: `Mend the file, or run tributary discover ${source.name} --write and look through the diff`,
      },
    )
  }
  return error
}

async function firstDrifted(
  connection: DuckDBConnection,
  table: TableDefinition,
  files: readonly string[],
): Promise<{ file: string; column: string; header: string[] } | undefined> {
  const partitions = partitionsOf(table)
  const expected = table.columns
    .map((column) => column.from)
    .filter((name) => !(name in partitions))
  const firstOf = async (sql: string): Promise<string[]> => {
    const result = await connection.runAndReadAll(sql)
    return result.getRows().map((row) => String(row[0]))
  }
  const options = csvOptions(table.format, undefined).join(', ')
  for (const file of files) {
    const header = await firstOf(
      `DESCRIBE SELECT * FROM read_csv(${quoteString(file)}, ${options}, all_varchar=true)`,
    )
    const column = expected.find((name) => !header.includes(name))
    if (column !== undefined) return { file, column, header }
  }
  return undefined
}
