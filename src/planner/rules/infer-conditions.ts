/**
 * Carries conditions against constants across equalities of joins: from `a.x = b.y AND a.x = 5` follows `b.y = 5`, so both
 * sources send only what can match. Holds for =, <, <=, >, >=, IN and = ANY over one column of the same type.
 *
 * Tempting and wrong: any predicate over the column. Equal values need not print alike: from `a.n = b.n AND a.n::text = '1.0'`
 * nothing follows for b.n = 1.00. Across an outer join conditions travel from the preserved side only, and never out of NOT IN.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunctsOf, expressionKey } from '../expression-traversal.js'
import { asEquality, isEqualityFunction, isRowIndependent } from '../expression-properties.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { substituteColumns } from '../used-columns.js'
import { addFilter } from './push-filter.js'
import type { Rule } from '../rewrite.js'

export const inferConditions: Rule = {
  name: 'infer-conditions',
  kinds: ['join'],
  apply(node, { inferred }) {
    if (node.kind !== 'join' || node.condition === undefined || node.lateral) return undefined
    const { toLeft, toRight } = directions(node)
    if (!toLeft && !toRight) return undefined
    const leftIds = columnIdsOf(node.left)
    const knownLeft = toRight ? knownConditions(node.left) : []
    const knownRight = toLeft ? knownConditions(node.right) : []
    const forLeft: Expression[] = []
    const forRight: Expression[] = []
    for (const conjunct of conjunctsOf(node.condition)) {
      const pair = columnPair(conjunct, leftIds)
      if (pair === undefined) continue
      carry(knownLeft, pair.left, pair.right, knownRight, inferred, forRight)
      carry(knownRight, pair.right, pair.left, knownLeft, inferred, forLeft)
    }
    if (forLeft.length === 0 && forRight.length === 0) return undefined
    return {
      ...node,
      left: addFilter(node.left, forLeft),
      right: addFilter(node.right, forRight),
    }
  },
}

type ColumnPart = Extract<Expression, { kind: 'column' }>

function directions(node: JoinNode): { toLeft: boolean; toRight: boolean } {
  switch (node.joinType) {
    case 'inner':
    case 'semi':
      return { toLeft: true, toRight: true }
    case 'left':
      return { toLeft: false, toRight: true }
    case 'right':
      return { toLeft: true, toRight: false }
    case 'anti':
      return { toLeft: false, toRight: node.nullAware !== true }
    case 'full':
    case 'mark':
      return { toLeft: false, toRight: false }
  }
}

/** Both sides of an equality of one type between plain columns. */
function columnPair(
  conjunct: Expression,
  leftIds: ReadonlySet<ColumnId>,
): { left: ColumnPart; right: ColumnPart } | undefined {
  const equality = asEquality(conjunct)
  if (equality === undefined || !isEqualityFunction(equality.function, false)) return undefined
  const [a, b] = equality.arguments.map(unwrap)
  if (a?.kind !== 'column' || b?.kind !== 'column' || a.type.oid !== b.type.oid) return undefined
  if (leftIds.has(a.id) === leftIds.has(b.id)) return undefined
  return leftIds.has(a.id) ? { left: a, right: b } : { left: b, right: a }
}

/** varchar columns are compared as text through a relabel. */
function unwrap(expression: Expression): Expression {
  return expression.kind === 'relabel' ? expression.argument : expression
}

function carry(
  known: readonly Expression[],
  from: ColumnPart,
  to: ColumnPart,
  knownThere: readonly Expression[],
  inferred: Set<string>,
  found: Expression[],
): void {
  for (const condition of known) {
    if (comparedColumn(condition) !== from.id) continue
    const carried = substituteColumns(condition, new Map([[from.id, to]]))
    const key = expressionKey(carried)
    if (inferred.has(key)) continue
    inferred.add(key)
    if (!knownThere.some((other) => expressionKey(other) === key)) found.push(carried)
  }
}

const COMPARISONS = new Set(['=', '<', '<=', '>', '>='])

/** The column that a condition compares with something fixed. */
function comparedColumn(condition: Expression): ColumnId | undefined {
  let sides: readonly [Expression | undefined, Expression | undefined]
  if (condition.kind === 'call' && COMPARISONS.has(condition.operator ?? '')) {
    if (condition.function.schema !== 'pg_catalog') return undefined
    sides = [condition.arguments[0], condition.arguments[1]]
  } else if (condition.kind === 'array-comparison') {
    if (condition.operator !== '=' || condition.quantifier !== 'any') return undefined
    sides = [condition.left, condition.right]
  } else return undefined
  const [a, b] = [sides[0] && unwrap(sides[0]), sides[1] && unwrap(sides[1])]
  if (a?.kind === 'column' && b !== undefined && isRowIndependent(b)) return a.id
  if (b?.kind === 'column' && a !== undefined && isRowIndependent(a)) return b.id
  return undefined
}

const memo = new WeakMap<LogicalPlan, readonly Expression[]>()

/** Conditions over its output columns that hold for every row of a plan. */
export function knownConditions(node: LogicalPlan): readonly Expression[] {
  let known = memo.get(node)
  if (known === undefined) {
    known = findKnown(node)
    memo.set(node, known)
  }
  return known
}

function findKnown(node: LogicalPlan): readonly Expression[] {
  switch (node.kind) {
    case 'filter':
      return [...conjunctsOf(node.condition), ...knownConditions(node.input)]
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'distinct-on':
    case 'window':
      return knownConditions(node.input)
    case 'project':
    case 'aggregate': {
      if (node.kind === 'aggregate' && (node.groups.length === 0 || node.groupingSets)) return []
      const passed = new Map<ColumnId, Expression>()
      for (const { column, expression } of node.kind === 'project'
        ? node.expressions
        : node.groups) {
        if (expression.kind !== 'column') continue
        passed.set(expression.id, { ...expression, id: column.id, name: column.name })
      }
      return knownConditions(node.input).flatMap((condition) => {
        const id = comparedColumn(condition)
        return id !== undefined && passed.has(id) ? [substituteColumns(condition, passed)] : []
      })
    }
    case 'join':
      switch (node.joinType) {
        case 'inner':
          return [
            ...knownConditions(node.left),
            ...knownConditions(node.right),
            ...conjunctsOf(node.condition),
          ]
        case 'left':
        case 'semi':
        case 'anti':
        case 'mark':
          return knownConditions(node.left)
        case 'right':
          return knownConditions(node.right)
        case 'full':
          return []
      }
      break
    default:
      return []
  }
}
