/** The planning half of the system tables: they are read whole, and all else happens here. */
import type { Judgement, Pushdown } from '../connectors/connector.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { SYSTEM_SCHEMA } from './system-tables.js'

const NONE: Judgement = { support: 'none', reason: 'system tables are in this process' }

export const SYSTEM_PUSHDOWN: Pushdown = {
  site: `system:${SYSTEM_SCHEMA}`,
  maximumKeys: 0,
  judgeExpression: () => NONE,
  judgeNode: (node) => (node.kind === 'scan' ? { support: 'exact' } : NONE),
  print(fragment) {
    if (fragment.kind !== 'scan') {
      throw new EngineError(SQLSTATE.internalError, `No system table does ${fragment.kind}`)
    }
    return {
      text: `${SYSTEM_SCHEMA}.${fragment.table}`,
      parameters: [],
      columns: fragment.columns,
      handle: { table: fragment.table, columns: fragment.tableColumns },
    }
  },
}
