/** Where a plan could run as a whole. */
import type { LogicalPlan } from './logical-plan.js'
import { visitPlans } from './plan-traversal.js'

/** The site that all tables of a plan live at; undefined: several, none, or something no source has. */
export function siteOfPlan(
  plan: LogicalPlan,
  siteOf: (source: string) => string | undefined,
): string | undefined {
  const sources = sourcesOf(plan)
  if (sources === 'none has it all') return undefined
  let site: string | undefined
  for (const source of sources) {
    const own = siteOf(source)
    if (own === undefined || (site !== undefined && site !== own)) return undefined
    site = own
  }
  return site
}

type Sources = ReadonlySet<string> | 'none has it all'

const sourcesMemo = new WeakMap<LogicalPlan, Sources>()

/** The sources of a plan's tables. */
function sourcesOf(plan: LogicalPlan): Sources {
  const known = sourcesMemo.get(plan)
  if (known !== undefined) return known
  const sources = new Set<string>()
  let mixed = false
  visitPlans(plan, (node) => {
    switch (node.kind) {
      case 'scan':
        sources.add(node.source)
        break
      case 'cte-reference':
      case 'opaque-query':
      case 'table-function':
        mixed = true
        break
      default:
        break
    }
  })
  const found = mixed ? 'none has it all' : sources
  sourcesMemo.set(plan, found)
  return found
}
