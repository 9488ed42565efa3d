/**
 * What a whole plan is estimated to cost: what moves from the sources, by its physical form, and what is worked on, by its logical form, since
 * joining and grouping a row takes about the same wherever it is done. Good for choosing between two plans of one statement.
 */
import { assertNever } from '../../errors.js'
import { COST, costOfMoving, costOfShipping, UNKNOWN_ROWS } from './cost.js'
import type { RowEstimator } from './estimate-rows.js'
import type { LogicalPlan } from '../logical-plan.js'
import { inputsOf } from '../physical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { visitPlans } from '../walk-plans.js'
import { rowWidth } from './row-width.js'
import { DEFAULT_PRICES } from './source-prices.js'

/** What sources send. */
export interface Movement {
  readonly rows: number
  readonly cost: number
  /** Of that cost, what asking takes before any row moves. */
  readonly asking: number
  /** The rows of a remote statement are unknown: the rest is a guess. */
  readonly isGuess: boolean
}

const NOTHING: Movement = { rows: 0, cost: 0, asking: 0, isGuess: false }
/** Runs of what runs anew, where the rows it runs for are unknown; and rounds of a recursion. */
const ASSUMED_RUNS = 10

/** What the sources of a plan are expected to send; `counts`: those of them that are asked of. */
export function movementOf(
  plan: PhysicalPlan,
  counts: (source: string) => boolean = () => true,
): Movement {
  const below = (input: PhysicalPlan) => movementOf(input, counts)
  switch (plan.kind) {
    case 'remote-query': {
      if (!counts(plan.source)) return NOTHING
      const rows = plan.estimatedRows ?? UNKNOWN_ROWS
      const { prices = DEFAULT_PRICES } = plan
      const cost = costOfMoving(rows, rowWidth(plan.columns, new Map()), prices)
      const isGuess = plan.estimatedRows === undefined
      return { rows, cost, asking: prices.roundTrip, isGuess }
    }
    case 'ship-join': {
      const inputs = plan.sides.map((side) => below(side.input))
      if (below(plan.shipped).cost === 0) return sum(inputs)
      const here = below(plan.here)
      const { sides, result } = plan.estimate
      const { roundTrip } = result.prices ?? DEFAULT_PRICES
      const shipping = roundTrip + costOfShipping(sides, result)
      if (shipping > here.cost) return sum([...inputs, here])
      return sum([...inputs, { ...NOTHING, rows: result.rows, cost: shipping, asking: roundTrip }])
    }
    case 'bind-join': {
      const keys = plan.keySide === 'left' ? plan.left : plan.right
      const sent = (keys.estimatedRows ?? 0) * COST.keySent * plan.bindings.length
      return sum([below(plan.left), below(plan.right), { ...NOTHING, cost: sent }])
    }
    case 'first-rows': {
      // The first attempt is made for as many rows as are expected to do.
      const [first] = plan.attempts
      return sum([first ? below(first.input) : NOTHING, below(plan.joined)])
    }
    case 'apply':
      return sum([
        below(plan.left),
        times(below(plan.right), plan.left.estimatedRows ?? ASSUMED_RUNS),
      ])
    case 'recursive-union':
      return sum([below(plan.base), times(below(plan.step), ASSUMED_RUNS)])
    case 'values':
    case 'table-function':
    case 'filter':
    case 'project':
    case 'project-set':
    case 'hash-join':
    case 'nested-loop-join':
    case 'hash-aggregate':
    case 'window':
    case 'distinct-on':
    case 'sort':
    case 'top-n':
    case 'limit':
    case 'union-all':
    case 'set-operation':
    case 'shared':
    case 'shared-reference':
    case 'local-postgres':
      return sum(inputsOf(plan).map(below))
    default:
      return assertNever(plan)
  }
}

function sum(parts: readonly Movement[]): Movement {
  return parts.reduce(
    (all, part) => ({
      rows: all.rows + part.rows,
      cost: all.cost + part.cost,
      asking: all.asking + part.asking,
      isGuess: all.isGuess || part.isGuess,
    }),
    NOTHING,
  )
}

function times(one: Movement, runs: number): Movement {
  const { rows, cost, asking } = one
  return { ...one, rows: rows * runs, cost: cost * runs, asking: asking * runs }
}

/** Cost of working on the rows of a plan: joining, grouping, sorting and keeping them. A common table is worked on once. */
export function costOfWork(plan: LogicalPlan, estimator: RowEstimator): number {
  let cost = 0
  const rowsInto = (node: LogicalPlan): number =>
    logicalInputsOf(node).reduce((rows, input) => rows + (estimator.rows(input) ?? 0), 0)
  visitPlans(plan, (node) => {
    switch (node.kind) {
      case 'join':
      case 'aggregate':
      case 'distinct':
      case 'distinct-on':
      case 'sort':
      case 'window':
      case 'set-operation':
        cost += rowsInto(node) * COST.rowAtSource
        return
      case 'with':
        for (const table of node.tables) {
          cost += (estimator.rows(table.plan) ?? 0) * COST.rowHashed
        }
        return
      default:
    }
  })
  return cost
}
