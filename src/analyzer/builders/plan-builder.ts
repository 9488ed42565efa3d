/** From a statement's query tree to its logical plan, or to an opaque query where the reader has no algebra. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { asksCatalog } from '../../expressions/catalog-functions.js'
import type { Column } from '../../expressions/expression.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type { LogicalPlan, OpaqueQueryNode, ScanNode } from '../../planner/logical-plan.js'
import { sqlType } from '../../types/sql-type.js'
import type { FieldDescription } from '../postgres/backend-messages.js'
import type { BuildContext } from './build-context.js'
import { scanOf, usedColumns } from './build-from.js'
import { buildQuery } from './build-query.js'
import type { PostgresFacts } from '../postgres-facts.js'
import { RangeKind } from './range-kind.js'
import { integerOf, nodesOf, TreeNode } from '../tree-reader.js'
import type { TreeValue } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'
import type { VirtualRelations, VirtualTable, VirtualView } from '../virtual-relations.js'

/** Relations a statement reads, views already expanded. */
export interface TouchedRelations {
  readonly virtual: boolean
  readonly catalog: boolean
}

/** What a plan is built from besides the tree. */
export interface PlanSource {
  readonly sql: string
  readonly fields: readonly FieldDescription[]
  readonly searchPath: readonly string[]
  readonly facts: PostgresFacts
  readonly relations: VirtualRelations
  /** Prints a literal of the statement as its type does; undefined when there is none at this byte. */
  literalText(location: number, type: number): string | undefined
}

/** Builds the plan; its columns agree with the row description in number, order and type. */
export function buildPlan(query: TreeNode, source: PlanSource): LogicalPlan {
  const { fields } = source
  try {
    const plan = buildQuery(query, undefined, newContext(source))
    const columns = columnsOf(plan)
    const agrees =
      columns.length === fields.length &&
      columns.every((column, index) => column.type.oid === fields[index]?.typeOid)
    if (agrees) return plan
    throw new Unreadable('result columns that the reader typed differently')
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return opaqueQuery(query, source, error.reason)
  }
}

function newContext(source: PlanSource): BuildContext {
  let columns = 0
  let commonTables = 0
  const context: BuildContext = {
    facts: source.facts,
    relations: source.relations,
    newColumn: (name, type): Column => ({ id: ++columns, name, type }),
    newCommonTable: () => ++commonTables,
    referenced: [],
    literalText: (location, type) => source.literalText(location, type),
    buildQuery: (query, parent, recursion) => buildQuery(query, parent, context, recursion),
  }
  return context
}

/** Tells what kinds of relations a statement reads, also in subqueries, common tables and views. */
export function touchedRelations(query: TreeNode, relations: VirtualRelations): TouchedRelations {
  let virtual = false
  let catalog = false
  visitEntries(query, (entry) => {
    if (integerOf(entry, 'rtekind') !== RangeKind.relation) return
    if (relations.tables.has(integerOf(entry, 'relid'))) virtual = true
    else catalog = true
  })
  return { virtual, catalog }
}

function opaqueQuery(query: TreeNode, source: PlanSource, reason: string): OpaqueQueryNode {
  refuseCatalogPart(query, source, reason)
  const { sql, fields, relations, searchPath } = source
  const context = newContext(source)
  const used = new Map<VirtualTable, Set<number>>()
  visitEntries(query, (entry, owner) => {
    const table =
      integerOf(entry, 'rtekind') === RangeKind.relation
        ? relations.tables.get(integerOf(entry, 'relid'))
        : undefined
    if (table === undefined) return
    const attributes = used.get(table) ?? new Set<number>()
    for (const attribute of usedColumns(entry, owner, table)) attributes.add(attribute)
    used.set(table, attributes)
  })
  const tables = [...used].map(([table, attributes]): ScanNode => {
    const columns = table.columns.map((column, position) =>
      attributes.has(position + 1) ? context.newColumn(column.name, column.type) : undefined,
    )
    return scanOf(table, relations.schemas.get(table.schema), columns)
  })
  const columns = fields.map((field) =>
    context.newColumn(field.name, sqlType(field.typeOid, field.typmod)),
  )
  const views = new Set<VirtualView>()
  collectViews(query, relations, views)
  return {
    kind: 'opaque-query',
    sql,
    tables,
    columns,
    reason,
    ...(views.size === 0 ? {} : { views: [...views] }),
    searchPath,
  }
}

/** The statement runs whole in a PostgreSQL that does not hold the catalog: what it would say of one is wrong. */
function refuseCatalogPart(query: TreeNode, source: PlanSource, reason: string): void {
  const { facts, relations } = source
  let asked = touchedRelations(query, relations).catalog ? 'a table of the catalog' : undefined
  visitNodes(query, (node) => {
    if (node.tag !== 'FUNCEXPR') return
    const { reference } = facts.procedure(integerOf(node, 'funcid'))
    if (asksCatalog(reference)) asked ??= `function ${reference.name}`
  })
  if (asked === undefined) return
  throw new EngineError(
    SQLSTATE.featureNotSupported,
    `${asked} cannot be used in one statement with ${reason}`,
    { hint: 'Ask the catalog in a statement of its own' },
  )
}

function visitNodes(value: TreeValue, visit: (node: TreeNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly TreeValue[]) visitNodes(item, visit)
  } else if (value instanceof TreeNode) {
    visit(value)
    for (const field of value.fields.values()) visitNodes(field, visit)
  }
}

/** Adds the views below a value, each after the views it is made of. */
function collectViews(
  value: TreeValue,
  relations: VirtualRelations,
  views: Set<VirtualView>,
): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly TreeValue[]) collectViews(item, relations, views)
    return
  }
  if (!(value instanceof TreeNode)) return
  for (const field of value.fields.values()) collectViews(field, relations, views)
  if (value.tag !== 'RANGETBLENTRY' || value.fields.get('relid') === undefined) return
  const view = relations.views.get(integerOf(value, 'relid'))
  if (view !== undefined) views.add(view)
}

function visitEntries(value: TreeValue, visit: (entry: TreeNode, owner: TreeNode) => void): void {
  visitNodes(value, (node) => {
    if (node.tag === 'QUERY') for (const entry of nodesOf(node, 'rtable')) visit(entry, node)
  })
}
