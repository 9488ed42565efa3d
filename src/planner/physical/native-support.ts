/** Gathers why a node cannot run natively: what the executor and the expression compiler lack for it. */
import { whyNotNativeAggregate } from '../../executor/aggregates/native-aggregates.js'
import { whyNotNativeKey } from '../../executor/keys/key-types.js'
import { whyNotNativeSort } from '../../executor/sort/native-sort.js'
import type { Expression } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'

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
    case 'sort':
      return firstReason(node.keys, whyNotSort)
    case 'distinct-on':
      return firstReason(node.on, whyNotKey) ?? firstReason(node.orderBy, whyNotSort)
    default:
      return undefined
  }
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
