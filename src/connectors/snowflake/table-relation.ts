/** What a scan reads: a table, a statement of the catalog's, or the elements of an array as rows of their own. */
import type { ColumnDefinition, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { ScanNode } from '../../planner/logical-plan.js'
import { parseTypeName } from '../../types/type-registry.js'
import { asSubquery } from '../native-query.js'
import { quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import type { PrintedRelation } from '../sql/dialect.js'
import { connectionSettings } from './connection-settings.js'
import { readingCast, snowflakeType } from './types.js'

/** Prints what a scan reads. */
export function tableRelation(node: ScanNode, source: SourceDefinition): PrintedRelation {
  const found = locateTable(source, node)
  if (found === undefined) {
    throw new EngineError(SQLSTATE.internalError, `Source "${source.name}" has no table "${node.table}"`) // prettier-ignore
  }
  const { table } = found
  const columns = node.tableColumns.map((name) => {
    const column = table.columns.find((candidate) => candidate.name === name)
    if (column !== undefined) return column
    throw new EngineError(SQLSTATE.internalError, `Table "${table.name}" has no column "${name}"`)
  })
  const text = table.query === undefined ? tableName(table, found.owner) : asSubquery(table.query)
  const unnest = table.options.unnest as Unnest | undefined
  if (unnest !== undefined) return childRelation(text, columns, unnest)
  return {
    text,
    columns: columns.map((column) => column.from),
    ...(columns.some((column) => reads(column))
      ? { read: (alias: string, i: number) => readColumn(alias, columns[i]!) }
      : {}),
  }
}

/** The table's name: `table`, `schema.table` or `database.schema.table`, completed from the connection. */
export function tableName(table: TableDefinition, source: SourceDefinition): string {
  const { database, schema } = connectionSettings(source)
  const parts = (table.from ?? table.name).split('.')
  const path = parts.length === 1 ? [database, schema, ...parts] : parts.length === 2 ? [database, ...parts] : parts // prettier-ignore
  return path.map(quoteWithDoubleQuotes).join('.')
}

function reads(column: ColumnDefinition): boolean {
  return column.from.includes(':') || readingCast(column.native) !== undefined
}

function readColumn(alias: string, column: ColumnDefinition): string {
  if (column.from.includes(':')) return readPath(alias, column.from, column)
  const text = `${alias}.${quoteWithDoubleQuotes(column.from)}`
  const cast = readingCast(column.native)
  return cast === undefined ? text : `CAST(${text} AS ${cast})`
}

/** `PAYLOAD:customer.id`: a path into a VARIANT, cast to what the catalog calls the column. */
function readPath(alias: string, from: string, column: ColumnDefinition): string {
  const [name = '', ...rest] = from.split(':')
  const path = rest.join(':').split('.').map(quoteWithDoubleQuotes)
  return castTo(`${alias}.${quoteWithDoubleQuotes(name)}:${path.join('.')}`, column)
}

function castTo(text: string, column: ColumnDefinition): string {
  const type = snowflakeType(parseTypeName(column.type)) ?? 'VARCHAR'
  return type === 'VARIANT' ? text : `CAST(${text} AS ${type})`
}

/** How an array becomes a child table. */
interface Unnest {
  readonly path: string
  readonly ordinality?: string
  /** A parent without elements gives one row. */
  readonly keep_empty?: boolean
}

/** Reads `../ID` of the parent, `name` of the element, `.` for the element itself, and the element's position from 0. */
function childRelation(
  parent: string,
  columns: readonly ColumnDefinition[],
  unnest: Unnest,
): PrintedRelation {
  const names = columns.map((_column, i) => `C${i + 1}`)
  const items = columns.map((column, i) => {
    const text = column.from.startsWith('../')
      ? readColumn('p', { ...column, from: column.from.slice(3) })
      : column.name === unnest.ordinality
        ? 'e."INDEX"'
        : column.from === '.'
          ? castTo('e."VALUE"', column)
          : castTo(`e."VALUE":${column.from.split('.').map(quoteWithDoubleQuotes).join('.')}`, column) // prettier-ignore
    return `${text} AS ${names[i]}`
  })
  const [name = '', ...rest] = unnest.path.split(':')
  const path = rest.length === 0 ? '' : `:${rest.join(':').split('.').map(quoteWithDoubleQuotes).join('.')}` // prettier-ignore
  const input = `p.${quoteWithDoubleQuotes(name)}${path}`
  const outer = unnest.keep_empty === true ? ', OUTER => TRUE' : ''
  const list = items.length === 0 ? '1 AS C1' : items.join(', ')
  return {
    text: `(SELECT ${list} FROM ${parent} AS p, LATERAL FLATTEN(INPUT => ${input}${outer}) AS e)`,
    columns: names,
  }
}
