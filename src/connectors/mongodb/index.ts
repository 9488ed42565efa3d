/** The connector for MongoDB. */
import type { Connector } from '../connector.js'
import { openLazily } from '../open-lazily.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionProblems } from './connection-settings.js'
import { mongodbPushdown } from './pushdown.js'

/** Serves sources with `connector: mongodb`. */
export const connector: Connector = {
  kind: 'mongodb',
  capabilities: CAPABILITIES,
  validate: connectionProblems,
  pushdown: mongodbPushdown,
  open: (source) =>
    openLazily(async () => {
      const { openMongodb } = await import('./open-source.js')
      return openMongodb(source)
    }),
}
