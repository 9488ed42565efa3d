/**
 * Decides of each common table that several references read whether it runs once, and its rows are kept, or apart at every reference, where
 * filters and keys reach its scans. Which is cheaper depends on all that is around the references, so the statement is planned
 * both ways and the cheaper plan taken, one table after the other; the other way not where it cannot be so much cheaper, whatever
 * comes of it (bound-common-tables.ts).
 *
 * What is not decided here: MATERIALIZED and NOT MATERIALIZED, which are obeyed; one reference, which is inlined as PostgreSQL does;
 * what is volatile, recursive or read by a recursive step, which runs once; what uses columns of an outer query.
 */
import {
  isMuchOnce,
  leastCostOnce,
  sourcesReadBy,
  type Surroundings,
} from './bound-common-tables.js'
import { isVolatilePlan } from './expression-properties.js'
import { referenceEstimates, type ReferenceEstimates } from './estimates/estimate-references.js'
import type { RowEstimator } from './estimates/estimate-rows.js'
import type { LedgerEntry } from './explain/ledger.js'
import type { CommonTable, LogicalPlan } from './logical-plan.js'
import { mapPhysicalInputs } from './map-physical-inputs.js'
import { inputsOf } from './physical-plan.js'
import type { PhysicalPlan } from './physical-plan.js'
import type { Movement } from './estimates/plan-cost.js'
import { freeColumnsOf } from './used-columns.js'
import { mapPlans, scansOf, visitPlans } from './walk-plans.js'

/** A statement planned one way; each figure is made when it is asked for. */
export interface PlannedTrial {
  movement(): Movement
  /** Of what other sources send than those asked about. */
  movementElsewhere(isThere: (source: string) => boolean): Movement
  /** Cost of work; known before the physical plan is. */
  work(): number
  /** One source does all of it: its own planner decides. */
  isOneStatement(): boolean
}

/** How to plan a statement, and what to weigh it by. */
export interface WaysToPlan<T extends PlannedTrial> extends Surroundings {
  /** Plans it with its common tables as they are marked. */
  plan(logical: LogicalPlan): T
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
/**
 * What must be to save for a statement to be planned once more, in the unit of COST, for each of its scans. A third of what planning
 * takes: most statements run several times by one plan.
 */
const LEAST_SAVED = 200

/** Plans a statement with its common tables as they cost least. */
export function decideCommonTables<T extends PlannedTrial>(
  logical: LogicalPlan,
  ways: WaysToPlan<T>,
): { readonly best: T; readonly choices: readonly CommonTableChoice[] } {
  const undecided = undecidedTables(logical)
  const scans = scansOf(logical).length
  const isMuch = undecided.length > MOST_DECIDED || scans > MOST_SCANS
  const planWith = (chosen: Choices): T =>
    ways.plan(withRowsOfReferences(withChoices(logical, chosen), ways.estimator))
  const runs = new Map<number, Runs>()
  for (const { table, isReadByTables } of undecided) {
    // If that is cheap, once costs too much whatever else there is, and need not be planned.
    const isApart = !isMuch && !isReadByTables && isMuchOnce(table, logical, ways)
    runs.set(table.id, isApart ? 'apart' : ruleOf(table))
  }
  let best = planWith(runs)
  if (undecided.length === 0 || best.isOneStatement()) return { best, choices: [] }
  if (isMuch || best.movement().isGuess) {
    const isByRule = undecided.every(({ table }) => runs.get(table.id) === ruleOf(table))
    if (!isByRule) best = planWith(new Map(undecided.map(({ table }) => [table.id, ruleOf(table)])))
    const why = isMuch ? 'too much to plan each way' : UNKNOWN
    return { best, choices: undecided.map(({ table }) => choiceByRule(table, why)) }
  }
  const choices = undecided.map(({ table, references }): CommonTableChoice => {
    const current = runs.get(table.id)!
    const otherwise = opposite(current)
    const isByRule = current === ruleOf(table)
    const mayWin = (least: number): boolean =>
      isByRule
        ? least < costOf(best) * MARGIN && costOf(best) - least > LEAST_SAVED * scans
        : least * MARGIN <= costOf(best)
    const elsewhere = best.movementElsewhere(sourcesReadBy(table, logical, ways)).cost
    let least = elsewhere + (otherwise === 'once' ? leastCostOnce(table, ways) : 0)
    let other: T | undefined
    if (mayWin(least)) {
      other = planWith(new Map(runs).set(table.id, otherwise))
      least = Math.max(least, other.work())
    }
    if (other === undefined || !mayWin(least)) {
      const left = `costs ${Math.round(least)} or more`
      return choiceOf(table, current, reasonOf(current, references, textOf(best), left))
    }
    const isGuess = other.movement().isGuess
    const wins = isGuess ? !isByRule : mayWin(costOf(other))
    const way = wins ? otherwise : current
    const [taken, left] = wins ? [other, best] : [best, other]
    best = taken
    runs.set(table.id, way)
    if (isGuess) return choiceByRule(table, UNKNOWN)
    return choiceOf(table, way, reasonOf(way, references, textOf(taken), textOf(left)))
  })
  return { best, choices }
}

type Runs = CommonTableChoice['runs']
type Choices = ReadonlyMap<number, Runs>

const UNKNOWN = 'rows of a table are unknown'

function ruleOf(table: CommonTable): Runs {
  return isPlainRead(table.plan) ? 'apart' : 'once'
}

function opposite(way: Runs): Runs {
  return way === 'once' ? 'apart' : 'once'
}

function choiceOf({ id, name, plan }: CommonTable, runs: Runs, reason: string): CommonTableChoice {
  return { table: id, name, source: scansOf(plan)[0]!.source, runs, reason }
}

function choiceByRule(table: CommonTable, why: string): CommonTableChoice {
  const rule = 'a plain read of one table runs apart, all else once'
  return choiceOf(table, ruleOf(table), `${rule}; ${why}`)
}

function reasonOf(way: Runs, references: number, taken: string, left: string): string {
  return way === 'once'
    ? `once for ${references} references ${taken}, apart for each ${left}`
    : `apart for each of ${references} references ${taken}, once ${left}`
}

function costOf(trial: PlannedTrial): number {
  return trial.movement().cost + trial.work()
}

function textOf(trial: PlannedTrial): string {
  return `${Math.round(trial.movement().rows)} rows move at cost ${Math.round(costOf(trial))}`
}

interface Undecided {
  readonly table: CommonTable
  readonly references: number
  /** Some of the references are in other common tables: apart, it runs as often as all of them together. */
  readonly isReadByTables: boolean
}

function undecidedTables(logical: LogicalPlan): readonly Undecided[] {
  const tables: CommonTable[] = []
  const references = new Map<number, number>()
  const inSteps = new Set<number>()
  const inTables = new Set<number>()
  visitPlans(logical, (node) => {
    if (node.kind === 'with') tables.push(...node.tables)
    if (node.kind === 'cte-reference') references.set(node.cte, (references.get(node.cte) ?? 0) + 1)
    if (node.kind === 'with') for (const { plan } of node.tables) addReferences(plan, inTables)
    if (node.kind !== 'recursive-union') return
    for (const part of [node.base, node.step]) addReferences(part, inSteps)
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
    .map((table) => ({
      table,
      references: references.get(table.id) ?? 0,
      isReadByTables: inTables.has(table.id),
    }))
}

function addReferences(plan: LogicalPlan, found: Set<number>): void {
  visitPlans(plan, (node) => {
    if (node.kind === 'cte-reference') found.add(node.cte)
  })
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

function withChoices(logical: LogicalPlan, chosen: Choices): LogicalPlan {
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
