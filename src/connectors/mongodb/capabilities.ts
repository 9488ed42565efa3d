/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'MongoDB',
  keys: { transport: '$in', maximum: 10_000 },
  cancel: 'killCursors, and the end of the session',
  statistics: ['rows', 'bytes', 'distinct', 'null fraction', 'distribution'],
}
