/** Builds projections: what the source computes exactly is computed there. */
import { offerProject } from '../federate.js'
import type { LogicalPlan, ProjectedColumn } from '../logical-plan.js'
import { usedColumnsOf } from '../used-columns.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin } from './required-columns.js'
import { localNode } from './build-plain-node.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

export function buildProject(
  builder: PlanBuilder,
  node: Extract<LogicalPlan, { kind: 'project' }>,
): PlanPart {
  const below = usedColumnsOf(...node.expressions.map((item) => item.expression))
  let part = builder.build(node.input, below)
  let expressions: readonly ProjectedColumn[] = node.expressions
  let notes: readonly string[] = []
  let logicalInput = node.input
  if (part.kind === 'remote') {
    const offer = offerProject(node, part)
    builder.record(() =>
      entryOf(builder, node, [part], offer.rest === undefined ? undefined : offer.reasons),
    )
    if (offer.rest === undefined) return offer.part
    part = offer.part
    expressions = offer.rest
    notes = offer.reasons
    logicalInput = part.fragment
  }
  const needed = usedColumnsOf(...expressions.map((item) => item.expression))
  const rest: LogicalPlan = { ...node, input: logicalInput, expressions }
  const plan = builder.close(part, columnsWithin(logicalInput, needed))
  return local(localNode(builder, rest, [logicalInput], [plan], notes))
}
