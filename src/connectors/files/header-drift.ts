/** Finds the file at fault when DuckDB only says that a column is missing: the header of one of a table's files has changed. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { quoteString } from '../sql/ansi-dialect.js'
import { csvOptions, fileTypeOf, partitionsOf, patternOf } from './file-table.js'

/** More files than these are not opened to name the one at fault. */
const MOST_FILES = 2_000

/** Returns the error that names the table, the file and its columns, or the given one. `statement`: what DuckDB was sent. */
export async function explainMissingColumn(
  error: unknown,
  connection: DuckDBConnection,
  source: SourceDefinition,
  statement: string,
): Promise<unknown> {
  const message = error instanceof Error ? error.message : ''
  if (!/Columns with names: .* do not exist/.test(message)) return error
  for (const table of source.tables) {
    if (table.from === undefined || fileTypeOf(table.from, table.format) !== 'csv') continue
    const pattern = quoteString(patternOf(table.from, source))
    if (!statement.includes(pattern)) continue
    const found = await firstDrifted(connection, table, pattern)
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
  pattern: string,
): Promise<{ file: string; column: string; header: string[] } | undefined> {
  const partitions = partitionsOf(table)
  const expected = table.columns
    .map((column) => column.from)
    .filter((name) => !(name in partitions))
  const firstOf = async (sql: string): Promise<string[]> => {
    const result = await connection.runAndReadAll(sql)
    return result.getRows().map((row) => String(row[0]))
  }
  const files = await firstOf(`SELECT file FROM glob(${pattern}) ORDER BY file LIMIT ${MOST_FILES}`)
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
