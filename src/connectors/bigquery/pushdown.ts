/** The planning half: judges fragments and prints them in GoogleSQL. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { columnsOf, type LogicalPlan } from '../../planner/logical-plan.js'
import type { Pushdown, RemoteStatement } from '../connector.js'
import { fingerprintOf, siteName } from '../site-name.js'
import { printPlan } from '../sql/print-plan.js'
import { judgeExpression } from '../warehouse/judge-expression.js'
import { judgeNode } from '../warehouse/judge-node.js'
import { outputScales } from '../warehouse/output-scales.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionSettings } from './connection-settings.js'
import { googlesqlDialect } from './dialect.js'
import { RULES } from './semantics.js'
import { normalText, type StatementHandle } from './statement-handle.js'

/** Makes the planning half of a source. */
export function bigqueryPushdown(source: SourceDefinition): Pushdown {
  const settings = connectionSettings(source)
  const { project, location, endpoint, keyFile, credentials, accessToken } = settings
  return {
    site: siteName(source, {
      ...{ endpoint, project, location, keyFile, account: credentials?.client_email },
      token: fingerprintOf(accessToken),
      maximumBytesBilled: settings.maximumBytesBilled,
      labels: JSON.stringify(settings.labels),
    }),
    maximumKeys: CAPABILITIES.keys.maximum,
    judgeExpression: (expression, use) => judgeExpression(expression, use, RULES),
    judgeNode: (node) => judgeNode(node, source, RULES, placeOf),
    print: (fragment) => printFragment(fragment, source),
  }
}

/** Where a statement's bare names are looked up. */
function placeOf(source: SourceDefinition): string {
  return connectionSettings(source).dataset ?? ''
}

/** Prints a fragment. */
export function printFragment(fragment: LogicalPlan, source: SourceDefinition): RemoteStatement {
  const patterns = new Set<Expression>()
  const dialect = googlesqlDialect(source, (pattern) => patterns.add(pattern))
  const { text: template, parameters } = printPlan(withPlainNames(fragment), dialect)
  const handle: StatementHandle = {
    template,
    patterns: parameters.flatMap((parameter, i) => (patterns.has(parameter) ? [i] : [])),
    scales: outputScales(fragment),
  }
  const text = normalText(template, parameters)
  return { text, parameters, columns: columnsOf(fragment), handle, estimable: true }
}

/** Names that BigQuery takes for columns of a result; others are replaced. */
const PLAIN = /^(?!_(table|file|partition|row_timestamp|_root__|colidentifier))[a-z_][a-z0-9_]*$/i

function withPlainNames(fragment: LogicalPlan): LogicalPlan {
  const columns = columnsOf(fragment)
  if (columns.every((column) => PLAIN.test(column.name))) return fragment
  return {
    kind: 'project',
    input: fragment,
    expressions: columns.map((column, i) => ({
      column: {
        ...column,
        id: -1000 - i,
        name: PLAIN.test(column.name) ? column.name : `f_${i + 1}`,
      },
      expression: { kind: 'column', ...column },
    })),
  }
}
