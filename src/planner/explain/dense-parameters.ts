/**
 * The numbers of parameters as EXPLAIN shows them. Bind and ship joins number what they hand on while a plan is built, also for what is
 * not shown: the ends of keys, keys that found no taker. Shown are the others, without gaps, in the order in which they are handed on.
 */
import { inputsOf, type PhysicalPlan } from '../physical-plan.js'

/** The plan with such numbers, for showing alone. */
export function withDenseParameters(plan: PhysicalPlan): PhysicalPlan {
  const handedOn = numbersHandedOn(plan)
  if (handedOn.length === 0) return plan
  const own = new Set(handedOn)
  let last = 0
  mapParameters(plan, (index) => {
    if (!own.has(index)) last = Math.max(last, index)
    return index
  })
  const numbers = new Map(handedOn.map((index, at) => [index, last + 1 + at]))
  return mapParameters(plan, (index) => numbers.get(index) ?? index) as PhysicalPlan
}

/** The numbers that a plan's nodes give to keys, shipped columns and outer values, from the top down. */
function numbersHandedOn(plan: PhysicalPlan): readonly number[] {
  return [...numbersOf(plan), ...inputsOf(plan).flatMap(numbersHandedOn)]
}

function numbersOf(plan: PhysicalPlan): readonly number[] {
  switch (plan.kind) {
    case 'bind-join':
      return plan.bindings.map(({ binding }) => binding)
    case 'ship-join':
      return plan.sides.flatMap(({ input, firstParameter }) =>
        input.columns.map((_, offset) => firstParameter + offset),
      )
    case 'apply':
      return plan.outer.map((_, offset) => plan.firstParameter + offset)
    default:
      return []
  }
}

/** What says the number of a parameter, beside parameters themselves. */
const NUMBERED: ReadonlySet<string> = new Set(['binding', 'firstParameter'])

/** Maps the numbers in all that a plan holds: it is plain data, and parameters may stand in any of its expressions. */
function mapParameters(part: unknown, map: (index: number) => number): unknown {
  if (Array.isArray(part)) return part.map((item) => mapParameters(item, map))
  if (typeof part !== 'object' || part === null) return part
  const isParameter = 'kind' in part && part.kind === 'parameter'
  return Object.fromEntries(
    Object.entries(part)
      // The ends of keys are not shown.
      .filter(([name]) => name !== 'ranges')
      .map(([name, value]: [string, unknown]) => {
        const isNumber = NUMBERED.has(name) || (isParameter && name === 'index')
        return [name, isNumber ? map(value as number) : mapParameters(value, map)]
      }),
  )
}
