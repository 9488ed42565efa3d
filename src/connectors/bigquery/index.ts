/** The connector for BigQuery. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Batch } from '../../executor/batch.js'
import type { Connector, OpenSource } from '../connector.js'
import { connectionProblems } from './connection-settings.js'
import { bigqueryPushdown } from './pushdown.js'

/** Serves sources with `connector: bigquery`. */
export const connector: Connector = {
  kind: 'bigquery',
  validate: connectionProblems,
  pushdown: bigqueryPushdown,
  open: lazily,
}

/** Loads the running half, and with it Google's SDK, when the source is first used. */
function lazily(source: SourceDefinition): OpenSource {
  let opened: Promise<OpenSource> | undefined
  const open = (): Promise<OpenSource> =>
    (opened ??= import('./open-source.js').then(({ BigQuerySource }) => new BigQuerySource(source)))
  return {
    async *scan(statement, values, options): AsyncGenerator<Batch, void, undefined> {
      yield* (await open()).scan(statement, values, options)
    },
    estimate: async (statement, values, signal) =>
      (await open()).estimate?.(statement, values, signal),
    discover: async (options) => (await open()).discover(options),
    ping: async (signal) => (await open()).ping(signal),
    close: async () => {
      if (opened) await (await opened).close()
    },
  }
}
