/** Gathers why a node cannot run natively: what the executor and the expression compiler lack for it. */
import { whyNotNativeAggregate } from '../../executor/aggregates/native-aggregates.js'
import { whyNotNativeKey } from '../../executor/keys/key-types.js'
import { whyNotNativeSort } from '../../executor/sort/native-sort.js'
import { setFunctionOf } from '../../executor/set-functions/native-set-functions.js'
import {
  whyNotNativeWindow,
  whyNotNativeWindowDefinition,
} from '../../executor/windows/native-windows.js'
import type { Expression } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'

import { argumentsOf, mapArguments, somePart } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan, SortKey } from '../logical-plan.js'

/** Says why a node cannot run here, given its inputs; undefined: it can. Joins are looked at key by key elsewhere. */
export function whyNotNativeNode(node: LogicalPlan): string | undefined {
  switch (node.kind) {
    case 'filter':
      return whyNotNative(node.condition)
    case 'project':
      return firstReason(
        node.expressions.map((item) => item.expression),
        whyNotNative,
      )
    case 'values':
      return firstReason(node.rows.flat(), whyNotNative)
    case 'aggregate':
      return (
        firstReason(
          node.groups.map((group) => group.expression),
          whyNotKey,
        ) ?? firstReason(node.aggregates, whyNotNativeAggregate)
      )
    case 'distinct':
      return firstReason(columnsOf(node), (column) => whyNotNativeKey(column.type))
    case 'set-operation':
      if (node.operation === 'union' && node.all) return undefined
      return firstReason(node.columns, (column) => whyNotNativeKey(column.type))
    case 'recursive-union':
      if (node.all) return undefined
      return firstReason(node.columns, (column) => whyNotNativeKey(column.type))
    case 'window':
      return whyNotNativeWindowDefinition(node) ?? firstReason(node.calls, whyNotNativeWindow)
    case 'project-set':
      return firstReason(node.expressions, (item) => whyNotSetExpression(item.expression))
    case 'table-function':
      return firstReason(node.functions, ({ call, columns }) =>
        columns.length === 1 ? whyNotSetExpression(call) : 'a function of several columns',
      )
    case 'sort':
      return firstReason(node.keys, whyNotSort)
    case 'distinct-on':
      return firstReason(node.on, whyNotKey) ?? firstReason(node.orderBy, whyNotSort)
    default:
      return undefined
  }
}

/** Says why an expression around set-returning calls cannot run here. */
function whyNotSetExpression(expression: Expression): string | undefined {
  if (expression.kind === 'call' && setFunctionOf(expression.function.signature) !== undefined) {
    return (
      setFunctionOf(expression.function.signature)?.refuse?.(expression) ??
      firstReason(expression.arguments, whyNotNative)
    )
  }
  if (!somePart(expression, isSetCall)) return whyNotNative(expression)
  // What is around the calls takes their results as columns; a call inside another's arguments is seen there.
  const around = mapArguments(expression, replaceSetCalls)
  return (
    firstReason(argumentsOf(expression), (part) =>
      somePart(part, isSetCall) ? whyNotSetExpression(part) : undefined,
    ) ?? whyNotNative(around)
  )
}

function isSetCall(part: Expression): boolean {
  return part.kind === 'call' && setFunctionOf(part.function.signature) !== undefined
}

function replaceSetCalls(part: Expression): Expression {
  if (isSetCall(part)) return { kind: 'column', id: -1, name: 'set', type: part.type }
  return mapArguments(part, replaceSetCalls)
}

/** Says why a value cannot be a hash key. */
export function whyNotKey(expression: Expression): string | undefined {
  return whyNotNativeKey(expression.type) ?? whyNotNative(expression)
}

/** Says why a sort key cannot be sorted by. */
export function whyNotSort(key: SortKey): string | undefined {
  return whyNotNative(key.expression) ?? whyNotNativeSort(key)
}

/** Returns the first reason found in a list. */
export function firstReason<T>(
  items: readonly T[],
  reasonOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const reason = reasonOf(item)
    if (reason !== undefined) return reason
  }
  return undefined
}
