/** DuckDB's SQL over files. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { ansiDialect, cannotPrint, quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import type { Dialect, ExpressionPrinter } from '../sql/dialect.js'
import { comparisonOperator } from './comparisons.js'
import { duckdbTypeOf } from './duckdb-types.js'
import { fileRelation } from './file-table.js'
import { FUNCTIONS } from './functions.js'
import { isWithoutColumns } from '../sql/without-columns.js'

const NUMBERS = new Set<number>([OID.int2, OID.int4, OID.int8, OID.numeric])
const AGGREGATES = new Set(['count', 'sum', 'min', 'max', 'bool_and', 'bool_or', 'every'])

/** Makes the dialect of a source. */
export function duckdbDialect(source: SourceDefinition): Dialect {
  return {
    ...ansiDialect,
    name: 'DuckDB',
    marker: (position) => `$${position}`,
    reusableMarkers: true,
    scan: (node) => {
      const found = locateTable(source, node)
      if (found) return fileRelation(found.table, found.owner, node.tableColumns)
      throw new EngineError(
        SQLSTATE.internalError,
        `Source "${source.name}" has no table "${node.table}"`,
      )
    },
    constant: (expression, printer) => {
      const { value, type } = expression
      if (value === null) return nullOf(expression)
      if (NUMBERS.has(type.oid) && /^-?\d+(\.\d+)?$/.test(value))
        return numberLiteral(value, type.oid)
      if (type.oid === OID.bool) return value === 't' ? 'TRUE' : 'FALSE'
      return bound(expression, printer)
    },
    parameter: bound,
    bindsWhole: (expression) =>
      expression.kind !== 'constant' &&
      expression.kind !== 'parameter' &&
      isWithoutColumns(expression),
    typeName: (type) => {
      const name = duckdbTypeOf(type)
      if (name !== undefined) return name
      throw cannotPrint({ name: 'DuckDB' }, `type ${type.oid}`)
    },
    // A numeric without a precision is bound with its own.
    cast: (text, _from, to) => {
      const name = duckdbTypeOf(to)
      return name === undefined ? text : `CAST(${text} AS ${name})`
    },
    functions: FUNCTIONS,
    call: (call, printer) => {
      const operator =
        call.function.schema === 'pg_catalog' ? comparisonOperator(call.function.name) : undefined
      if (operator === undefined) {
        throw cannotPrint({ name: 'DuckDB' }, `function ${call.function.signature}`)
      }
      const [left, right] = call.arguments.map((argument) => printer.print(inFewDigits(argument)))
      return `(${left} ${operator} ${right})`
    },
    expressions: {
      relabel: (expression, printer) =>
        isWithoutColumns(expression)
          ? bound(expression, printer)
          : printer.print(expression.argument),
      'array-comparison': (expression, printer) => {
        const word = expression.quantifier === 'any' ? 'IN' : 'NOT IN'
        return `(${printer.print(expression.left)} ${word} (SELECT unnest(${listOf(expression.right, printer)})))`
      },
    },
    aggregate: (texts, call) => {
      if (call.star) return 'count(*)'
      const { name } = call.function
      if (!AGGREGATES.has(name)) throw cannotPrint({ name: 'DuckDB' }, `aggregate ${name}`)
      const printed = name === 'every' ? 'bool_and' : name
      return `${printed}(${call.distinct ? 'DISTINCT ' : ''}${texts.join(', ')})`
    },
    // Lists side by side in one select list are taken apart together.
    shippedRows: (columns, names, printer) => {
      const items = columns.map(
        ({ values }, i) =>
          `unnest(${listOf(values, printer)}) AS ${quoteWithDoubleQuotes(names[i]!)}`,
      )
      return `(SELECT ${items.join(', ')})`
    },
    sortKey: (text, key) =>
      `${text}${key.descending ? ' DESC' : ' ASC'}${key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`,
  }
}

function bound(expression: Expression, printer: ExpressionPrinter): string {
  const text = printer.bind(expression)
  const type = duckdbTypeOf(expression.type)
  return type === undefined ? text : `CAST(${text} AS ${type})`
}

function nullOf(expression: Expression): string {
  const type = duckdbTypeOf(expression.type)
  return type === undefined ? 'NULL' : `CAST(NULL AS ${type})`
}

/** A whole number has its column's width, so that arithmetic overflows where PostgreSQL's does. */
function numberLiteral(value: string, oid: number): string {
  const literal = value.startsWith('-') ? `(${value})` : value
  if (oid === OID.int2) return `CAST(${literal} AS SMALLINT)`
  if (oid === OID.int4) return value.length < 10 ? literal : `CAST(${literal} AS INTEGER)`
  if (oid === OID.int8) return `CAST(${literal} AS BIGINT)`
  return value.includes('.')
    ? literal
    : `CAST(${literal} AS DECIMAL(${Math.max(1, value.replace('-', '').length)},0))`
}

/** A number without zeros at its end: compared with more digits than the column has, the column is cast, and no row group of Parquet left out. */
function inFewDigits(operand: Expression): Expression {
  const isLong = operand.kind === 'constant' && operand.type.oid === OID.numeric
  if (!isLong || operand.value === null || !/^-?\d+\.\d*0$/.test(operand.value)) return operand
  return { ...operand, value: operand.value.replace(/\.?0+$/, '') }
}

/** An array travels as PostgreSQL's text and is taken apart by DuckDB: as a JSON list, whose strings need no types. */
function listOf(expression: Expression, printer: ExpressionPrinter): string {
  const type = duckdbTypeOf(expression.type)
  if (type === undefined) throw cannotPrint({ name: 'DuckDB' }, `type ${expression.type.oid}`)
  return `CAST(CAST(${printer.bind(expression)} AS JSON) AS ${type})`
}
