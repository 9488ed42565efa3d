/** What a scan reads: a table, a statement of the catalog's, or the elements of a repeated field as rows of their own. */
import type { ColumnDefinition, SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { ScanNode } from '../../planner/logical-plan.js'
import { asSubquery } from '../native-query.js'
import type { PrintedRelation } from '../sql/dialect.js'
import { connectionSettings } from './connection-settings.js'

/** Quotes a name; a backslash escapes inside. */
export function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

/** Quotes a path of names, each on its own. */
export function quotePath(path: string): string {
  return path.split('.').map(quoteName).join('.')
}

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
    // A field of a struct is a path.
    ...(columns.some((column) => column.from.includes('.')) && table.query === undefined
      ? { read: (alias: string, i: number) => `${alias}.${quotePath(columns[i]!.from)}` }
      : {}),
  }
}

function tableName(table: TableDefinition, source: SourceDefinition): string {
  const from = table.from ?? table.name
  const { dataset } = connectionSettings(source)
  return from.includes('.') || dataset === undefined
    ? quotePath(from)
    : quotePath(`${dataset}.${from}`)
}

/** How a repeated field becomes a child table. */
interface Unnest {
  readonly path: string
  readonly ordinality?: string
  /** A parent without elements gives one row. */
  readonly keep_empty?: boolean
}

/** Reads `../id` of the parent, `name` of the element, `.` for the element itself, and the element's position from 0. */
function childRelation(
  parent: string,
  columns: readonly ColumnDefinition[],
  unnest: Unnest,
): PrintedRelation {
  const names = columns.map((_column, i) => `c${i + 1}`)
  const items = columns.map((column, i) => {
    const text = column.from.startsWith('../')
      ? `p.${quotePath(column.from.slice(3))}`
      : column.name === unnest.ordinality
        ? 'o'
        : column.from === '.'
          ? 'e'
          : `e.${quotePath(column.from)}`
    return `${text} AS ${names[i]}`
  })
  const join = unnest.keep_empty === true ? 'LEFT JOIN' : 'CROSS JOIN'
  const on = unnest.keep_empty === true ? ' ON TRUE' : ''
  const list = items.length === 0 ? '1 AS c1' : items.join(', ')
  return {
    text: `(SELECT ${list} FROM ${parent} AS p ${join} UNNEST(p.${quotePath(unnest.path)}) AS e WITH OFFSET AS o${on})`,
    columns: names,
  }
}
