/** The planning half: judges fragments and prints them in MySQL's SQL. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { columnsOf, type LogicalPlan } from '../../planner/logical-plan.js'
import { mapExpressions } from '../../planner/plan-traversal.js'
import { visitPlans } from '../../planner/walk-plans.js'
import type { Pushdown, RemoteStatement } from '../connector.js'
import { siteName } from '../site-name.js'
import type { Dialect } from '../sql/dialect.js'
import { printPlan } from '../sql/print-plan.js'
import { planWithoutPadding, withoutPadding } from '../sql/without-padding.js'
import { CAPABILITIES } from './capabilities.js'
import { connectionSettings } from './connection-settings.js'
import { MARKER, mysqlDialect, SAME_MARKER } from './dialect.js'
import { fragmentFacts, takesRows } from './row-fields.js'
import { judgeExpression } from './judge-expression.js'
import { judgeNode } from './judge-node.js'
import { prepareFragment } from './prepare-fragment.js'
import type { StatementHandle } from './statement-handle.js'

/** Makes the planning half of a source. */
export function mysqlPushdown(source: SourceDefinition): Pushdown {
  const { address, options } = connectionSettings(source)
  return {
    // Tables are named with their database: one statement reaches all of a server's.
    site: siteName(source, { address, user: options.user }),
    maximumKeys: CAPABILITIES.keys.maximum,
    ...(CAPABILITIES.grouping === undefined ? {} : { grouping: CAPABILITIES.grouping }),
    ...(CAPABILITIES.rows !== undefined && takesRows(source.server)
      ? { rows: CAPABILITIES.rows }
      : {}),
    judgeExpression: (expression, use) => judgeExpression(withoutPadding(expression), use),
    judgeNode: (node) => judgeNode(mapExpressions(node, withoutPadding), source),
    print: (fragment) => printFragment(fragment, source),
  }
}

type ParameterUse = StatementHandle['parameters'][number]

interface SourceDialect {
  readonly dialect: Dialect
  /** The arrays it has made parameters of; each is an object of its own, so that one table serves all printings. */
  readonly lists: WeakMap<Expression, ParameterUse>
}

const dialects = new WeakMap<SourceDefinition, SourceDialect>()

function dialectOf(source: SourceDefinition): SourceDialect {
  let known = dialects.get(source)
  if (known === undefined) {
    const lists = new WeakMap<Expression, ParameterUse>()
    known = { dialect: mysqlDialect(source, (list, use) => lists.set(list, use)), lists }
    dialects.set(source, known)
  }
  return known
}

const ANY_MARKER = new RegExp(`${SAME_MARKER}?${MARKER}`)

/** Prints a fragment. */
export function printFragment(plan: LogicalPlan, source: SourceDefinition): RemoteStatement {
  const fragment = planWithoutPadding(plan)
  const uses = new Map<Expression, ParameterUse>()
  visitPlans(fragment, (node) => {
    if (node.kind !== 'limit') return
    if (node.limit) uses.set(node.limit, 'limit')
    if (node.offset) uses.set(node.offset, 'offset')
  })
  const { dialect, lists } = dialectOf(source)
  const { text, parameters } = printPlan(prepareFragment(fragment, source), dialect)
  const facts = fragmentFacts(fragment, source)
  const columns = columnsOf(fragment)
  const handle: StatementHandle = {
    pieces: text.split(ANY_MARKER),
    parameters: parameters.map(
      (parameter) => uses.get(parameter) ?? lists.get(parameter) ?? 'value',
    ),
    zeroDates: columns.map((column) =>
      facts.get(column.id)?.options.zero_date === 'fail' ? 'fail' : 'null',
    ),
  }
  const shown = text.replaceAll(SAME_MARKER + MARKER, '').replaceAll(MARKER, '?')
  return { text: shown, parameters, columns, handle }
}
