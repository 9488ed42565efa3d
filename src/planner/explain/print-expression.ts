/** Prints expressions as readable SQL for EXPLAIN. For people: casts that nobody wrote are left out, and nothing parses it back. */
import { assertNever } from '../../errors.js'
import type {
  CallExpression,
  ConstantExpression,
  Expression,
} from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import type { AggregateCall, SortKey, WindowCall } from '../logical-plan.js'

/** Prints an expression. */
export function printExpression(expression: Expression): string {
  return print(expression, 0)
}

// Binding strengths, as in PostgreSQL's grammar: a part that binds less than its surroundings gets parentheses.
const LEVEL = {
  or: 1,
  and: 2,
  not: 3,
  is: 4,
  comparison: 5,
  other: 6,
  sum: 7,
  product: 8,
  atom: 10,
}

function levelOf(operator: string): number {
  if (/^(<|>|=|<=|>=|<>|!=)$/.test(operator)) return LEVEL.comparison
  if (/^[+-]$/.test(operator)) return LEVEL.sum
  if (/^[*/%]$/.test(operator)) return LEVEL.product
  return LEVEL.other
}

const WORDS: Readonly<Record<string, string>> = {
  '~~': 'LIKE',
  '!~~': 'NOT LIKE',
  '~~*': 'ILIKE',
  '!~~*': 'NOT ILIKE',
}

function print(expression: Expression, around: number): string {
  const wrap = (level: number, text: string) => (level < around ? `(${text})` : text)
  switch (expression.kind) {
    case 'column':
      return expression.name
    case 'constant':
      return printConstant(expression)
    case 'parameter':
      return `$${expression.index}`
    case 'call':
      return printCall(expression, around)
    case 'and':
      return wrap(LEVEL.and, expression.arguments.map((a) => print(a, LEVEL.and)).join(' AND '))
    case 'or':
      return wrap(LEVEL.or, expression.arguments.map((a) => print(a, LEVEL.or)).join(' OR '))
    case 'not':
      return wrap(LEVEL.not, `NOT ${print(expression.argument, LEVEL.not)}`)
    case 'is-null': {
      const test = expression.negated ? 'IS NOT NULL' : 'IS NULL'
      return wrap(LEVEL.is, `${print(expression.argument, LEVEL.comparison)} ${test}`)
    }
    case 'boolean-test': {
      const test = expression.test.replace('-', ' ').toUpperCase()
      return wrap(LEVEL.is, `${print(expression.argument, LEVEL.comparison)} IS ${test}`)
    }
    case 'distinct': {
      const [a, b] = expression.arguments
      const text = `${print(a, LEVEL.comparison)} IS DISTINCT FROM ${print(b, LEVEL.comparison)}`
      return wrap(LEVEL.is, text)
    }
    case 'null-if':
      return `nullif(${printList(expression.arguments)})`
    case 'coalesce':
      return `coalesce(${printList(expression.arguments)})`
    case 'min-max':
      return `${expression.operation}(${printList(expression.arguments)})`
    case 'case': {
      const branches = expression.branches.map(
        ({ condition, result }) => `WHEN ${print(condition, 0)} THEN ${print(result, 0)}`,
      )
      return `CASE ${branches.join(' ')} ELSE ${print(expression.otherwise, 0)} END`
    }
    case 'array-comparison':
      return wrap(LEVEL.comparison, printArrayComparison(expression))
    case 'array':
      return `ARRAY[${printList(expression.elements)}]`
    case 'relabel':
    case 'io-cast':
      return expression.implicit
        ? print(expression.argument, around)
        : `${print(expression.argument, LEVEL.atom)}::${typeName(expression.type.oid)}`
    case 'array-cast':
      return `${print(expression.argument, LEVEL.atom)}::${typeName(expression.type.oid)}`
    case 'sql-value':
      return expression.name
    case 'row':
      return `ROW(${printList(expression.fields)})`
    case 'row-comparison':
      return wrap(
        LEVEL.comparison,
        `(${printList(expression.left)}) ${expression.operator} (${printList(expression.right)})`,
      )
    case 'subscript':
      return `${print(expression.argument, LEVEL.atom)}${printSubscripts(expression)}`
    case 'subquery':
      return printSubquery(expression)
    default:
      return assertNever(expression)
  }
}

function printList(expressions: readonly Expression[]): string {
  return expressions.map((expression) => print(expression, 0)).join(', ')
}

const BARE = new Set<number>([OID.int2, OID.int4, OID.int8, OID.numeric, OID.float4, OID.float8])
/** EXPLAIN shows the shape of a plan, not megabytes of literals. */
const LONGEST_CONSTANT = 200

function printConstant({ value, type }: ConstantExpression): string {
  if (value === null) return 'NULL'
  if (type.oid === OID.bool) return value === 't' ? 'true' : 'false'
  if (BARE.has(type.oid) && /^-?\d/.test(value)) return value
  const text = value.length > LONGEST_CONSTANT ? `${value.slice(0, LONGEST_CONSTANT)}...` : value
  return `'${text.replaceAll("'", "''")}'`
}

function printCall(call: CallExpression, around: number): string {
  const [first, second] = call.arguments
  if (call.form === 'implicit-cast' && first !== undefined) return print(first, around)
  if (call.form === 'cast' && first !== undefined) {
    return `${print(first, LEVEL.atom)}::${typeName(call.type.oid)}`
  }
  if (call.form === 'operator' && call.operator !== undefined && first !== undefined) {
    const level = levelOf(call.operator)
    const symbol = WORDS[call.operator] ?? call.operator
    const text =
      second === undefined
        ? `${symbol}${print(first, LEVEL.atom)}`
        : `${print(first, level)} ${symbol} ${print(second, level + 1)}`
    return level < around ? `(${text})` : text
  }
  const name = call.function.schema === 'pg_catalog' ? '' : `${call.function.schema}.`
  const variadic = call.variadic === true ? 'VARIADIC ' : ''
  const list = call.arguments.map((argument, index) =>
    index === call.arguments.length - 1 ? variadic + print(argument, 0) : print(argument, 0),
  )
  return `${name}${call.function.name}(${list.join(', ')})`
}

function printArrayComparison(e: Extract<Expression, { kind: 'array-comparison' }>): string {
  const left = print(e.left, LEVEL.other)
  if (e.right.kind === 'array') {
    const list = printList(e.right.elements)
    if (e.operator === '=' && e.quantifier === 'any') return `${left} IN (${list})`
    if (e.operator === '<>' && e.quantifier === 'all') return `${left} NOT IN (${list})`
  }
  return `${left} ${WORDS[e.operator] ?? e.operator} ${e.quantifier.toUpperCase()} (${print(e.right, 0)})`
}

function printSubscripts(e: Extract<Expression, { kind: 'subscript' }>): string {
  const bound = (part: Expression | null | undefined) => (part ? print(part, 0) : '')
  return e.upper
    .map((upper, index) =>
      e.isSlice ? `[${bound(e.lower[index])}:${bound(upper)}]` : `[${bound(upper)}]`,
    )
    .join('')
}

function printSubquery(e: Extract<Expression, { kind: 'subquery' }>): string {
  switch (e.subquery) {
    case 'exists':
      return 'EXISTS (subquery)'
    case 'scalar':
      return '(subquery)'
    case 'array':
      return 'ARRAY(subquery)'
    case 'any':
    case 'all':
      return `${e.subquery.toUpperCase()} (subquery: ${e.test ? print(e.test, 0) : 'true'})`
  }
}

const TYPE_NAMES = new Map<number, string>(
  Object.entries(OID).map(([name, oid]) => [
    oid,
    name.endsWith('Array') ? `${name.slice(0, -5)}[]` : name,
  ]),
)

function typeName(oid: number): string {
  return TYPE_NAMES.get(oid) ?? `type ${oid}`
}

/** Prints a sort key: `x DESC NULLS LAST`, leaving out what is the default. */
export function printSortKey(key: SortKey): string {
  const collation = key.collation === 'binary' ? '' : ` COLLATE "${key.collation}"`
  const direction = key.descending ? ' DESC' : ''
  const nulls =
    key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'
  return `${printExpression(key.expression)}${collation}${direction}${nulls}`
}

/** Prints an aggregate call. */
export function printAggregate(call: AggregateCall): string {
  const list = call.star ? '*' : printList(call.arguments)
  const order = call.orderBy.map(printSortKey).join(', ')
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${printExpression(call.filter)})`
  if (call.form !== 'normal') {
    const direct = printList(call.directArguments)
    return `${call.function.name}(${direct}) WITHIN GROUP (ORDER BY ${order})${filter}`
  }
  const distinct = call.distinct ? 'DISTINCT ' : ''
  const ordered = order === '' ? '' : ` ORDER BY ${order}`
  return `${call.function.name}(${distinct}${list}${ordered})${filter}`
}

/** Prints a window call without its OVER clause. */
export function printWindowCall(call: WindowCall): string {
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${printExpression(call.filter)})`
  return `${call.function.name}(${call.star ? '*' : printList(call.arguments)})${filter}`
}
