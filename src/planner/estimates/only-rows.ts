/**
 * Columns that hold the same value in every row of a plan, since they come from an input of one row: `(SELECT avg(price) FROM other)` beside
 * each order. A condition that compares them is estimated with what they probably hold.
 */
import type { ColumnId, Expression, ParameterExpression } from '../../expressions/expression.js'
import type { SqlType } from '../../types/sql-type.js'
import { rewriteExpression } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'
import { hasNoSecondRow, type TableOf } from '../keys.js'

/** A column of the plan of one row that it comes from. */
interface OnlyValue {
  readonly plan: LogicalPlan
  readonly id: ColumnId
}

export type OnlyRows = ReadonlyMap<ColumnId, OnlyValue>

const NONE: OnlyRows = new Map()

/** The columns of a plan of one row. */
export function columnsOfRow(plan: LogicalPlan): readonly (readonly [ColumnId, OnlyValue])[] {
  return columnsOf(plan).map(({ id }) => [id, { plan, id }] as const)
}

/** Finds the columns of a plan that come from inputs of one row; `below` knows those of its inputs. */
export function columnsOfOnlyRows(
  plan: LogicalPlan,
  tableOf: TableOf,
  below: (input: LogicalPlan) => OnlyRows,
): OnlyRows {
  switch (plan.kind) {
    case 'join': {
      const { left, right } = plan
      // A subquery that may turn out to have two rows is an error then.
      const isOne = (side: LogicalPlan) =>
        hasNoSecondRow(side, tableOf) ||
        (side === right && plan.atMostOne === true && !plan.lateral && plan.condition === undefined)
      const found = [left, right].flatMap((side) =>
        isOne(side) ? columnsOfRow(side) : [...below(side)],
      )
      return found.length === 0 ? NONE : new Map(found)
    }
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'view':
      return below(plan.input)
    case 'project': {
      const known = below(plan.input)
      if (known.size === 0) return NONE
      return new Map(
        plan.expressions.flatMap(({ column, expression }) => {
          const value = expression.kind === 'column' ? known.get(expression.id) : undefined
          return value === undefined ? [] : [[column.id, value] as const]
        }),
      )
    }
    default:
      return NONE
  }
}

/** Puts what columns of single rows probably hold in their places. */
export function withLikely(
  condition: Expression,
  rows: OnlyRows,
  facts: { likelyValue(plan: LogicalPlan, id: ColumnId): string | undefined },
): Expression {
  if (rows.size === 0) return condition
  return rewriteExpression(condition, (part) => {
    const from = part.kind === 'column' ? rows.get(part.id) : undefined
    const value = from && facts.likelyValue(from.plan, from.id)
    return value === undefined ? part : likelyParameter(part.type, value)
  })
}

/** Stands for a value in estimates: no plan that runs has it. */
export function likelyParameter(type: SqlType, likely: string): ParameterExpression {
  return { kind: 'parameter', index: 0, type, likely }
}
