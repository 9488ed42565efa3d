/** Where the rows of a logical plan are made: at one source's site, here, or at several places. */
import type { LogicalPlan } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import type { Place, PlanBuilder } from './plan-builder.js'

/** Finds where a plan's rows are made. */
export function placeOf(builder: PlanBuilder, node: LogicalPlan): Place {
  let place = builder.places.get(node)
  if (place === undefined) {
    place = findPlace(builder, node)
    builder.places.set(node, place)
  }
  return place
}

function findPlace(builder: PlanBuilder, node: LogicalPlan): Place {
  if (node.kind === 'scan') {
    return { site: builder.context.pushdownOf(node.source).site, source: node.source }
  }
  const inputs = logicalInputsOf(node)
  const [first, ...others] = inputs.map((input) => placeOf(builder, input))
  if (first === undefined) return 'here'
  return others.every((place) => isSame(place, first)) ? first : 'mixed'
}

function isSame(a: Place, b: Place): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  return a.site === b.site
}
