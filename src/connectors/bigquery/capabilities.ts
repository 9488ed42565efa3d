/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'BigQuery',
  keys: { transport: 'one array parameter, IN UNNEST', maximum: 10_000 },
  cancel: 'a cancel request for the job',
  statistics: ['rows', 'bytes'],
}
