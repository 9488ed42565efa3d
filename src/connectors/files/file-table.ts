/** Prints what a table of files is in DuckDB: a call of read_csv, read_json or read_parquet. No I/O. */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { ColumnDefinition, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { asSubquery } from '../native-query.js'
import { quoteString, quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import type { PrintedRelation } from '../sql/dialect.js'
import { duckdbTypeOfName } from './duckdb-types.js'
import { exactFromText, exactValue, wholeType } from './exact-values.js'
import { TOO_MANY_DIGITS } from './source-errors.js'

export type FileType = 'csv' | 'json' | 'parquet'

const ENDINGS: readonly (readonly [RegExp, FileType])[] = [
  [/\.(csv|tsv|txt)(\.gz|\.zst)?$/i, 'csv'],
  [/\.(json|ndjson|jsonl)(\.gz|\.zst)?$/i, 'json'],
  [/\.(parquet|parq)$/i, 'parquet'],
]

/** Tells the type of a table's files: as its format says, or by their ending. */
export function fileTypeOf(from: string, format: TableDefinition['format']): FileType {
  const declared = format?.type
  if (declared === 'csv' || declared === 'json' || declared === 'parquet') return declared
  const known = ENDINGS.find(([ending]) => ending.test(from))
  if (known) return known[1]
  throw new EngineError(SQLSTATE.invalidCatalog, `Cannot tell the type of the files "${from}"`, {
    hint: 'Set format.type to csv, json or parquet',
  })
}

/** The directory that no file of a source may lie outside of. */
export function rootOf(source: SourceDefinition): string {
  const root = source.connection.root
  return resolve(source.directory, typeof root === 'string' ? root : '.')
}

/** The absolute pattern of a table's files; a pattern that leaves the root is an error. */
export function patternOf(from: string, source: SourceDefinition): string {
  const root = rootOf(source)
  const pattern = resolve(root, from)
  const inside = relative(root, pattern)
  if (inside.startsWith('..') || isAbsolute(inside) || from.split(/[\\/]/).includes('..')) {
    throw new EngineError(
      SQLSTATE.invalidCatalog,
      `The files "${from}" of source "${source.name}" lie outside of its root`,
      { source: source.name },
    )
  }
  return sep === '/' ? pattern : pattern.replaceAll(sep, '/')
}

/** A table as something that can stand in FROM, and how each of `columns` (catalog names) is read from it. */
export function fileRelation(
  table: TableDefinition,
  source: SourceDefinition,
  names: readonly string[],
): PrintedRelation & Required<Pick<PrintedRelation, 'read'>> {
  const columns = names.map(
    (name) =>
      table.columns.find((column) => column.name === name) ?? {
        name,
        from: name,
        type: 'text',
        notNull: false,
        hidden: false,
        tags: [],
        options: {},
      },
  )
  if (table.query !== undefined) {
    return {
      text: asSubquery(queryText(table.query, source)),
      columns: columns.map((column) => column.from),
      read: (alias, position) => readColumn(alias, columns[position]!, 'parquet', table),
    }
  }
  const type = fileTypeOf(table.from ?? '', table.format)
  return {
    text: readFunction(table, source),
    columns: columns.map((column) => column.from),
    read: (alias, position) => readColumn(alias, columns[position]!, type, table),
  }
}

/** A `query:` table's statement; `{root}` in it is the source's root: DuckDB opens nothing outside of it, by absolute paths alone. */
export function queryText(query: string, source: SourceDefinition): string {
  return query.replaceAll('{root}', rootOf(source).replaceAll("'", "''"))
}

/** The call that reads a declared table's files. */
export function readFunction(table: TableDefinition, source: SourceDefinition): string {
  const from = table.from ?? ''
  const type = fileTypeOf(from, table.format)
  const pattern = quoteString(patternOf(from, source))
  const partitions = partitionsOf(table)
  const fileColumns = table.columns.filter((column) => !(column.from in partitions))
  const options =
    type === 'csv'
      ? csvOptions(table.format, fileColumns)
      : type === 'json'
        ? jsonOptions(table.format, fileColumns)
        : []
  return `read_${type}(${[pattern, ...options, ...partitionOptions(partitions)].join(', ')})`
}

/** Hive partitions (`year=2024/`): column name to type. */
export function partitionsOf(
  table: Pick<TableDefinition, 'format'>,
): Readonly<Record<string, string>> {
  const partitions = table.format?.partitions
  if (typeof partitions !== 'object' || partitions === null) return {}
  return Object.fromEntries(Object.entries(partitions).map(([name, type]) => [name, String(type)]))
}

function partitionOptions(partitions: Readonly<Record<string, string>>): string[] {
  const types = Object.entries(partitions).map(
    ([name, type]) => `${quoteString(name)}: ${duckdbTypeOfName(type) ?? 'VARCHAR'}`,
  )
  return types.length === 0
    ? ['hive_partitioning=false']
    : ['hive_partitioning=true', `hive_types={${types.join(', ')}}`]
}

/** Bytes that DuckDB takes at a time. Its own choice, 32 million for each file of a statement, fills 256 MB with eight tables, and reads no faster. */
const CSV_BUFFER = 8_000_000

/** The options of read_csv; everything that sniffing would guess is said. */
export function csvOptions(
  format: TableDefinition['format'],
  columns: readonly ColumnDefinition[] | undefined,
): string[] {
  const text = (key: string, otherwise: string): string => {
    const value = format?.[key]
    return quoteString(typeof value === 'string' ? value : otherwise)
  }
  const header = format?.header !== false
  const nulls = Array.isArray(format?.null_values) ? format.null_values.map(String) : ['']
  const options = [
    `header=${header}`,
    `delim=${text('delimiter', ',')}`,
    `quote=${text('quote', '"')}`,
    `escape=${text('escape', typeof format?.quote === 'string' ? format.quote : '"')}`,
    'skip=0',
    "comment=''",
    `nullstr=[${nulls.map(quoteString).join(', ')}]`,
    `buffer_size=${CSV_BUFFER}`,
  ]
  if (format?.quoted_nulls === false) options.push('allow_quoted_nulls=false')
  options.push(...dateOptions(format))
  if (columns !== undefined && columns.length > 0) {
    // With a header columns are found by name; without one the catalog lists them in the file's order.
    const types = typeMap(columns, format)
    // Without other candidates DuckDB does not look at the values for a format of dates, which it would take 01/02/2020 for the first of.
    options.push(
      ...(header
        ? [`types=${types}`, "auto_type_candidates=['VARCHAR']"]
        : [`columns=${types}`, 'auto_detect=false']),
    )
  }
  return options
}

function dateOptions(format: TableDefinition['format']): string[] {
  const option = (key: string, value: unknown): string[] =>
    typeof value === 'string' ? [`${key}=${quoteString(value)}`] : []
  return [...option('dateformat', format?.date), ...option('timestampformat', format?.timestamp)]
}

function jsonOptions(
  format: TableDefinition['format'],
  columns: readonly ColumnDefinition[],
): string[] {
  const options = ["format='auto'", ...dateOptions(format)]
  const tops = new Map<string, string>()
  for (const column of columns) {
    const [top, ...path] = column.from.split('.')
    if (top === undefined) continue
    const type = path.length > 0 ? 'JSON' : wholeType(jsonType(column), format)
    tops.set(top, tops.has(top) ? 'JSON' : type)
  }
  const types = [...tops].map(([name, type]) => `${quoteString(name)}: ${quoteString(type)}`)
  return types.length === 0 ? options : [...options, `columns={${types.join(', ')}}`]
}

/** Decimals are read as JSON, so that those written as strings keep their digits. */
function jsonType(column: ColumnDefinition): string {
  const type = duckdbTypeOfName(column.type) ?? 'VARCHAR'
  if (type === 'BLOB') return 'VARCHAR'
  return type.startsWith('DECIMAL') || type === 'VARCHAR[]' ? 'JSON' : type
}

/** Lists and bytes are written in CSV as PostgreSQL writes them: DuckDB has other forms, and would take some of these for its own. */
function csvType(column: ColumnDefinition): string {
  const type = duckdbTypeOfName(column.type) ?? 'VARCHAR'
  return type === 'BLOB' || type.endsWith('[]') ? 'VARCHAR' : type
}

function typeMap(columns: readonly ColumnDefinition[], format: TableDefinition['format']): string {
  const types = columns.map(
    (column) => `${quoteString(column.from)}: ${quoteString(wholeType(csvType(column), format))}`,
  )
  return `{${types.join(', ')}}`
}

/** How a column is read: in parquet and JSON through a cast to what the catalog promises. */
function readColumn(
  alias: string,
  column: ColumnDefinition,
  type: FileType,
  table: TableDefinition,
): string {
  const { format } = table
  const target = duckdbTypeOfName(column.type)
  const plain = `${alias}.${quoteWithDoubleQuotes(column.from)}`
  if (column.from in partitionsOf(table)) return castTo(plain, target)
  switch (type) {
    case 'csv':
      return target === 'BLOB'
        ? bytesOf(plain)
        : (exactValue(plain, target, column.from, format) ?? plain)
    case 'parquet':
      if (target === undefined || column.native === target) return plain
      // A text is parsed, a struct or list becomes JSON.
      return target === 'JSON' ? `CAST(CAST(${plain} AS JSON) AS VARCHAR)` : castTo(plain, target)
    case 'json': {
      const [top, ...path] = column.from.split('.')
      const value = `${alias}.${quoteWithDoubleQuotes(top ?? '')}`
      if (path.length === 0) {
        if (target === 'BLOB') return bytesOf(value)
        return jsonType(column) === 'JSON' && target !== 'JSON' && target !== undefined
          ? jsonScalar(value, `(${value} ->> '$')`, target, column.from, format)
          : (exactValue(value, target, column.from, format) ?? value)
      }
      const steps = quoteString(`$${path.map((step) => `."${step}"`).join('')}`)
      return target === 'JSON'
        ? `(${value} -> ${steps})`
        : target === 'BLOB'
          ? bytesOf(`(${value} ->> ${steps})`)
          : jsonScalar(
              `(${value} -> ${steps})`,
              `(${value} ->> ${steps})`,
              target,
              column.from,
              format,
            )
    }
  }
}

/** DuckDB reads numbers with a fraction as doubles: a decimal with more digits than a double holds is an error, not a guess. */
function jsonScalar(
  json: string,
  text: string,
  target: string | undefined,
  column: string,
  format: TableDefinition['format'],
): string {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(target ?? '')
  if (decimal === null) {
    return target === undefined ? text : exactFromText(text, target, column, format)
  }
  const limit = `1e${15 - Number(decimal[2])}`
  const message = quoteString(TOO_MANY_DIGITS)
  return (
    `CASE WHEN json_type(${json}) = 'DOUBLE' AND abs(CAST(${text} AS DOUBLE)) >= ${limit} ` +
    `THEN error(${message}) ELSE ${castTo(text, target)} END`
  )
}

/** Bytes in a text file: `\\x` and two digits each, as PostgreSQL writes them; any other text is its own bytes. */
function bytesOf(text: string): string {
  return `CASE WHEN starts_with(${text}, '\\x') THEN unhex(substr(${text}, 3)) ELSE encode(${text}) END`
}

function castTo(text: string, type: string | undefined): string {
  return type === undefined ? text : `CAST(${text} AS ${type})`
}
