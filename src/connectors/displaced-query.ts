/** Tables defined by a statement in the source's own language (`query:`) among those that a fragment reads of several sources. */
import type { SourceDefinition, TableDefinition } from '../catalog/catalog.js'
import { locateTable } from '../catalog/neighbours.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import { scansOf } from '../planner/walk-plans.js'

/**
 * Finds one that would run where bare names mean something else: in a connection of another source. `placeOf`: where a source's
 * connection looks bare names up.
 */
export function displacedQuery(
  source: SourceDefinition,
  fragment: LogicalPlan,
  placeOf: (source: SourceDefinition) => string,
): TableDefinition | undefined {
  if (source.neighbours === undefined) return undefined
  for (const scan of scansOf(fragment)) {
    const found = locateTable(source, scan)
    if (found?.table.query === undefined) continue
    if (placeOf(found.owner) !== placeOf(source)) return found.table
  }
  return undefined
}
