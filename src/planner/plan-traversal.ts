/** Walking and rebuilding logical plans, subqueries' plans included. */
import { assertNever } from '../errors.js'
import type { Column, ColumnId, Expression } from '../expressions/expression.js'
import { argumentsOf, hasSubquery, mapArguments, mapList } from './expression-traversal.js'
import { columnIdsOf } from './logical-plan.js'
import type {
  AggregateCall,
  LogicalPlan,
  ProjectedColumn,
  ScanNode,
  SortKey,
} from './logical-plan.js'

/** A node's inputs, left to right; of `with`: the tables, then the body. */
export function logicalInputsOf(node: LogicalPlan): readonly LogicalPlan[] {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'table-function':
    case 'cte-reference':
    case 'opaque-query':
      return []
    case 'filter':
    case 'project':
    case 'project-set':
    case 'aggregate':
    case 'window':
    case 'distinct':
    case 'distinct-on':
    case 'sort':
    case 'limit':
    case 'view':
      return [node.input]
    case 'join':
    case 'set-operation':
      return [node.left, node.right]
    case 'with':
      return [...node.tables.map((table) => table.plan), node.body]
    case 'recursive-union':
      return [node.base, node.step]
    default:
      return assertNever(node)
  }
}

/** Rebuilds a node over mapped inputs; the same object when none changed. */
export function mapInputs(
  node: LogicalPlan,
  map: (input: LogicalPlan) => LogicalPlan,
): LogicalPlan {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'table-function':
    case 'cte-reference':
    case 'opaque-query':
      return node
    case 'filter':
    case 'project':
    case 'project-set':
    case 'aggregate':
    case 'window':
    case 'distinct':
    case 'distinct-on':
    case 'sort':
    case 'limit':
    case 'view': {
      const input = map(node.input)
      return input === node.input ? node : { ...node, input }
    }
    case 'join':
    case 'set-operation': {
      const left = map(node.left)
      const right = map(node.right)
      return left === node.left && right === node.right ? node : { ...node, left, right }
    }
    case 'with': {
      const tables = mapList(node.tables, (table) => {
        const plan = map(table.plan)
        return plan === table.plan ? table : { ...table, plan }
      })
      const body = map(node.body)
      return tables === node.tables && body === node.body ? node : { ...node, tables, body }
    }
    case 'recursive-union': {
      const base = map(node.base)
      const step = map(node.step)
      return base === node.base && step === node.step ? node : { ...node, base, step }
    }
    default:
      return assertNever(node)
  }
}

/** Rebuilds a node with the expressions it holds itself mapped; the same object when none changed. */
export function mapExpressions(
  node: LogicalPlan,
  map: (expression: Expression) => Expression,
): LogicalPlan {
  const optional = (expression: Expression | undefined) =>
    expression === undefined ? undefined : map(expression)
  switch (node.kind) {
    case 'scan':
    case 'distinct':
    case 'set-operation':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'view':
    case 'opaque-query':
      return node
    case 'values': {
      const rows = mapList(node.rows, (row) => mapList(row, map))
      return rows === node.rows ? node : { ...node, rows }
    }
    case 'table-function': {
      const functions = mapList(node.functions, (item) => {
        const call = map(item.call)
        return call === item.call ? item : { ...item, call }
      })
      return functions === node.functions ? node : { ...node, functions }
    }
    case 'filter': {
      const condition = map(node.condition)
      return condition === node.condition ? node : { ...node, condition }
    }
    case 'project':
    case 'project-set': {
      const expressions = mapProjected(node.expressions, map)
      return expressions === node.expressions ? node : { ...node, expressions }
    }
    case 'join': {
      const condition = optional(node.condition)
      return condition === node.condition ? node : { ...node, condition }
    }
    case 'aggregate': {
      const groups = mapProjected(node.groups, map)
      const aggregates = mapList(node.aggregates, (call) => mapAggregate(call, map))
      if (groups === node.groups && aggregates === node.aggregates) return node
      return { ...node, groups, aggregates }
    }
    case 'window': {
      const partitionBy = mapList(node.partitionBy, map)
      const orderBy = mapSortKeys(node.orderBy, map)
      const calls = mapList(node.calls, (call) => {
        const mapped = mapList(call.arguments, map)
        const filter = optional(call.filter)
        if (mapped === call.arguments && filter === call.filter) return call
        return { ...call, arguments: mapped, filter }
      })
      let frame = node.frame
      for (const bound of ['start', 'end'] as const) {
        const offset = frame[bound].offset
        if (offset === undefined) continue
        const mapped = map(offset)
        if (mapped !== offset) frame = { ...frame, [bound]: { ...frame[bound], offset: mapped } }
      }
      if (
        partitionBy === node.partitionBy &&
        orderBy === node.orderBy &&
        calls === node.calls &&
        frame === node.frame
      ) {
        return node
      }
      return { ...node, partitionBy, orderBy, calls, frame }
    }
    case 'distinct-on': {
      const on = mapList(node.on, map)
      const orderBy = mapSortKeys(node.orderBy, map)
      return on === node.on && orderBy === node.orderBy ? node : { ...node, on, orderBy }
    }
    case 'sort': {
      const keys = mapSortKeys(node.keys, map)
      return keys === node.keys ? node : { ...node, keys }
    }
    case 'limit': {
      const limit = optional(node.limit)
      const offset = optional(node.offset)
      return limit === node.limit && offset === node.offset ? node : { ...node, limit, offset }
    }
    default:
      return assertNever(node)
  }
}

/** Maps the expressions of projected columns. */
export function mapProjected(
  projected: readonly ProjectedColumn[],
  map: (expression: Expression) => Expression,
): readonly ProjectedColumn[] {
  return mapList(projected, (item) => {
    const expression = map(item.expression)
    return expression === item.expression ? item : { ...item, expression }
  })
}

/** Maps the expressions of sort keys. */
export function mapSortKeys(
  keys: readonly SortKey[],
  map: (expression: Expression) => Expression,
): readonly SortKey[] {
  return mapList(keys, (key) => {
    const expression = map(key.expression)
    return expression === key.expression ? key : { ...key, expression }
  })
}

/** Maps the expressions of an aggregate call. */
export function mapAggregate(
  call: AggregateCall,
  map: (expression: Expression) => Expression,
): AggregateCall {
  const mapped = mapList(call.arguments, map)
  const directArguments = mapList(call.directArguments, map)
  const orderBy = mapSortKeys(call.orderBy, map)
  const filter = call.filter === undefined ? undefined : map(call.filter)
  if (
    mapped === call.arguments &&
    directArguments === call.directArguments &&
    orderBy === call.orderBy &&
    filter === call.filter
  ) {
    return call
  }
  return { ...call, arguments: mapped, directArguments, orderBy, filter }
}

/** The expressions a node holds itself. */
export function expressionsOf(node: LogicalPlan): readonly Expression[] {
  switch (node.kind) {
    case 'scan':
    case 'distinct':
    case 'set-operation':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'view':
    case 'opaque-query':
      return []
    case 'filter':
      return [node.condition]
    case 'project':
    case 'project-set':
      return node.expressions.map((item) => item.expression)
    case 'join':
      return node.condition === undefined ? [] : [node.condition]
    case 'values':
    case 'table-function':
    case 'aggregate':
    case 'window':
    case 'distinct-on':
    case 'sort':
    case 'limit': {
      const found: Expression[] = []
      mapExpressions(node, (expression) => {
        found.push(expression)
        return expression
      })
      return found
    }
    default:
      return assertNever(node)
  }
}

const holdsSubqueryMemo = new WeakMap<LogicalPlan, boolean>()

/** Tells whether an expression that a node holds itself has a subquery in it. */
export function holdsSubquery(node: LogicalPlan): boolean {
  let known = holdsSubqueryMemo.get(node)
  if (known === undefined) {
    known = expressionsOf(node).some(hasSubquery)
    holdsSubqueryMemo.set(node, known)
  }
  return known
}

/** Rebuilds an expression, mapping the plans of the subqueries in it. */
export function mapSubqueries(
  expression: Expression,
  map: (plan: LogicalPlan) => LogicalPlan,
): Expression {
  if (!hasSubquery(expression)) return expression
  const mapped = mapArguments(expression, (argument) => mapSubqueries(argument, map))
  if (mapped.kind !== 'subquery') return mapped
  const plan = map(mapped.plan)
  return plan === mapped.plan ? mapped : { ...mapped, plan }
}

/** Rebuilds a plan from its leaves up, subqueries' plans included. */
export function mapPlans(node: LogicalPlan, map: (node: LogicalPlan) => LogicalPlan): LogicalPlan {
  const deep = (input: LogicalPlan) => mapPlans(input, map)
  const inner = mapInputs(node, deep)
  if (!holdsSubquery(inner)) return map(inner)
  return map(mapExpressions(inner, (expression) => mapSubqueries(expression, deep)))
}

/** Calls a visitor with every node of a plan, subqueries' plans included, inputs first. */
export function visitPlans(node: LogicalPlan, visit: (node: LogicalPlan) => void): void {
  for (const input of logicalInputsOf(node)) visitPlans(input, visit)
  if (holdsSubquery(node)) {
    for (const expression of expressionsOf(node)) {
      eachSubquery(expression, (plan) => visitPlans(plan, visit))
    }
  }
  visit(node)
}

/**
 * Finds something out about plans from what it found out about the parts right below, inputs first, then subqueries. Asked once of each
 * node, as nodes never change: planning asks of every join of a chain what it has asked of those below.
 */
export function rememberedOfPlans<T>(
  find: (node: LogicalPlan, below: readonly T[]) => T,
): (node: LogicalPlan) => T {
  const known = new WeakMap<LogicalPlan, { readonly found: T }>()
  const ask = (node: LogicalPlan): T => {
    const before = known.get(node)
    if (before !== undefined) return before.found
    const below = logicalInputsOf(node).map(ask)
    if (holdsSubquery(node)) {
      const askBelow = (plan: LogicalPlan) => below.push(ask(plan))
      for (const expression of expressionsOf(node)) eachSubquery(expression, askBelow)
    }
    const found = find(node, below)
    known.set(node, { found })
    return found
  }
  return ask
}

/** The scans in a plan, those in subqueries too. */
export const scansOf = rememberedOfPlans<readonly ScanNode[]>((node, below) =>
  node.kind === 'scan' ? [node] : below.length === 1 ? below[0]! : below.flat(),
)

/** Calls a visitor with the plan of each subquery that stands in an expression itself, not in another subquery's plan. */
function eachSubquery(expression: Expression, visit: (plan: LogicalPlan) => void): void {
  if (!hasSubquery(expression)) return
  if (expression.kind === 'subquery') visit(expression.plan)
  for (const argument of argumentsOf(expression)) eachSubquery(argument, visit)
}

const freeColumnsCache = new WeakMap<LogicalPlan, ReadonlySet<ColumnId>>()

/** The columns of enclosing queries that a plan uses. */
export function freeColumnsOf(node: LogicalPlan): ReadonlySet<ColumnId> {
  const known = freeColumnsCache.get(node)
  if (known !== undefined) return known
  const free = new Set<ColumnId>()
  const inputs = logicalInputsOf(node)
  for (const expression of expressionsOf(node)) addUsedColumns(expression, free)
  if (free.size > 0)
    for (const input of inputs) for (const id of columnIdsOf(input)) free.delete(id)
  inputs.forEach((input, index) => {
    const ownLeft =
      node.kind === 'join' && node.lateral && index === 1 ? columnIdsOf(node.left) : undefined
    for (const id of freeColumnsOf(input)) if (!ownLeft?.has(id)) free.add(id)
  })
  freeColumnsCache.set(node, free)
  return free
}

const usedColumnsCache = new WeakMap<Expression, ReadonlySet<ColumnId>>()

/** The columns an expression uses, those used by its subqueries from outside included. */
export function columnsUsedBy(expression: Expression): ReadonlySet<ColumnId> {
  let known = usedColumnsCache.get(expression)
  if (known === undefined) {
    const used = new Set<ColumnId>()
    collectUsedColumns(expression, used)
    known = used
    usedColumnsCache.set(expression, known)
  }
  return known
}

/** The columns that any of the expressions uses: a set of the caller's own. */
export function usedColumnsOf(...expressions: readonly Expression[]): Set<ColumnId> {
  const used = new Set<ColumnId>()
  for (const expression of expressions) addUsedColumns(expression, used)
  return used
}

function addUsedColumns(expression: Expression, used: Set<ColumnId>): void {
  if (expression.kind === 'column') used.add(expression.id)
  else if (expression.kind !== 'constant' && expression.kind !== 'parameter') {
    for (const id of columnsUsedBy(expression)) used.add(id)
  }
}

function collectUsedColumns(expression: Expression, used: Set<ColumnId>): void {
  switch (expression.kind) {
    case 'column':
      used.add(expression.id)
      return
    case 'subquery': {
      for (const id of freeColumnsOf(expression.plan)) used.add(id)
      if (expression.test !== undefined) {
        const inTest = usedColumnsOf(expression.test)
        for (const id of columnIdsOf(expression.plan)) inTest.delete(id)
        for (const id of inTest) used.add(id)
      }
      return
    }
    case 'array-cast': {
      collectUsedColumns(expression.argument, used)
      const inElement = usedColumnsOf(expression.element)
      inElement.delete(expression.placeholder)
      for (const id of inElement) used.add(id)
      return
    }
    default:
      for (const argument of argumentsOf(expression)) collectUsedColumns(argument, used)
  }
}

/** Replaces columns by expressions, in subqueries' plans too. */
export function substituteColumns(
  expression: Expression,
  replacements: ReadonlyMap<ColumnId, Expression>,
): Expression {
  if (replacements.size === 0) return expression
  if (expression.kind === 'column') return replacements.get(expression.id) ?? expression
  const mapped = mapArguments(expression, (argument) => substituteColumns(argument, replacements))
  if (mapped.kind !== 'subquery') return mapped
  const plan = substituteInPlan(mapped.plan, replacements)
  return plan === mapped.plan ? mapped : { ...mapped, plan }
}

/** Replaces columns that a plan uses from outside by expressions. */
export function substituteInPlan(
  plan: LogicalPlan,
  replacements: ReadonlyMap<ColumnId, Expression>,
): LogicalPlan {
  const free = freeColumnsOf(plan)
  let touched = false
  for (const id of replacements.keys()) if (free.has(id)) touched = true
  if (!touched) return plan
  return mapExpressions(
    mapInputs(plan, (input) => substituteInPlan(input, replacements)),
    (expression) => substituteColumns(expression, replacements),
  )
}

/** Hands out column ids that a statement does not use yet. */
export interface ColumnIds {
  next(): ColumnId
}

/** Starts handing out ids above all those a plan uses. */
export function columnIdsAbove(plan: LogicalPlan): ColumnIds {
  let last: number | undefined
  return { next: () => (last = (last ?? highestColumnId(plan)) + 1) }
}

function highestColumnId(plan: LogicalPlan): ColumnId {
  let last = 0
  const see = (columns: readonly Column[]) => {
    for (const column of columns) if (column.id > last) last = column.id
  }
  visitPlans(plan, (node) => {
    see(declaredColumnsOf(node))
    // Rules that make common tables number them from here, too.
    if (node.kind === 'with') for (const { id } of node.tables) last = Math.max(last, id)
    for (const expression of expressionsOf(node)) {
      walk(expression, (part) => {
        if (part.kind === 'array-cast' && part.placeholder > last) last = part.placeholder
      })
    }
  })
  return last
}

function walk(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression)
  for (const argument of argumentsOf(expression)) walk(argument, visit)
}

/** The columns that come into being at a node. */
export function declaredColumnsOf(node: LogicalPlan): readonly Column[] {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'set-operation':
    case 'cte-reference':
    case 'recursive-union':
      return node.columns
    case 'opaque-query':
      return [...node.columns, ...node.tables.flatMap((table) => table.columns)]
    case 'table-function': {
      const columns = node.functions.flatMap((item) => item.columns)
      return node.ordinality ? [...columns, node.ordinality] : columns
    }
    case 'project':
    case 'project-set':
      return node.expressions.map((item) => item.column)
    case 'join':
      return node.mark ? [node.mark] : []
    case 'aggregate':
      return [
        ...node.groups.map((item) => item.column),
        ...node.aggregates.map((call) => call.column),
        ...(node.groupingCalls ?? []).map((call) => call.column),
      ]
    case 'window':
      return node.calls.map((call) => call.column)
    case 'filter':
    case 'distinct':
    case 'distinct-on':
    case 'sort':
    case 'limit':
    case 'with':
    case 'view':
      return []
    default:
      return assertNever(node)
  }
}
