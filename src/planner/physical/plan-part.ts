/** A piece of a plan under construction: still growing as one source's fragment, or settled as local operators. */
import type { Pushdown } from '../../connectors/connector.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'

export type PlanPart = RemotePart | LocalPart

/** A fragment of one source that more work may join. */
export interface RemotePart {
  readonly kind: 'remote'
  readonly source: string
  readonly pushdown: Pushdown
  readonly fragment: LogicalPlan
}

export interface LocalPart {
  readonly kind: 'local'
  readonly plan: PhysicalPlan
}

/** Wraps a finished plan. */
export function local(plan: PhysicalPlan): LocalPart {
  return { kind: 'local', plan }
}
