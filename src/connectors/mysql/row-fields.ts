/** Rows of other sources as a table of JSON_TABLE: which servers and types take them, and what their columns are there. */
import type { ColumnDefinition, ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import type { Column } from '../../expressions/expression.js'
import type { LogicalPlan, TableFunctionNode } from '../../planner/logical-plan.js'
import { shippedColumnsOf } from '../../planner/shipped-rows.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { EXACT, type Judgement } from '../connector.js'
import { columnFacts, type ColumnFacts } from '../sql/column-facts.js'
import { cannotPrint } from '../sql/ansi-dialect.js'
import { decimalShape, fitsDecimal } from '../sql/decimal-shape.js'
import { CAPABILITIES } from './capabilities.js'

const TEXT = `VARCHAR(${CAPABILITIES.rows?.longestText})`

/** The types of fields that take a value's text without loss. */
const FIELD_TYPES: Readonly<Record<number, string>> = {
  [OID.bool]: 'TINYINT(1)',
  [OID.int2]: 'SMALLINT',
  [OID.int4]: 'INT',
  [OID.int8]: 'BIGINT',
  [OID.text]: `${TEXT} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  [OID.varchar]: `${TEXT} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  [OID.date]: 'DATE',
  [OID.timestamp]: 'DATETIME(6)',
}

function fieldTypeOf(type: SqlType): string | undefined {
  if (type.oid !== OID.numeric) return FIELD_TYPES[type.oid]
  const shape = decimalShape({ kind: 'column', id: 0, name: '', type })
  if (shape === undefined || !fitsDecimal(shape, { precision: 65, scale: 30 })) return undefined
  return `DECIMAL(${shape.whole + shape.scale},${shape.scale})`
}

/** Names the field's type; the rows have been judged. */
export function rowFieldType(type: SqlType): string {
  const name = fieldTypeOf(type)
  if (name === undefined) throw cannotPrint({ name: 'MySQL' }, `rows with type ${type.oid}`)
  return name
}

/** Tells whether the server has JSON_TABLE: MariaDB since 10.6, MySQL since 8.0.4. */
export function takesRows(server: ServerFacts | undefined): boolean {
  const [major = 0, minor = 0, patch = 0] = (server?.version ?? '').split(/[^\d]+/).map(Number)
  const since = server?.product === 'MariaDB' ? [10, 6, 0] : [8, 0, 4]
  for (const [i, part] of [major, minor, patch].entries()) {
    if (part !== since[i]) return part > since[i]!
  }
  return true
}

/** Judges rows of other sources. */
export function judgeShippedRows(
  node: TableFunctionNode,
  server: ServerFacts | undefined,
): Judgement {
  const columns = shippedColumnsOf(node)
  if (columns === undefined) return refusal('Functions in FROM are not pushed to MySQL')
  if (!takesRows(server)) {
    return refusal('Only MariaDB since 10.6 and MySQL since 8.0.4 take rows (JSON_TABLE)')
  }
  const odd = columns.find(({ column }) => fieldTypeOf(column.type) === undefined)
  return odd === undefined
    ? EXACT
    : refusal(`Column ${odd.column.name} is of a type that is not sent to MySQL in rows`)
}

function refusal(reason: string): Judgement {
  return { support: 'none', reason }
}

/** What is known of the columns in a fragment, those of shipped rows with it. */
export function fragmentFacts(plan: LogicalPlan, source: SourceDefinition): ColumnFacts {
  return columnFacts(plan, source, textField)
}

/** A text among shipped rows has a width and a collation of its own. */
function textField(column: Column): ColumnDefinition | undefined {
  const { name, type } = column
  if (type.oid !== OID.text && type.oid !== OID.varchar) return undefined
  return {
    ...{ name, from: name, type: 'text', native: TEXT.toLowerCase(), collation: 'utf8mb4_bin' },
    ...{ notNull: false, hidden: false, tags: [], options: {} },
  }
}
