/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'MySQL and MariaDB',
  keys: { transport: 'a list of parameters', maximum: 16_384 },
  cancel: 'KILL QUERY on a connection of its own',
  statistics: ['rows'],
}
