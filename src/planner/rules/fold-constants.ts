/**
 * Computes immutable expressions over constants once, at planning. What is folded can be pushed to any source.
 *
 * Tempting and wrong: folding what raises an error. `CASE WHEN x = 0 THEN 0 ELSE 1 / 0 END` must not fail before a
 * row asks for it, so an expression whose evaluation throws stays as it is. Stable functions (now(), casts that read TimeZone
 * or DateStyle) are not folded either: a prepared plan outlives their values.
 */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'
import { IMMUTABLE_IN_NAME_ALONE } from '../expression-properties.js'
import { argumentsOf, mapArguments } from '../expression-traversal.js'
import { mapExpressions } from '../plan-traversal.js'
import { PLANNING_CONTEXT } from '../planning-context.js'
import type { Rule } from '../rewrite.js'

export const foldConstants: Rule = {
  name: 'fold-constants',
  apply(node) {
    // A set-returning call is no scalar, and the call in FROM is one by position.
    if (node.kind === 'project-set' || node.kind === 'table-function') return undefined
    const folded = mapExpressions(node, fold)
    return folded === node ? undefined : folded
  },
}

const unfoldable = new WeakSet<Expression>()
const settled = new WeakSet<Expression>()

function fold(expression: Expression): Expression {
  if (settled.has(expression)) return expression
  const inner = mapArguments(expression, fold)
  const result = foldHere(inner)
  settled.add(result)
  return result
}

function foldHere(expression: Expression): Expression {
  if (expression.kind === 'case') return foldCase(expression)
  if (expression.kind === 'array-cast') return foldArrayCast(expression)
  if (expression.kind === 'call') expression = foldWayBack(expression)
  if (!isFoldable(expression) || unfoldable.has(expression)) return expression
  if (whyNotNative(expression) !== undefined) return expression
  try {
    return {
      kind: 'constant',
      value: evaluateConstant(expression, PLANNING_CONTEXT),
      type: expression.type,
    }
  } catch {
    unfoldable.add(expression)
    return expression
  }
}

/**
 * `column IN ('a', 'b')` over varchar casts the array of its values to text[]: a cast that keeps the bytes is made of each element
 * instead, so that dialects see a list.
 */
function foldArrayCast(expression: Extract<Expression, { kind: 'array-cast' }>): Expression {
  const { argument, element, placeholder, type } = expression
  if (argument.kind !== 'array' || argument.multidimensional) return expression
  if (element.kind !== 'relabel') return expression
  if (element.argument.kind !== 'column' || element.argument.id !== placeholder) return expression
  const elements = argument.elements.map((item) => foldHere({ ...element, argument: item }))
  return { ...argument, elements, elementType: element.type, type }
}

/** A whole number that becomes numeric and a whole number again is itself. */
function foldWayBack(call: CallExpression): Expression {
  const [argument] = call.arguments
  if (argument?.kind !== 'call' || argument.function.signature !== 'numeric(int8)') return call
  const isWayBack = call.function.signature === 'int8(numeric)'
  return isWayBack && isBuiltIn(call) && isBuiltIn(argument) ? argument.arguments[0]! : call
}

function isBuiltIn(call: CallExpression): boolean {
  return call.function.schema === 'pg_catalog'
}

/** Drops branches that are never taken and ends at the first that always is. */
function foldCase(expression: Extract<Expression, { kind: 'case' }>): Expression {
  const branches: (typeof expression.branches)[number][] = []
  let { otherwise } = expression
  for (const branch of expression.branches) {
    const { condition } = branch
    if (condition.kind === 'constant' && condition.value !== 't') continue
    if (condition.kind === 'constant') {
      otherwise = branch.result
      break
    }
    branches.push(branch)
  }
  if (branches.length === 0) return otherwise
  if (branches.length === expression.branches.length) return expression
  return { ...expression, branches, otherwise }
}

/** Immutable, and directly over constants: its arguments were folded before. */
function isFoldable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      if (expression.function.volatility !== 'immutable') return false
      if (IMMUTABLE_IN_NAME_ALONE.has(expression.function.signature)) return false
      break
    case 'array-comparison':
    case 'distinct':
    case 'null-if':
      break
    case 'relabel':
    case 'not':
    case 'is-null':
    case 'boolean-test':
    case 'coalesce':
    case 'min-max':
      break
    default:
      // `array` stays: dialects read IN lists from it. I/O casts may depend on settings.
      return false
  }
  return argumentsOf(expression).every(
    (argument) => argument.kind === 'constant' || isListOfConstants(argument, expression),
  )
}

/** `'Home' IN ('Vehicle', 'Boat')`: the list itself stays for dialects to read, what compares it with a constant does not. */
function isListOfConstants(argument: Expression, { kind }: Expression): boolean {
  if (kind !== 'array-comparison' || argument.kind !== 'array') return false
  return argument.elements.every((element) => element.kind === 'constant')
}
