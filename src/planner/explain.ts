/** EXPLAIN: one description of a plan, two renderers. */
import type { ExecutionReport } from '../session/statement-protocol.js'
import type { PhysicalPlan } from './physical-plan.js'

export interface ExplainOptions {
  readonly format: 'text' | 'json'
  readonly verbose: boolean
  readonly costs: boolean
  /** What running the plan took: EXPLAIN ANALYZE. */
  readonly report?: ExecutionReport
}

/** Renders a plan as the lines EXPLAIN answers. */
export function renderPlan(_plan: PhysicalPlan, _options: ExplainOptions): string[] {
  throw new Error('not yet')
}
