/** Builds UNION, INTERSECT and EXCEPT. */
import { offerNode } from '../federate.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { LogicalPlan, SetOperationNode } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { whyNotNativeNode } from './native-support.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { arranged, arrangedPart } from './arrange-fragment.js'
import { localPostgresNode } from './build-plain-node.js'
import { passed } from './plan-builder.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

export function buildSetOperation(builder: PlanBuilder, node: SetOperationNode): PlanPart {
  const parts = [node.left, node.right].map((input) => builder.build(input, columnIdsOf(input)))
  const offer = offerNode(
    { ...node, left: arranged(node.left, parts[0]!), right: arranged(node.right, parts[1]!) },
    parts.map((part, i) => arrangedPart(part, i === 0 ? node.left : node.right)),
  )
  builder.record(() =>
    entryOf(builder, node, parts, offer.taken === undefined ? offer.reasons : undefined),
  )
  if (offer.taken !== undefined) return offer.taken
  const notes = offer.reasons.map((reason) => `not pushed: ${reason}`)
  const closed = (input: LogicalPlan, part: PlanPart) =>
    builder.arranged(builder.close(part, columnsOf(input)), columnsOf(input))
  const plans = [closed(node.left, parts[0]!), closed(node.right, parts[1]!)]
  if (node.operation === 'union') {
    return local(unionPlan(builder, node, plans, notes))
  }
  const reason = whyNotNativeNode(node)
  if (reason !== undefined) {
    return local(localPostgresNode(builder, node, [node.left, node.right], plans, reason, notes))
  }
  return local({
    kind: 'set-operation',
    ...builder.base(node, notes),
    columns: node.columns,
    operation: node.operation,
    all: node.all,
    left: plans[0]!,
    right: plans[1]!,
  })
}

function unionPlan(
  builder: PlanBuilder,
  node: SetOperationNode,
  plans: readonly PhysicalPlan[],
  notes: readonly string[],
): PhysicalPlan {
  const reason = whyNotNativeNode(node)
  if (reason !== undefined) {
    return localPostgresNode(builder, node, [node.left, node.right], plans, reason, notes)
  }
  const all: PhysicalPlan = {
    kind: 'union-all',
    ...builder.base(node, node.all ? notes : []),
    columns: node.columns,
    inputs: plans.flatMap((plan) => branchesOf(plan, node.all)),
  }
  if (node.all) return all
  return {
    kind: 'hash-aggregate',
    ...builder.base(node, notes),
    columns: node.columns,
    input: all,
    groups: passed(node.columns),
    aggregates: [],
  }
}

/** The branches of a union below a union: duplicates that the inner one removes the outer one removes as well. */
function branchesOf(plan: PhysicalPlan, all: boolean): readonly PhysicalPlan[] {
  if (plan.kind === 'union-all') return plan.inputs
  if (!all && plan.kind === 'hash-aggregate' && plan.input.kind === 'union-all') {
    return plan.aggregates.length === 0 ? plan.input.inputs : [plan]
  }
  return [plan]
}
