/** Snowflake's SQL for the shared printer. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { ConstantExpression, Expression } from '../../expressions/expression.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { ansiDialect, cannotPrint } from '../sql/ansi-dialect.js'
import { comparisonOf } from '../sql/comparison-of.js'
import type { Dialect, ExpressionPrinter } from '../sql/dialect.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { choice, flipped, markerAt, type ChoiceOperator } from '../warehouse/choice-template.js'
import { plainPattern } from '../warehouse/like-pattern.js'
import { digitsOf } from '../warehouse/value-range.js'
import { FUNCTIONS } from './functions.js'
import { typedMarker } from './statement-handle.js'
import { tableRelation } from './table-relation.js'
import { snowflakeType } from './types.js'

const NAME = { name: 'Snowflake' }
const INTEGERS = new Set<number>([OID.int2, OID.int4, OID.int8])
const AGGREGATES: Readonly<Record<string, string>> = {
  count: 'COUNT',
  sum: 'SUM',
  min: 'MIN',
  max: 'MAX',
  bool_and: 'BOOLAND_AGG',
  every: 'BOOLAND_AGG',
  bool_or: 'BOOLOR_AGG',
}

function typeName(type: SqlType): string {
  const name = snowflakeType(type)
  if (name !== undefined) return name
  throw cannotPrint(NAME, `type ${type.oid}`)
}

/** A constant that is written into the text: numbers, booleans, NULL. Everything else travels as a bind. */
function literalOf({ value, type }: ConstantExpression): string | undefined {
  if (value === null) return type.oid === OID.numeric ? 'CAST(NULL AS NUMBER)' : `CAST(NULL AS ${typeName(type)})` // prettier-ignore
  if (type.oid === OID.bool) return value === 't' || value === 'true' ? 'TRUE' : 'FALSE'
  const isNumber = INTEGERS.has(type.oid) || (type.oid === OID.numeric && digitsOf(value))
  if (isNumber) return value.startsWith('-') ? `(${value})` : value
  return undefined
}

function bound(expression: Expression, printer: ExpressionPrinter): string {
  return typedMarker(printer.bind(expression), expression.type.oid)
}

/** Prints a comparison; where one side is sent as a value, what it turns out to be may decide it. */
function comparison(
  operator: ChoiceOperator,
  operands: readonly Expression[],
  printer: ExpressionPrinter,
): string {
  // A DATE and a TIMESTAMP compare by the session's rules unless both are timestamps.
  const mixed = operands.some((operand) => operand.type.oid === OID.timestamp)
  const texts = operands.map((operand) => {
    const text = printer.print(operand)
    return mixed && operand.type.oid === OID.date ? `CAST(${text} AS TIMESTAMP_NTZ(6))` : text
  })
  const sent = operands.map(
    (operand) =>
      isWithoutColumns(operand) &&
      !(operand.kind === 'constant' && literalOf(operand) !== undefined),
  )
  if (sent[1] && !sent[0]) return choice(operator, texts[0]!, texts[1]!)
  if (sent[0] && !sent[1]) return choice(flipped(operator), texts[1]!, texts[0]!)
  return operator === 'distinct'
    ? `(${texts[0]} IS DISTINCT FROM ${texts[1]})`
    : `(${texts[0]} ${operator} ${texts[1]})`
}

/** Makes the dialect of a source; `onPattern` is told which binds are LIKE patterns. */
export function snowflakeDialect(
  source: SourceDefinition,
  onPattern: (pattern: Expression) => void,
): Dialect {
  return {
    ...ansiDialect,
    name: NAME.name,
    maximumIdentifierBytes: 255,
    marker: markerAt,
    reusableMarkers: false,
    scan: (node) => tableRelation(node, source),
    constant: (expression, printer) => literalOf(expression) ?? bound(expression, printer),
    parameter: bound,
    bindsWhole: (expression) =>
      expression.kind !== 'constant' &&
      expression.kind !== 'parameter' &&
      isWithoutColumns(expression),
    typeName,
    // Called for what is sent whole, whose marker has no type yet, and for casts among texts.
    cast: (text, from, to) =>
      text.startsWith('\u0000')
        ? typedMarker(text, to.oid)
        : from.oid === to.oid || (isText(from.oid) && isText(to.oid))
          ? text
          : `CAST(${text} AS ${typeName(to)})`,
    functions: FUNCTIONS,
    call: (call, printer) => {
      const known = comparisonOf(call.function.name)
      if (known) return comparison(known.operator, call.arguments, printer)
      const [subject, pattern] = call.arguments
      if (/^textn?like$/.test(call.function.name) && subject && pattern) {
        const text = like(subject, pattern, printer, onPattern)
        return call.function.name === 'textlike' ? text : `(NOT ${text})`
      }
      throw cannotPrint(NAME, `function ${call.function.signature}`)
    },
    expressions: {
      distinct: (expression, printer) => comparison('distinct', expression.arguments, printer),
      'boolean-test': (expression, printer) => {
        const text = printer.print(expression.argument)
        switch (expression.test) {
          case 'true':
            return `(${text} IS NOT DISTINCT FROM TRUE)`
          case 'not-true':
            return `(${text} IS DISTINCT FROM TRUE)`
          case 'false':
            return `(${text} IS NOT DISTINCT FROM FALSE)`
          case 'not-false':
            return `(${text} IS DISTINCT FROM FALSE)`
          case 'unknown':
            return `(${text} IS NULL)`
          case 'not-unknown':
            return `(${text} IS NOT NULL)`
        }
      },
      'array-comparison': (expression, printer) => {
        const list = choice('in', printer.print(expression.left), printer.bind(expression.right))
        return expression.quantifier === 'any' ? list : `(NOT ${list})`
      },
    },
    aggregate: (texts, call) => {
      if (call.star) return 'COUNT(*)'
      const name = AGGREGATES[call.function.name]
      if (name === undefined) throw cannotPrint(NAME, `aggregate ${call.function.name}`)
      return `${name}(${call.distinct ? 'DISTINCT ' : ''}${texts.join(', ')})`
    },
    aggregateFilter: 'case',
    sortKey: (text, key) =>
      `${text}${key.descending ? ' DESC' : ''}${key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`,
    limit: ({ limit, offset }) => {
      const most = limit ?? (offset === undefined ? undefined : 'NULL')
      return (
        (most === undefined ? '' : ` LIMIT ${most}`) +
        (offset === undefined ? '' : ` OFFSET ${offset}`)
      )
    },
    aliasColumns: false,
  }
}

function isText(oid: number): boolean {
  return oid === OID.text || oid === OID.varchar
}

function like(
  subject: Expression,
  pattern: Expression,
  printer: ExpressionPrinter,
  onPattern: (pattern: Expression) => void,
): string {
  const text = printer.print(subject)
  if (pattern.kind === 'constant') {
    if (pattern.value === null) return `(${text} LIKE CAST(NULL AS VARCHAR))`
    const plain: Expression = { ...pattern, value: plainPattern(pattern.value) ?? '' }
    return `(${text} LIKE ${printer.bind(plain)} ESCAPE '\\\\')`
  }
  const own: Expression = { kind: 'relabel', argument: pattern, implicit: true, type: pattern.type }
  onPattern(own)
  return `(${text} LIKE ${printer.bind(own)} ESCAPE '\\\\')`
}
