/**
 * Puts a common table's plan where it is read, and drops tables nobody reads, as PostgreSQL does: one reference
 * (or NOT MATERIALIZED) and nothing volatile. Filters then reach its scans. What several references read is put at each of them where
 * decide-common-tables found that cheaper than running it once.
 *
 * Tempting and wrong: inlining what is volatile. `WITH r AS (SELECT random() AS x) SELECT a.x = b.x FROM r a, r b`
 * is true; with two copies it is false. Inside the step of a recursive table nothing is inlined: it would run each round.
 */
import type { Expression } from '../../expressions/expression.js'
import { columnReference } from '../expression-traversal.js'
import { isVolatilePlan } from '../expression-properties.js'
import { columnsOf } from '../logical-plan.js'
import type { CommonTable, CteReferenceNode, LogicalPlan } from '../logical-plan.js'
import { mapExpressions, mapInputs } from '../plan-traversal.js'
import { mapSubqueries, visitPlans } from '../walk-plans.js'
import type { ColumnIds } from '../column-ids.js'
import { copyWithFreshColumns } from '../copy-plan.js'
import { isPlainRead } from '../decide-common-tables.js'
import type { Rule } from '../rewrite.js'

export const inlineCommonTables: Rule = {
  name: 'inline-common-tables',
  kinds: ['with'],
  apply(node, { ids }) {
    if (node.kind !== 'with') return undefined
    for (const table of node.tables) {
      const others = node.tables.filter((other) => other !== table)
      const uses = [...others.map((other) => other.plan), node.body].map((plan) =>
        countReferences(plan, table.id),
      )
      const total = uses.reduce((sum, use) => sum + use.all, 0)
      if (total === 0) return rebuild(others, node.body)
      const inSteps = uses.some((use) => use.inSteps > 0)
      if (table.recursive || inSteps || !mayInline(table, total)) continue
      let copies = 0
      const inline = (plan: LogicalPlan): LogicalPlan =>
        replaceReferences(plan, table.id, (reference) =>
          standIn(reference, copies++ === 0 ? table.plan : undefined, table.plan, ids),
        )
      const tables = others.map((other) => ({ ...other, plan: inline(other.plan) }))
      return rebuild(tables, inline(node.body))
    }
    return undefined
  },
}

function rebuild(tables: readonly CommonTable[], body: LogicalPlan): LogicalPlan {
  return tables.length === 0 ? body : { kind: 'with', tables, body }
}

function mayInline(table: CommonTable, references: number): boolean {
  if (table.materialized === 'always' || isVolatilePlan(table.plan)) return false
  if (references === 1 || table.materialized === 'never') return true
  return table.runs === undefined ? isPlainRead(table.plan) : table.runs === 'apart'
}

function countReferences(plan: LogicalPlan, cte: number): { all: number; inSteps: number } {
  let all = 0
  let inSteps = 0
  visitPlans(plan, (node) => {
    if (node.kind === 'cte-reference' && node.cte === cte) all++
    if (node.kind === 'recursive-union') {
      inSteps += countReferences(node.base, cte).all + countReferences(node.step, cte).all
    }
  })
  return { all, inSteps }
}

function replaceReferences(
  plan: LogicalPlan,
  cte: number,
  replace: (reference: CteReferenceNode) => LogicalPlan,
): LogicalPlan {
  if (plan.kind === 'cte-reference') return plan.cte === cte ? replace(plan) : plan
  const deep = (input: LogicalPlan) => replaceReferences(input, cte, replace)
  return mapExpressions(mapInputs(plan, deep), (expression: Expression) =>
    mapSubqueries(expression, deep),
  )
}

/** The definition under the reference's own column ids. */
function standIn(
  reference: CteReferenceNode,
  first: LogicalPlan | undefined,
  definition: LogicalPlan,
  ids: ColumnIds,
): LogicalPlan {
  const input = first ?? copyWithFreshColumns(definition, ids)
  const produced = columnsOf(input)
  return {
    kind: 'project',
    input,
    expressions: reference.columns.map((column, index) => ({
      column,
      expression: columnReference(produced[index]!),
    })),
  }
}
