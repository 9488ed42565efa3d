/**
 * Keeps of every node only the columns that something above uses: scans read no others, and what is computed for nobody
 * is not computed. count(*) reads one narrow column.
 *
 * Tempting and wrong: pruning what decides on rows. DISTINCT, UNION, INTERSECT and EXCEPT compare all their columns, and a
 * projected set-returning call decides how many rows there are even if nobody reads its values.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { columnReference, mapList } from '../expression-traversal.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { CommonTable, LogicalPlan, ScanNode, SetOperationNode } from '../logical-plan.js'
import { expressionsOf } from '../plan-traversal.js'
import { freeColumnsOf, usedColumnsOf } from '../used-columns.js'
import type { Rule } from '../rewrite.js'

export const pruneColumns: Rule = {
  name: 'prune-columns',
  scope: 'plan',
  apply(node) {
    const result = exactly(node)
    return result === node ? undefined : result
  },
}

type Ids = ReadonlySet<ColumnId>

/** A plan whose columns include the required ones and no needless others. */
function prune(node: LogicalPlan, required: Ids): LogicalPlan {
  switch (node.kind) {
    case 'scan':
      return pruneScan(node, required)
    case 'values': {
      const keep = positions(node.columns, required)
      if (keep.length === node.columns.length) return node
      return {
        ...node,
        columns: keep.map((i) => node.columns[i]!),
        rows: node.rows.map((row) => keep.map((i) => row[i]!)),
      }
    }
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct-on':
    case 'view':
      return overInput(node, union(required, expressionsOf(node)))
    case 'distinct':
      return overInput(node, columnIdsOf(node.input))
    case 'project': {
      let kept = node.expressions.filter((item) => required.has(item.column.id))
      if (kept.length === 0) kept = node.expressions.slice(0, 1)
      const expressions = kept.length === node.expressions.length ? node.expressions : kept
      const uses = usedColumnsOf(...expressions.map((item) => item.expression))
      // A projection of a shared table's columns narrows it already.
      const input = node.input.kind === 'cte-reference' ? node.input : prune(node.input, uses)
      if (input === node.input && expressions === node.expressions) return node
      return { ...node, input, expressions }
    }
    case 'project-set':
      return overInput(node, usedColumnsOf(...expressionsOf(node)))
    case 'window': {
      const calls = node.calls.filter((call) => required.has(call.column.id))
      if (calls.length === 0) return prune(node.input, required)
      const slim = calls.length === node.calls.length ? node : { ...node, calls }
      return overInput(slim, union(required, expressionsOf(slim)))
    }
    case 'aggregate': {
      const aggregates = node.aggregates.filter((call) => required.has(call.column.id))
      const keepOne = node.groups.length === 0 && aggregates.length === 0
      const slim =
        keepOne || aggregates.length === node.aggregates.length ? node : { ...node, aggregates }
      return overInput(slim, usedColumnsOf(...expressionsOf(slim)))
    }
    case 'join': {
      const conditions = node.condition === undefined ? [] : [node.condition]
      const used = union(required, conditions)
      if (node.lateral) for (const id of freeColumnsOf(node.right)) used.add(id)
      const left = prune(node.left, used)
      const right = prune(node.right, used)
      return left === node.left && right === node.right ? node : { ...node, left, right }
    }
    case 'set-operation':
      return pruneSetOperation(node, required)
    case 'with':
      return pruneWith(node, required)
    case 'recursive-union': {
      const base = exactly(node.base)
      const step = exactly(node.step)
      return base === node.base && step === node.step ? node : { ...node, base, step }
    }
    case 'cte-reference': {
      const kept = node.columns.filter((column) => required.has(column.id))
      // The table is read by position; which positions nobody reads is seen by the projection.
      if (kept.length === 0 || kept.length === node.columns.length) return node
      return arrange(node, kept)
    }
    case 'table-function':
    case 'opaque-query':
      return node
  }
}

function overInput<T extends LogicalPlan & { readonly input: LogicalPlan }>(
  node: T,
  required: Ids,
): T {
  const input = prune(node.input, required)
  return input === node.input ? node : { ...node, input }
}

function union(required: Ids, expressions: readonly Expression[]): Set<ColumnId> {
  const all = usedColumnsOf(...expressions)
  for (const id of required) all.add(id)
  return all
}

function positions(columns: readonly Column[], required: Ids): number[] {
  return columns.flatMap((column, index) => (required.has(column.id) ? [index] : []))
}

function pruneScan(node: ScanNode, required: Ids): ScanNode {
  let keep = positions(node.columns, required)
  if (keep.length === 0 && node.columns.length > 0) keep = [narrowest(node.columns)]
  if (keep.length === node.columns.length) return node
  return {
    ...node,
    columns: keep.map((i) => node.columns[i]!),
    tableColumns: keep.map((i) => node.tableColumns[i]!),
  }
}

const NARROW: readonly number[] = [OID.bool, OID.int2, OID.int4, OID.date, OID.int8, OID.float8]

function narrowest(columns: readonly Column[]): number {
  const rank = (column: Column) => {
    const index = NARROW.indexOf(column.type.oid)
    return index < 0 ? NARROW.length : index
  }
  let best = 0
  columns.forEach((column, index) => {
    if (rank(column) < rank(columns[best]!)) best = index
  })
  return best
}

/** A plan with exactly its own columns, where they count by position. */
function exactly(plan: LogicalPlan): LogicalPlan {
  return arrange(prune(plan, columnIdsOf(plan)), columnsOf(plan))
}

/** Puts exactly these columns in this order, by a projection where needed. */
export function arrange(plan: LogicalPlan, columns: readonly Column[]): LogicalPlan {
  const produced = columnsOf(plan)
  if (
    produced.length === columns.length &&
    produced.every((column, index) => column.id === columns[index]!.id)
  ) {
    return plan
  }
  return {
    kind: 'project',
    input: plan,
    expressions: columns.map((column) => ({ column, expression: columnReference(column) })),
  }
}

function pruneSetOperation(node: SetOperationNode, required: Ids): LogicalPlan {
  let keep = positions(node.columns, required)
  if (keep.length === 0 && node.columns.length > 0) keep = [0]
  if (node.operation !== 'union' || !node.all) keep = node.columns.map((_, index) => index)
  const side = (plan: LogicalPlan) => {
    const produced = columnsOf(plan)
    const wanted = keep.map((i) => produced[i]!)
    return arrange(prune(plan, new Set(wanted.map((column) => column.id))), wanted)
  }
  const left = side(node.left)
  const right = side(node.right)
  const all = keep.length === node.columns.length
  if (all && left === node.left && right === node.right) return node
  return { ...node, left, right, columns: all ? node.columns : keep.map((i) => node.columns[i]!) }
}

/** Shared tables keep all their columns: their readers take them by position. */
function pruneWith(node: Extract<LogicalPlan, { kind: 'with' }>, required: Ids): LogicalPlan {
  const body = prune(node.body, required)
  const tables = mapList(node.tables, (table: CommonTable) => {
    const plan = exactly(table.plan)
    return plan === table.plan ? table : { ...table, plan }
  })
  return body === node.body && tables === node.tables ? node : { ...node, tables, body }
}
