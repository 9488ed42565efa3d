/** Compiles conditions into matches: of the query language where a field is compared with a value, else as `$expr`. */
import type { Expression } from '../../expressions/expression.js'
import { comparisonOperator } from '../files/comparisons.js'
import {
  boundComparison,
  boundOf,
  checkCollation,
  compileTruth,
  isLike,
  likeTestOf,
  listTestOf,
} from './compile-expression.js'
import { allOf, anyOf, noneOf, type JsonObject } from './json.js'
import { matchTests, nullMatch, type MatchTarget } from './match-tests.js'
import { place, type Bound, type ValueTest } from './placeholder.js'
import type { Binding, Scope } from './scope.js'
import { valueTests, type Operator } from './value-tests.js'

const NEGATED: Readonly<Record<Operator, Operator>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

/** Compiles the match of the documents for which a condition is true, or for which it is false. */
export function compileMatch(expression: Expression, wanted: boolean, scope: Scope): JsonObject {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const list = expression.arguments.map((part) => compileMatch(part, wanted, scope))
      return (expression.kind === 'and') === wanted ? allOf(list) : anyOf(list)
    }
    case 'not':
      return compileMatch(expression.argument, !wanted, scope)
    case 'distinct': {
      const [left, right] = expression.arguments
      const value = boundComparison('=', left, right)?.value
      if (value?.kind !== 'constant' || value.value === null) break
      const equal = compareMatch('=', left, right, expression.collation, scope)
      if (equal === undefined) break
      return wanted ? noneOf([equal]) : equal
    }
    default:
      break
  }
  return fieldMatch(expression, wanted, scope) ?? { $expr: compileTruth(expression, wanted, scope) }
}

/** A condition on one field. */
function fieldMatch(expression: Expression, wanted: boolean, scope: Scope): JsonObject | undefined {
  switch (expression.kind) {
    case 'column': {
      const { target } = scope.binding(expression.id, expression)
      if (target?.families[0] !== 'boolean') return undefined
      return matchTests(target, [['boolean', valueTests('boolean', '=', wanted ? 't' : 'f')]])
    }
    case 'is-null': {
      if (expression.argument.kind !== 'column') return undefined
      const binding = scope.binding(expression.argument.id, expression.argument)
      const target = binding.nullTarget ?? binding.target
      if (target === undefined) return undefined
      const isNull = nullMatch(target, binding.straysAreNull)
      return expression.negated === wanted ? noneOf([isNull]) : isNull
    }
    case 'array-comparison': {
      const target = targetOf(expression.left, scope)
      if (target === undefined) return undefined
      return placed(target, listTestOf(expression, wanted), scope.bound(expression.right))
    }
    case 'call': {
      const [left, right] = expression.arguments
      if (left === undefined || right === undefined) return undefined
      if (isLike(expression)) {
        const target = targetOf(left, scope)
        if (target === undefined || target.families.join() !== 'text') return undefined
        return placed(target, likeTestOf(expression, wanted), scope.bound(right))
      }
      const operator = comparisonOperator(expression.function.name) as Operator | undefined
      if (operator === undefined) return undefined
      const asked = wanted ? operator : NEGATED[operator]
      return compareMatch(asked, left, right, expression.collation, scope)
    }
    default:
      return undefined
  }
}

function compareMatch(
  operator: Operator,
  left: Expression,
  right: Expression,
  collation: string,
  scope: Scope,
): JsonObject | undefined {
  const known = boundComparison(operator, left, right)
  if (known === undefined) return undefined
  const target = targetOf(known.subject, scope)
  if (target === undefined) return undefined
  checkCollation(known.subject, collation)
  const bound = boundOf(known.value, target.families[0]!, scope)
  return placed(target, { kind: 'compare', operator: known.operator }, bound)
}

function placed(target: MatchTarget, test: ValueTest, bound: Bound): JsonObject {
  return place({ use: 'match', target, test }, bound) as JsonObject
}

/** The field that an expression is, unchanged. */
function targetOf(expression: Expression, scope: Scope): MatchTarget | undefined {
  const origin = expression.kind === 'relabel' ? expression.argument : expression
  if (origin.kind !== 'column') return undefined
  const binding: Binding = scope.binding(origin.id, origin)
  return binding.target !== undefined && binding.target.families.length > 0
    ? binding.target
    : undefined
}
