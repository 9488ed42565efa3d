/**
 * Computes what only the catalog can answer about columns of its own tables (`has_table_privilege(c.oid, 'select')`) right above those
 * tables, below their joins with other sources: it goes along in the statement that reads them.
 *
 * Tempting and wrong: a side that an outer join fills with NULLs, unless the function makes NULL of NULL.
 */
import { CATALOG_SOURCE, isCatalogQuestion } from '../../expressions/catalog-functions.js'
import type { Column, Expression } from '../../expressions/expression.js'
import {
  columnReference,
  rewriteExpression,
  sameExpression,
  somePart,
  hasSubquery,
} from '../expression-traversal.js'
import { usesOnly } from '../expression-properties.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { expressionsOf, mapExpressions } from '../plan-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import type { Rule } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import { arrange } from './prune-columns.js'

export const askCatalogEarly: Rule = {
  name: 'ask-catalog-early',
  apply(node, { siteOf, ids }) {
    if (!('input' in node) || node.kind === 'view') return undefined
    const site = siteOf(CATALOG_SOURCE)
    const isOfCatalog = (plan: LogicalPlan) => siteOfPlan(plan, siteOf) === site
    for (const question of questionsOf(node)) {
      if (isOfCatalog(node.input)) return undefined
      const column = { id: ids.next(), name: 'answer', type: question.type }
      const input = placed(node.input, question, column, isOfCatalog)
      if (input === undefined) continue
      const asked = mapExpressions({ ...node, input }, (expression) =>
        rewriteExpression(expression, (part) =>
          sameExpression(part, question) ? columnReference(column) : part,
        ),
      )
      return arrange(asked, columnsOf(node))
    }
    return undefined
  },
}

/** The calls about columns in a node's expressions. */
function questionsOf(node: LogicalPlan): readonly Expression[] {
  const found: Expression[] = []
  for (const expression of expressionsOf(node)) {
    somePart(expression, (part) => {
      if (!isCatalogQuestion(part)) return false
      if (usedColumnsOf(part).size > 0 && !hasSubquery(part)) found.push(part)
      return false
    })
  }
  return found
}

/** The plan with the question as one column more, computed as deep as it may be; undefined: it would meet another source's rows. */
function placed(
  plan: LogicalPlan,
  question: Expression,
  column: Column,
  isOfCatalog: (plan: LogicalPlan) => boolean,
): LogicalPlan | undefined {
  if (isOfCatalog(plan)) {
    const passed = columnsOf(plan).map((c) => ({ column: c, expression: columnReference(c) }))
    return {
      kind: 'project',
      input: plan,
      expressions: [...passed, { column, expression: question }],
    }
  }
  if (plan.kind === 'filter' || plan.kind === 'sort') {
    const input = placed(plan.input, question, column, isOfCatalog)
    return input === undefined ? undefined : { ...plan, input }
  }
  if (plan.kind !== 'join' || plan.lateral) return undefined
  for (const side of ['left', 'right'] as const) {
    if (!usesOnly(question, columnIdsOf(plan[side]))) continue
    const isFilled =
      plan.joinType === 'full' || plan.joinType === (side === 'left' ? 'right' : 'left')
    if (isFilled && !isStrict(question)) return undefined
    const input = placed(plan[side], question, column, isOfCatalog)
    return input === undefined ? undefined : { ...plan, [side]: input }
  }
  return undefined
}

/** Casts make NULL of NULL. */
function isStrict(question: Expression): boolean {
  return question.kind !== 'call' || question.function.strict
}
