/** Prints the leaves of a plan: constant rows, functions in FROM, common tables. */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import {
  columnsOf,
  type CommonTable,
  type CteReferenceNode,
  type TableFunctionNode,
  type ValuesNode,
  type WithNode,
} from '../../planner/logical-plan.js'
import { shippedColumnsOf } from '../../planner/shipped-rows.js'
import { cannotPrint } from './ansi-dialect.js'
import type { PrintContext } from './print-context.js'
import { nest, printerOf } from './print-context.js'
import type { Scope, ScopeEntry } from './scope.js'
import {
  blockOf,
  relationBlock,
  renderBlock,
  uniqueNames,
  type SelectBlock,
} from './select-block.js'

const NOTHING: ReadonlyMap<ColumnId, ScopeEntry> = new Map()

/** Prints constant rows as a block. */
export function valuesBlock(
  context: PrintContext,
  node: ValuesNode,
  outer: Scope | undefined,
): SelectBlock {
  const { dialect, statement } = context
  const printer = printerOf(context, { columns: NOTHING, outer })
  const [first] = node.rows
  if (first === undefined) {
    const nulls = node.columns.map((column): Expression => ({
      kind: 'constant',
      value: null,
      type: column.type,
    }))
    return { ...oneRow(node.columns, nulls, printer), where: ['(1 = 0)'] }
  }
  if (node.rows.length === 1) return oneRow(node.columns, first, printer)
  const rows = node.rows.map((row) => row.map((item) => printer.print(item)))
  if (node.columns.length === 0) {
    const text = dialect.values(
      rows.map(() => ['1']),
      ['c1'],
    )
    const suffix = dialect.aliasColumns ? ' (c1)' : ''
    return blockOf(`${text} AS ${statement.name('v')}${suffix}`, [], NOTHING)
  }
  const names = uniqueNames(node.columns, dialect)
  const relation = { text: dialect.values(rows, names), columns: names }
  return withColumnList(context, relation, 'v', node.columns)
}

function oneRow(
  columns: readonly Column[],
  row: readonly Expression[],
  printer: { readonly print: (expression: Expression) => string },
): SelectBlock {
  const entries = new Map<ColumnId, ScopeEntry>()
  columns.forEach((column, i) =>
    entries.set(column.id, { text: printer.print(row[i]!), form: 'computed' }),
  )
  return blockOf(undefined, columns, entries)
}

function withColumnList(
  context: PrintContext,
  relation: { readonly text: string; readonly columns: readonly string[] },
  prefix: string,
  columns: readonly Column[],
): SelectBlock {
  const block = relationBlock(relation, prefix, columns, context.dialect, context.statement)
  if (!context.dialect.aliasColumns) return block
  const list = relation.columns.map((name) => context.dialect.quoteIdentifier(name)).join(', ')
  return { ...block, from: `${block.from} (${list})` }
}

/** Functions that return whatever the column definition list says. */
const NEEDS_DEFINITION_LIST = new Set([
  'json_to_record',
  'jsonb_to_record',
  'json_to_recordset',
  'jsonb_to_recordset',
])

/** Prints functions in FROM as a block. */
export function tableFunctionBlock(
  context: PrintContext,
  node: TableFunctionNode,
  outer: Scope | undefined,
): SelectBlock {
  const { dialect } = context
  const printer = printerOf(context, { columns: NOTHING, outer })
  const columns = columnsOf(node)
  const names = uniqueNames(columns, dialect)
  const shipped = dialect.shippedRows && shippedColumnsOf(node)
  if (dialect.shippedRows !== undefined && shipped !== undefined) {
    const relation = { text: dialect.shippedRows(shipped, names, printer), columns: names }
    return relationBlock(relation, 'f', columns, dialect, context.statement)
  }
  const printed = node.functions.map(({ call, columns }) => {
    const isCall = (call.kind === 'call' && call.form === 'function') || call.kind === 'sql-value'
    if (!isCall) throw cannotPrint(dialect, `${call.kind} as a function in FROM`)
    const text = printer.print(call)
    if (call.kind !== 'call' || !NEEDS_DEFINITION_LIST.has(call.function.name)) return text
    const list = columns.map(
      (c) => `${dialect.quoteIdentifier(c.name)} ${dialect.typeName(c.type)}`,
    )
    return `${text} AS (${list.join(', ')})`
  })
  const [first] = node.functions
  const single =
    node.functions.length === 1 &&
    !(first?.call.kind === 'call' && NEEDS_DEFINITION_LIST.has(first.call.function.name))
  const text =
    (single ? printed[0]! : `ROWS FROM (${printed.join(', ')})`) +
    (node.ordinality === undefined ? '' : ' WITH ORDINALITY')
  return withColumnList(context, { text, columns: names }, 'f', columns)
}

/** Prints WITH and the block below it. */
export function withBlock(
  context: PrintContext,
  node: WithNode,
  outer: Scope | undefined,
): SelectBlock {
  const texts: string[] = []
  for (const table of node.tables) texts.push(commonTable(context, table, outer))
  let body = context.block(node.body, outer)
  if (body.complete !== undefined || body.with.length > 0) body = nest(context, body)
  return { ...body, with: texts, recursive: node.tables.some((table) => table.recursive) }
}

function commonTable(context: PrintContext, table: CommonTable, outer: Scope | undefined): string {
  const { dialect, statement, commonTables } = context
  const name = statement.name('w')
  const columns = columnsOf(table.plan)
  const names = uniqueNames(columns, dialect)
  // Before the plan is printed: a recursive step reads it.
  commonTables.set(table.id, { text: name, columns: names })
  const { text } = renderBlock(context.block(table.plan, outer), dialect)
  const list =
    names.length === 0 ? '' : ` (${names.map((n) => dialect.quoteIdentifier(n)).join(', ')})`
  const hint =
    !dialect.materializedHint || table.materialized === 'default'
      ? ''
      : table.materialized === 'always'
        ? 'MATERIALIZED '
        : 'NOT MATERIALIZED '
  return `${name}${list} AS ${hint}(${text})`
}

/** Prints a read of a common table as a block. */
export function cteReferenceBlock(context: PrintContext, node: CteReferenceNode): SelectBlock {
  const { dialect, statement } = context
  const relation = context.commonTables.get(node.cte)
  if (relation === undefined)
    throw cannotPrint(dialect, `common table ${node.name} outside its WITH`)
  return relationBlock(relation, 't', node.columns, dialect, statement)
}
