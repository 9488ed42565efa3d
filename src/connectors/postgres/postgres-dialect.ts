/**
 * PostgreSQL's own language. Casts are explicit everywhere, so that the server resolves the overloads that were
 * resolved here; order comparisons of text say COLLATE "C", because the engine orders text by bytes.
 */
import type { CallExpression, Collation, Expression } from '../../expressions/expression.js'
import type { AggregateCall } from '../../planner/logical-plan.js'
import type { SqlType } from '../../types/sql-type.js'
import { OID } from '../../types/sql-type.js'
import { formatTypeName, typeInfo } from '../../types/type-registry.js'
import { ansiDialect, cannotPrint, quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import type { Dialect, ExpressionPrinter } from '../sql/dialect.js'
import { collationUse } from '../sql/print-expression.js'
import { isCollatable } from './text-semantics.js'

const NAME = 'PostgreSQL'

/** Prints any plan for a PostgreSQL in whose database text has byte order and Unicode case rules (the local one). */
export const postgresDialect: Dialect = {
  ...ansiDialect,
  name: NAME,
  marker: (position) => `$${position}`,
  reusableMarkers: true,
  scan: (node) => ({
    text: `${quoteWithDoubleQuotes(node.schema)}.${quoteWithDoubleQuotes(node.table)}`,
    columns: node.tableColumns,
  }),
  constant(expression, printer) {
    const type = withoutModifier(expression.type)
    if (expression.value === null) return `NULL::${this.typeName(type)}`
    if (type.oid === OID.bool) return expression.value === 't' ? 'TRUE' : 'FALSE'
    return `${printer.bind(expression)}::${this.typeName(type)}`
  },
  parameter(expression, printer) {
    return `${printer.bind(expression)}::${this.typeName(withoutModifier(expression.type))}`
  },
  bindsWhole: isKnownHere,
  typeName,
  // Every printed text is a c_expr of the grammar, which :: binds to.
  cast: (text, _from, to) => `${text}::${typeName(to)}`,
  collate,
  call: printCall,
  aggregate: printAggregateCall,
  windowFunction: (call, texts) => `${functionName(call.function)}(${texts.join(', ')})`,
  sortKey: (text, key) =>
    `${text}${key.descending ? ' DESC' : ''}${
      key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'
    }`,
  limit: ({ limit, offset, withTies }) => {
    const skipped = offset === undefined ? '' : ` OFFSET ${offset}`
    if (limit === undefined) return skipped
    if (withTies) return `${skipped} FETCH FIRST (${limit}) ROWS WITH TIES`
    return ` LIMIT ${limit}${skipped}`
  },
  emptySelect: '',
  groupedInHaving: true,
  materializedHint: true,
  distinctOn: true,
}

/** What the session, not the server at the other end, must answer: it is computed here and sent as a parameter. */
export function isKnownHere(expression: Expression): boolean {
  if (expression.kind === 'sql-value') return true
  return (
    expression.kind === 'call' &&
    expression.function.schema === 'pg_catalog' &&
    KNOWN_HERE.has(expression.function.name) &&
    expression.arguments.length === 0
  )
}

const KNOWN_HERE = new Set(['now', 'transaction_timestamp', 'statement_timestamp'])

/** Removes a length or precision: a constant's value already has it. */
function withoutModifier(type: SqlType): SqlType {
  if (type.oid === OID.unknown) return { oid: OID.text, typmod: -1 }
  return type.typmod === -1 ? type : { oid: type.oid, typmod: -1 }
}

function typeName(type: SqlType): string {
  const name = formatTypeName(type.oid === OID.unknown ? { oid: OID.text, typmod: -1 } : type)
  if (name.startsWith('???')) throw cannotPrint({ name: NAME }, `type ${type.oid}`)
  return name
}

function collate(
  text: string,
  type: SqlType,
  collation: Collation,
  use: 'order' | 'equality' | 'value',
): string {
  if (!isCollatable(type)) return text
  if (collation !== 'binary') return `(${text} COLLATE ${quoteWithDoubleQuotes(collation)})`
  return use === 'order' ? `(${text} COLLATE "C")` : text
}

/** Prints a call of any function of pg_catalog, or of another schema by its full name. */
export function printCall(this: Dialect, call: CallExpression, printer: ExpressionPrinter): string {
  const use = call.form === 'operator' ? collationUse(call.operator) : 'value'
  const texts = call.arguments.map((argument) => printer.collated(argument, call.collation, use))
  switch (call.form) {
    case 'operator': {
      if (call.operator === undefined) break
      const operator =
        call.function.schema === 'pg_catalog'
          ? call.operator
          : `OPERATOR(${quoteWithDoubleQuotes(call.function.schema)}.${call.operator})`
      const [left, right] = texts
      return right === undefined ? `(${operator} ${left})` : `(${left} ${operator} ${right})`
    }
    case 'cast':
    case 'implicit-cast':
      return this.cast(texts[0]!, call.arguments[0]!.type, call.type)
    case 'function':
      break
  }
  if (call.variadic === true) texts[texts.length - 1] = `VARIADIC ${texts.at(-1)}`
  return `${functionName(call.function)}(${texts.join(', ')})`
}

// Names that the grammar gives a syntax of its own.
const GRAMMAR_NAMES = new Set(
  (
    'any array all between bigint bit boolean case char character coalesce current_catalog current_date ' +
    'current_role current_time current_timestamp current_user dec decimal default distinct exists extract float ' +
    'grouping inout int integer interval json json_array json_arrayagg json_exists json_object json_objectagg ' +
    'json_query json_scalar json_serialize json_table json_value least greatest localtime localtimestamp ' +
    'merge_action national nchar none normalize not null nullif numeric or out overlay position precision real row ' +
    'session_user setof smallint some substring system_user time timestamp treat trim user values varchar ' +
    'xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable'
  ).split(' '),
)

function functionName(reference: { readonly name: string; readonly schema: string }): string {
  const { name, schema } = reference
  const plain = /^[a-z_][a-z0-9_]*$/.test(name) && !GRAMMAR_NAMES.has(name)
  const printed = plain ? name : quoteWithDoubleQuotes(name)
  return schema === 'pg_catalog' ? printed : `${quoteWithDoubleQuotes(schema)}.${printed}`
}

/** Aggregates whose result depends on the order of text. */
const ORDERED_AGGREGATES = new Set(['min', 'max'])

function printAggregateCall(
  this: Dialect,
  texts: readonly string[],
  call: AggregateCall,
  printer: ExpressionPrinter,
): string {
  const name = functionName(call.function)
  if (call.star) return `${name}(*)`
  if (call.form !== 'normal') {
    const direct = call.directArguments.map((argument) => printer.print(argument))
    return `${name}(${direct.join(', ')}) WITHIN GROUP (ORDER BY ${printer.sortKeys(call.orderBy)})`
  }
  const isOrdered = ORDERED_AGGREGATES.has(call.function.name)
  // With DISTINCT the ORDER BY expressions must be spelled as the arguments are.
  const spelledAsKeys = call.distinct && call.orderBy.length > 0
  const operands = texts.map((text, i) => {
    const use = isOrdered || spelledAsKeys ? 'order' : 'value'
    return this.collate(text, call.arguments[i]!.type, call.collation, use)
  })
  const order = call.orderBy.length === 0 ? '' : ` ORDER BY ${printer.sortKeys(call.orderBy)}`
  return `${name}(${call.distinct ? 'DISTINCT ' : ''}${operands.join(', ')}${order})`
}

/** Tells whether the dialect has a name for a type. */
export function isPrintableType(type: SqlType): boolean {
  return type.oid === OID.unknown || typeInfo(type.oid).name !== '???'
}
