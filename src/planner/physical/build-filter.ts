/** Builds filters: conjunct by conjunct at the source, here, or in the local PostgreSQL. */
import type { Expression } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'
import { conjunction } from '../expression-traversal.js'
import { offerFilter } from '../federate.js'
import type { LogicalPlan } from '../logical-plan.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { columnsWithin } from './required-columns.js'
import type { Ids } from './required-columns.js'
import { localPostgresNode } from './build-plain-node.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

export function applyFilter(
  builder: PlanBuilder,
  node: LogicalPlan,
  conjuncts: readonly Expression[],
  input: PlanPart,
  below: Ids,
): PlanPart {
  const inputNode = node.kind === 'filter' ? node.input : node
  let part = input
  let residual = conjuncts
  let notes: readonly string[] = []
  if (part.kind === 'remote') {
    const whole = node.kind === 'filter' ? node : undefined
    const offer = offerFilter(conjuncts, part, whole)
    part = offer.part
    residual = offer.residual
    notes = offer.reasons
    for (const write of offer.ledger) {
      builder.record(() => {
        const entry = write()
        if (entry.outcome !== 'exact') builder.doneHere.set(node, entry)
        return entry
      })
    }
  } else {
    const condition = conjunction(conjuncts)
    if (condition !== undefined) {
      const filter: LogicalPlan = { kind: 'filter', input: inputNode, condition }
      builder.record(() => entryOf(builder, filter, [input], []))
    }
  }
  if (residual.length === 0) return part
  let plan = builder.close(part, columnsWithin(inputNode, below))
  const native = residual.filter((conjunct) => whyNotNative(conjunct) === undefined)
  const foreign = residual.filter((conjunct) => !native.includes(conjunct))
  const condition = conjunction(native)
  let logical = inputNode
  if (condition !== undefined) {
    plan = {
      kind: 'filter',
      ...builder.base(node, notes),
      columns: plan.columns,
      input: plan,
      condition,
    }
    notes = []
    logical = { kind: 'filter', input: inputNode, condition }
  }
  const rest = conjunction(foreign)
  if (rest === undefined) return local(plan)
  const reason = whyNotNative(rest) ?? 'not native'
  const filtered: LogicalPlan = { kind: 'filter', input: logical, condition: rest }
  return local(localPostgresNode(builder, filtered, [logical], [plan], reason, notes))
}
