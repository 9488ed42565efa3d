/** Functions in FROM that only the virtual catalog's own PostgreSQL can answer: a statement to it. */
import { CATALOG_SOURCE, isCatalogQuestion } from '../../expressions/catalog-functions.js'
import { somePart } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan, TableFunctionNode } from '../logical-plan.js'
import { freeColumnsOf } from '../used-columns.js'
import { local } from './plan-part.js'
import type { PlanPart } from './plan-part.js'
import { NotOneFragment } from './plan-builder.js'
import type { PlanBuilder } from './plan-builder.js'

/** Tells whether every function of a node is one of those, or a cast of one. */
export function asksCatalogAlone({ functions }: TableFunctionNode): boolean {
  return functions.every(({ call }) => somePart(call, isCatalogQuestion))
}

/** Makes the statement. Its parameters are the statement's own: no row of another source is known when it runs. */
export function catalogCall(builder: PlanBuilder, node: TableFunctionNode): PlanPart {
  if (freeColumnsOf(node).size > 0) throw new NotOneFragment()
  return local({
    kind: 'remote-query',
    ...builder.base(node),
    columns: columnsOf(node),
    source: CATALOG_SOURCE,
    statement: builder.context.pushdownOf(CATALOG_SOURCE).print(asSelect(node)),
  })
}

/** A value is selected rather than read from FROM, where no cast may stand. */
function asSelect(node: TableFunctionNode): LogicalPlan {
  const [only, ...others] = node.functions
  if (only === undefined || others.length > 0 || node.ordinality !== undefined) return node
  const { call, columns } = only
  const [column] = columns
  if (column === undefined || (call.kind === 'call' && call.function.returnsSet === true))
    return node
  return {
    kind: 'project',
    input: { kind: 'values', columns: [], rows: [[]] },
    expressions: [{ column, expression: call }],
  }
}
