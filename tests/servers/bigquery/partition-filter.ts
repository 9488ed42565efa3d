/** Finds whether a statement restricts the partition column of a table that requires it. */
import type { Expr, FromItem, Query, Select } from '../sql/syntax-tree.js'

/** Tells whether every read of the table is under a WHERE that names the column in a comparison. */
export function hasPartitionFilter(
  query: Query,
  isTable: (path: readonly string[]) => boolean,
  column: string,
): boolean {
  return selectsOf(query).every((select) =>
    tablesOf(select.from)
      .filter((item) => isTable(item.path))
      .every((item) => restricts(select.where, item.alias ?? item.path.at(-1)!, column)),
  )
}

function selectsOf(query: Query): Select[] {
  const found: Select[] = []
  const visitBody = (body: Query['body']): void => {
    if (body.kind === 'nested') visit(body.query)
    else if (body.kind === 'set') {
      visitBody(body.left)
      visitBody(body.right)
    } else {
      found.push(body)
      visitFrom(body.from)
      for (const expression of [body.where, body.having]) visitExpression(expression)
      for (const item of body.items) if (item.kind === 'item') visitExpression(item.expression)
    }
  }
  const visitFrom = (item: FromItem | undefined): void => {
    if (item?.kind === 'derived') visit(item.query)
    if (item?.kind === 'join') {
      visitFrom(item.left)
      visitFrom(item.right)
    }
  }
  const visitExpression = (expression: Expr | undefined): void => {
    if (expression === undefined) return
    if (expression.kind === 'exists' || expression.kind === 'scalar') visit(expression.query)
    else if (expression.kind === 'unary') visitExpression(expression.operand)
    else if (expression.kind === 'binary') {
      visitExpression(expression.left)
      visitExpression(expression.right)
    } else if (expression.kind === 'in' && 'body' in expression.list) visit(expression.list)
  }
  const visit = (inner: Query): void => visitBody(inner.body)
  visit(query)
  return found
}

function tablesOf(item: FromItem | undefined): Extract<FromItem, { kind: 'table' }>[] {
  if (item?.kind === 'table') return [item]
  return item?.kind === 'join' ? [...tablesOf(item.left), ...tablesOf(item.right)] : []
}

function restricts(where: Expr | undefined, alias: string, column: string): boolean {
  if (where === undefined) return false
  const isColumn = (expression: Expr): boolean =>
    expression.kind === 'name' &&
    expression.path.at(-1)!.toLowerCase() === column.toLowerCase() &&
    (expression.path.length === 1 || expression.path[0] === alias)
  switch (where.kind) {
    case 'binary':
      if (where.operator === 'and') {
        return restricts(where.left, alias, column) || restricts(where.right, alias, column)
      }
      if (where.operator === 'or') {
        return restricts(where.left, alias, column) && restricts(where.right, alias, column)
      }
      return isColumn(where.left) || isColumn(where.right)
    case 'in':
    case 'is':
      return isColumn(where.operand)
    default:
      return false
  }
}
