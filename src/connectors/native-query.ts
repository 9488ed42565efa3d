/** Tables that a statement in the source's own language defines (`query:` in source files). */
import type { TableDefinition } from '../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { incidentDetail } from './incident.js'

/**
 * A native statement as it can stand in parentheses: without its final semicolon and what comments follow it, and with a line break
 * before the parenthesis, which ends a comment of its own.
 */
export function asSubquery(query: string): string {
  return `(${query.trim().replace(/;\s*(--[^\n'"`]*\s*)*$/, '')}\n)`
}

/** Describes a table's statement at its source; a statement that the source refuses is an error in the catalog, named as one. */
export async function describeNative<T>(
  source: string,
  table: TableDefinition,
  describe: (relation: string) => Promise<T>,
): Promise<T> {
  try {
    return await describe(asSubquery(table.query ?? ''))
  } catch (error) {
    // What was made an error of ours has gone to the log already.
    const known = error instanceof EngineError ? error.detail : undefined
    const message = error instanceof Error ? error.message : String(error)
    throw new EngineError(
      SQLSTATE.invalidCatalog,
      `The query of table ${source}.${table.name} was refused by its source`,
      {
        source,
        cause: error,
        detail: known ?? incidentDetail({ source, message }),
        hint: 'the statement must be one SELECT in the source’s own language, each column with a name of its own',
      },
    )
  }
}
