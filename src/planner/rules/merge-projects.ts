/**
 * Makes one projection of two, removes one that only passes its input through, and lifts renames above joins. Scans,
 * filters and joins then lie next to each other, where the other rules and the join order see them.
 *
 * Tempting and wrong: copying expressions freely. `SELECT x, x FROM (SELECT random() AS x) s` has two equal columns; merged
 * it would have two random numbers. Costly expressions that are used more than once are not copied either.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { columnReference, hasSubquery } from '../expression-traversal.js'
import { countUses, isTrivial, isVolatile } from '../expression-properties.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan, ProjectNode } from '../logical-plan.js'
import { mapProjected } from '../plan-traversal.js'
import { substituteColumns, substituteInPlan } from '../used-columns.js'
import type { Rule } from '../rewrite.js'

export const mergeProjects: Rule = {
  name: 'merge-projects',
  kinds: ['project'],
  apply(node) {
    if (node.kind !== 'project') return undefined
    if (isIdentity(node)) return node.input
    const { input } = node
    if (input.kind !== 'project') return undefined
    const inner = replacementsOf(input)
    const uses = countUses(node.expressions.map((item) => item.expression))
    for (const item of input.expressions) {
      const count = uses.get(item.column.id) ?? 0
      if (isVolatile(item.expression) || hasSubquery(item.expression)) return undefined
      if (count > 1 && !isTrivial(item.expression)) return undefined
    }
    const expressions = mapProjected(node.expressions, (e) => substituteColumns(e, inner))
    return { kind: 'project', input: input.input, expressions }
  },
}

export const liftRenamesAboveJoin: Rule = {
  name: 'lift-renames-above-join',
  kinds: ['join'],
  apply(node) {
    if (node.kind !== 'join') return undefined
    const left = asRename(node.left)
    const right = asRename(node.right)
    if (left === undefined && right === undefined) return undefined
    return lift(node, left, right)
  },
}

/** The columns a projection makes, by id. */
export function replacementsOf(project: ProjectNode): ReadonlyMap<ColumnId, Expression> {
  return new Map(project.expressions.map((item) => [item.column.id, item.expression]))
}

function isIdentity(node: ProjectNode): boolean {
  const produced = columnsOf(node.input)
  return (
    produced.length === node.expressions.length &&
    node.expressions.every(
      ({ column, expression }, index) =>
        expression.kind === 'column' &&
        expression.id === column.id &&
        produced[index]!.id === column.id,
    )
  )
}

function asRename(node: LogicalPlan): ProjectNode | undefined {
  if (node.kind !== 'project') return undefined
  // A lateral side may show an outer column: above an outer join that is not NULL where the side is missing.
  const own = columnIdsOf(node.input)
  const renames = node.expressions.every(
    ({ expression }) => expression.kind === 'column' && own.has(expression.id),
  )
  return renames ? node : undefined
}

const NONE: ReadonlyMap<ColumnId, Expression> = new Map()

function lift(
  node: JoinNode,
  left: ProjectNode | undefined,
  right: ProjectNode | undefined,
): LogicalPlan {
  const replacements = new Map<ColumnId, Expression>([
    ...(left ? replacementsOf(left) : []),
    ...(right ? replacementsOf(right) : []),
  ])
  let { condition } = node
  if (condition) condition = substituteColumns(condition, replacements)
  const join: JoinNode = {
    ...node,
    left: left ? left.input : node.left,
    // A lateral right side may name the left side's columns.
    right: substituteInPlan(right ? right.input : node.right, node.lateral ? replacements : NONE),
    condition,
  }
  return {
    kind: 'project',
    input: join,
    expressions: columnsOf(node).map((column) => ({
      column,
      expression: replacements.get(column.id) ?? columnReference(column),
    })),
  }
}
