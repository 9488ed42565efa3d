/**
 * The suite's tables as statements for BigQuery and Snowflake, to be run there by whoever owns the account: the connectors only read. Values
 * travel as texts and are cast there, so that none goes through a literal of fewer digits.
 */
import { fieldOf } from '../integration/connectors/bigquery/load.js'
import { snowflakeTypeOf } from '../integration/connectors/snowflake/load.js'
import type { WorldColumn, WorldTable } from '../world/table.js'

/** Rows of one INSERT: BigQuery takes statements of 1 MB. */
const ROWS = 500

/** CREATE TABLE and INSERT statements in GoogleSQL. */
export function bigqueryStatements(dataset: string, tables: readonly WorldTable[]): string[] {
  return statementsOf(tables, (name) => `\`${name}\``, dataset, {
    typeOf: (column) => bigqueryType(column),
    key: (names) => `PRIMARY KEY (${names}) NOT ENFORCED`,
    insert: (columns, rows) => {
      const row = (values: readonly (string | null)[]): string =>
        `(${columns.map((column, c) => bigqueryValue(values[c] ?? null, column)).join(', ')})`
      return `VALUES ${rows.map(row).join(', ')}`
    },
  })
}

/** CREATE TABLE and INSERT statements of Snowflake. VALUES holds constants alone: what makes other types of them stands in the select list. */
export function snowflakeStatements(schema: string, tables: readonly WorldTable[]): string[] {
  return statementsOf(tables, (name) => `"${name.replaceAll('"', '""')}"`, schema, {
    typeOf: (column) => snowflakeType(column),
    key: (names) => `PRIMARY KEY (${names})`,
    insert: (columns, rows) => {
      const list = columns.map((column, c) => snowflakeValue(`column${c + 1}`, column))
      const text = (value: string | null, { type }: WorldColumn): string =>
        value === null ? 'NULL' : quoted(plain(value, type))
      const row = (values: readonly (string | null)[]): string =>
        `(${columns.map((column, c) => text(values[c] ?? null, column)).join(', ')})`
      return `SELECT ${list.join(', ')} FROM VALUES ${rows.map(row).join(', ')}`
    },
  })
}

interface Language {
  typeOf(column: WorldColumn): string
  key(names: string): string
  /** What follows INSERT INTO table (columns). */
  insert(columns: readonly WorldColumn[], rows: WorldTable['rows']): string
}

function statementsOf(
  tables: readonly WorldTable[],
  quote: (name: string) => string,
  schema: string,
  { typeOf, key, insert }: Language,
): string[] {
  return tables.flatMap(({ name, columns, rows, primaryKey }) => {
    const target = `${quote(schema)}.${quote(name)}`
    const parts = columns.map((column) => `${quote(column.name)} ${typeOf(column)}`)
    if (primaryKey !== undefined) parts.push(key(primaryKey.map(quote).join(', ')))
    const names = columns.map((column) => quote(column.name)).join(', ')
    const inserts = Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, i) =>
      insert(columns, rows.slice(i * ROWS, (i + 1) * ROWS)),
    )
    return [
      `CREATE TABLE ${target} (${parts.join(', ')})`,
      ...inserts.map((text) => `INSERT INTO ${target} (${names}) ${text}`),
    ]
  })
}

function bigqueryType({ name, type }: WorldColumn): string {
  const { type: known, precision, scale } = fieldOf(name, type)
  return precision === undefined ? known : `${known}(${precision}, ${scale})`
}

function bigqueryValue(value: string | null, column: WorldColumn): string {
  if (value === null) return 'NULL'
  const type = fieldOf(column.name, column.type).type
  const text = quoted(plain(value, column.type))
  switch (type) {
    case 'STRING':
      return text
    case 'BYTES':
      return `FROM_HEX(${text})`
    case 'JSON':
      return `PARSE_JSON(${text}, wide_number_mode=>'round')`
    default:
      return `CAST(${text} AS ${type})`
  }
}

function snowflakeType({ type }: WorldColumn): string {
  const { name, precision, scale } = snowflakeTypeOf(type)
  if (precision !== undefined) return `${name}(${precision}, ${scale ?? 0})`
  return scale === undefined ? name : `${name}(${scale})`
}

function snowflakeValue(position: string, column: WorldColumn): string {
  const type = snowflakeType(column)
  if (type === 'VARIANT') return `PARSE_JSON(${position})`
  if (type === 'BINARY') return `TO_BINARY(${position}, 'HEX')`
  return `${position}::${type}`
}

/** The text of a value that both read: bytes in hexadecimal digits alone, infinities by their short name. */
function plain(value: string, type: string): string {
  if (type === 'bytea') return value.slice(2)
  if (type === 'bool') return value === 't' ? 'true' : 'false'
  return type.startsWith('float') ? value.replace('Infinity', 'inf') : value
}

/** Both languages know these escapes. */
function quoted(text: string): string {
  const escaped = text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
  return `'${escaped}'`
}
