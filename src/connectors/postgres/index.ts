/** The connector of PostgreSQL servers. */
import type { Connector } from '../connector.js'
import { validateConnection } from './connection-options.js'
import { openPostgres } from './open-source.js'
import { postgresPushdown } from './pushdown.js'

/** Serves sources with `connector: postgres`. */
export const connector: Connector = {
  kind: 'postgres',
  validate: validateConnection,
  pushdown: postgresPushdown,
  open: openPostgres,
}
