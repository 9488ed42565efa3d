/**
 * Tidies conditions: flattens AND and OR, drops TRUE and FALSE, takes what all branches of an OR share in front of it
 * (`(a AND b) OR (a AND c)` is `a AND (b OR c)`), removes filters that let everything through and replaces what lets nothing
 * through by no rows. Shared conjuncts then become join keys or go to a source.
 *
 * Tempting and wrong: treating NULL as FALSE anywhere but at the top. `NOT (NULL AND x)` is not `NOT FALSE`. Only
 * the whole condition of a filter may be read so.
 */
import type { Expression } from '../../expressions/expression.js'
import {
  conjunction,
  conjunctsOf,
  expressionKey,
  FALSE,
  isBooleanConstant,
  rewriteExpression,
  TRUE,
} from '../expression-traversal.js'
import { isVolatile } from '../expression-properties.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { mapExpressions } from '../plan-traversal.js'
import type { Rule } from '../rewrite.js'

export const simplifyConditions: Rule = {
  name: 'simplify-conditions',
  apply(node) {
    const next = mapExpressions(node, tidied)
    if (next.kind === 'filter') {
      const { condition } = next
      if (isBooleanConstant(condition, 't')) return next.input
      if (isNeverTrue(condition)) return noRows(next)
      const conjuncts = conjunctsOf(condition)
      if (conjuncts.some(isNeverTrue) && !conjuncts.some(isVolatile)) return noRows(next)
    }
    if (next.kind === 'join' && next.condition && isBooleanConstant(next.condition, 't')) {
      return { ...next, condition: undefined }
    }
    if (next.kind === 'limit') {
      // LIMIT NULL and OFFSET 0 are as good as none.
      const limit = isNull(next.limit) ? undefined : next.limit
      const offset = isNull(next.offset) || isZero(next.offset) ? undefined : next.offset
      if (limit === undefined && offset === undefined) return next.input
      if (limit !== next.limit || offset !== next.offset) return { ...next, limit, offset }
    }
    return next === node ? undefined : next
  },
}

/** Expressions in which there is nothing to tidy: phases and passes ask about the same ones again and again. */
const tidy = new WeakSet<Expression>()

function tidied(expression: Expression): Expression {
  if (tidy.has(expression)) return expression
  const result = rewriteExpression(expression, tidyOne)
  if (result === expression) tidy.add(expression)
  return result
}

/** A node's columns without rows. */
export function noRows(node: LogicalPlan): LogicalPlan {
  return { kind: 'values', columns: columnsOf(node), rows: [] }
}

function isNull(expression: Expression | undefined): boolean {
  return expression?.kind === 'constant' && expression.value === null
}

/** Tells whether a bound of LIMIT is the constant zero. */
export function isZero(bound: Expression | undefined): boolean {
  return bound?.kind === 'constant' && bound.value === '0'
}

function isNeverTrue(condition: Expression): boolean {
  return condition.kind === 'constant' && condition.value !== 't'
}

function tidyOne(expression: Expression): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return tidyJunction(expression)
    case 'not': {
      const { argument } = expression
      if (argument.kind === 'not') return argument.argument
      if (isBooleanConstant(argument, 't')) return FALSE
      if (isBooleanConstant(argument, 'f')) return TRUE
      if (argument.kind === 'is-null') return { ...argument, negated: !argument.negated }
      return expression
    }
    default:
      return expression
  }
}

function tidyJunction(expression: Extract<Expression, { kind: 'and' | 'or' }>): Expression {
  const [neutral, absorbing] =
    expression.kind === 'and' ? (['t', 'f'] as const) : (['f', 't'] as const)
  const flat = expression.arguments.flatMap((argument) =>
    argument.kind === expression.kind ? argument.arguments : [argument],
  )
  if (flat.some((a) => isBooleanConstant(a, absorbing)) && !flat.some(isVolatile)) {
    return absorbing === 'f' ? FALSE : TRUE
  }
  const seen = new Set<string>()
  const kept = flat.filter((argument) => {
    if (isBooleanConstant(argument, neutral)) return false
    if (isVolatile(argument)) return true
    const key = expressionKey(argument)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
  const [only] = kept
  if (only === undefined) return neutral === 't' ? TRUE : FALSE
  if (kept.length === 1) return only
  if (expression.kind === 'or') {
    const factored = factorOut(kept)
    if (factored !== undefined) return factored
  }
  return kept.length === expression.arguments.length
    ? expression
    : { ...expression, arguments: kept }
}

/** (a AND b) OR (a AND c) as a AND (b OR c). */
function factorOut(branches: readonly Expression[]): Expression | undefined {
  const split = branches.map((branch) => conjunctsOf(branch))
  const [first, ...rest] = split
  if (first === undefined || rest.length === 0) return undefined
  const keysOfRest = rest.map((conjuncts) => new Set(conjuncts.map(expressionKey)))
  const shared = first.filter(
    (conjunct) =>
      !isVolatile(conjunct) && keysOfRest.every((keys) => keys.has(expressionKey(conjunct))),
  )
  if (shared.length === 0) return undefined
  const sharedKeys = new Set(shared.map(expressionKey))
  const remainders = split.map((conjuncts) =>
    conjunction(conjuncts.filter((conjunct) => !sharedKeys.has(expressionKey(conjunct)))),
  )
  const remaining: Expression[] = []
  for (const remainder of remainders) {
    // A branch with nothing left is implied by the shared part: a OR (a AND c) is a.
    if (remainder === undefined) return conjunction(shared)
    remaining.push(remainder)
  }
  return conjunction([...shared, { kind: 'or', arguments: remaining, type: TRUE.type }])
}
