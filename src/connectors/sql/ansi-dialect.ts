/** What most SQL languages share: the base that dialects spread. Functions and types are each dialect's own. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Dialect } from './dialect.js'

/** Builds the error for what a dialect has no words for; the planner should not have sent it. */
export function cannotPrint(dialect: { readonly name: string }, what: string): EngineError {
  return new EngineError(SQLSTATE.internalError, `Cannot print in ${dialect.name}: ${what}`)
}

/** Quotes a name as the standard does. */
export function quoteWithDoubleQuotes(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a string literal as the standard does: a quote is doubled, a backslash is an ordinary character. */
export function quoteString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

const ansi = { name: 'SQL' }

/** The base record. `scan`, `typeName` and the function tables must be supplied. */
export const ansiDialect: Dialect = {
  name: ansi.name,
  quoteIdentifier: quoteWithDoubleQuotes,
  maximumIdentifierBytes: 63,
  marker: () => '?',
  reusableMarkers: false,
  scan: (node) => {
    throw cannotPrint(ansi, `table ${node.schema}.${node.table}`)
  },
  constant: (expression, printer) =>
    expression.value === null ? 'NULL' : printer.bind(expression),
  parameter: (expression, printer) => printer.bind(expression),
  bindsWhole: () => false,
  typeName: (type) => {
    throw cannotPrint(ansi, `type ${type.oid}`)
  },
  cast(text, _from, to) {
    return `CAST(${text} AS ${this.typeName(to)})`
  },
  collate: (text) => text,
  functions: {},
  call(call) {
    throw cannotPrint(this, `function ${call.function.signature}`)
  },
  expressions: {},
  aggregates: {},
  aggregate(_arguments, call) {
    throw cannotPrint(this, `aggregate ${call.function.signature}`)
  },
  aggregateFilter: 'clause',
  windowFunction: (call, argumentTexts) => `${call.function.name}(${argumentTexts.join(', ')})`,
  sortKey: (text, key) =>
    `${text}${key.descending ? ' DESC' : ''}${
      key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'
    }`,
  limit: ({ limit, offset }) =>
    (limit === undefined ? '' : ` LIMIT ${limit}`) +
    (offset === undefined ? '' : ` OFFSET ${offset}`),
  setOperator: (operation, all) => `${operation.toUpperCase()}${all ? ' ALL' : ''}`,
  values: (rows) => `(VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')})`,
  aliasColumns: true,
  fromNothing: '',
  emptySelect: '1',
  lateral: 'LATERAL ',
  groupedInHaving: false,
  materializedHint: false,
  distinctOn: false,
}
