/**
 * Turns a lateral join (written, or made of a correlated subquery) into a plain one: not correlated after all, or its
 * correlation lifted into the join's condition (see decorrelate.ts), or a set-returning function of the left row, which is a
 * projection of it. One pass over both sides then replaces a run of the right side per row.
 *
 * Tempting and wrong: see the count bug in decorrelate.ts; and volatile right sides. In
 * `FROM a, LATERAL (SELECT random() AS r WHERE a.x > 0) s` every row draws its own number.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { decorrelate, isCorrelated } from '../decorrelate.js'
import type { Decorrelated } from '../decorrelate.js'
import {
  columnReference,
  conjunction,
  conjunctsOf,
  isTrue,
  replaceColumns,
  TRUE,
} from '../expression-traversal.js'
import { isNullWhenNull, isVolatilePlan } from '../expression-properties.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import type { ColumnIds } from '../column-ids.js'
import { arrange } from './prune-columns.js'
import { addFilter } from './push-filter.js'
import type { Rule } from '../rewrite.js'

export const unnestLateralJoin: Rule = {
  name: 'unnest-lateral-join',
  kinds: ['join'],
  apply(node, { ids }) {
    if (node.kind !== 'join' || !node.lateral) return undefined
    const outer = columnIdsOf(node.left)
    if (!isCorrelated(node.right, outer)) return { ...node, lateral: false }
    if (node.right.kind === 'table-function') return asProjectSet(node)
    if (isVolatilePlan(node.right)) return undefined
    const testsOnly =
      node.joinType === 'semi' || node.joinType === 'anti' || node.joinType === 'mark'
    const wanted = {
      duplicates: testsOnly,
      existence: testsOnly && node.condition === undefined,
    }
    const parts = decorrelate(node.right, outer, wanted, ids)
    if (parts === undefined) return undefined
    return parts.oneRow ? joinOneRow(node, parts) : joinRows(node, parts, ids)
  },
}

const BOOLEAN = sqlType(OID.bool)

/** FROM t, unnest(t.list) AS u: the function is a set-returning part of a projection of t. */
function asProjectSet(node: JoinNode): LogicalPlan | undefined {
  if (node.joinType !== 'inner' || node.right.kind !== 'table-function') return undefined
  const [item, ...others] = node.right.functions
  if (item === undefined || others.length > 0 || node.right.ordinality) return undefined
  const [column, ...columns] = item.columns
  if (column === undefined || columns.length > 0) return undefined
  if (item.call.kind !== 'call' || item.call.type.oid !== column.type.oid) return undefined
  const projected: LogicalPlan = {
    kind: 'project-set',
    input: node.left,
    expressions: [
      ...columnsOf(node.left).map((passed) => ({
        column: passed,
        expression: columnReference(passed),
      })),
      { column, expression: item.call },
    ],
  }
  return addFilter(projected, conjunctsOf(node.condition))
}

function valueOf(column: Column, values: ReadonlyMap<ColumnId, Expression>): Expression {
  return values.get(column.id) ?? columnReference(column)
}

/** Projects the columns of a lateral join from the plain one. */
function project(
  node: JoinNode,
  input: LogicalPlan,
  values: ReadonlyMap<ColumnId, Expression>,
): LogicalPlan {
  const columns = columnsOf(node)
  if (!columns.some((column) => values.has(column.id))) return arrange(input, columns)
  return {
    kind: 'project',
    input,
    expressions: columns.map((column) => ({ column, expression: valueOf(column, values) })),
  }
}

/** The right side's rows for a left row are those that meet the conditions. */
function joinRows(node: JoinNode, parts: Decorrelated, ids: ColumnIds): LogicalPlan {
  const own = conjunctsOf(node.condition).map((c) => replaceColumns(c, parts.values))
  const join = { ...node, lateral: false, right: parts.plan }
  switch (node.joinType) {
    case 'mark':
      // Conditions of a WHERE count as false when NULL; only the test itself may make the mark NULL.
      return {
        ...join,
        condition: conjunction([
          ...own,
          ...(own.length ? parts.conditions.map(isTrue) : parts.conditions),
        ]),
      }
    case 'anti':
      return {
        ...join,
        condition: conjunction([
          ...own,
          ...(node.nullAware ? parts.conditions.map(isTrue) : parts.conditions),
        ]),
      }
    case 'left': {
      const condition = conjunction([...parts.conditions, ...own])
      return leftJoin(node, { ...join, condition }, parts, ids)
    }
    default:
      return project(
        node,
        { ...join, condition: conjunction([...parts.conditions, ...own]) },
        parts.values,
      )
  }
}

/** Values computed above a left join are NULL where the right side is missing, as a column of it would be. */
function leftJoin(
  node: JoinNode,
  join: JoinNode,
  parts: Decorrelated,
  ids: ColumnIds,
): LogicalPlan {
  const rightIds = columnIdsOf(parts.plan)
  const risky = [...parts.values].filter(([, value]) => !isNullWhenNull(value, rightIds))
  if (risky.length === 0) return project(node, join, parts.values)
  const present: Column = { id: ids.next(), name: 'present', type: BOOLEAN }
  const right: LogicalPlan = {
    kind: 'project',
    input: join.right,
    expressions: [
      ...columnsOf(join.right).map((column) => ({ column, expression: columnReference(column) })),
      { column: present, expression: TRUE },
    ],
  }
  const values = new Map(parts.values)
  for (const [id, value] of risky) values.set(id, onlyIf(columnReference(present), value))
  return project(node, { ...join, right }, values)
}

function onlyIf(condition: Expression, result: Expression): Expression {
  const otherwise: Expression = { kind: 'constant', value: null, type: result.type }
  return { kind: 'case', branches: [{ condition, result }], otherwise, type: result.type }
}

/** One row per left row, made of at most one match: a left join, and everything else above it. */
function joinOneRow(node: JoinNode, parts: Decorrelated): LogicalPlan {
  const { plan, conditions, values, filters } = parts
  const joined: LogicalPlan =
    columnsOf(plan).length === 0
      ? node.left
      : {
          kind: 'join',
          joinType: 'left',
          left: node.left,
          right: plan,
          condition: conjunction(conditions),
          lateral: false,
        }
  const own = conjunctsOf(node.condition).map((c) => replaceColumns(c, values))
  const present = conjunction(filters)
  const test = conjunction(own)
  const both = conjunction([...filters, ...own])
  const outcome = (expression: Expression, outcome: 'not-true' | 'false'): Expression => ({
    kind: 'boolean-test',
    argument: expression,
    test: outcome,
    type: BOOLEAN,
  })
  switch (node.joinType) {
    case 'inner':
    case 'semi':
      return project(node, addFilter(joined, [...filters, ...own]), values)
    case 'left': {
      if (both === undefined) return project(node, joined, values)
      const guarded = new Map<ColumnId, Expression>()
      for (const column of columnsOf(node.right)) {
        guarded.set(column.id, onlyIf(both, valueOf(column, values)))
      }
      return project(node, joined, guarded)
    }
    case 'anti': {
      const absent = present === undefined ? [] : [outcome(present, 'not-true')]
      const failed =
        test === undefined ? [] : [outcome(test, node.nullAware === true ? 'false' : 'not-true')]
      const either: Expression = { kind: 'or', arguments: [...absent, ...failed], type: BOOLEAN }
      return project(node, addFilter(joined, [either]), values)
    }
    case 'mark': {
      const answer = test ?? TRUE
      const mark =
        present === undefined
          ? answer
          : ({
              kind: 'case',
              branches: [{ condition: present, result: answer }],
              otherwise: { kind: 'constant', value: 'f', type: BOOLEAN },
              type: BOOLEAN,
            } as const)
      return project(node, joined, new Map([...values, [node.mark!.id, mark]]))
    }
    default:
      return node
  }
}
