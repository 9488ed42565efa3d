/** The connector for BigQuery. */
import type { Connector } from '../connector.js'
import { openLazily } from '../open-lazily.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionProblems } from './connection-settings.js'
import { bigqueryPushdown } from './pushdown.js'

/** Serves sources with `connector: bigquery`. */
export const connector: Connector = {
  kind: 'bigquery',
  capabilities: CAPABILITIES,
  validate: connectionProblems,
  pushdown: bigqueryPushdown,
  open: (source) =>
    openLazily(async () => {
      const { BigQuerySource } = await import('./open-source.js')
      return new BigQuerySource(source)
    }),
}
