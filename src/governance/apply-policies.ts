/**
 * The seam where access policies enter a plan: right after analysis, before any rewrite. Today it only takes the
 * boundaries of views out. What will be put here, by the policies of the user's roles: at each governed scan or view a filter
 * (the rows the roles may see), a projection (masks, and NULL for nothing: a hidden column does not reach the analyzer), and
 * above both a barrier that lets only leakproof predicates on clear columns through (comparisons of
 * same-type columns and constants, IN, BETWEEN, IS NULL, AND, OR, NOT, LIKE). Filters with `through_views` hold at
 * the scans below a view too, which is why views keep their boundary until here.
 */
import type { Catalog } from '../catalog/catalog.js'
import { mapPlans } from '../planner/walk-plans.js'
import type { LogicalPlan } from '../planner/logical-plan.js'

export interface PolicyContext {
  readonly catalog: Catalog
  readonly user: string
  /** The active role (SET ROLE), or the user. */
  readonly role: string
}

/** Compiles the policies that hold for the user into the plan; no ViewNode is left. */
export function applyPolicies(logical: LogicalPlan, _context: PolicyContext): LogicalPlan {
  return mapPlans(logical, (node) => (node.kind === 'view' ? node.input : node))
}
