/** Starts the PostgreSQL that fragments run in, with the role that users' SQL runs under there. */
import { revokeDangerousFunctions } from '../../analyzer/forbidden-functions.js'
import { startPostgres, type PostgresInstance } from '../../analyzer/postgres/pglite.js'

/** The ordinary role of fragments; rows are loaded by the superuser before. */
export const FRAGMENT_ROLE = 'tributary_fragment'

/** Starts an instance in which functions that run SQL text, change identity or touch files are out of reach. */
export async function startInstance(): Promise<PostgresInstance> {
  const postgres = await startPostgres()
  postgres.exec(`CREATE ROLE ${FRAGMENT_ROLE}`)
  revokeDangerousFunctions(postgres)
  return postgres
}
