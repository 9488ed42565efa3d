/** The connector for Snowflake. */
import type { Connector } from '../connector.js'
import { openLazily } from '../open-lazily.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionProblems } from './connection-settings.js'
import { snowflakePushdown } from './pushdown.js'

/** Serves sources with `connector: snowflake`. */
export const connector: Connector = {
  kind: 'snowflake',
  capabilities: CAPABILITIES,
  validate: connectionProblems,
  pushdown: snowflakePushdown,
  open: (source) =>
    openLazily(async () => {
      const { SnowflakeSource } = await import('./open-source.js')
      return new SnowflakeSource(source)
    }),
}
