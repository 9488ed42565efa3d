/**
 * Forecasts what the sources would send for a plan, without building it: the parts that one source has, each narrowed by the keys that
 * joins around it are expected to send. It costs a small part of building, and is good for leaving out what cannot win: it takes
 * sources to do all of their parts, and keys whose column it does not find to narrow all of their side.
 */
import { UNKNOWN_ROWS } from '../estimates/cost.js'
import type { ExpectedMove } from '../estimates/cost.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { columnOf } from './join-keys.js'
import { splitCondition } from './join-plan.js'
import { placeOf } from './place-of.js'
import type { PlanBuilder } from './plan-builder.js'
import { expectedShare, promisingSides } from './send-keys.js'

/** A part of a plan that one source has, and the rows that it is expected to send. */
interface SentPart {
  readonly plan: LogicalPlan
  readonly source: string
  readonly rows: number
}

/** What moves for a plan; `isHere`: what is not read, as it is here already. */
export function forecastMoves(
  builder: PlanBuilder,
  plan: LogicalPlan,
  isHere: (part: LogicalPlan) => boolean,
): readonly ExpectedMove[] {
  const partsOf = (node: LogicalPlan): readonly SentPart[] => {
    if (isHere(node)) return []
    const place = placeOf(builder, node)
    if (typeof place === 'object') {
      const rows = builder.context.estimator.rows(node) ?? UNKNOWN_ROWS
      return [{ plan: node, source: place.source, rows }]
    }
    if (node.kind !== 'join') return logicalInputsOf(node).flatMap(partsOf)
    const sides = { left: partsOf(node.left), right: partsOf(node.right) }
    return joined(builder, node, sides)
  }
  return partsOf(plan).map(({ source, rows }) => {
    return { rows, width: 0, prices: builder.context.pricesOf(source) }
  })
}

interface Sides {
  readonly left: readonly SentPart[]
  readonly right: readonly SentPart[]
}

/** The parts below a join, those of the side that keys are sent to narrowed by them. */
function joined(builder: PlanBuilder, node: JoinNode, sides: Sides): readonly SentPart[] {
  const { keys } = splitCondition(node)
  const [side] = promisingSides(builder, node, keys)
  if (side === undefined) return [...sides.left, ...sides.right]
  let bound = sides[side]
  for (const key of keys) {
    const share = expectedShare(builder, node, key, side)
    const id = columnOf(key[side])
    const hasKey = ({ plan }: SentPart) => id !== undefined && columnIdsOf(plan).has(id)
    const isFound = bound.some(hasKey)
    bound = bound.map((part) =>
      isFound && !hasKey(part) ? part : { ...part, rows: part.rows * share },
    )
  }
  return side === 'left' ? [...bound, ...sides.right] : [...sides.left, ...bound]
}
