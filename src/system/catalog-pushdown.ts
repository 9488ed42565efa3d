/**
 * The planning half of the virtual catalog's own relations (pg_class, information_schema.columns, ...): the analyzer's PostgreSQL
 * reads them, and does all work on them alone that needs no value of the moment.
 */
import { postgresDialect } from '../connectors/postgres/postgres-dialect.js'
import { printPlan } from '../connectors/sql/print-plan.js'
import { EXACT, type Judgement, type Pushdown } from '../connectors/connector.js'
import { CATALOG_SOURCE } from '../expressions/catalog-functions.js'
import type { Expression } from '../expressions/expression.js'
import { somePart } from '../planner/expression-traversal.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import { columnsOf } from '../planner/logical-plan.js'
import { expressionsOf } from '../planner/plan-traversal.js'

/** Its rows are read before the plan runs, when no other source's rows are known. */
const LATE: Judgement = {
  support: 'none',
  reason: 'the catalog is read before the statement runs',
}

const DONE_THERE: ReadonlySet<LogicalPlan['kind']> = new Set([
  ...(['scan', 'filter', 'project', 'join', 'aggregate', 'distinct', 'sort', 'limit'] as const),
])

function hasParameter(expression: Expression): boolean {
  return somePart(expression, (part) => part.kind === 'parameter')
}

export const CATALOG_PUSHDOWN: Pushdown = {
  site: `system:${CATALOG_SOURCE}`,
  maximumKeys: 0,
  judgeExpression: (expression) => (hasParameter(expression) ? LATE : EXACT),
  judgeNode(node) {
    if (!DONE_THERE.has(node.kind) || (node.kind === 'join' && node.lateral)) {
      return { support: 'none', reason: `${node.kind} is not done in the catalog` }
    }
    return expressionsOf(node).some(hasParameter) ? LATE : EXACT
  },
  print(fragment) {
    const { text, parameters } = printPlan(fragment, postgresDialect)
    return { text, parameters, columns: columnsOf(fragment) }
  },
}
