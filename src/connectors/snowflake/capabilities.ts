/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'Snowflake',
  keys: { transport: 'IN list of binds, or one JSON document to FLATTEN', maximum: 10_000 },
  cancel: 'an abort request for the query',
  // Of columns where `discover.count_distinct` allows it.
  statistics: ['rows', 'bytes', 'distinct', 'null fraction'],
}
