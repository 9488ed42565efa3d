/** The connector for MySQL and MariaDB. */
import type { Connector } from '../connector.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionProblems } from './connection-settings.js'
import { MysqlSource } from './open-source.js'
import { mysqlPushdown } from './pushdown.js'

/** Serves sources with `connector: mysql`. */
export const connector: Connector = {
  kind: 'mysql',
  capabilities: CAPABILITIES,
  validate: connectionProblems,
  pushdown: mysqlPushdown,
  open: (source) => new MysqlSource(source),
}
