/** Where a plan could run as a whole. */
import type { LogicalPlan } from './logical-plan.js'
import { rememberedOfPlans } from './walk-plans.js'

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

/** The sources of a plan's tables. */
const sourcesOf = rememberedOfPlans<Sources>((node, below) => {
  switch (node.kind) {
    case 'scan':
      return new Set([node.source])
    case 'cte-reference':
    case 'opaque-query':
    case 'table-function':
      return 'none has it all'
    default: {
      if (below.length === 1) return below[0]!
      const sources = new Set<string>()
      for (const part of below) {
        if (part === 'none has it all') return part
        for (const source of part) sources.add(source)
      }
      return sources
    }
  }
})
