/**
 * Keeps of a shared common table only the columns that one of its readers uses: what is computed once is then also fetched narrow.
 *
 * Tempting and wrong: a table whose rows are told apart by a column nobody reads. `SELECT DISTINCT a, b` read for a alone
 * still has a row for each b: the projection goes above the definition, which prune-columns then leaves as it is. A recursive
 * table feeds itself by position.
 */
import { columnsOf } from '../logical-plan.js'
import type { CommonTable, CteReferenceNode, LogicalPlan } from '../logical-plan.js'
import { mapExpressions, mapInputs } from '../plan-traversal.js'
import { mapSubqueries, rememberedOfPlans } from '../walk-plans.js'
import type { Rule } from '../rewrite.js'
import { arrange } from './prune-columns.js'

export const pruneCommonTables: Rule = {
  name: 'prune-common-tables',
  scope: 'plan',
  apply(node) {
    if (!definesTables(node)) return undefined
    const result = visit(node)
    return result === node ? undefined : result
  },
}

const definesTables = rememberedOfPlans<boolean>(
  (node, below) => node.kind === 'with' || below.includes(true),
)

function visit(node: LogicalPlan): LogicalPlan {
  const deep = mapExpressions(mapInputs(node, visit), (e) => mapSubqueries(e, visit))
  if (deep.kind !== 'with') return deep
  let result: LogicalPlan = deep
  for (const table of deep.tables) {
    if (table.recursive || result.kind !== 'with') continue
    const read = new Set<number>()
    collect(result, table.id, read)
    if (read.size === 0 || read.size === columnsOf(table.plan).length) continue
    result = narrowed(result, table, read)
  }
  return result
}

/** Adds the positions that readers of a table use: those under a projection of columns, else all. */
function collect(node: LogicalPlan, cte: number, read: Set<number>): void {
  const reference = projectedReference(node, cte)
  if (reference !== undefined) {
    for (const position of positionsOf(node, reference)) read.add(position)
    return
  }
  if (node.kind === 'cte-reference' && node.cte === cte) {
    node.columns.forEach((_, position) => read.add(position))
  }
  const look = (input: LogicalPlan): LogicalPlan => {
    collect(input, cte, read)
    return input
  }
  mapExpressions(mapInputs(node, look), (expression) => mapSubqueries(expression, look))
}

function projectedReference(node: LogicalPlan, cte: number): CteReferenceNode | undefined {
  if (node.kind !== 'project' || node.input.kind !== 'cte-reference') return undefined
  if (node.input.cte !== cte) return undefined
  return node.expressions.every(({ expression }) => expression.kind === 'column')
    ? node.input
    : undefined
}

function positionsOf(node: LogicalPlan, reference: CteReferenceNode): number[] {
  if (node.kind !== 'project') return []
  return node.expressions.map(({ expression }) =>
    reference.columns.findIndex(
      (column) => expression.kind === 'column' && column.id === expression.id,
    ),
  )
}

function narrowed(
  node: Extract<LogicalPlan, { kind: 'with' }>,
  table: CommonTable,
  read: ReadonlySet<number>,
): LogicalPlan {
  const pick = <T>(list: readonly T[]): T[] => list.filter((_, position) => read.has(position))
  const rename = (part: LogicalPlan): LogicalPlan => {
    if (part.kind === 'cte-reference') {
      if (part.cte !== table.id) return part
      const { distinct } = part
      const columns = pick(part.columns)
      return { ...part, columns, ...(distinct === undefined ? {} : { distinct: pick(distinct) }) }
    }
    return mapExpressions(mapInputs(part, rename), (e) => mapSubqueries(e, rename))
  }
  const renamed = rename(node)
  if (renamed.kind !== 'with') return node
  return {
    ...renamed,
    tables: renamed.tables.map((own) =>
      own.id === table.id ? { ...own, plan: arrange(own.plan, pick(columnsOf(own.plan))) } : own,
    ),
  }
}
