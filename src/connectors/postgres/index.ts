/** The connector of PostgreSQL servers. */
import type { Connector } from '../connector.js'
import { CAPABILITIES } from './capabilities.js'
import { validateConnection } from './connection-options.js'
import { openPostgres } from './open-source.js'
import { postgresPushdown } from './pushdown.js'

/** Serves sources with `connector: postgres`. */
export const connector: Connector = {
  kind: 'postgres',
  capabilities: CAPABILITIES,
  validate: validateConnection,
  pushdown: postgresPushdown,
  open: openPostgres,
}
