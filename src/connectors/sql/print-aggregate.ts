/** Prints grouping, aggregate calls and window calls. */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import type {
  AggregateCall,
  AggregateNode,
  FrameBound,
  ProjectedColumn,
  WindowCall,
  WindowFrame,
  WindowNode,
} from '../../planner/logical-plan.js'
import { columnsOf } from '../../planner/logical-plan.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import type { ExpressionPrinter } from './dialect.js'
import type { PrintContext } from './print-context.js'
import { nest, printerOf, readyFor, scopeOf, usesCallsOf } from './print-context.js'
import { mustStayPut, type Scope, type ScopeEntry } from './scope.js'
import { type SelectBlock } from './select-block.js'
import { containsMarker } from './statement-text.js'

/** Prints an aggregation as a block. */
export function aggregateBlock(
  context: PrintContext,
  node: AggregateNode,
  outer: Scope | undefined,
): SelectBlock {
  const groupExpressions = node.groups.map((group) => group.expression)
  const callExpressions = node.aggregates.flatMap(expressionsOfCall)
  let block = context.block(node.input, outer)
  block = readyFor(context, block, 'rows', [...groupExpressions, ...callExpressions])
  let groups = node.groups
  if (!canGroupInPlace(context, node, block, outer)) {
    block = nestGroups(context, node.groups, callExpressions, block, outer)
    groups = groups.map(({ column }) => ({ column, expression: { kind: 'column', ...column } }))
  }
  const printer = printerOf(context, scopeOf(block, outer))
  const entries = new Map<ColumnId, ScopeEntry>()
  const texts = groups.map(({ column, expression }) => {
    const text = printer.print(expression)
    // Inside a subquery PostgreSQL recognises a group key only when it is a plain column.
    const isName = expression.kind === 'column' && /^[a-z]+\d+\.[^.]+$/.test(text)
    const form = isName && node.groupingSets === undefined ? 'plain' : 'computed'
    const key = { over: 'group', grouped: true } as const
    entries.set(column.id, { text, form, ...(isName ? {} : key) })
    return text
  })
  for (const call of node.aggregates) {
    const text = printAggregate(call, printer)
    entries.set(call.column.id, { text, form: 'computed', over: 'group' })
  }
  for (const { column, groups: positions } of node.groupingCalls ?? []) {
    const text = `GROUPING(${positions.map((i) => texts[i]!).join(', ')})`
    entries.set(column.id, { text, form: 'computed', over: 'group' })
  }
  const columns = columnsOf(node)
  const groupBy =
    node.groupingSets === undefined
      ? texts.join(', ')
      : `GROUPING SETS (${node.groupingSets
          .map((set) => `(${set.map((i) => texts[i]!).join(', ')})`)
          .join(', ')})`
  const grouped: SelectBlock = { ...block, stage: 'grouped', columns, entries, groupBy }
  if (columns.length > 0 || groupBy !== '') return grouped
  // No groups and no calls is still one row: some call must make the block an aggregation.
  const count: Column = { id: -1, name: 'count', type: { oid: 20, typmod: -1 } }
  const counted = new Map([[count.id, { text: 'count(*)', form: 'computed' as const }]])
  const one = nest(context, { ...grouped, columns: [count], entries: counted })
  return { ...one, columns: [], entries: new Map() }
}

/**
 * GROUP BY repeats an expression of the select list; the database must see that they are the same. A parameter is not
 * the same as another with the same value, a subquery is computed twice, and a constant is a position.
 */
function canGroupInPlace(
  context: PrintContext,
  node: AggregateNode,
  block: SelectBlock,
  outer: Scope | undefined,
): boolean {
  const printer = printerOf(context, scopeOf(block, outer))
  return node.groups.every(({ expression }) => {
    if (expression.kind === 'column' && block.entries.get(expression.id)?.form === 'plain') {
      return true
    }
    if (node.groupingSets !== undefined || mustStayPut(expression)) return false
    if (![...usedColumnsOf(expression)].some((id) => block.entries.has(id))) return false
    const text = printer.print(expression)
    // The spelling of a column can itself be a constant (select 1 as a).
    if (!/[a-z]\d+\./.test(text)) return false
    return context.dialect.reusableMarkers || !containsMarker(text)
  })
}

/** Computes the group keys in a derived table, so that they are plain names. */
function nestGroups(
  context: PrintContext,
  groups: readonly ProjectedColumn[],
  callExpressions: readonly Expression[],
  block: SelectBlock,
  outer: Scope | undefined,
): SelectBlock {
  const printer = printerOf(context, scopeOf(block, outer))
  const entries = new Map(block.entries)
  const used = new Set(callExpressions.flatMap((e) => [...usedColumnsOf(e)]))
  const columns: Column[] = block.columns.filter((column) => used.has(column.id))
  for (const { column, expression } of groups) {
    entries.set(column.id, { text: printer.print(expression), form: 'computed' })
    if (!columns.some((c) => c.id === column.id)) columns.push(column)
  }
  return nest(context, { ...block, columns, entries })
}

function expressionsOfCall(call: AggregateCall): readonly Expression[] {
  return [
    ...call.arguments,
    ...call.directArguments,
    ...call.orderBy.map((key) => key.expression),
    ...(call.filter ? [call.filter] : []),
  ]
}

/** Prints an aggregate call with its FILTER. */
export function printAggregate(call: AggregateCall, printer: ExpressionPrinter): string {
  const { dialect } = printer
  const print = dialect.aggregates[call.function.signature] ?? dialect.aggregate
  const texts = call.arguments.map((argument) => printer.print(argument))
  if (call.filter === undefined) return print.call(dialect, texts, call, printer)
  const condition = printer.print(call.filter)
  if (dialect.aggregateFilter === 'clause') {
    return `${print.call(dialect, texts, call, printer)} FILTER (WHERE ${condition})`
  }
  if (call.star) {
    const counted: AggregateCall = { ...call, star: false, filter: undefined }
    return print.call(dialect, [`CASE WHEN ${condition} THEN 1 END`], counted, printer)
  }
  const filtered = texts.map((text, i) =>
    i === 0 ? `CASE WHEN ${condition} THEN ${text} END` : text,
  )
  return print.call(dialect, filtered, { ...call, filter: undefined }, printer)
}

/** Prints window calls as a block. */
export function windowBlock(
  context: PrintContext,
  node: WindowNode,
  outer: Scope | undefined,
): SelectBlock {
  const expressions = [
    ...node.partitionBy,
    ...node.orderBy.map((key) => key.expression),
    ...node.calls.flatMap((call) => [...call.arguments, ...(call.filter ? [call.filter] : [])]),
    ...[node.frame.start.offset, node.frame.end.offset].filter((e) => e !== undefined),
  ]
  let block = readyFor(context, context.block(node.input, outer), 'windowed', expressions)
  // A window call may not contain another. Nor may ungrouped rows become grouped by losing their last aggregate.
  // A filter may not contain an aggregate, though arguments may.
  const filters = node.calls.flatMap((call) => (call.filter ? [call.filter] : []))
  const isNested =
    expressions.some((e) => usesCallsOf(block, e, 'window')) ||
    filters.some((e) => usesCallsOf(block, e, 'group')) ||
    block.groupBy === ''
  if (isNested) block = nest(context, block)
  const printer = printerOf(context, scopeOf(block, outer))
  const parts: string[] = []
  if (node.partitionBy.length > 0) {
    parts.push(`PARTITION BY ${node.partitionBy.map((e) => printer.print(e)).join(', ')}`)
  }
  if (node.orderBy.length > 0) parts.push(`ORDER BY ${printer.sortKeys(node.orderBy)}`)
  const frame = printFrame(node.frame, printer)
  if (frame !== '') parts.push(frame)
  const over = ` OVER (${parts.join(' ')})`
  const entries = new Map<ColumnId, ScopeEntry>(block.entries)
  for (const call of node.calls) {
    const text = printWindowCall(call, printer) + over
    entries.set(call.column.id, { text, form: 'computed', over: 'window' })
  }
  return { ...block, stage: 'windowed', columns: columnsOf(node), entries }
}

function printWindowCall(call: WindowCall, printer: ExpressionPrinter): string {
  if (call.isAggregate) {
    const plain = { distinct: false, orderBy: [], form: 'normal', directArguments: [] } as const
    return printAggregate({ ...call, ...plain }, printer)
  }
  const texts = call.arguments.map((argument) => printer.print(argument))
  return printer.dialect.windowFunction(call, texts, printer)
}

/** Prints a frame clause; '' for the default frame. */
function printFrame(frame: WindowFrame, printer: ExpressionPrinter): string {
  const isDefault =
    frame.mode === 'range' &&
    frame.start.kind === 'unbounded-preceding' &&
    frame.end.kind === 'current-row' &&
    frame.exclude === 'no-others'
  if (isDefault) return ''
  const bound = ({ kind, offset }: FrameBound) =>
    `${offset === undefined ? '' : `${printer.print(offset)} `}${kind.replace('-', ' ').toUpperCase()}`
  const exclude =
    frame.exclude === 'no-others' ? '' : ` EXCLUDE ${frame.exclude.replace('-', ' ').toUpperCase()}`
  return `${frame.mode.toUpperCase()} BETWEEN ${bound(frame.start)} AND ${bound(frame.end)}${exclude}`
}
