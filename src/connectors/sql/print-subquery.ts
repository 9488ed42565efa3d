/** Prints subqueries inside expressions: EXISTS, scalar, ARRAY, and quantified comparisons. */
import { EngineError, SQLSTATE, assertNever } from '../../errors.js'
import type {
  CallExpression,
  ColumnId,
  Expression,
  SubqueryExpression,
} from '../../expressions/expression.js'
import { isVolatile, usesAny, usesOnly } from '../../planner/expression-properties.js'
import { columnIdsOf } from '../../planner/logical-plan.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import type { PrintContext } from './print-context.js'
import { nest, printerOf, readyFor, scopeOf } from './print-context.js'
import { collationUse } from './print-expression.js'
import type { Scope } from './scope.js'
import { renderBlock, type SelectBlock } from './select-block.js'

/** Prints a subquery expression in the scope of its enclosing query. */
export function printSubquery(
  context: PrintContext,
  expression: SubqueryExpression,
  outer: Scope,
): string {
  switch (expression.subquery) {
    case 'exists':
      return printExists(context, expression.plan, undefined, outer)
    case 'scalar':
      return `(${renderBlock(context.block(expression.plan, outer), context.dialect).text})`
    case 'array':
      return `ARRAY(${renderBlock(context.block(expression.plan, outer), context.dialect).text})`
    case 'any':
    case 'all':
      if (expression.test === undefined) {
        throw new EngineError(SQLSTATE.internalError, 'Quantified subquery without a test')
      }
      return printQuantified(context, expression.plan, expression.test, expression.subquery, outer)
    default:
      return assertNever(expression.subquery)
  }
}

/** Prints EXISTS over the rows of a plan that satisfy a condition on them and the outer columns. */
export function printExists(
  context: PrintContext,
  plan: LogicalPlan,
  condition: Expression | undefined,
  outer: Scope,
): string {
  let block = context.block(plan, outer)
  if (condition !== undefined) block = withCondition(context, block, condition, outer)
  // The select list matters only where the rows depend on it.
  const columns = block.sealed ? block.columns : []
  const keepsList = block.groupBy === '' && block.having.length === 0
  return `EXISTS (${
    renderBlock(block, context.dialect, keepsList ? block.columns : columns, '1').text
  })`
}

/** Adds a WHERE to a block, nesting it first where it has later clauses. */
export function withCondition(
  context: PrintContext,
  block: SelectBlock,
  condition: Expression,
  outer: Scope | undefined,
): SelectBlock {
  const rows = readyFor(context, block, 'rows', [condition])
  const text = printerOf(context, scopeOf(rows, outer)).print(condition)
  return { ...rows, where: [...rows.where, text] }
}

/**
 * Prints the three-valued ANY or ALL of a test over each row of a plan. `outer = column` becomes `outer = ANY (SELECT column)`, which databases
 * hash; anything else `TRUE = ANY (SELECT test)`, which means the same.
 */
export function printQuantified(
  context: PrintContext,
  plan: LogicalPlan,
  test: Expression,
  quantifier: 'any' | 'all',
  outer: Scope,
): string {
  const comparison = splitComparison(test, quantifier, columnIdsOf(plan))
  const selected = comparison === undefined ? [test] : comparison.calls.map((c) => c.arguments[1]!)
  let block = context.block(plan, outer)
  if (block.sealed || block.complete !== undefined || block.groupBy === '') {
    block = nest(context, block)
  }
  block = readyFor(context, block, 'limited', selected)
  const inside = printerOf(context, scopeOf(block, outer))
  const around = printerOf(context, outer)
  const operand = (e: Expression, call: CallExpression, printer: typeof inside) =>
    printer.collated(e, call.collation, collationUse(call.operator))
  const texts =
    comparison === undefined
      ? [inside.print(test)]
      : comparison.calls.map((call) => operand(call.arguments[1]!, call, inside))
  let id = -1
  const columns = texts.map((_text, i) => ({
    id: id--,
    name: `c${i + 1}`,
    type: selected[i]!.type,
  }))
  const entries = new Map(block.entries)
  columns.forEach((column, i) => entries.set(column.id, { text: texts[i]!, form: 'computed' }))
  const { text } = renderBlock({ ...block, entries }, context.dialect, columns)
  const word = quantifier.toUpperCase()
  if (comparison === undefined) return `(TRUE = ${word} (${text}))`
  const left = comparison.calls.map((call) => operand(call.arguments[0]!, call, around))
  const row = left.length === 1 ? left[0]! : `(${left.join(', ')})`
  return `(${row} ${comparison.operator} ${word} (${text}))`
}

interface SplitComparison {
  readonly operator: string
  /** Outer expression on the left, an expression over the plan's columns on the right. */
  readonly calls: readonly CallExpression[]
}

function splitComparison(
  test: Expression,
  quantifier: 'any' | 'all',
  inner: ReadonlySet<ColumnId>,
): SplitComparison | undefined {
  const parts = test.kind === 'and' || test.kind === 'or' ? test.arguments : [test]
  const calls: CallExpression[] = []
  for (const part of parts) {
    if (part.kind !== 'call' || part.form !== 'operator' || part.arguments.length !== 2) {
      return undefined
    }
    const [left, right] = part.arguments as readonly [Expression, Expression]
    if (part.operator === undefined || part.function.schema !== 'pg_catalog') return undefined
    if (isVolatile(part) || usesAny(left, inner) || !usesOnly(right, inner)) return undefined
    calls.push(part)
  }
  const operator = calls[0]!.operator!
  if (calls.some((call) => call.operator !== operator)) return undefined
  // A row of several columns: (a, b) = ANY is the AND of its parts, (a, b) <> ALL the OR.
  if (calls.length > 1) {
    const isRow =
      (operator === '=' && test.kind === 'and' && quantifier === 'any') ||
      (operator === '<>' && test.kind === 'or' && quantifier === 'all')
    if (!isRow) return undefined
  }
  return { operator, calls }
}
