/**
 * Finds the line at fault when DuckDB only says that it could not make out a CSV file: the file is read once more without
 * sniffing, which stops at the line.
 */
import { open } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { quoteString } from '../sql/ansi-dialect.js'
import { csvOptions, fileTypeOf, patternOf } from './file-table.js'

const LONGEST_HEADER = 65_536

/** Returns the error that names the line, or the given one. */
export async function explainSniffError(
  error: unknown,
  connection: DuckDBConnection,
  sources: readonly SourceDefinition[],
): Promise<unknown> {
  const message = error instanceof Error ? error.message : ''
  const file = /Error when sniffing file "(.*?)"/.exec(message)?.[1]
  if (file === undefined) return error
  const tables = sources.flatMap((source) =>
    source.tables.filter((table) => readsFile(table, file, source)),
  )
  const format = tables[0]?.format
  try {
    const columns = Array.from(
      { length: await headerWidth(file, format) },
      (_, i) => `'c${i}': 'VARCHAR'`,
    )
    const options = csvOptions(format, undefined).join(', ')
    await connection.runAndReadAll(
      `SELECT count(c0) FROM read_csv(${quoteString(file)}, ${options}, auto_detect=false, columns={${columns.join(', ')}})`,
    )
  } catch (second) {
    return second
  }
  return error
}

function readsFile(table: TableDefinition, file: string, source: SourceDefinition): boolean {
  if (table.from === undefined || fileTypeOf(table.from, table.format) !== 'csv') return false
  const pattern = patternOf(table.from, source)
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('**', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\u0000', '.*')
  return new RegExp(`^${pattern}$`, 'u').test(file)
}

/** Columns of the first line. */
async function headerWidth(file: string, format: TableDefinition['format']): Promise<number> {
  const handle = await open(file)
  try {
    const buffer = Buffer.alloc(LONGEST_HEADER)
    const { bytesRead } = await handle.read(buffer, 0, LONGEST_HEADER, 0)
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/)
    const delimiter = typeof format?.delimiter === 'string' ? format.delimiter : ','
    return line.split(delimiter).length
  } finally {
    await handle.close()
  }
}
