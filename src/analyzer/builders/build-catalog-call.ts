/** Calls that only the catalog's own PostgreSQL can answer, made subqueries of their own that are asked there. */
import { isCatalogQuestion } from '../../expressions/catalog-functions.js'
import type { Expression } from '../../expressions/expression.js'
import { mapArguments, somePart } from '../../planner/expression-traversal.js'
import type { BuildContext } from './build-context.js'

/** What a subquery was made of. */
const asked = new WeakMap<Expression, Expression>()

/**
 * The expression as a scalar subquery, `(SELECT f FROM f(...))`, where it is such a call and its arguments are known before any row is
 * read, or a cast of one (the name of a regclass is the catalog's to say); else as it is.
 */
export function askedOfCatalog(expression: Expression, context: BuildContext): Expression {
  if (!isQuestion(expression)) return expression
  const whole = mapArguments(expression, withoutSubquery)
  if (somePart(whole, (part) => part.kind === 'column' || part.kind === 'subquery')) return whole
  const column = context.newColumn(nameOf(whole), whole.type)
  const subquery: Expression = {
    kind: 'subquery',
    subquery: 'scalar',
    plan: { kind: 'table-function', functions: [{ call: whole, columns: [column] }] },
    type: whole.type,
  }
  asked.set(subquery, whole)
  return subquery
}

function isQuestion(expression: Expression): boolean {
  if (expression.kind === 'call' && expression.function.returnsSet === true) return false
  const isCast = expression.kind === 'io-cast' || expression.kind === 'relabel'
  return isCatalogQuestion(expression) || (isCast && asked.has(expression.argument))
}

function nameOf(expression: Expression): string {
  return expression.kind === 'call' ? expression.function.name : 'value'
}

/** Asks for calls within calls all at once. */
function withoutSubquery(expression: Expression): Expression {
  return asked.get(expression) ?? mapArguments(expression, withoutSubquery)
}
