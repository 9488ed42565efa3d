/**
 * Finds conjuncts that cannot hold together, and drops what is impossible from IN lists: `x = 4 AND x = 5`, `x > 100 AND x < 50`,
 * `x IN (1, 9) AND x > 5` (which is x = 9), and IS NULL of a column that never is. What cannot have rows asks no source.
 *
 * Tempting and wrong: reading the texts of constants. 1.0 and 1.00 are equal numerics and different texts, so the comparisons
 * themselves are computed here. A conjunct that is NULL is not true, and that is all a filter asks.
 */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type {
  CallExpression,
  ConstantExpression,
  Expression,
} from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import {
  conjunction,
  conjunctsOf,
  expressionKey,
  rewriteExpression,
} from '../expression-traversal.js'
import { isNeverNull } from '../keys.js'
import type { Rule } from '../rewrite.js'
import { noRows } from './simplify-conditions.js'

export const findContradictions: Rule = {
  name: 'find-contradictions',
  kinds: ['filter'],
  apply(node, { estimator }) {
    if (node.kind !== 'filter') return undefined
    const conjuncts = conjunctsOf(node.condition)
    for (const conjunct of conjuncts) {
      if (conjunct.kind !== 'is-null' || conjunct.negated) continue
      const { argument } = conjunct
      if (argument.kind !== 'column') continue
      if (isNeverNull(node.input, argument.id, estimator.tableOf)) return noRows(node)
    }
    const bySubject = new Map<string, Bound[]>()
    for (const conjunct of conjuncts) {
      const bound = boundOf(conjunct)
      if (bound === undefined) continue
      const key = expressionKey(bound.subject)
      bySubject.set(key, [...(bySubject.get(key) ?? []), bound])
    }
    const replaced = new Map<Expression, Expression>()
    for (const bounds of bySubject.values()) {
      if (bounds.length < 2) continue
      if (bounds.some((a) => bounds.some((b) => a !== b && exclude(a, b)))) return noRows(node)
      for (const list of bounds) {
        const shorter = shortened(list, bounds)
        if (shorter === 'none') return noRows(node)
        if (shorter !== undefined) replaced.set(list.conjunct, shorter)
      }
    }
    if (replaced.size === 0) return undefined
    const condition = conjunction(conjuncts.map((conjunct) => replaced.get(conjunct) ?? conjunct))!
    return { ...node, condition }
  },
}

type Direction = 'equal' | 'below' | 'above' | 'one-of' | 'not'

/** A conjunct that compares a subject with constants of its own type. */
interface Bound {
  readonly conjunct: Expression
  readonly subject: Expression
  readonly direction: Direction
  readonly values: readonly ConstantExpression[]
}

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  ...{ '=': 'equal', '<': 'below', '<=': 'below', '>': 'above', '>=': 'above', '<>': 'not' },
}
const MIRRORED: Readonly<Record<string, Direction>> = { below: 'above', above: 'below' }

function boundOf(conjunct: Expression): Bound | undefined {
  if (conjunct.kind === 'array-comparison') {
    const { left, right, operator, quantifier } = conjunct
    if (operator !== '=' || quantifier !== 'any' || right.kind !== 'array') return undefined
    const values = right.elements.filter((e) => e.kind === 'constant' && isOfType(e, left))
    if (values.length < right.elements.length || !isColumn(left)) return undefined
    return {
      ...{ conjunct, subject: left, direction: 'one-of' },
      values: values as ConstantExpression[],
    }
  }
  if (conjunct.kind !== 'call' || conjunct.function.schema !== 'pg_catalog') return undefined
  const direction = DIRECTIONS[conjunct.operator ?? '']
  const [a, b] = conjunct.arguments
  if (direction === undefined || a === undefined || b === undefined) return undefined
  if (isColumn(a) && b.kind === 'constant' && isOfType(b, a)) {
    return { conjunct, subject: a, direction, values: [b] }
  }
  if (isColumn(b) && a.kind === 'constant' && isOfType(a, b)) {
    return { conjunct, subject: b, direction: MIRRORED[direction] ?? direction, values: [a] }
  }
  return undefined
}

function isColumn(expression: Expression): boolean {
  return (
    expression.kind === 'column' || (expression.kind === 'relabel' && isColumn(expression.argument))
  )
}

function isOfType(constant: Expression, subject: Expression): boolean {
  return (
    constant.kind === 'constant' &&
    constant.value !== null &&
    constant.type.oid === subject.type.oid
  )
}

/** Tells whether two bounds of one subject leave no value. */
function exclude(a: Bound, b: Bound): boolean {
  if (a.direction === 'equal') return isFalseAt(b, a.values[0]!)
  // Below u and above l: either says no at the other's end.
  if (a.direction === 'below' && b.direction === 'above') {
    return isFalseAt(b, a.values[0]!) || isFalseAt(a, b.values[0]!)
  }
  return false
}

/** An IN list without the values that another bound rules out. */
function shortened(list: Bound, bounds: readonly Bound[]): Expression | 'none' | undefined {
  if (list.direction !== 'one-of' || list.conjunct.kind !== 'array-comparison') return undefined
  const kept = list.values.filter((value) =>
    bounds.every((bound) => bound === list || !isFalseAt(bound, value)),
  )
  if (kept.length === list.values.length) return undefined
  if (kept.length === 0) return 'none'
  const { conjunct } = list
  const { right } = conjunct
  if (right.kind !== 'array') return undefined
  return { ...conjunct, right: { ...right, elements: kept } }
}

const CONTEXT = {
  ...{ parameters: [], settings: DEFAULT_VALUE_SETTINGS, session: {} },
  ...{ transactionTime: 0, statementTime: 0 },
}

/** Computes a bound's conjunct with a constant for its subject; false or NULL: not true there. */
function isFalseAt(bound: Bound, value: ConstantExpression): boolean {
  const key = expressionKey(bound.subject)
  const at = rewriteExpression(bound.conjunct, (part) =>
    expressionKey(part) === key ? value : part,
  )
  if (!isImmutable(bound.conjunct) || whyNotNative(at) !== undefined) return false
  try {
    return evaluateConstant(at, CONTEXT) !== 't'
  } catch {
    return false
  }
}

function isImmutable(conjunct: Expression): boolean {
  const call = conjunct as CallExpression
  return call.function.volatility === 'immutable'
}
