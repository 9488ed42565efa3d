/** FROM and WHERE: the join tree and the items it joins. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { columnIdsOf, columnsOf } from '../../planner/logical-plan.js'
import type {
  JoinType,
  LogicalPlan,
  ScanNode,
  TableFunctionNode,
} from '../../planner/logical-plan.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import { CATALOG_SOURCE } from '../../expressions/catalog-functions.js'
import { buildFunctionCall } from './build-call.js'
import type { ExpressionBuilder } from './build-expression.js'
import type { EntryColumns } from './query-scope.js'
import { RangeKind } from './range-kind.js'
import {
  booleanOf,
  integerOf,
  integersOf,
  listOf,
  nodeOf,
  nodesOf,
  optionalNode,
  textOf,
} from '../tree-reader.js'
import type { TreeNode, TreeValue } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'
import type { VirtualTable } from '../virtual-relations.js'

/** By PostgreSQL's JoinType. */
const JOIN_TYPES: readonly JoinType[] = ['inner', 'left', 'full', 'right']

/** RTEPermissionInfo counts columns from the first system column. */
const FIRST_COLUMN_BIT = 7

/** Builds what a query reads: FROM items joined, WHERE applied. */
export function buildFrom(query: TreeNode, builder: ExpressionBuilder): LogicalPlan {
  const tree = nodeOf(query, 'jointree')
  let plan: LogicalPlan | undefined
  for (const item of nodesOf(tree, 'fromlist')) {
    const left = plan
    if (left === undefined) {
      plan = buildItem(item, builder)
      continue
    }
    const [right, lateral] = buildRightSide(item, left, builder)
    plan = { kind: 'join', joinType: 'inner', left, right, lateral }
  }
  const input: LogicalPlan = plan ?? { kind: 'values', columns: [], rows: [[]] }
  const quals = optionalNode(tree, 'quals')
  return quals === undefined ? input : { kind: 'filter', input, condition: builder.build(quals) }
}

/** Builds a right side and tells whether it uses columns of the left one. */
function buildRightSide(
  item: TreeNode,
  left: LogicalPlan,
  builder: ExpressionBuilder,
): [LogicalPlan, boolean] {
  const { referenced } = builder.context
  const before = referenced.length
  const right = buildItem(item, builder)
  const ids: ReadonlySet<ColumnId> = columnIdsOf(left)
  return [right, referenced.slice(before).some((id) => ids.has(id))]
}

function buildItem(item: TreeNode, builder: ExpressionBuilder): LogicalPlan {
  if (item.tag === 'RANGETBLREF') return buildEntry(integerOf(item, 'rtindex'), builder)
  if (item.tag !== 'JOINEXPR') throw new Unreadable(item.tag)
  const left = buildItem(nodeOf(item, 'larg'), builder)
  const [right, lateral] = buildRightSide(nodeOf(item, 'rarg'), left, builder)
  const joinType = JOIN_TYPES[integerOf(item, 'jointype')]
  if (joinType === undefined) throw new Unreadable('a join type')
  const quals = optionalNode(item, 'quals')
  return {
    kind: 'join',
    joinType,
    left,
    right,
    ...(quals === undefined ? {} : { condition: builder.build(quals) }),
    lateral,
  }
}

function buildEntry(index: number, builder: ExpressionBuilder): LogicalPlan {
  const { context, scope } = builder
  const entry = scope.entry(index)
  switch (integerOf(entry, 'rtekind')) {
    case RangeKind.relation: {
      const [scan, columns] = buildScan(entry, builder)
      scope.setColumns(index, columns)
      return scan
    }
    case RangeKind.subquery: {
      // A view of the catalog is read whole, not expanded.
      if (context.relations.catalog.has(integerOf(entry, 'relid'))) {
        const [scan, columns] = buildScan(entry, builder)
        scope.setColumns(index, columns)
        return scan
      }
      const plan = context.buildQuery(nodeOf(entry, 'subquery'), scope)
      scope.setColumns(index, columnsOf(plan))
      const view = context.relations.views.get(integerOf(entry, 'relid'))
      return view === undefined
        ? plan
        : { kind: 'view', schema: view.schema, name: view.name, input: plan }
    }
    case RangeKind.function: {
      const plan = buildTableFunction(entry, builder)
      scope.setColumns(index, columnsOf(plan))
      return plan
    }
    case RangeKind.values: {
      const columns = declaredColumns(entry, builder)
      const rows = listOf(entry, 'values_lists').map((row) => builder.buildAll(nodeList(row)))
      scope.setColumns(index, columns)
      return { kind: 'values', columns, rows }
    }
    case RangeKind.commonTable: {
      const name = textOf(entry, 'ctename') ?? ''
      const table = scope.up(integerOf(entry, 'ctelevelsup')).commonTable(name)
      const columns = declaredColumns(entry, builder)
      scope.setColumns(index, columns)
      return { kind: 'cte-reference', cte: table.id, name, columns }
    }
    case RangeKind.result:
      return { kind: 'values', columns: [], rows: [[]] }
    case RangeKind.tableFunction:
      throw new Unreadable('XMLTABLE or JSON_TABLE')
    default:
      throw new Unreadable('a FROM item')
  }
}

/** A table of a source; or a relation of the catalog itself, tables and views alike: whoever holds the catalog reads it. */
function buildScan(entry: TreeNode, builder: ExpressionBuilder): [ScanNode, EntryColumns] {
  const { context, scope } = builder
  const { tables, catalog, schemas } = context.relations
  const relid = integerOf(entry, 'relid')
  const own = catalog.get(relid)
  const table = own ?? tables.get(relid)
  if (table === undefined) throw new Unreadable('a relation of no source')
  if (optionalNode(entry, 'tablesample') !== undefined) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      'TABLESAMPLE is not supported on virtual tables',
    )
  }
  const used = usedColumns(entry, scope.query, table)
  const columns = table.columns.map((column, position) =>
    used.has(position + 1) ? context.newColumn(column.name, column.type) : undefined,
  )
  const source = own === undefined ? schemas.get(table.schema) : CATALOG_SOURCE
  return [scanOf(table, source, columns), columns]
}

/** Makes a scan node of the columns that are present. */
export function scanOf(
  table: VirtualTable,
  source: string | undefined,
  columns: EntryColumns,
): ScanNode {
  const present = columns.filter((column): column is Column => column !== undefined)
  return {
    kind: 'scan',
    source: source ?? table.schema,
    schema: table.schema,
    table: table.name,
    columns: present,
    tableColumns: present.map((column) => column.name),
  }
}

/** Attribute numbers the statement reads, from the permissions it needs; a whole row means all. */
export function usedColumns(
  entry: TreeNode,
  query: TreeNode,
  table: VirtualTable,
): ReadonlySet<number> {
  const permissions = nodesOf(query, 'rteperminfos')[integerOf(entry, 'perminfoindex') - 1]
  const bits =
    permissions === undefined ? [FIRST_COLUMN_BIT] : integersOf(permissions, 'selectedCols')
  const attributes = new Set(bits.map((bit) => bit - FIRST_COLUMN_BIT))
  if (!attributes.has(0)) return attributes
  return new Set(table.columns.map((_, position) => position + 1))
}

/** Columns of an entry that lists its types (VALUES, common tables). */
function declaredColumns(entry: TreeNode, builder: ExpressionBuilder): Column[] {
  const names = columnNames(entry)
  const typmods = integersOf(entry, 'coltypmods')
  return integersOf(entry, 'coltypes').map((oid, position) =>
    builder.context.newColumn(names[position] ?? '', sqlType(oid, typmods[position] ?? -1)),
  )
}

function columnNames(entry: TreeNode): readonly string[] {
  return listOf(nodeOf(entry, 'eref'), 'colnames').map((name) => String(name))
}

function buildTableFunction(entry: TreeNode, builder: ExpressionBuilder): TableFunctionNode {
  const names = columnNames(entry)
  let position = 0
  const functions = nodesOf(entry, 'functions').map((item) => {
    const expression = nodeOf(item, 'funcexpr')
    // What asks the catalog is a row here already, not a value to be asked for.
    const call =
      expression.tag === 'FUNCEXPR'
        ? buildFunctionCall(expression, builder)
        : builder.build(expression)
    const columns = functionColumns(item, call, builder).map((type) =>
      builder.context.newColumn(names[position++] ?? '', type),
    )
    return { call, columns }
  })
  if (!booleanOf(entry, 'funcordinality')) return { kind: 'table-function', functions }
  const ordinality = builder.context.newColumn(names[position] ?? 'ordinality', sqlType(OID.int8))
  return { kind: 'table-function', functions, ordinality }
}

/** Types of a function's columns: from its column definition list, its OUT columns, or its result. */
function functionColumns(
  item: TreeNode,
  call: Expression,
  builder: ExpressionBuilder,
): readonly SqlType[] {
  const { facts } = builder.context
  const declared = integersOf(item, 'funccoltypes')
  if (declared.length > 0) {
    const typmods = integersOf(item, 'funccoltypmods')
    return declared.map((oid, index) => sqlType(oid, typmods[index] ?? -1))
  }
  const count = integerOf(item, 'funccolcount')
  const outputs = call.kind === 'call' ? facts.procedure(call.function.oid).outputs : undefined
  if (outputs !== undefined && outputs.length > 1) {
    if (outputs.length !== count || outputs.some(({ type }) => facts.type(type).kind === 'p')) {
      throw new Unreadable(`columns of a function in FROM`)
    }
    return outputs.map(({ type }) => sqlType(type))
  }
  if (count !== 1 || facts.type(call.type.oid).kind === 'c') {
    throw new Unreadable('a function in FROM that returns rows')
  }
  return [call.type]
}

function nodeList(value: TreeValue): readonly TreeNode[] {
  return Array.isArray(value) ? (value as readonly TreeNode[]) : []
}
