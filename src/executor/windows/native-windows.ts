/** Which window calls and definitions the executor has. */
import { whyNotNative } from '../../expressions/native.js'
import type { WindowCall, WindowNode } from '../../planner/logical-plan.js'
import { OID } from '../../types/sql-type.js'
import { aggregateDefinition } from '../aggregates/native-aggregates.js'
import { whyNotNativeKey } from '../keys/key-types.js'
import { isBinaryCollation, whyNotNativeSort } from '../sort/native-sort.js'
import { isShiftable } from './range-shift.js'
import { WINDOW_FUNCTIONS } from './window-functions.js'

/** Types of the ORDER BY key, and of the offset, that RANGE with an offset may have. */
const RANGE_TYPES: ReadonlyMap<number, readonly number[]> = new Map([
  [OID.int2, [OID.int2, OID.int4, OID.int8]],
  [OID.int4, [OID.int2, OID.int4, OID.int8]],
  [OID.int8, [OID.int2, OID.int4, OID.int8]],
  [OID.float4, [OID.float8]],
  [OID.float8, [OID.float8]],
])

/** Says why a window call cannot be computed here; undefined when it can. */
export function whyNotNativeWindow(call: WindowCall): string | undefined {
  const { signature } = call.function
  for (const expression of [...call.arguments, ...(call.filter ? [call.filter] : [])]) {
    const reason = whyNotNative(expression)
    if (reason !== undefined) return reason
  }
  if (!call.isAggregate) {
    return WINDOW_FUNCTIONS.has(signature)
      ? undefined
      : `window function ${signature} is not native`
  }
  const definition = aggregateDefinition(call.function, call.column.type)
  if (definition === undefined || !definition.runsOverFrames) {
    return `aggregate ${signature} over a window is not native`
  }
  const { name } = call.function
  if ((name === 'min' || name === 'max') && !isBinaryCollation(call.collation)) {
    return `aggregate ${signature} under collation ${call.collation}`
  }
  return undefined
}

/** Says why a window definition cannot be computed here: its keys or its frame; undefined when it can. */
export function whyNotNativeWindowDefinition(
  node: Pick<WindowNode, 'partitionBy' | 'orderBy' | 'frame'>,
): string | undefined {
  for (const key of node.partitionBy) {
    const reason = whyNotNative(key) ?? whyNotNativeKey(key.type)
    if (reason !== undefined) return reason
  }
  for (const key of node.orderBy) {
    const reason = whyNotNative(key.expression) ?? whyNotNativeSort(key)
    if (reason !== undefined) return reason
  }
  for (const { offset } of [node.frame.start, node.frame.end]) {
    if (offset === undefined) continue
    const reason = whyNotNative(offset)
    if (reason !== undefined) return reason
    if (node.frame.mode !== 'range') continue
    const key = node.orderBy[0]?.expression.type.oid
    if (key !== undefined && RANGE_TYPES.get(key)?.includes(offset.type.oid) === true) continue
    const value = offset.kind === 'constant' ? offset.value : 'inf'
    if (key === undefined || !isShiftable(key, offset.type, value)) {
      return `RANGE with an offset over type ${key} is not native`
    }
  }
  return undefined
}
