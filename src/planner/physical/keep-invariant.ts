/**
 * What runs anew for each combination of outer values need not ask the sources anew: parts of it that do not depend on these
 * values run once, and their rows are kept.
 *
 *     apply(left, join(orders, filter(items, items.price > $7)))   -- $7: an outer value
 *     becomes
 *     shared(orders, shared(items, apply(left, join(orders', filter(items', items'.price > $7)))))
 *
 * Nothing is read ahead: a kept part runs when, and as far as, it is first read. Tempting and wrong: parts with volatile
 * functions, and parts that read rows that change from one run to the next (the rounds of a recursive step inside).
 */
import type { PhysicalPlan, SharedPlan } from '../physical-plan.js'
import { mapPhysicalInputs } from '../map-physical-inputs.js'
import type { PlanBuilder } from './plan-builder.js'

/** Rows to be kept above the node that runs its right side anew. */
export type KeptRows = Pick<SharedPlan, 'shared' | 'definition'>

/** What a plan takes from outside of it. */
interface Needs {
  /** Parameters that nothing inside binds. */
  readonly parameters: ReadonlySet<number>
  /** Shared rows that nothing inside defines. */
  readonly shared: ReadonlySet<number>
  readonly asksSource: boolean
}

/** Replaces the largest parts that ask a source and need no parameter from `firstParameter` on. */
export function keepInvariant(
  builder: PlanBuilder,
  plan: PhysicalPlan,
  firstParameter: number,
): { readonly plan: PhysicalPlan; readonly kept: readonly KeptRows[] } {
  const kept: KeptRows[] = []
  const defined = new Set<number>()
  collectDefined(plan, defined)
  const keep = (node: PhysicalPlan): PhysicalPlan => {
    const { parameters, shared, asksSource } = needsOf(node)
    if (!asksSource) return node
    const isInvariant =
      [...parameters].every((index) => index < firstParameter) &&
      [...shared].every((number) => !defined.has(number))
    if (isInvariant) {
      const number = builder.numberShared()
      kept.push({ shared: number, definition: node })
      const { columns, estimatedRows } = node
      return {
        ...{ kind: 'shared-reference', id: builder.id(), columns, estimatedRows },
        ...{ shared: number, name: KEPT },
      }
    }
    // What is asked with rows stays with the join that has them.
    if (node.kind === 'ship-join') {
      const sides = node.sides.map((side) => ({ ...side, input: keep(side.input) }))
      return { ...node, sides, here: keep(node.here) }
    }
    // The side that is asked by keys stays with the join that has them.
    if (node.kind !== 'bind-join') return mapPhysicalInputs(node, keep)
    return node.keySide === 'left'
      ? { ...node, left: keep(node.left) }
      : { ...node, right: keep(node.right) }
  }
  return { plan: keep(plan), kept }
}

/** Puts the kept rows above the plan that reads them. */
export function withKeptRows(
  builder: PlanBuilder,
  plan: PhysicalPlan,
  kept: readonly KeptRows[],
): PhysicalPlan {
  return kept.reduce<PhysicalPlan>(
    (body, rows) => ({
      kind: 'shared',
      id: builder.id(),
      columns: body.columns,
      estimatedRows: body.estimatedRows,
      ...rows,
      name: KEPT,
      body,
    }),
    plan,
  )
}

const KEPT = 'rows that are the same for all outer values'

function collectDefined(plan: PhysicalPlan, defined: Set<number>): void {
  for (const number of sharedNumbersOf(plan)) defined.add(number)
  mapPhysicalInputs(plan, (input) => {
    collectDefined(input, defined)
    return input
  })
}

/** The numbers of the shared rows that a node defines. */
function sharedNumbersOf(plan: PhysicalPlan): readonly number[] {
  switch (plan.kind) {
    case 'shared':
    case 'recursive-union':
    case 'first-rows':
      return [plan.shared]
    case 'ship-join':
      return plan.sides.map((side) => side.shared)
    default:
      return []
  }
}

/** Looks through all that a plan holds: it is plain data, and parameters may stand in any of its expressions. */
function needsOf(plan: PhysicalPlan): Needs {
  const parameters = new Set<number>()
  const shared = new Set<number>()
  let asksSource = false
  const bound = new Set<number>()
  const defined = new Set<number>()
  const look = (part: unknown): void => {
    if (Array.isArray(part)) {
      for (const item of part) look(item)
      return
    }
    if (typeof part !== 'object' || part === null) return
    const node = part as { kind?: unknown; index?: unknown }
    if (node.kind === 'parameter' && typeof node.index === 'number') parameters.add(node.index)
    if (isPlan(part)) {
      if (part.kind === 'remote-query' || part.kind === 'local-postgres') asksSource = true
      if (part.kind === 'shared-reference') shared.add(part.shared)
      for (const number of sharedNumbersOf(part)) defined.add(number)
      if (part.kind === 'ship-join') {
        for (const { input, firstParameter } of part.sides) {
          input.columns.forEach((_, offset) => bound.add(firstParameter + offset))
        }
      }
      if (part.kind === 'bind-join') {
        for (const { binding, range } of part.bindings) {
          bound.add(binding)
          if (range !== undefined) bound.add(range.first).add(range.first + 1)
        }
      }
      if (part.kind === 'apply') {
        part.outer.forEach((_, offset) => bound.add(part.firstParameter + offset))
      }
    }
    for (const value of Object.values(part)) look(value)
  }
  look(plan)
  for (const index of bound) parameters.delete(index)
  for (const number of defined) shared.delete(number)
  return { parameters, shared, asksSource }
}

/** Plans have ids and columns; expressions have not both. */
function isPlan(part: object): part is PhysicalPlan {
  return 'kind' in part && 'columns' in part && 'estimatedRows' in part
}
