/** The planning half: judges fragments and prints them in DuckDB's SQL. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type { Pushdown } from '../connector.js'
import { printPlan } from '../sql/print-plan.js'
import { CAPABILITIES } from './capabilities.js'
import { duckdbDialect } from './dialect.js'
import { rootOf } from './file-table.js'
import { judgeExpression, judgeNode } from './judge.js'

/** Makes the planning half of a source. */
export function filesPushdown(source: SourceDefinition): Pushdown {
  const dialect = duckdbDialect(source)
  return {
    site: `files:${source.name}:${rootOf(source)}`,
    maximumKeys: CAPABILITIES.keys.maximum,
    judgeExpression,
    judgeNode: (node) => judgeNode(node, source),
    print: (fragment) => ({ ...printPlan(fragment, dialect), columns: columnsOf(fragment) }),
  }
}
