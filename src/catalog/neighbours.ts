/**
 * Sources that share what runs their statements (server, database where the dialect has no way across, user): one remote statement may
 * read tables of several. Each keeps its own names: a table is found by its source and its name.
 */
import type { SourceDefinition, TableDefinition } from './catalog.js'

/** A table and the source file that declares it: names without a schema are completed from that one's connection. */
export interface LocatedTable {
  readonly table: TableDefinition
  readonly owner: SourceDefinition
}

/** A source and those whose tables its statements may read too. */
export function sharingSources(source: SourceDefinition): readonly SourceDefinition[] {
  return [source, ...(source.neighbours ?? [])]
}

/** Finds a scan's table in its source or a neighbour. */
export function locateTable(
  source: SourceDefinition,
  scan: { readonly source: string; readonly table: string },
): LocatedTable | undefined {
  const owner = sharingSources(source).find((candidate) => candidate.name === scan.source)
  const table = owner?.tables.find((candidate) => candidate.name === scan.table)
  return owner === undefined || table === undefined ? undefined : { table, owner }
}
