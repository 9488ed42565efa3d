/** The inputs and expressions of a node of a logical plan, and the same node with others. */
import { assertNever } from '../errors.js'
import type { Expression } from '../expressions/expression.js'
import { mapList } from './expression-traversal.js'
import type { AggregateCall, LogicalPlan, ProjectedColumn, SortKey } from './logical-plan.js'

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
