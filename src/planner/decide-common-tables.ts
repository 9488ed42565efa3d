/**
 * Decides of each common table that several references read whether it runs once, and its rows are kept, or apart at every reference, where
 * filters and keys reach its scans. Which is cheaper depends on all that is around the references, so the statement is planned
 * both ways and the cheaper plan taken, one table after the other.
 *
 * What is not decided here: MATERIALIZED and NOT MATERIALIZED, which are obeyed; one reference, which is inlined as PostgreSQL does;
 * what is volatile, recursive or read by a recursive step, which runs once; what uses columns of an outer query.
 */
import { isVolatilePlan } from './expression-properties.js'
import { referenceEstimates, type ReferenceEstimates } from './estimates/estimate-references.js'
import type { RowEstimator } from './estimates/estimate-rows.js'
import type { LedgerEntry } from './explain/ledger.js'
import type { CommonTable, LogicalPlan } from './logical-plan.js'
import { mapPhysicalInputs } from './map-physical-inputs.js'
import { inputsOf } from './physical-plan.js'
import type { PhysicalPlan } from './physical-plan.js'
import type { Movement } from './estimates/plan-cost.js'
import { freeColumnsOf, mapPlans, scansOf, visitPlans } from './plan-traversal.js'

/** A statement planned one way. */
export interface PlannedTrial {
  readonly movement: Movement
  /** Of movement and work. */
  readonly cost: number
  /** One source does all of it: its own planner decides. */
  readonly isOneStatement: boolean
}

/** How a common table runs, and why. */
export interface CommonTableChoice {
  readonly table: number
  readonly name: string
  /** The first that it reads. */
  readonly source: string
  readonly runs: 'once' | 'apart'
  readonly reason: string
}

/** Tables of a statement that are decided by planning it once more each; others by rule. */
const MOST_DECIDED = 4
/** Scans of a statement that is planned more than once: above, planning takes longer than it may save. */
const MOST_SCANS = 24
/** The other way must cost clearly less than what the rule says: estimates are rough. */
const MARGIN = 0.9

/** Plans a statement with its common tables as they cost least; `tryPlan` plans it one way. */
export function decideCommonTables<T extends PlannedTrial>(
  logical: LogicalPlan,
  estimator: RowEstimator,
  tryPlan: (plan: LogicalPlan) => T,
): { readonly best: T; readonly choices: readonly CommonTableChoice[] } {
  const undecided = undecidedTables(logical)
  const runs = new Map<number, Runs>()
  for (const { table } of undecided) runs.set(table.id, isPlainRead(table.plan) ? 'apart' : 'once')
  const planWith = (chosen: ReadonlyMap<number, Runs>): T =>
    tryPlan(withRowsOfReferences(withChoices(logical, chosen), estimator))
  let best = planWith(runs)
  if (undecided.length === 0 || best.isOneStatement) return { best, choices: [] }
  const isMuch = undecided.length > MOST_DECIDED || scansOf(logical).length > MOST_SCANS
  const choices = undecided.map(({ table, references }): CommonTableChoice => {
    const byRule = runs.get(table.id)!
    const choice = { table: table.id, name: table.name, source: scansOf(table.plan)[0]!.source }
    if (isMuch) return { ...choice, runs: byRule, reason: `${RULE}; too much to plan each way` }
    const otherwise = byRule === 'once' ? 'apart' : 'once'
    const other = planWith(new Map(runs).set(table.id, otherwise))
    if (best.movement.isGuess || other.movement.isGuess) {
      return { ...choice, runs: byRule, reason: `${RULE}; rows of a table are unknown` }
    }
    const wins = other.cost < best.cost * MARGIN
    const [taken, left] = wins ? [other, best] : [best, other]
    best = taken
    runs.set(table.id, wins ? otherwise : byRule)
    const reason =
      (byRule === 'once') === wins
        ? `apart for each of ${references} references ${textOf(taken)}, once ${textOf(left)}`
        : `once for ${references} references ${textOf(taken)}, apart for each ${textOf(left)}`
    return { ...choice, runs: wins ? otherwise : byRule, reason }
  })
  return { best, choices }
}

type Runs = CommonTableChoice['runs']

const RULE = 'a plain read of one table runs apart, all else once'

function textOf({ movement, cost }: PlannedTrial): string {
  return `${Math.round(movement.rows)} rows move at cost ${Math.round(cost)}`
}

interface Undecided {
  readonly table: CommonTable
  readonly references: number
}

function undecidedTables(logical: LogicalPlan): readonly Undecided[] {
  const tables: CommonTable[] = []
  const references = new Map<number, number>()
  const inSteps = new Set<number>()
  visitPlans(logical, (node) => {
    if (node.kind === 'with') tables.push(...node.tables)
    if (node.kind === 'cte-reference') references.set(node.cte, (references.get(node.cte) ?? 0) + 1)
    if (node.kind !== 'recursive-union') return
    for (const part of [node.base, node.step]) {
      visitPlans(part, (below) => {
        if (below.kind === 'cte-reference') inSteps.add(below.cte)
      })
    }
  })
  return tables
    .filter(
      ({ id, plan, recursive, materialized }) =>
        materialized === 'default' &&
        !recursive &&
        (references.get(id) ?? 0) > 1 &&
        !inSteps.has(id) &&
        !isVolatilePlan(plan) &&
        freeColumnsOf(plan).size === 0 &&
        scansOf(plan).length > 0,
    )
    .map((table) => ({ table, references: references.get(table.id) ?? 0 }))
}

/** A read of one table: what filters narrow it, they narrow at its source. */
export function isPlainRead(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'scan':
    case 'values':
      return true
    case 'filter':
    case 'project':
    case 'view':
      return isPlainRead(plan.input)
    default:
      return false
  }
}

function withChoices(logical: LogicalPlan, chosen: ReadonlyMap<number, Runs>): LogicalPlan {
  if (chosen.size === 0) return logical
  return mapPlans(logical, (node) => {
    if (node.kind !== 'with' || !node.tables.some(({ id }) => chosen.has(id))) return node
    return {
      ...node,
      tables: node.tables.map((table) => {
        const runs = chosen.get(table.id)
        return runs === undefined ? table : { ...table, runs }
      }),
    }
  })
}

/** Writes into each reference to a common table what is estimated of that. */
function withRowsOfReferences(logical: LogicalPlan, estimator: RowEstimator): LogicalPlan {
  let result = logical
  const known = new Map<number, ReferenceEstimates>()
  visitPlans(logical, (node) => {
    if (node.kind !== 'with') return
    for (const table of node.tables) {
      const isRead = table.materialized === 'always' || table.runs === 'once'
      if (table.recursive || !isRead) continue
      known.set(table.id, referenceEstimates(referencing(table.plan, known), estimator))
    }
  })
  if (known.size > 0) result = referencing(logical, known)
  return result
}

function referencing(
  plan: LogicalPlan,
  known: ReadonlyMap<number, ReferenceEstimates>,
): LogicalPlan {
  return mapPlans(plan, (node) => {
    if (node.kind !== 'cte-reference') return node
    const estimates = known.get(node.cte)
    return estimates === undefined ? node : { ...node, ...estimates }
  })
}

/** The ledger's line for a choice; a table that a source runs once is in that source's statement. */
export function entryOfChoice(
  { table, name, runs, reason, source }: CommonTableChoice,
  plan: PhysicalPlan,
): LedgerEntry {
  const entry = { work: 'common table', detail: name, reason } as const
  if (runs === 'apart') return { ...entry, outcome: 'apart' }
  return isKeptHere(plan, table)
    ? { ...entry, outcome: 'here' }
    : { ...entry, outcome: 'exact', source }
}

function isKeptHere(plan: PhysicalPlan, table: number): boolean {
  if (plan.kind === 'shared' && plan.table === table) return true
  return inputsOf(plan).some((input) => isKeptHere(input, table))
}

/** The plan with the reasons of what runs once. */
export function withChoiceNotes(
  plan: PhysicalPlan,
  choices: readonly CommonTableChoice[],
): PhysicalPlan {
  if (choices.length === 0) return plan
  const mapped = mapPhysicalInputs(plan, (input) => withChoiceNotes(input, choices))
  const choice =
    mapped.kind === 'shared' ? choices.find(({ table }) => table === mapped.table) : undefined
  if (choice === undefined) return mapped
  return { ...mapped, notes: [...(mapped.notes ?? []), choice.reason] }
}
