/** Where a plan could run as a whole. */
import type { LogicalPlan } from './logical-plan.js'
import { visitPlans } from './plan-traversal.js'

/** The site that all tables of a plan live at; undefined: several, none, or something no source has. */
export function siteOfPlan(
  plan: LogicalPlan,
  siteOf: (source: string) => string | undefined,
): string | undefined {
  let site: string | undefined
  let mixed = false
  visitPlans(plan, (node) => {
    switch (node.kind) {
      case 'scan': {
        const own = siteOf(node.source)
        if (own === undefined || (site !== undefined && site !== own)) mixed = true
        site = own
        break
      }
      case 'cte-reference':
      case 'opaque-query':
      case 'table-function':
        mixed = true
        break
      default:
        break
    }
  })
  return mixed ? undefined : site
}
