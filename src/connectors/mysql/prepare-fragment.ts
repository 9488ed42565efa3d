/**
 * Rewrites a fragment so that its plain printing in MySQL's SQL means what PostgreSQL means. What MySQL has no word for
 * becomes a call of a function that only the dialect knows (see SIGNATURE): a text compared by its bytes, a date that is
 * NULL when it is no date, a tinyint(1) that is true for every number but 0, and conditions whose exact form must
 * come with a form that can use an index.
 */
import type { ColumnDefinition, SourceDefinition } from '../../catalog/catalog.js'
import type { CallExpression, ColumnId, Expression } from '../../expressions/expression.js'
import { mapArguments } from '../../planner/expression-traversal.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type { AggregateCall, LogicalPlan } from '../../planner/logical-plan.js'
import { mapExpressions, mapInputs } from '../../planner/plan-traversal.js'
import { OID, sqlType, type SqlType } from '../../types/sql-type.js'
import type { ColumnFacts } from '../sql/column-facts.js'
import { comparisonOf } from '../sql/comparison-of.js'
import { UNPADDED } from '../sql/without-padding.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { sharedCollation } from './judge-node.js'
import { fragmentFacts } from './row-fields.js'

/** Functions of the dialect alone. */
export const SIGNATURE = {
  /** A text as its UTF-8 bytes, so that it compares, groups and sorts binary. */
  bytes: 'mysql.bytes(text)',
  /** A date, or NULL for 0000-00-00 and its like. */
  realDate: 'mysql.real_date(date)',
  /** A number as boolean. */
  truth: 'mysql.truth(int)',
  /** column op value over dates, as a condition only. */
  dateCondition: 'mysql.date_condition(date,date)',
  /** text = value, with the column's own collation for its index. */
  indexedText: 'mysql.indexed_text(text,text)',
  /** text = ANY (list), likewise. */
  indexedList: 'mysql.indexed_list(text,text)',
} as const

const TEXTS = new Set<number>([OID.text, OID.varchar])
const DATES = new Set<number>([OID.date, OID.timestamp, OID.timestamptz])

/** Rewrites a fragment for printing. */
export function prepareFragment(plan: LogicalPlan, source: SourceDefinition): LogicalPlan {
  const inner = mapInputs(plan, (input) => prepareFragment(input, source))
  const facts = fragmentFacts(plan, source)
  const value = (expression: Expression): Expression => prepareValue(expression, facts)
  switch (inner.kind) {
    case 'filter':
      return { ...inner, condition: prepareCondition(inner.condition, facts) }
    case 'join':
      return inner.condition === undefined
        ? inner
        : { ...inner, condition: prepareCondition(inner.condition, facts) }
    case 'project':
      return {
        ...inner,
        expressions: inner.expressions.map((item) =>
          // A column merely passed on is left to the reader.
          item.expression.kind === 'column'
            ? item
            : { ...item, expression: value(item.expression) },
        ),
      }
    case 'aggregate':
      return {
        ...inner,
        groups: inner.groups.map((group) => ({
          ...group,
          expression: asBytes(value(group.expression)),
        })),
        aggregates: inner.aggregates.map((call) => prepareAggregate(call, value)),
      }
    case 'distinct':
      return {
        ...inner,
        input: {
          kind: 'project',
          input: inner.input,
          expressions: columnsOf(inner.input).map((column) => ({
            column,
            expression: asBytes(value({ kind: 'column', ...column })),
          })),
        },
      }
    case 'limit':
    case 'table-function':
      return inner
    default:
      return mapExpressions(inner, value)
  }
}

function prepareAggregate(
  call: AggregateCall,
  value: (expression: Expression) => Expression,
): AggregateCall {
  const isCompared = call.distinct || call.function.name === 'min' || call.function.name === 'max'
  return {
    ...call,
    arguments: call.arguments.map((argument) =>
      isCompared ? asBytes(value(argument)) : value(argument),
    ),
    ...(call.filter ? { filter: value(call.filter) } : {}),
  }
}

/** An expression whose value counts, NULL and false apart. */
function prepareValue(expression: Expression, facts: ColumnFacts): Expression {
  if (expression.kind !== 'column') {
    return mapArguments(expression, (argument) => prepareValue(argument, facts))
  }
  const column = facts.get(expression.id)
  if (!column) return expression
  if (mayBeNoDate(expression.type, column))
    return call(SIGNATURE.realDate, [expression], expression.type)
  if (expression.type.oid === OID.bool) return call(SIGNATURE.truth, [expression], expression.type)
  return expression
}

/** A condition: rows for which it is NULL go the way of those for which it is false. */
function prepareCondition(expression: Expression, facts: ColumnFacts): Expression {
  if (expression.kind === 'and' || expression.kind === 'or') {
    const list = expression.arguments.map((argument) => prepareCondition(argument, facts))
    return { ...expression, arguments: list }
  }
  if (expression.kind === 'call')
    return withIndex(expression, facts) ?? prepareValue(expression, facts)
  if (expression.kind === 'array-comparison' && expression.quantifier === 'any') {
    const origin = plainColumn(expression.left)
    const collation = origin === undefined ? undefined : facts.get(origin)?.collation
    const isText = comparisonOf(expression.function.name)?.family === 'text'
    // Values that another character set lacks would be an error of the server.
    if (isText && collation?.startsWith('utf8') === true) {
      return call(SIGNATURE.indexedList, [expression.left, expression.right], expression.type)
    }
  }
  return prepareValue(expression, facts)
}

function withIndex(expression: CallExpression, facts: ColumnFacts): Expression | undefined {
  const comparison = comparisonOf(expression.function.name)
  const [left, right] = expression.arguments
  if (!comparison || !left || !right) return undefined
  const columnFirst = plainColumn(left) !== undefined
  const [subject, other] = columnFirst ? [left, right] : [right, left]
  const id = plainColumn(subject)
  const column = id === undefined ? undefined : facts.get(id)
  if (!column) return undefined
  if (comparison.family === 'text' && comparison.operator === '=') {
    if (isWithoutColumns(other)) {
      const collation = column.collation ?? ''
      return /^[a-z0-9_]+$/i.test(collation)
        ? call(SIGNATURE.indexedText, [subject, other], expression.type, collation)
        : undefined
    }
    const shared = sharedCollation([left, right], facts)
    return shared === undefined
      ? undefined
      : call(SIGNATURE.indexedText, [left, right], expression.type, shared)
  }
  if (
    comparison.family === 'date' &&
    mayBeNoDate(subject.type, column) &&
    isWithoutColumns(other)
  ) {
    const operator = columnFirst ? comparison.operator : FLIPPED[comparison.operator]
    return call(SIGNATURE.dateCondition, [subject, other], expression.type, operator)
  }
  return undefined
}

const FLIPPED = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

function plainColumn(expression: Expression): ColumnId | undefined {
  if (expression.kind === 'relabel') return plainColumn(expression.argument)
  if (expression.kind === 'call' && expression.function.signature === UNPADDED) {
    return plainColumn(expression.arguments[0]!)
  }
  return expression.kind === 'column' ? expression.id : undefined
}

/** Tells whether a column may hold dates that do not exist, which are NULL to us. */
function mayBeNoDate(type: SqlType, column: ColumnDefinition): boolean {
  return DATES.has(type.oid) && column.options.zero_date !== 'fail'
}

function asBytes(expression: Expression): Expression {
  return TEXTS.has(expression.type.oid) || expression.type.oid === OID.bpchar
    ? call(SIGNATURE.bytes, [expression], expression.type)
    : expression
}

/** `detail` travels as the function's name: an operator or a collation. */
function call(
  signature: string,
  list: readonly Expression[],
  type: SqlType,
  detail = signature,
): CallExpression {
  return {
    kind: 'call',
    function: {
      oid: 0,
      name: detail,
      signature,
      schema: 'mysql',
      volatility: 'immutable',
      strict: true,
    },
    arguments: list,
    type: sqlType(type.oid, type.typmod),
    collation: 'binary',
    form: 'function',
  }
}
