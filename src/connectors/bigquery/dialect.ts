/** GoogleSQL for the shared printer. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { ConstantExpression, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { ansiDialect, cannotPrint } from '../sql/ansi-dialect.js'
import { comparisonOf } from '../sql/comparison-of.js'
import { decimalShape } from '../sql/decimal-shape.js'
import type { Dialect, ExpressionPrinter } from '../sql/dialect.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { choice, flipped, markerAt, type ChoiceOperator } from '../warehouse/choice-template.js'
import { plainPattern } from '../warehouse/like-pattern.js'
import { digitsOf } from '../warehouse/value-range.js'
import { FUNCTIONS, fitsNumeric } from './functions.js'
import { quoteName, tableRelation } from './table-relation.js'
import { bigqueryType } from './types.js'

const NAME = { name: 'GoogleSQL' }
const INTEGERS = new Set<number>([OID.int2, OID.int4, OID.int8])
const AGGREGATES: Readonly<Record<string, string>> = {
  count: 'COUNT',
  sum: 'SUM',
  min: 'MIN',
  max: 'MAX',
  bool_and: 'LOGICAL_AND',
  every: 'LOGICAL_AND',
  bool_or: 'LOGICAL_OR',
}

function typeName(oid: number): string {
  const name = bigqueryType(oid)
  if (name !== undefined) return name
  throw cannotPrint(NAME, `type ${oid}`)
}

/** A constant that is written into the text: numbers, booleans, NULL. Everything else travels as a parameter. */
function literalOf({ value, type }: ConstantExpression): string | undefined {
  if (value === null) return `CAST(NULL AS ${typeName(type.oid)})`
  if (type.oid === OID.bool) return value === 't' || value === 'true' ? 'TRUE' : 'FALSE'
  // The smallest integer is not a literal: its digits alone are too large.
  if (INTEGERS.has(type.oid) && value !== '-9223372036854775808') {
    return value.startsWith('-') ? `(${value})` : value
  }
  const digits = type.oid === OID.numeric ? digitsOf(value) : undefined
  // A bare 1.5 would be a FLOAT64.
  if (digits) return `${fitsNumeric(digits) ? 'NUMERIC' : 'BIGNUMERIC'} '${value}'`
  return undefined
}

function isLiteral(expression: Expression): boolean {
  return expression.kind === 'constant' && literalOf(expression) !== undefined
}

/** Prints a comparison; where one side is sent as a value, what it turns out to be may decide it. */
function comparison(
  operator: ChoiceOperator,
  operands: readonly Expression[],
  printer: ExpressionPrinter,
): string {
  // A DATE and a DATETIME do not compare.
  const mixed = operands.some((operand) => operand.type.oid === OID.timestamp)
  const texts = operands.map((operand) => {
    const text = printer.print(operand)
    return mixed && operand.type.oid === OID.date ? `CAST(${text} AS DATETIME)` : text
  })
  const sent = operands.map((operand) => isWithoutColumns(operand) && !isLiteral(operand))
  if (sent[1] && !sent[0]) return choice(operator, texts[0]!, texts[1]!)
  if (sent[0] && !sent[1]) return choice(flipped(operator), texts[1]!, texts[0]!)
  return operator === 'distinct'
    ? `(${texts[0]} IS DISTINCT FROM ${texts[1]})`
    : `(${texts[0]} ${operator} ${texts[1]})`
}

/** Makes the dialect of a source; `onPattern` is told which parameters are LIKE patterns. */
export function googlesqlDialect(
  source: SourceDefinition,
  onPattern: (pattern: Expression) => void,
): Dialect {
  return {
    ...ansiDialect,
    name: NAME.name,
    quoteIdentifier: quoteName,
    maximumIdentifierBytes: 300,
    marker: markerAt,
    reusableMarkers: true,
    scan: (node) => tableRelation(node, source),
    constant: (expression, printer) => literalOf(expression) ?? printer.bind(expression),
    parameter: (expression, printer) => printer.bind(expression),
    bindsWhole: (expression) =>
      expression.kind !== 'constant' &&
      expression.kind !== 'parameter' &&
      isWithoutColumns(expression),
    typeName: (type) => typeName(type.oid),
    cast: (text, from, to) => {
      const name = typeName(to.oid)
      return typeName(from.oid) === name ? text : `CAST(${text} AS ${name})`
    },
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
        const word = {
          true: 'TRUE',
          'not-true': 'NOT TRUE',
          false: 'FALSE',
          'not-false': 'NOT FALSE',
          unknown: 'NULL',
          'not-unknown': 'NOT NULL',
        }[expression.test]
        return `(${text} IS ${word})`
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
      const [argument] = call.arguments
      let text = texts[0] ?? ''
      if (name === 'SUM' && argument) text = summand(text, argument)
      return `${name}(${call.distinct ? 'DISTINCT ' : ''}${text})`
    },
    aggregateFilter: 'case',
    sortKey: (text, key) => {
      const tail = `${key.descending ? ' DESC' : ''}${key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`
      // NaN is the smallest number in BigQuery and the largest here.
      const nan = key.expression.type.oid === OID.float8 ? `IS_NAN(${text})${tail}, ` : ''
      return `${nan}${text}${tail}`
    },
    limit: ({ limit, offset }) => {
      const most = limit ?? (offset === undefined ? undefined : '9223372036854775807')
      return (
        (most === undefined ? '' : ` LIMIT ${most}`) +
        (offset === undefined ? '' : ` OFFSET ${offset}`)
      )
    },
    setOperator: (operation, all) => `${operation.toUpperCase()} ${all ? 'ALL' : 'DISTINCT'}`,
    aliasColumns: false,
  }
}

/** A SUM that PostgreSQL gives as numeric must not overflow where an INT64 or a NUMERIC does. */
function summand(text: string, argument: Expression): string {
  if (argument.type.oid === OID.int8) return `CAST(${text} AS NUMERIC)`
  if (argument.type.oid !== OID.numeric) return text
  const shape = decimalShape(argument)
  // Ten digits to spare: room for ten billion rows.
  const isSmall = shape !== undefined && shape.whole <= 19 && shape.scale <= 9
  return isSmall ? text : `CAST(${text} AS BIGNUMERIC)`
}

function like(
  subject: Expression,
  pattern: Expression,
  printer: ExpressionPrinter,
  onPattern: (pattern: Expression) => void,
): string {
  const text = printer.print(subject)
  if (pattern.kind === 'constant') {
    if (pattern.value === null) return `(${text} LIKE CAST(NULL AS STRING))`
    const plain: Expression = { ...pattern, value: plainPattern(pattern.value) ?? '' }
    return `(${text} LIKE ${printer.bind(plain)})`
  }
  // Marked as an expression of its own: the same parameter may be compared elsewhere as it is.
  const own: Expression = { kind: 'relabel', argument: pattern, implicit: true, type: pattern.type }
  onPattern(own)
  return `(${text} LIKE ${printer.bind(own)})`
}
