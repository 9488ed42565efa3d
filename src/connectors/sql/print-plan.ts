/** Prints a logical plan as one SQL statement in a dialect. */
import { assertNever } from '../../errors.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { usesAny } from '../../planner/expression-properties.js'
import { hasSubquery } from '../../planner/expression-traversal.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type {
  DistinctOnNode,
  LimitNode,
  LogicalPlan,
  ProjectNode,
  ProjectSetNode,
  RecursiveUnionNode,
  SetOperationNode,
  SortNode,
} from '../../planner/logical-plan.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import { cannotPrint } from './ansi-dialect.js'
import type { Dialect, PrintedRelation } from './dialect.js'
import { aggregateBlock, windowBlock } from './print-aggregate.js'
import type { PrintContext } from './print-context.js'
import { nest, printerOf, readyFor, scopeOf, usesInPlace } from './print-context.js'
import { joinBlock } from './print-join.js'
import { cteReferenceBlock, tableFunctionBlock, valuesBlock, withBlock } from './print-leaf.js'
import { printSubquery } from './print-subquery.js'
import { isConstantIn, mustStayPut, type Scope, type ScopeEntry } from './scope.js'
import { blockOf, isAtMost, relationBlock, renderBlock, type SelectBlock } from './select-block.js'
import { StatementText } from './statement-text.js'

export interface PrintOptions {
  /** Replaces a subtree by something that can stand in FROM: a temporary table that holds its rows. */
  readonly relation?: (node: LogicalPlan) => PrintedRelation | undefined
}

export interface PrintedStatement {
  readonly text: string
  /** What the markers stand for, in their order. */
  readonly parameters: readonly Expression[]
}

/**
 * Prints a plan. The statement's columns are `columnsOf(plan)` in order, under their own names where these are unique.
 * Throws XX000 for what the dialect cannot say.
 */
export function printPlan(
  plan: LogicalPlan,
  dialect: Dialect,
  options: PrintOptions = {},
): PrintedStatement {
  const context: PrintContext = {
    dialect,
    statement: new StatementText(dialect),
    relation: (node) => options.relation?.(node),
    commonTables: new Map(),
    block: (node, outer) => blockFor(context, node, outer),
    subquery: (expression, outer) => printSubquery(context, expression, outer),
  }
  return context.statement.finish(renderBlock(context.block(plan, undefined), dialect).text)
}

// An expression longer than this is not repeated: the block is nested and its column named instead.
const LONGEST_REPEATED_TEXT = 400

function blockFor(context: PrintContext, node: LogicalPlan, outer: Scope | undefined): SelectBlock {
  const { dialect, statement } = context
  const relation = context.relation(node)
  if (relation !== undefined) {
    return relationBlock(relation, 't', columnsOf(node), dialect, statement)
  }
  switch (node.kind) {
    case 'scan':
      return relationBlock(dialect.scan(node), 't', node.columns, dialect, statement)
    case 'values':
      return valuesBlock(context, node, outer)
    case 'table-function':
      return tableFunctionBlock(context, node, outer)
    case 'filter':
      return filterBlock(context, node.input, node.condition, outer)
    case 'project':
      return projectBlock(context, node, outer)
    case 'project-set':
      return projectSetBlock(context, node, outer)
    case 'join':
      return joinBlock(context, node, outer)
    case 'aggregate':
      return aggregateBlock(context, node, outer)
    case 'window':
      return windowBlock(context, node, outer)
    case 'distinct': {
      let block = readyFor(context, context.block(node.input, outer), 'projected', [])
      if (block.columns.length === 0) block = nest(context, block)
      return { ...block, stage: 'projected', distinct: 'DISTINCT ', sealed: true }
    }
    case 'distinct-on':
      return distinctOnBlock(context, node, outer)
    case 'sort':
      return sortBlock(context, node, outer)
    case 'limit':
      return limitBlock(context, node, outer)
    case 'set-operation':
      return setOperationBlock(context, node, outer)
    case 'with':
      return withBlock(context, node, outer)
    case 'cte-reference':
      return cteReferenceBlock(context, node)
    case 'recursive-union':
      return recursiveUnionBlock(context, node, outer)
    case 'view':
      return context.block(node.input, outer)
    case 'opaque-query':
      throw cannotPrint(dialect, `a statement without algebra (${node.reason})`)
    default:
      return assertNever(node)
  }
}

function filterBlock(
  context: PrintContext,
  input: LogicalPlan,
  condition: Expression,
  outer: Scope | undefined,
): SelectBlock {
  let block = readyFor(context, context.block(input, outer), 'grouped', [condition])
  if (!context.dialect.groupedInHaving && usesGrouped(block, condition))
    block = nest(context, block)
  const text = printerOf(context, scopeOf(block, outer)).print(condition)
  return block.stage === 'grouped'
    ? { ...block, having: [...block.having, text] }
    : { ...block, where: [...block.where, text] }
}

/** Tells whether a condition uses an expression that the block is grouped by. */
function usesGrouped(block: SelectBlock, condition: Expression): boolean {
  return [...usedColumnsOf(condition)].some((id) => block.entries.get(id)?.grouped === true)
}

function projectBlock(
  context: PrintContext,
  node: ProjectNode,
  outer: Scope | undefined,
): SelectBlock {
  let block = context.block(node.input, outer)
  const expressions = node.expressions.map((e) => e.expression)
  if (!acceptsProjection(block, expressions)) block = nest(context, block)
  const printer = printerOf(context, scopeOf(block, outer))
  const entries = new Map<ColumnId, ScopeEntry>()
  for (const { column, expression } of node.expressions) {
    entries.set(column.id, entryFor(expression, printer.print(expression), block))
  }
  return { ...block, columns: columnsOf(node), entries }
}

/** Tells whether a projection can replace a block's select list. */
function acceptsProjection(block: SelectBlock, expressions: readonly Expression[]): boolean {
  if (block.complete !== undefined) return false
  const names = expressions.flatMap((e) => (e.kind === 'column' ? [e.id] : []))
  const own = names.filter((id) => block.entries.has(id))
  if (block.sealed) {
    const kept = new Set(own)
    return names.length === expressions.length && block.columns.every((c) => kept.has(c.id))
  }
  // One group of everything needs an aggregate in the list, or it is an ordinary SELECT.
  if (block.groupBy === '' && block.having.length === 0) {
    const isKept = (e: Expression) =>
      e.kind === 'column' && block.entries.get(e.id)?.over === 'group'
    if (!expressions.some(isKept) && !usesInPlaceAggregate(block, expressions)) return false
  }
  // What must be computed once may be passed on, once.
  const bare = new Set<ColumnId>()
  for (const id of own) {
    if (block.entries.get(id)?.form === 'fixed' && bare.has(id)) return false
    bare.add(id)
  }
  const others = expressions.filter((e) => e.kind !== 'column')
  return usesInPlace(block, others)
}

function usesInPlaceAggregate(block: SelectBlock, expressions: readonly Expression[]): boolean {
  const grouped = new Set(
    [...block.entries].filter(([, entry]) => entry.over === 'group').map(([id]) => id),
  )
  const uses = (e: Expression): boolean => usesAny(e, grouped) && !hasSubquery(e)
  return expressions.some(uses)
}

function entryFor(expression: Expression, text: string, block: SelectBlock): ScopeEntry {
  if (expression.kind === 'column') {
    const own = block.entries.get(expression.id)
    return own ?? { text, form: 'computed' }
  }
  const parts = [...usedColumnsOf(expression)].map((id) => block.entries.get(id))
  const used = parts.map((entry) => entry?.over)
  const over = used.includes('window') ? 'window' : used.includes('group') ? 'group' : undefined
  const fixed = mustStayPut(expression) || text.length > LONGEST_REPEATED_TEXT
  return {
    text,
    form: fixed ? 'fixed' : 'computed',
    ...(over === undefined ? {} : { over }),
    ...(parts.some((entry) => entry?.grouped === true) ? { grouped: true } : {}),
    ...(isConstantIn(block.entries, expression) ? { constant: true } : {}),
  }
}

function projectSetBlock(
  context: PrintContext,
  node: ProjectSetNode,
  outer: Scope | undefined,
): SelectBlock {
  const expressions = node.expressions.map((e) => e.expression)
  let block = readyFor(context, context.block(node.input, outer), 'windowed', expressions)
  if (block.groupBy === '') block = nest(context, block)
  const printer = printerOf(context, scopeOf(block, outer))
  const entries = new Map<ColumnId, ScopeEntry>()
  for (const { column, expression } of node.expressions) {
    entries.set(column.id, { text: printer.print(expression), form: 'fixed' })
  }
  return { ...block, stage: 'projected', columns: columnsOf(node), entries, sealed: true }
}

const ONE_GROUP = '(1 = 1)'

function distinctOnBlock(
  context: PrintContext,
  node: DistinctOnNode,
  outer: Scope | undefined,
): SelectBlock {
  const { dialect } = context
  if (!dialect.distinctOn) throw cannotPrint(dialect, 'DISTINCT ON')
  const expressions = [...node.on, ...node.orderBy.map((key) => key.expression)]
  const block = readyFor(context, context.block(node.input, outer), 'projected', expressions)
  const printer = printerOf(context, scopeOf(block, outer))
  const { entries } = block
  // The expressions must be spelled as in ORDER BY, where constants are left out.
  const on = node.on
    .filter((expression) => !isConstantIn(entries, expression))
    .map((expression) => printer.collated(expression, 'binary', 'order'))
  const keys = node.orderBy.filter((key) => !isConstantIn(entries, key.expression))
  const orderBy = keys.length === 0 ? [] : [printer.sortKeys(keys)]
  // Constants alone: one row of all. Only a bare constant is refused as a sort key.
  const isOne = on.length === 0
  return {
    ...block,
    stage: 'sorted',
    distinct: `DISTINCT ON (${isOne ? ONE_GROUP : on.join(', ')}) `,
    sealed: true,
    orderBy: (isOne ? [ONE_GROUP, ...orderBy] : orderBy).join(', '),
  }
}

function sortBlock(context: PrintContext, node: SortNode, outer: Scope | undefined): SelectBlock {
  const expressions = node.keys.map((key) => key.expression)
  let block = readyFor(context, context.block(node.input, outer), 'projected', expressions)
  if (block.groupBy === '') block = nest(context, block)
  const printer = printerOf(context, scopeOf(block, outer))
  const { entries } = block
  // A constant orders nothing, and written out it may be an error or the position of a column.
  const keys = node.keys.filter((key) => !isConstantIn(entries, key.expression))
  return { ...block, stage: 'sorted', orderBy: printer.sortKeys(keys) }
}

function limitBlock(context: PrintContext, node: LimitNode, outer: Scope | undefined): SelectBlock {
  let block = context.block(node.input, outer)
  if (!isAtMost(block, 'sorted')) block = nest(context, block)
  // LIMIT cannot use the block's own columns, only those around it.
  const printer = printerOf(context, { columns: new Map(), outer })
  const limit = context.dialect.limit({
    ...(node.limit === undefined ? {} : { limit: printer.print(node.limit) }),
    ...(node.offset === undefined ? {} : { offset: printer.print(node.offset) }),
    withTies: node.withTies,
  })
  // WITH TIES needs an order, even where every row ties with every other.
  const orderBy = node.withTies && block.orderBy === '' ? '(SELECT 1)' : block.orderBy
  return { ...block, stage: 'limited', orderBy, limit }
}

function setOperationBlock(
  context: PrintContext,
  node: SetOperationNode,
  outer: Scope | undefined,
): SelectBlock {
  const operator = context.dialect.setOperator(node.operation, node.all)
  return combined(context, node, node.left, node.right, operator, outer)
}

function recursiveUnionBlock(
  context: PrintContext,
  node: RecursiveUnionNode,
  outer: Scope | undefined,
): SelectBlock {
  return combined(context, node, node.base, node.step, node.all ? 'UNION ALL' : 'UNION', outer)
}

function combined(
  context: PrintContext,
  node: SetOperationNode | RecursiveUnionNode,
  left: LogicalPlan,
  right: LogicalPlan,
  operator: string,
  outer: Scope | undefined,
): SelectBlock {
  const first = renderBlock(context.block(left, outer), context.dialect)
  const second = renderBlock(context.block(right, outer), context.dialect)
  return {
    ...blockOf(undefined, node.columns, new Map()),
    complete: { text: `(${first.text}) ${operator} (${second.text})`, names: first.names },
  }
}
