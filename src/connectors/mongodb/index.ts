/** The connector for MongoDB. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Batch } from '../../executor/batch.js'
import type { Connector, OpenSource } from '../connector.js'
import { connectionProblems } from './connection-settings.js'
import { mongodbPushdown } from './pushdown.js'

/** Serves sources with `connector: mongodb`. */
export const connector: Connector = {
  kind: 'mongodb',
  validate: connectionProblems,
  pushdown: mongodbPushdown,
  open: lazily,
}

/** Loads the driver when the source is first used: a catalog without MongoDB needs not even have it installed. */
function lazily(source: SourceDefinition): OpenSource {
  let opened: Promise<OpenSource> | undefined
  const open = (): Promise<OpenSource> =>
    (opened ??= import('./open-source.js').then(({ openMongodb }) => openMongodb(source)))
  return {
    async *scan(statement, values, options): AsyncGenerator<Batch, void, undefined> {
      yield* (await open()).scan(statement, values, options)
    },
    discover: async (options) => (await open()).discover(options),
    ping: async (signal) => (await open()).ping(signal),
    close: async () => {
      if (opened) await (await opened).close()
    },
  }
}
