/**
 * Finds the row at fault where a value of a CSV or JSON file could not be narrowed to its column's type: DuckDB says then neither the
 * file nor the row. The table's files are read once more, up to that row.
 */
import { relative } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { duckdbTypeOfName } from './duckdb-types.js'
import { columnOfLoss, unfitCondition } from './exact-values.js'
import { fileRelation, partitionsOf, rootOf } from './file-table.js'
import { tablesRead, type TableRead } from './tables-read.js'

interface Place {
  readonly file: string
  readonly row: number
  readonly column: ColumnDefinition
}

/** Returns the error that names the file, the row and the column, or the given one. `statement`: what DuckDB was sent. */
export async function explainUnfitValue(
  error: unknown,
  connection: DuckDBConnection,
  source: SourceDefinition,
  statement: string,
): Promise<unknown> {
  const message = error instanceof Error ? error.message : ''
  // Of a CSV's line DuckDB is sure, of one in JSON it is not.
  const isPlaceless =
    /^Conversion Error(?!: CSV Error)|^Invalid Input Error: (Could not parse string|JSON transform)/
  if (!isPlaceless.test(message)) return error
  for (const { table, type, files } of tablesRead(connection, source, statement)) {
    if (type === 'parquet') continue
    const place = await firstUnfit(connection, table, source, files, columnOfLoss(message))
    if (place !== undefined) return unfitError(error, place, source.name, table.name)
  }
  return error
}

function unfitError(cause: unknown, place: Place, source: string, table: string): EngineError {
  const { file, row, column } = place
  return new EngineError(
    SQLSTATE.sourceTypeMismatch,
    `Row ${row} of file ${file} of source "${source}" holds a value that does not fit column "${column.from}" of type ${column.type}`,
    {
      ...{ source, cause, category: 'source' },
      detail: incidentDetail({ source, message: cause instanceof Error ? cause.message : '' }),
      hint: `Mend the file, or give column ${column.name} of table ${table} ${widerType(column.type)} in the source file`,
    },
  )
}

function widerType(type: string): string {
  if (/^(smallint|integer|int\d?|bigint)$/.test(type)) return 'the type numeric(38,10) or text'
  if (type === 'date') return 'the type timestamp or text, or its format (format.date)'
  return 'the type text, or its format (format.timestamp)'
}

/** The first row, file by file, whose value does not fit. `name`: of the column, where DuckDB said it. */
async function firstUnfit(
  connection: DuckDBConnection,
  table: TableDefinition,
  source: SourceDefinition,
  files: TableRead['files'],
  name: string | undefined,
): Promise<Place | undefined> {
  const partitions = partitionsOf(table)
  const columns = table.columns.filter(
    ({ from, type }) =>
      !(from in partitions) && (name === undefined || from === name) && isCast(type),
  )
  if (columns.length === 0) return undefined
  const names = columns.map((column) => column.name)
  const rowsOf = async (sql: string): Promise<readonly (readonly unknown[])[]> =>
    (await connection.runAndReadAll(sql)).getRows()
  for (const file of await files()) {
    const from = relative(rootOf(source), file)
    // As texts, which no reader refuses. Rows are numbered in the file's order, before any is left out.
    const texts = columns.map((column) => ({ ...column, type: 'text' }))
    const one = fileRelation({ ...table, from, columns: texts }, source, names)
    const branches = columns.map(
      ({ type }, i) =>
        `WHEN ${unfitCondition(one.read('t', i), duckdbTypeOfName(type)!, table.format)} THEN ${i}`,
    )
    const [found] = await rowsOf(
      `SELECT row, unfit FROM (SELECT row_number() OVER () AS row, CASE ${branches.join(' ')} END AS unfit FROM ${one.text} AS t) WHERE unfit IS NOT NULL LIMIT 1`,
    )
    if (found !== undefined) {
      return { file, row: Number(found[0]), column: columns[Number(found[1])]! }
    }
  }
  return undefined
}

/** Texts, lists and documents are taken apart elsewhere. */
function isCast(type: string): boolean {
  const target = duckdbTypeOfName(type)
  return target !== undefined && !/^(VARCHAR|BLOB|JSON)$|\]$/.test(target)
}
