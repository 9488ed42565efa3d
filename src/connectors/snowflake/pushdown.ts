/** The planning half: judges fragments and prints them in Snowflake's SQL. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { columnsOf, type LogicalPlan } from '../../planner/logical-plan.js'
import type { Pushdown, RemoteStatement } from '../connector.js'
import { siteName } from '../site-name.js'
import { printPlan } from '../sql/print-plan.js'
import { judgeExpression } from '../warehouse/judge-expression.js'
import { judgeNode } from '../warehouse/judge-node.js'
import { outputScales } from '../warehouse/output-scales.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionSettings } from './connection-settings.js'
import { snowflakeDialect } from './dialect.js'
import { RULES } from './semantics.js'
import { normalText, type StatementHandle } from './statement-handle.js'

/** Makes the planning half of a source. */
export function snowflakePushdown(source: SourceDefinition): Pushdown {
  const { url, user, role, warehouse } = connectionSettings(source)
  return {
    site: siteName(source, { url, user, role, warehouse }),
    judgeExpression: (expression, use) => judgeExpression(expression, use, RULES),
    judgeNode: (node) => judgeNode(node, source, RULES, placeOf),
    maximumKeys: CAPABILITIES.keys.maximum,
    print: (fragment) => printFragment(fragment, source),
  }
}

/** Where a statement's bare names are looked up. */
function placeOf(source: SourceDefinition): string {
  const { database, schema } = connectionSettings(source)
  return `${database}.${schema}`
}

/** Prints a fragment. */
export function printFragment(fragment: LogicalPlan, source: SourceDefinition): RemoteStatement {
  const patterns = new Set<Expression>()
  const dialect = snowflakeDialect(source, (pattern) => patterns.add(pattern))
  const { text: template, parameters } = printPlan(fragment, dialect)
  const handle: StatementHandle = {
    template,
    patterns: parameters.flatMap((parameter, i) => (patterns.has(parameter) ? [i] : [])),
    scales: outputScales(fragment),
  }
  return { text: normalText(template), parameters, columns: columnsOf(fragment), handle }
}
