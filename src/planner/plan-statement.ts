/** The planner's front door: from a governed logical plan to what runs, in four stages. Pure: no I/O, no clock but for the trace. */
import type { Catalog } from '../catalog/catalog.js'
import type { Pushdown } from '../connectors/connector.js'
import type { LogicalPlan } from './logical-plan.js'
import type { PhysicalPlan } from './physical-plan.js'

/** What planning may depend on besides the statement. */
export interface PlannerContext {
  readonly catalog: Catalog
  /** The planning half of a source, by catalog name. */
  pushdownOf(source: string): Pushdown
  readonly settings: PlannerSettings
}

export interface PlannerSettings {
  /** false: sources are only scanned, all else runs here. What pushdown is checked against. */
  readonly pushdown: boolean
  /** Names of rewrite rules that must not run. */
  readonly disabledRules: readonly string[]
  /** Checks the plan after every single rewrite rather than once at the end. For tests. */
  readonly validateEachRule?: boolean
}

/** The settings of a session that has set nothing. */
export const DEFAULT_PLANNER_SETTINGS: PlannerSettings = { pushdown: true, disabledRules: [] }

export interface PlannedStatement {
  readonly plan: PhysicalPlan
  /** The whole statement is one remote query at a PostgreSQL source: its row frames may be passed on. */
  readonly relay: boolean
  /** Rules that changed something and stages, in the order they first ran, with the time they took. */
  readonly trace: readonly TraceEntry[]
}

export interface TraceEntry {
  readonly rule: string
  readonly ms: number
}

/** Plans a statement. */
export function planStatement(_logical: LogicalPlan, _context: PlannerContext): PlannedStatement {
  throw new Error('not yet')
}
