/** Which columns expressions and plans use, and others in their place; those that subqueries use from outside included. */
import type { ColumnId, Expression } from '../expressions/expression.js'
import { argumentsOf, mapArguments } from './expression-traversal.js'
import { columnIdsOf } from './logical-plan.js'
import type { LogicalPlan } from './logical-plan.js'
import { expressionsOf, logicalInputsOf, mapExpressions, mapInputs } from './plan-traversal.js'

const freeColumnsCache = new WeakMap<LogicalPlan, ReadonlySet<ColumnId>>()

/** The columns of enclosing queries that a plan uses. */
export function freeColumnsOf(node: LogicalPlan): ReadonlySet<ColumnId> {
  const known = freeColumnsCache.get(node)
  if (known !== undefined) return known
  const free = new Set<ColumnId>()
  const inputs = logicalInputsOf(node)
  for (const expression of expressionsOf(node)) addUsedColumns(expression, free)
  if (free.size > 0)
    for (const input of inputs) for (const id of columnIdsOf(input)) free.delete(id)
  inputs.forEach((input, index) => {
    const ownLeft =
      node.kind === 'join' && node.lateral && index === 1 ? columnIdsOf(node.left) : undefined
    for (const id of freeColumnsOf(input)) if (!ownLeft?.has(id)) free.add(id)
  })
  freeColumnsCache.set(node, free)
  return free
}

const usedColumnsCache = new WeakMap<Expression, ReadonlySet<ColumnId>>()

/** The columns an expression uses, those used by its subqueries from outside included. */
export function columnsUsedBy(expression: Expression): ReadonlySet<ColumnId> {
  let known = usedColumnsCache.get(expression)
  if (known === undefined) {
    const used = new Set<ColumnId>()
    collectUsedColumns(expression, used)
    known = used
    usedColumnsCache.set(expression, known)
  }
  return known
}

/** The columns that any of the expressions uses: a set of the caller's own. */
export function usedColumnsOf(...expressions: readonly Expression[]): Set<ColumnId> {
  const used = new Set<ColumnId>()
  for (const expression of expressions) addUsedColumns(expression, used)
  return used
}

function addUsedColumns(expression: Expression, used: Set<ColumnId>): void {
  if (expression.kind === 'column') used.add(expression.id)
  else if (expression.kind !== 'constant' && expression.kind !== 'parameter') {
    for (const id of columnsUsedBy(expression)) used.add(id)
  }
}

function collectUsedColumns(expression: Expression, used: Set<ColumnId>): void {
  switch (expression.kind) {
    case 'column':
      used.add(expression.id)
      return
    case 'subquery': {
      for (const id of freeColumnsOf(expression.plan)) used.add(id)
      if (expression.test !== undefined) {
        const inTest = usedColumnsOf(expression.test)
        for (const id of columnIdsOf(expression.plan)) inTest.delete(id)
        for (const id of inTest) used.add(id)
      }
      return
    }
    case 'array-cast': {
      collectUsedColumns(expression.argument, used)
      const inElement = usedColumnsOf(expression.element)
      inElement.delete(expression.placeholder)
      for (const id of inElement) used.add(id)
      return
    }
    default:
      for (const argument of argumentsOf(expression)) collectUsedColumns(argument, used)
  }
}

/** Replaces columns by expressions, in subqueries' plans too. */
export function substituteColumns(
  expression: Expression,
  replacements: ReadonlyMap<ColumnId, Expression>,
): Expression {
  if (replacements.size === 0) return expression
  if (expression.kind === 'column') return replacements.get(expression.id) ?? expression
  const mapped = mapArguments(expression, (argument) => substituteColumns(argument, replacements))
  if (mapped.kind !== 'subquery') return mapped
  const plan = substituteInPlan(mapped.plan, replacements)
  return plan === mapped.plan ? mapped : { ...mapped, plan }
}

/** Replaces columns that a plan uses from outside by expressions. */
export function substituteInPlan(
  plan: LogicalPlan,
  replacements: ReadonlyMap<ColumnId, Expression>,
): LogicalPlan {
  const free = freeColumnsOf(plan)
  let touched = false
  for (const id of replacements.keys()) if (free.has(id)) touched = true
  if (!touched) return plan
  return mapExpressions(
    mapInputs(plan, (input) => substituteInPlan(input, replacements)),
    (expression) => substituteColumns(expression, replacements),
  )
}
