/** The tables a statement to DuckDB reads, and their files: what is looked through to find the file at fault. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { quoteString } from '../sql/ansi-dialect.js'
import { fileTypeOf, patternOf } from './file-table.js'

/** More files than these are not opened to name the one at fault. */
const MOST_FILES = 2_000

/** A table with files, with the type that they have. */
export interface TableRead {
  readonly table: TableDefinition
  readonly type: ReturnType<typeof fileTypeOf>
  /** Names its files, in order; asked when they are needed. */
  files(): Promise<readonly string[]>
}

/** Goes over the tables of a source that a statement reads: they are known by the pattern of their files in its text. */
export function* tablesRead(
  connection: DuckDBConnection,
  source: SourceDefinition,
  statement: string,
): Generator<TableRead> {
  for (const table of source.tables) {
    if (table.from === undefined) continue
    const pattern = quoteString(patternOf(table.from, source))
    if (!statement.includes(pattern)) continue
    const files = async (): Promise<readonly string[]> => {
      const result = await connection.runAndReadAll(
        `SELECT file FROM glob(${pattern}) ORDER BY file LIMIT ${MOST_FILES}`,
      )
      return result.getRows().map(([file]) => String(file))
    }
    yield { table, type: fileTypeOf(table.from, table.format), files }
  }
}
