/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'BigQuery',
  keys: { transport: 'one array parameter, IN UNNEST', maximum: 10_000 },
  cancel: 'a cancel request for the job',
  // Of columns where `discover.count_distinct` allows it.
  statistics: ['rows', 'bytes', 'distinct', 'null fraction'],
}
