/** Builds limits, and sort with limit as one. */
import { whyNotNative } from '../../expressions/native.js'
import { offerNode } from '../federate.js'
import type { LimitNode } from '../logical-plan.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin, requiredBelow } from './required-columns.js'
import type { Ids } from './required-columns.js'
import { localPostgresNode } from './build-plain-node.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

export function buildLimit(builder: PlanBuilder, node: LimitNode, required: Ids): PlanPart {
  const below = requiredBelow(node, required)
  const sort = node.input.kind === 'sort' ? node.input : undefined
  let part = builder.build(node.input, below)
  const offer = offerNode(node, [part])
  builder.record(() =>
    entryOf(builder, node, [part], offer.taken === undefined ? offer.reasons : undefined),
  )
  if (offer.taken !== undefined) return offer.taken
  const notes = offer.reasons.map((reason) => `not pushed: ${reason}`)
  const plan = builder.close(part, columnsWithin(node.input, below))
  part = local(plan)
  const foreign = [node.limit, node.offset].find(
    (bound) => bound !== undefined && whyNotNative(bound) !== undefined,
  )
  const reason = foreign && whyNotNative(foreign)
  if (reason !== undefined) {
    return local(localPostgresNode(builder, node, [node.input], [plan], reason, notes))
  }
  const base = builder.base(node, notes)
  const { limit, offset } = node
  if (!node.withTies && limit !== undefined && plan.kind === 'sort') {
    return local({
      kind: 'top-n',
      ...base,
      columns: plan.columns,
      input: plan.input,
      keys: plan.keys,
      limit,
      offset,
      notes: [...(plan.notes ?? []), ...notes],
    })
  }
  return local({
    kind: 'limit',
    ...base,
    columns: plan.columns,
    input: plan,
    limit,
    offset,
    ...(node.withTies && sort !== undefined ? { ties: sort.keys } : {}),
  })
}
