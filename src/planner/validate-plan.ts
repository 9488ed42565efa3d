/** Checks that a plan hangs together: every column an expression uses is produced below it, or by an enclosing query. */
import { EngineError, SQLSTATE } from '../errors.js'
import { columnIdsOf, columnsOf } from './logical-plan.js'
import type { LogicalPlan } from './logical-plan.js'
import { freeColumnsOf } from './used-columns.js'
import { visitPlans } from './walk-plans.js'

/** Throws XX000 when a whole statement's plan uses a column that nothing produces, or gives one id twice. */
export function validatePlan(plan: LogicalPlan): void {
  const free = freeColumnsOf(plan)
  if (free.size > 0) broken(`Plan uses columns that nothing produces: ${[...free].join(', ')}`)
  visitPlans(plan, (node) => {
    const columns = columnsOf(node)
    if (columnIdsOf(node).size !== columns.length) {
      broken(
        `Plan node produces a column twice: ${node.kind} ${columns.map((c) => c.id).join(', ')}`,
      )
    }
  })
}

/** Throws XX000 when a rewrite changed the output columns of a node or made it use columns it did not use before. */
export function checkRewrite(rule: string, before: LogicalPlan, after: LogicalPlan): void {
  const ids = (node: LogicalPlan) =>
    columnsOf(node)
      .map((column) => `${column.id}:${column.type.oid}`)
      .join(' ')
  if (ids(before) !== ids(after)) {
    broken(`Rule ${rule} changed the columns of a node: ${ids(before)} became ${ids(after)}`)
  }
  const allowed = freeColumnsOf(before)
  for (const id of freeColumnsOf(after)) {
    if (!allowed.has(id)) broken(`Rule ${rule} uses a column that nothing produces: ${id}`)
  }
  visitPlans(after, (node) => {
    const columns = columnsOf(node)
    if (columnIdsOf(node).size !== columns.length) {
      broken(`Rule ${rule} produces a column twice: ${node.kind}`)
    }
  })
}

function broken(message: string): never {
  throw new EngineError(SQLSTATE.internalError, message, { category: 'internal' })
}
