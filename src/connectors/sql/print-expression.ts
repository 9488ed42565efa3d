/** Prints scalar expressions. Every compound text carries its own parentheses, so it can stand as any operand. */
import { EngineError, SQLSTATE, assertNever } from '../../errors.js'
import type {
  ArrayComparisonExpression,
  BooleanTestExpression,
  CaseExpression,
  Expression,
  RowComparisonExpression,
  SubqueryExpression,
  SubscriptExpression,
} from '../../expressions/expression.js'
import { cannotPrint } from './ansi-dialect.js'
import type { Dialect, ExpressionPrinter } from './dialect.js'
import { findInScope, type Scope } from './scope.js'
import type { StatementText } from './statement-text.js'

/** Prints the plan of a subquery: supplied by the plan printer, so that expressions need not know of plans. */
export type SubqueryPrinter = (expression: SubqueryExpression, scope: Scope) => string

/** Makes a printer of expressions over the columns of `scope`. */
export function createExpressionPrinter(
  dialect: Dialect,
  statement: StatementText,
  scope: Scope,
  printSubquery: SubqueryPrinter,
): ExpressionPrinter {
  const printer: ExpressionPrinter = {
    dialect,
    bind: (expression) => statement.bind(expression),
    print: (expression) => printExpression(expression, printer, scope, printSubquery),
    collated: (expression, collation, use) =>
      dialect.collate(printer.print(expression), expression.type, collation, use),
    sortKeys: (keys) =>
      keys
        .map((key) =>
          dialect.sortKey(printer.collated(key.expression, key.collation, 'order'), key),
        )
        .join(', '),
  }
  return printer
}

function printExpression(
  expression: Expression,
  printer: ExpressionPrinter,
  scope: Scope,
  printSubquery: SubqueryPrinter,
): string {
  const { dialect } = printer
  const override = dialect.expressions[expression.kind] as
    ((expression: Expression, printer: ExpressionPrinter) => string) | undefined
  if (override !== undefined) return override(expression, printer)
  if (expression.kind !== 'column' && dialect.bindsWhole(expression)) {
    return dialect.cast(printer.bind(expression), expression.type, expression.type)
  }
  const all = (list: readonly Expression[]) => list.map((e) => printer.print(e))
  switch (expression.kind) {
    case 'column': {
      const entry = findInScope(scope, expression.id)
      if (entry !== undefined) return entry.text
      throw new EngineError(
        SQLSTATE.internalError,
        `Column ${expression.name} (${expression.id}) is not in the scope of its printed query`,
      )
    }
    case 'constant':
      return dialect.constant(expression, printer)
    case 'parameter':
      return dialect.parameter(expression, printer)
    case 'call': {
      const print = dialect.functions[expression.function.signature]
      if (print === undefined) return dialect.call(expression, printer)
      return print(all(expression.arguments), expression, printer)
    }
    case 'and':
    case 'or':
      return `(${all(expression.arguments).join(expression.kind === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return `(NOT ${printer.print(expression.argument)})`
    case 'is-null':
      return `(${printer.print(expression.argument)} IS ${expression.negated ? 'NOT ' : ''}NULL)`
    case 'boolean-test':
      return `(${printer.print(expression.argument)} IS ${BOOLEAN_TESTS[expression.test]})`
    case 'distinct': {
      const [left, right] = expression.arguments
      const operand = (e: Expression) => printer.collated(e, expression.collation, 'equality')
      return `(${operand(left)} IS DISTINCT FROM ${operand(right)})`
    }
    case 'null-if': {
      const [left, right] = expression.arguments
      const operand = (e: Expression) => printer.collated(e, expression.collation, 'equality')
      return `NULLIF(${operand(left)}, ${operand(right)})`
    }
    case 'coalesce':
      return `COALESCE(${all(expression.arguments).join(', ')})`
    case 'min-max': {
      const operands = expression.arguments.map((e) =>
        printer.collated(e, expression.collation, 'order'),
      )
      return `${expression.operation.toUpperCase()}(${operands.join(', ')})`
    }
    case 'case':
      return printCase(expression, printer)
    case 'array-comparison':
      return printArrayComparison(expression, printer)
    case 'array': {
      // ::t[] also fixes the type of an empty ARRAY[].
      const text = `ARRAY[${all(expression.elements).join(', ')}]`
      return dialect.cast(text, expression.type, expression.type)
    }
    case 'relabel':
    case 'io-cast':
    case 'array-cast':
      return dialect.cast(
        printer.print(expression.argument),
        expression.argument.type,
        expression.type,
      )
    case 'sql-value':
      return expression.name.toUpperCase()
    case 'row':
      return `ROW(${all(expression.fields).join(', ')})`
    case 'row-comparison':
      return printRowComparison(expression, printer)
    case 'subscript':
      return printSubscript(expression, printer)
    case 'subquery':
      return printSubquery(expression, scope)
    default:
      return assertNever(expression)
  }
}

const BOOLEAN_TESTS: Readonly<Record<BooleanTestExpression['test'], string>> = {
  true: 'TRUE',
  'not-true': 'NOT TRUE',
  false: 'FALSE',
  'not-false': 'NOT FALSE',
  unknown: 'UNKNOWN',
  'not-unknown': 'NOT UNKNOWN',
}

function printCase(expression: CaseExpression, printer: ExpressionPrinter): string {
  const branches = expression.branches.map(
    (branch) => `WHEN ${printer.print(branch.condition)} THEN ${printer.print(branch.result)}`,
  )
  return `CASE ${branches.join(' ')} ELSE ${printer.print(expression.otherwise)} END`
}

/** How an operator uses the collation of its operands. */
export function collationUse(operator: string | undefined): 'order' | 'equality' | 'value' {
  switch (operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      return 'order'
    case '=':
    case '<>':
      return 'equality'
    default:
      return 'value'
  }
}

function printArrayComparison(
  expression: ArrayComparisonExpression,
  printer: ExpressionPrinter,
): string {
  if (expression.function.schema !== 'pg_catalog') {
    throw cannotPrint(printer.dialect, `operator of ${expression.function.signature}`)
  }
  const use = collationUse(expression.operator)
  const left = printer.collated(expression.left, expression.collation, use)
  const array = printer.print(expression.right)
  // ANY ((SELECT ...)) would compare with each row of the subquery, not with the elements of its one array.
  const right =
    expression.right.kind === 'subquery'
      ? printer.dialect.cast(array, expression.right.type, expression.right.type)
      : array
  return `(${left} ${expression.operator} ${expression.quantifier.toUpperCase()} (${right}))`
}

function printRowComparison(
  expression: RowComparisonExpression,
  printer: ExpressionPrinter,
): string {
  const side = (list: readonly Expression[]) =>
    `ROW(${list.map((e) => printer.collated(e, expression.collation, 'order')).join(', ')})`
  return `(${side(expression.left)} ${expression.operator} ${side(expression.right)})`
}

function printSubscript(expression: SubscriptExpression, printer: ExpressionPrinter): string {
  const subscripts = expression.upper.map((upper, i) => {
    const last = upper === null ? '' : printer.print(upper)
    if (!expression.isSlice) return `[${last}]`
    const lower = expression.lower[i] ?? null
    return `[${lower === null ? '' : printer.print(lower)}:${last}]`
  })
  return `(${printer.print(expression.argument)})${subscripts.join('')}`
}
