/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'PostgreSQL',
  keys: { transport: 'one array parameter', maximum: 50_000 },
  rows: { transport: 'one array parameter per column', maximum: 50_000 },
  grouping: { row: 0.25, group: 0.65 },
  cancel: 'a cancel request on a connection of its own',
  statistics: ['rows', 'bytes', 'distinct', 'null fraction', 'bounds', 'width', 'distribution'],
}
