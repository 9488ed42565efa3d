/** MySQL's SQL, for fragments that went through prepare-fragment.ts. It is valid in MySQL 8 and MariaDB 10.2 or later. */
import type { SourceDefinition, TableDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { CallExpression, Expression } from '../../expressions/expression.js'
import type { ScanNode, SortKey } from '../../planner/logical-plan.js'
import { OID } from '../../types/sql-type.js'
import { asSubquery } from '../native-query.js'
import { ansiDialect, cannotPrint } from '../sql/ansi-dialect.js'
import type { CallPrinter, Dialect, ExpressionPrinter, PrintedRelation } from '../sql/dialect.js'
import { comparisonOf } from '../sql/comparison-of.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { UNPADDED } from '../sql/without-padding.js'
import { connectionSettings } from './connection-settings.js'
import { SIGNATURE } from './prepare-fragment.js'
import { rowFieldType } from './row-fields.js'

const TEXTS = new Set<number>([OID.text, OID.varchar])
const BYTES = 'CAST(CONVERT('

/** Stands for a parameter in printed text until it is cut there (a `?` may also be part of a name). */
export const MARKER = '\u0001'

/** Before a marker: it stands for one thing together with the marker before it, and is not seen. */
export const SAME_MARKER = '\u0002'

const NO_LIMIT = '18446744073709551615'

/** Quotes a name. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Quotes the `from` of a table: `table` or `database.table`. */
export function quoteTable(from: string): string {
  const dot = from.indexOf('.')
  return dot < 0
    ? quoteName(from)
    : `${quoteName(from.slice(0, dot))}.${quoteName(from.slice(dot + 1))}`
}

/** A text as its UTF-8 bytes, whatever its column's character set and collation. */
export function bytesOf(text: string): string {
  return text.startsWith(BYTES) ? text : `${BYTES}${text} USING utf8mb4) AS BINARY)`
}

/** Called for every array that becomes a parameter: `bytes` when it is compared binary, `rows` for the columns of shipped rows. */
export type ListListener = (
  list: Expression,
  use: 'list' | 'bytes-list' | 'rows' | 'rows-column',
) => void

/** Makes the dialect of a source. */
export function mysqlDialect(source: SourceDefinition, onList: ListListener): Dialect {
  const list = (expression: Expression, use: 'list' | 'bytes-list', printer: ExpressionPrinter) => {
    // A new object, so that two uses of one list are told apart.
    const own = { ...expression }
    onList(own, use)
    return `(${printer.bind(own)})`
  }
  return {
    ...ansiDialect,
    name: 'MySQL',
    quoteIdentifier: quoteName,
    maximumIdentifierBytes: 64,
    marker: () => MARKER,
    scan: (node) => scanTable(node, source),
    constant: (expression, printer) => {
      const { value, type } = expression
      if (value === null) return 'NULL'
      // Digits need no quoting, and tell the server a decimal's scale.
      if (NUMBERS.has(type.oid) && /^-?\d+(\.\d+)?$/.test(value)) {
        return value.startsWith('-') ? `(${value})` : value
      }
      if (type.oid === OID.bool) return value === 't' ? 'TRUE' : 'FALSE'
      return printer.bind(expression)
    },
    bindsWhole: (expression) =>
      expression.kind !== 'constant' &&
      expression.kind !== 'parameter' &&
      isWithoutColumns(expression),
    typeName: (type) => {
      throw cannotPrint({ name: 'MySQL' }, `type ${type.oid}`)
    },
    cast: (text) => text,
    collate: (text, type) => (TEXTS.has(type.oid) ? bytesOf(text) : text),
    functions: FUNCTIONS,
    call: (call, printer) => {
      const comparison =
        call.function.schema === 'pg_catalog' ? comparisonOf(call.function.name) : undefined
      if (!comparison) throw cannotPrint({ name: 'MySQL' }, `function ${call.function.signature}`)
      const [left, right] = call.arguments.map((argument) =>
        printer.collated(argument, 'binary', 'order'),
      )
      return `(${left} ${comparison.operator} ${right})`
    },
    expressions: {
      distinct: (expression, printer) => {
        const [left, right] = expression.arguments.map((argument) =>
          printer.collated(argument, 'binary', 'equality'),
        )
        return `(NOT (${left} <=> ${right}))`
      },
      'array-comparison': (expression, printer) => {
        const isText = comparisonOf(expression.function.name)?.family === 'text'
        const left = printer.collated(expression.left, 'binary', 'equality')
        const word = expression.quantifier === 'any' ? 'IN' : 'NOT IN'
        return `(${left} ${word} ${list(expression.right, isText ? 'bytes-list' : 'list', printer)})`
      },
      call: (call, printer) => {
        if (call.function.signature === SIGNATURE.indexedList) {
          const [subject, values] = call.arguments as [Expression, Expression]
          const text = printer.print(subject)
          return `(${text} IN ${list(values, 'list', printer)} AND ${bytesOf(text)} IN ${list(values, 'bytes-list', printer)})`
        }
        if (ansiBound(call)) return printer.bind(call)
        const texts = call.arguments.map((argument) => printer.print(argument))
        const print = FUNCTIONS[call.function.signature]
        return print ? print(texts, call, printer) : printCall(call, printer)
      },
    },
    aggregate: (texts, call) => {
      if (call.star) return 'COUNT(*)'
      const name = AGGREGATES[call.function.name]
      if (name === undefined)
        throw cannotPrint({ name: 'MySQL' }, `aggregate ${call.function.name}`)
      return `${name}(${call.distinct ? 'DISTINCT ' : ''}${texts.join(', ')})`
    },
    // With LIMIT it stays a table of its own, to which the server adds an index; else it tests every pair of rows.
    shippedRows: (columns, names, printer) => {
      const fields = columns.map(
        ({ column }, i) =>
          `${quoteName(names[i]!)} ${rowFieldType(column.type)} PATH '$[${i}]' NULL ON EMPTY ERROR ON ERROR`,
      )
      const [first, ...others] = columns.map(({ values }, i) => {
        const own = { ...values }
        onList(own, i === 0 ? 'rows' : 'rows-column')
        return printer.bind(own)
      })
      const document = [first, ...others.map((marker) => SAME_MARKER + marker)].join('')
      return `(SELECT * FROM JSON_TABLE(${document}, '$[*]' COLUMNS (${fields.join(', ')})) AS r LIMIT ${NO_LIMIT})`
    },
    aggregateFilter: 'case',
    sortKey,
    limit: ({ limit, offset }) => {
      if (limit === undefined && offset === undefined) return ''
      return ` LIMIT ${limit ?? NO_LIMIT}${offset === undefined ? '' : ` OFFSET ${offset}`}`
    },
    aliasColumns: false,
    fromNothing: ' FROM DUAL',
  }
}

const NUMBERS = new Set<number>([OID.int2, OID.int4, OID.int8, OID.numeric])

const AGGREGATES: Readonly<Record<string, string>> = {
  count: 'COUNT',
  sum: 'SUM',
  min: 'MIN',
  max: 'MAX',
  bool_and: 'MIN',
  every: 'MIN',
  bool_or: 'MAX',
}

function ansiBound(call: CallExpression): boolean {
  return call.function.schema !== 'mysql' && isWithoutColumns(call)
}

function printCall(call: CallExpression, printer: ExpressionPrinter): string {
  return printer.dialect.call(call, printer)
}

/** NULLs come first in MySQL when ascending, last when descending. */
function sortKey(text: string, key: SortKey): string {
  const direction = key.descending ? ' DESC' : ''
  if (key.nullsFirst !== key.descending) return `${text}${direction}`
  return `(${text} IS NULL)${key.nullsFirst ? ' DESC' : ''}, ${text}${direction}`
}

function scanTable(node: ScanNode, source: SourceDefinition): PrintedRelation {
  const found = locateTable(source, node)
  if (!found) {
    throw new EngineError(
      SQLSTATE.internalError,
      `Source "${source.name}" has no table "${node.table}"`,
    )
  }
  const { table, owner } = found
  return {
    text: table.query === undefined ? tableName(table, source, owner) : asSubquery(table.query),
    columns: node.tableColumns.map(
      (name) => table.columns.find((column) => column.name === name)?.from ?? name,
    ),
  }
}

/** A bare name is completed where the statement runs in a connection to another database. */
function tableName(
  table: TableDefinition,
  source: SourceDefinition,
  owner: SourceDefinition,
): string {
  const from = table.from ?? table.name
  const { database } = connectionSettings(owner)
  const isForeign = !from.includes('.') && database !== connectionSettings(source).database
  return quoteTable(isForeign ? `${database}.${from}` : from)
}

const same: CallPrinter = ([text]) => text!
const operator =
  (symbol: string): CallPrinter =>
  ([left, right]) =>
    `(${left} ${symbol} ${right})`

/** Compares characters, not bytes (so that _ is one character), by code point. */
const like =
  (word: string): CallPrinter =>
  ([subject, pattern]) =>
    `(CONVERT(${subject} USING utf8mb4) COLLATE utf8mb4_bin ${word} ${pattern} ESCAPE '\\\\')`

const extract: CallPrinter = ([, value], call) => {
  const unit = call.arguments[0]
  const name = unit?.kind === 'constant' ? (unit.value ?? '') : ''
  return name === 'doy' ? `DAYOFYEAR(${value})` : `${name.toUpperCase()}(${value})`
}

const truncate: CallPrinter = ([, value], call) => {
  const unit = call.arguments[0]
  const asDateTime = (text: string) => `CAST(${text} AS DATETIME)`
  switch (unit?.kind === 'constant' ? unit.value : null) {
    case 'year':
      return asDateTime(`DATE_FORMAT(${value}, '%Y-01-01')`)
    case 'quarter':
      return asDateTime(
        `(MAKEDATE(YEAR(${value}), 1) + INTERVAL (QUARTER(${value}) - 1) * 3 MONTH)`,
      )
    case 'month':
      return asDateTime(`DATE_FORMAT(${value}, '%Y-%m-01')`)
    case 'week':
      return asDateTime(`(DATE(${value}) - INTERVAL WEEKDAY(${value}) DAY)`)
    case 'day':
      return asDateTime(`DATE(${value})`)
    case 'hour':
      return asDateTime(`DATE_FORMAT(${value}, '%Y-%m-%d %H:00:00')`)
    case 'minute':
      return asDateTime(`DATE_FORMAT(${value}, '%Y-%m-%d %H:%i:00')`)
    default:
      throw cannotPrint({ name: 'MySQL' }, `function ${call.function.signature}`)
  }
}

const FUNCTIONS: Readonly<Record<string, CallPrinter>> = {
  // The server has taken the blanks off.
  [UNPADDED]: same,
  [SIGNATURE.bytes]: ([text]) => bytesOf(text!),
  [SIGNATURE.realDate]: ([text]) => `IF(TO_DAYS(${text}) IS NULL, NULL, ${text})`,
  [SIGNATURE.truth]: ([text]) => `(${text} <> 0)`,
  [SIGNATURE.dateCondition]: ([column, value], call) =>
    `(${column} ${call.function.name} ${value} AND TO_DAYS(${column}) IS NOT NULL)`,
  [SIGNATURE.indexedText]: ([column, value], call, printer) => {
    const collation = call.function.name
    const other = call.arguments[1]!
    const isValue = isWithoutColumns(other)
    // The value in the column's own character set; what that lacks becomes another character, caught by the second test.
    const converted =
      !isValue || collation.startsWith('utf8mb4_')
        ? value
        : `CONVERT(${value} USING ${collation.split('_')[0]}) COLLATE ${collation}`
    const again = isValue ? printer.print(other) : value!
    return `(${column} = ${converted} AND ${bytesOf(column!)} = ${bytesOf(again)})`
  },
  'int4(int2)': same,
  'int8(int2)': same,
  'int8(int4)': same,
  'numeric(int2)': same,
  'numeric(int4)': same,
  'numeric(int8)': same,
  'float8(float4)': same,
  'date(timestamp)': ([text]) => `DATE(${text})`,
  'timestamp(date)': ([text]) => `CAST(${text} AS DATETIME)`,
  'textlike(text,text)': like('LIKE'),
  'textnlike(text,text)': like('NOT LIKE'),
  'length(text)': ([text]) => `CHAR_LENGTH(${text})`,
  'char_length(text)': ([text]) => `CHAR_LENGTH(${text})`,
  'character_length(text)': ([text]) => `CHAR_LENGTH(${text})`,
  'numeric_add(numeric,numeric)': operator('+'),
  'numeric_sub(numeric,numeric)': operator('-'),
  'numeric_mul(numeric,numeric)': operator('*'),
  'numeric_uminus(numeric)': ([text]) => `(-${text})`,
  'int4mod(int4,int4)': operator('%'),
  'int8mod(int8,int8)': operator('%'),
  'mod(int4,int4)': operator('%'),
  'mod(int8,int8)': operator('%'),
  'date_trunc(text,timestamp)': truncate,
  'extract(text,timestamp)': extract,
  'extract(text,date)': extract,
}
