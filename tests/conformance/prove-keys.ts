/** Keys: as many as the connector says travel in one statement, and all of them count. */
import type { Capabilities } from '../../src/connectors/connector.js'
import type { Federation } from '../integration/connectors/federation.js'
import { MANY } from './subject-tables.js'
import type { ProbeResult } from './suite.js'

/** Sends the most keys declared; a connector without keys must not send any. */
export async function proveKeys(
  { keys: { maximum } }: Capabilities,
  federation: Federation,
): Promise<ProbeResult> {
  // The numbers 1, 2, ... in such an order that the table's own ones come last.
  const keys = Array.from({ length: Math.max(maximum, 1) }, (_, i) => Math.max(maximum, 1) - i)
  const sql = 'SELECT id FROM many WHERE id = ANY ($1::int4[])'
  const { nodes, rows } = await federation.run(sql, 'on', [`{${keys.join(',')}}`])
  const isSent = nodes.join() === 'remote-query'
  const result = {
    ...{ section: 'Promises', group: 'Keys in one statement', what: `${maximum} keys` },
    declaration: maximum > 0 ? ('exact' as const) : ('none' as const),
  }
  if (isSent !== maximum > 0) {
    return { ...result, failure: isSent ? 'keys are sent, but not declared' : 'no keys are sent' }
  }
  const expected = Math.min(keys.length, MANY.rows.length)
  return rows.length === expected
    ? result
    : { ...result, failure: `${expected} rows expected, ${rows.length} came` }
}
