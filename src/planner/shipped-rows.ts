/**
 * Rows of one source as a relation in another source's fragment: `unnest($3), unnest($4)` in FROM, one array parameter per column,
 * all of one length. A statement's own unnest of parameters would look alike, and mean the same.
 */
import type { Column, Expression } from '../expressions/expression.js'
import { unnestOf } from './known-functions.js'
import type { TableFunctionNode } from './logical-plan.js'

/** Makes the relation; undefined where a column's type cannot be sent. */
export function shippedRows(
  columns: readonly Column[],
  firstParameter: number,
): TableFunctionNode | undefined {
  // Rows of which nothing is wanted but their number have no array to travel in.
  if (columns.length === 0) return undefined
  const functions: TableFunctionNode['functions'][number][] = []
  for (const [index, column] of columns.entries()) {
    const call = unnestOf(column.type, firstParameter + index)
    if (call === undefined) return undefined
    functions.push({ call, columns: [column] })
  }
  return { kind: 'table-function', functions }
}

/** A column of shipped rows, and the parameter with its values. */
export interface ShippedColumn {
  readonly column: Column
  readonly values: Extract<Expression, { kind: 'parameter' }>
}

/** Takes shipped rows apart; undefined for any other function in FROM. */
export function shippedColumnsOf(node: TableFunctionNode): readonly ShippedColumn[] | undefined {
  if (node.ordinality !== undefined) return undefined
  const found: ShippedColumn[] = []
  for (const { call, columns } of node.functions) {
    const [column, ...others] = columns
    if (call.kind !== 'call' || call.function.signature !== 'unnest(anyarray)') return undefined
    const [values] = call.arguments
    if (values?.kind !== 'parameter' || column === undefined || others.length > 0) return undefined
    found.push({ column, values })
  }
  return found
}
