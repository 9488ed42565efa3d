/** Checks that a source's root is there. */
import { access, constants, stat } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { rootOf } from './file-table.js'

/** Answers with DuckDB's version, or throws when the root cannot be read. */
export async function pingFiles(
  connection: DuckDBConnection,
  source: SourceDefinition,
): Promise<ServerFacts> {
  const root = rootOf(source)
  try {
    await access(root, constants.R_OK)
    if (!(await stat(root)).isDirectory()) throw new Error('it is not a directory')
  } catch (error) {
    throw new EngineError(
      SQLSTATE.sourceUnavailable,
      `Cannot read the directory ${root} of source "${source.name}"`,
      { source: source.name, cause: error, hint: 'Check connection.root in the source file' },
    )
  }
  const result = await connection.runAndReadAll('SELECT version()')
  return { product: 'DuckDB', version: String(result.getRows()[0]?.[0]), timezone: 'UTC' }
}
