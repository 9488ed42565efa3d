/** What a physical plan is expected to bring from its sources. */
import { rowsOfKeys, UNKNOWN_ROWS } from '../estimates/cost.js'
import type { ExpectedMove } from '../estimates/cost.js'
import { inputsOf } from '../physical-plan.js'
import type { BindJoinPlan, PhysicalPlan } from '../physical-plan.js'
import { rowWidth } from '../estimates/row-width.js'

/** What the sources below a plan are expected to send. */
export function movesOf(plan: PhysicalPlan, doubting = false, doubt = 1): readonly ExpectedMove[] {
  switch (plan.kind) {
    case 'remote-query': {
      const width = rowWidth(plan.columns, new Map())
      const rows = (plan.estimatedRows ?? UNKNOWN_ROWS) / doubt
      return [{ rows, width, prices: plan.prices }]
    }
    case 'bind-join': {
      const [keys, bound] =
        plan.keySide === 'left' ? [plan.left, plan.right] : [plan.right, plan.left]
      const own = doubt * (doubting ? (plan.doubt ?? 1) : 1)
      const keyRows = keys.estimatedRows ?? UNKNOWN_ROWS
      const share = Math.max(1e-6, shareOfKeys(plan, keyRows))
      const doubted = shareOfKeys(plan, keyRows / own)
      // Known rows are estimated with the keys already; unknown ones are not.
      const isNarrowed = plan.boundRows !== undefined
      const moves = movesOf(bound, doubting, doubt).map((move) => ({
        ...move,
        rows: isNarrowed ? move.rows / share : move.rows,
        matched: (move.matched ?? move.rows) * (isNarrowed ? doubted / share : doubted),
      }))
      return [...movesOf(keys, doubting, own), ...moves]
    }
    case 'first-rows':
      // The first attempt is meant to be enough.
      return [plan.attempts[0]!.input, plan.joined].flatMap((input) =>
        movesOf(input, doubting, doubt),
      )
    case 'apply':
      return [plan.left, plan.right].flatMap((input) => movesOf(input, doubting, doubt))
    default:
      return inputsOf(plan).flatMap((input) => movesOf(input, doubting, doubt))
  }
}

/** The share of the bound side's rows that match as many keys. */
function shareOfKeys({ bindings, boundRows, boundWidth }: BindJoinPlan, keys: number): number {
  const rows = boundRows ?? UNKNOWN_ROWS
  const shares = bindings.map(({ boundDistinct, most }) => {
    if (keys > most) return 1
    const side = { rows, width: boundWidth, distinct: boundDistinct }
    return (rowsOfKeys(keys, side) ?? rows) / Math.max(1, rows)
  })
  return Math.min(1, ...shares)
}
