/** Which directories a statement may read below: the roots of the sources it scans, and no other's. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { sharingSources } from '../../catalog/neighbours.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import { scansOf } from '../../planner/walk-plans.js'
import type { RemoteStatement } from '../connector.js'
import { rootOf } from './file-table.js'

/** The handle of a statement to DuckDB. */
export interface FilesHandle {
  readonly roots: readonly string[]
}

/** The roots of a fragment's sources, each once, in order. */
export function rootsOf(fragment: LogicalPlan, source: SourceDefinition): readonly string[] {
  const names = new Set(scansOf(fragment).map((scan) => scan.source))
  const scanned = sharingSources(source).filter((sharing) => names.has(sharing.name))
  return [...new Set((scanned.length === 0 ? [source] : scanned).map(rootOf))].sort()
}

/** The roots of a printed statement; those of its source where it has no handle. */
export function statementRoots(
  statement: RemoteStatement,
  source: SourceDefinition,
): readonly string[] {
  return (statement.handle as FilesHandle | undefined)?.roots ?? [rootOf(source)]
}
