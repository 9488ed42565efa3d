/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'MySQL and MariaDB',
  keys: { transport: 'a list of parameters', maximum: 16_384 },
  // A text of 250 characters is sorted and grouped whole, and rows of them fit into the server's memory.
  rows: { transport: 'one JSON parameter for JSON_TABLE', maximum: 50_000, longestText: 250 },
  grouping: { row: 0.35, group: 1.2 },
  cancel: 'KILL QUERY on a connection of its own',
  statistics: ['rows', 'distinct', 'null fraction', 'bounds'],
}
