/** Rebuilding physical plans. */
import { assertNever } from '../errors.js'
import type { PhysicalPlan } from './physical-plan.js'

/** Rebuilds a node over mapped inputs. */
export function mapPhysicalInputs(
  plan: PhysicalPlan,
  map: (input: PhysicalPlan) => PhysicalPlan,
): PhysicalPlan {
  switch (plan.kind) {
    case 'remote-query':
    case 'values':
    case 'table-function':
    case 'shared-reference':
      return plan
    case 'filter':
    case 'project':
    case 'project-set':
    case 'hash-aggregate':
    case 'window':
    case 'distinct-on':
    case 'sort':
    case 'top-n':
    case 'limit':
      return { ...plan, input: map(plan.input) }
    case 'hash-join':
    case 'bind-join':
    case 'nested-loop-join':
    case 'set-operation':
      return { ...plan, left: map(plan.left), right: map(plan.right) }
    case 'apply': {
      const mapped = { ...plan, left: map(plan.left), right: map(plan.right) }
      return plan.asking === undefined ? mapped : { ...mapped, asking: map(plan.asking) }
    }
    case 'ship-join': {
      const sides = plan.sides.map((side) => ({ ...side, input: map(side.input) }))
      return { ...plan, sides, shipped: map(plan.shipped), here: map(plan.here) }
    }
    case 'first-rows': {
      const attempts = plan.attempts.map((attempt) => ({ ...attempt, input: map(attempt.input) }))
      return { ...plan, attempts, joined: map(plan.joined), otherwise: map(plan.otherwise) }
    }
    case 'union-all':
      return { ...plan, inputs: plan.inputs.map(map) }
    case 'shared':
      return { ...plan, definition: map(plan.definition), body: map(plan.body) }
    case 'recursive-union':
      return { ...plan, base: map(plan.base), step: map(plan.step) }
    case 'local-postgres': {
      const inputs = plan.inputs.map((input) => ({ ...input, plan: map(input.plan) }))
      return { ...plan, inputs }
    }
    default:
      return assertNever(plan)
  }
}
