/** Walking and rebuilding expressions. Nothing here descends into the plan of a subquery: plan-traversal.ts does. */
import { assertNever } from '../errors.js'
import type { Column, ColumnExpression, ColumnId, Expression } from '../expressions/expression.js'
import { OID, sqlType } from '../types/sql-type.js'

const BOOLEAN = sqlType(OID.bool)

export const TRUE: Expression = { kind: 'constant', value: 't', type: BOOLEAN }
export const FALSE: Expression = { kind: 'constant', value: 'f', type: BOOLEAN }

/** Refers to a column. */
export function columnReference(column: Column): ColumnExpression {
  return { kind: 'column', id: column.id, name: column.name, type: column.type }
}

/** Tells whether an expression is the boolean constant given. */
export function isBooleanConstant(expression: Expression, value: 't' | 'f'): boolean {
  return (
    expression.kind === 'constant' && expression.type.oid === OID.bool && expression.value === value
  )
}

/** Splits a condition into the parts that AND joins; TRUE has none. */
export function conjunctsOf(condition: Expression | undefined): Expression[] {
  if (condition === undefined || isBooleanConstant(condition, 't')) return []
  return condition.kind === 'and' ? condition.arguments.flatMap(conjunctsOf) : [condition]
}

/** Joins conditions by AND; none gives undefined (true). */
export function conjunction(conditions: readonly Expression[]): Expression | undefined {
  const [first] = conditions
  if (first === undefined || conditions.length === 1) return first
  return { kind: 'and', arguments: conditions, type: BOOLEAN }
}

/** Negates a condition. */
export function negation(argument: Expression): Expression {
  return argument.kind === 'not' ? argument.argument : { kind: 'not', argument, type: BOOLEAN }
}

/** Turns NULL into false. */
export function isTrue(argument: Expression): Expression {
  return { kind: 'boolean-test', argument, test: 'true', type: BOOLEAN }
}

/** The direct arguments of an expression, in order. */
export function argumentsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
    case 'sql-value':
      return []
    case 'call':
    case 'and':
    case 'or':
    case 'distinct':
    case 'null-if':
    case 'coalesce':
    case 'min-max':
      return expression.arguments
    case 'not':
    case 'is-null':
    case 'boolean-test':
    case 'relabel':
    case 'io-cast':
      return [expression.argument]
    case 'array-cast':
      return [expression.argument, expression.element]
    case 'case':
      return [
        ...expression.branches.flatMap((branch) => [branch.condition, branch.result]),
        expression.otherwise,
      ]
    case 'array-comparison':
      return [expression.left, expression.right]
    case 'array':
      return expression.elements
    case 'row':
      return expression.fields
    case 'row-comparison':
      return [...expression.left, ...expression.right]
    case 'subscript':
      return [expression.argument, ...expression.upper, ...expression.lower].filter(
        (part) => part !== null,
      )
    case 'subquery':
      return expression.test === undefined ? [] : [expression.test]
    default:
      return assertNever(expression)
  }
}

/** Rebuilds an expression with its direct arguments mapped; the same object when none changed. */
export function mapArguments(
  expression: Expression,
  map: (argument: Expression) => Expression,
): Expression {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
    case 'sql-value':
      return expression
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'min-max': {
      const mapped = mapList(expression.arguments, map)
      return mapped === expression.arguments ? expression : { ...expression, arguments: mapped }
    }
    case 'distinct':
    case 'null-if': {
      const [left, right] = expression.arguments
      const [newLeft, newRight] = [map(left), map(right)]
      if (newLeft === left && newRight === right) return expression
      return { ...expression, arguments: [newLeft, newRight] }
    }
    case 'not':
    case 'is-null':
    case 'boolean-test':
    case 'relabel':
    case 'io-cast': {
      const argument = map(expression.argument)
      return argument === expression.argument ? expression : { ...expression, argument }
    }
    case 'array-cast': {
      const argument = map(expression.argument)
      const element = map(expression.element)
      if (argument === expression.argument && element === expression.element) return expression
      return { ...expression, argument, element }
    }
    case 'case': {
      const branches = expression.branches.map((branch) => {
        const condition = map(branch.condition)
        const result = map(branch.result)
        const same = condition === branch.condition && result === branch.result
        return same ? branch : { condition, result }
      })
      const otherwise = map(expression.otherwise)
      const same =
        otherwise === expression.otherwise &&
        branches.every((branch, index) => branch === expression.branches[index])
      return same ? expression : { ...expression, branches, otherwise }
    }
    case 'array-comparison': {
      const left = map(expression.left)
      const right = map(expression.right)
      if (left === expression.left && right === expression.right) return expression
      return { ...expression, left, right }
    }
    case 'array': {
      const elements = mapList(expression.elements, map)
      return elements === expression.elements ? expression : { ...expression, elements }
    }
    case 'row': {
      const fields = mapList(expression.fields, map)
      return fields === expression.fields ? expression : { ...expression, fields }
    }
    case 'row-comparison': {
      const left = mapList(expression.left, map)
      const right = mapList(expression.right, map)
      if (left === expression.left && right === expression.right) return expression
      return { ...expression, left, right }
    }
    case 'subscript': {
      const mapBound = (part: Expression | null) => (part === null ? null : map(part))
      const argument = map(expression.argument)
      const upper = mapList(expression.upper, mapBound)
      const lower = mapList(expression.lower, mapBound)
      const same =
        argument === expression.argument && upper === expression.upper && lower === expression.lower
      return same ? expression : { ...expression, argument, upper, lower }
    }
    case 'subquery': {
      if (expression.test === undefined) return expression
      const test = map(expression.test)
      return test === expression.test ? expression : { ...expression, test }
    }
    default:
      return assertNever(expression)
  }
}

/** Maps a list; the same array when nothing changed. */
export function mapList<T>(list: readonly T[], map: (item: T) => T): readonly T[] {
  let changed = false
  const mapped = list.map((item) => {
    const result = map(item)
    if (result !== item) changed = true
    return result
  })
  return changed ? mapped : list
}

/** Rebuilds an expression from its leaves up. */
export function rewriteExpression(
  expression: Expression,
  map: (expression: Expression) => Expression,
): Expression {
  return map(mapArguments(expression, (argument) => rewriteExpression(argument, map)))
}

/** Tells whether any part of an expression answers the question. */
export function somePart(expression: Expression, question: (part: Expression) => boolean): boolean {
  return question(expression) || argumentsOf(expression).some((part) => somePart(part, question))
}

const subqueryMemo = new WeakMap<Expression, boolean>()

/** Tells whether an expression holds a subquery. */
export function hasSubquery(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return false
    case 'subquery':
      return true
    default: {
      let known = subqueryMemo.get(expression)
      if (known === undefined) {
        known = argumentsOf(expression).some(hasSubquery)
        subqueryMemo.set(expression, known)
      }
      return known
    }
  }
}

/** Replaces columns by expressions, outside subqueries' plans. */
export function replaceColumns(
  expression: Expression,
  replacements: ReadonlyMap<ColumnId, Expression>,
): Expression {
  if (expression.kind === 'column') return replacements.get(expression.id) ?? expression
  return mapArguments(expression, (argument) => replaceColumns(argument, replacements))
}

/** Compares two expressions by structure; names of columns do not count. */
export function sameExpression(a: Expression, b: Expression): boolean {
  return a === b || expressionKey(a) === expressionKey(b)
}

const keys = new WeakMap<Expression, string>()

/** A text equal for expressions that mean the same computation over the same columns. */
export function expressionKey(expression: Expression): string {
  let key = keys.get(expression)
  if (key === undefined) {
    key = JSON.stringify(expression, (name: string, value: unknown) =>
      name === 'name' || name === 'form' || name === 'implicit' ? undefined : value,
    )
    keys.set(expression, key)
  }
  return key
}
