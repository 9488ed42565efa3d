/** Where a statement runs: in the analyzer's PostgreSQL (catalog) or as a plan of ours. */
import { EngineError, SQLSTATE } from '../errors.js'
import { touchedRelations } from './builders/plan-builder.js'
import type { PostgresFacts } from './postgres-facts.js'
import { integerOf, optionalNode, TreeNode } from './tree-reader.js'
import type { TreeValue } from './tree-reader.js'
import type { VirtualRelations } from './virtual-relations.js'

/** CmdType. */
const SELECT = 1
const UTILITY = 6

/** Functions that can keep the analyzer, and so every session, waiting: their statements run on statement threads. */
const LENGTHY = /^(pg_sleep|pg_sleep_for|pg_sleep_until|generate_series|repeat)$/

/** Decides the route; statements that write are refused. */
export function routeOf(
  query: TreeNode,
  facts: PostgresFacts,
  relations: VirtualRelations,
): 'catalog' | 'plan' {
  const command = integerOf(query, 'commandType')
  if (command === UTILITY && optionalNode(query, 'utilityStmt')?.tag === 'VARIABLESHOWSTMT') {
    return 'catalog'
  }
  if (command !== SELECT) {
    throw new EngineError(SQLSTATE.featureNotSupported, 'Tributary reads only', {
      hint: 'Write to the source directly',
    })
  }
  const touched = touchedRelations(query, relations)
  if (touched.virtual) return 'plan'
  return !touched.catalog && mayTakeLong(query, facts) ? 'plan' : 'catalog'
}

function mayTakeLong(value: TreeValue, facts: PostgresFacts): boolean {
  if (Array.isArray(value)) {
    return (value as readonly TreeValue[]).some((item) => mayTakeLong(item, facts))
  }
  if (!(value instanceof TreeNode)) return false
  if (value.tag === 'QUERY' && value.fields.get('hasRecursive') === 'true') return true
  if (
    value.tag === 'FUNCEXPR' &&
    LENGTHY.test(facts.procedure(integerOf(value, 'funcid')).reference.name)
  ) {
    return true
  }
  return [...value.fields.values()].some((field) => mayTakeLong(field, facts))
}
