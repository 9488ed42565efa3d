/** Prints a logical plan as one SQL statement in a dialect. */
import type { Expression } from '../../expressions/expression.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import type { Dialect, PrintedRelation } from './dialect.js'

export interface PrintOptions {
  /** Replaces a subtree by something that can stand in FROM: a temporary table that holds its rows. */
  readonly relation?: (node: LogicalPlan) => PrintedRelation | undefined
}

export interface PrintedStatement {
  readonly text: string
  /** What the markers stand for, in their order. */
  readonly parameters: readonly Expression[]
}

/**
 * Prints a plan. The statement's columns are `columnsOf(plan)` in order, under their own names where these are unique.
 * Throws XX000 for what the dialect cannot say.
 */
export function printPlan(
  _plan: LogicalPlan,
  _dialect: Dialect,
  _options: PrintOptions = {},
): PrintedStatement {
  throw new Error('unfinished')
}
