/** Prints joins. Semi and anti joins become [NOT] EXISTS, marks become quantified comparisons in the select list. */
import { assertNever } from '../../errors.js'
import type { ColumnId } from '../../expressions/expression.js'
import { columnsOf, type JoinNode } from '../../planner/logical-plan.js'
import { cannotPrint } from './ansi-dialect.js'
import type { PrintContext } from './print-context.js'
import { nest, printerOf, readyFor, scopeOf } from './print-context.js'
import { printExists, printQuantified, withCondition } from './print-subquery.js'
import type { Scope, ScopeEntry } from './scope.js'
import { isPlain, nestBlock, renderBlock, type SelectBlock } from './select-block.js'

/** Prints a join as a block. */
export function joinBlock(
  context: PrintContext,
  node: JoinNode,
  outer: Scope | undefined,
): SelectBlock {
  switch (node.joinType) {
    case 'semi':
    case 'anti':
      return existsBlock(context, node, outer)
    case 'mark':
      return markBlock(context, node, outer)
    case 'left':
      if (node.atMostOne === true) return scalarBlock(context, node, outer)
      return pairBlock(context, node, outer)
    case 'inner':
    case 'right':
    case 'full':
      return pairBlock(context, node, outer)
    default:
      return assertNever(node.joinType)
  }
}

/** A side of a join: rows that later joins may still be added to. */
function sideBlock(
  context: PrintContext,
  node: JoinNode['left'],
  outer: Scope | undefined,
): SelectBlock {
  const block = context.block(node, outer)
  const fixed = [...block.entries.values()].some((entry) => entry.form === 'fixed')
  return fixed || block.with.length > 0
    ? nest(context, block)
    : readyFor(context, block, 'rows', [])
}

function existsBlock(context: PrintContext, node: JoinNode, outer: Scope | undefined): SelectBlock {
  const left = sideBlock(context, node.left, outer)
  const scope = scopeOf(left, outer)
  let text: string
  if (node.joinType === 'anti' && node.nullAware === true && node.condition !== undefined) {
    text = `(NOT ${printQuantified(context, node.right, node.condition, 'any', scope)})`
  } else {
    const exists = printExists(context, node.right, node.condition, scope)
    text = node.joinType === 'semi' ? exists : `(NOT ${exists})`
  }
  return { ...left, where: [...left.where, text] }
}

function markBlock(context: PrintContext, node: JoinNode, outer: Scope | undefined): SelectBlock {
  if (node.mark === undefined) throw cannotPrint(context.dialect, 'mark join without a mark')
  const left = sideBlock(context, node.left, outer)
  const scope = scopeOf(left, outer)
  const text =
    node.condition === undefined
      ? printExists(context, node.right, undefined, scope)
      : printQuantified(context, node.right, node.condition, 'any', scope)
  const entries = new Map(left.entries).set(node.mark.id, { text, form: 'fixed' })
  return { ...left, columns: columnsOf(node), entries }
}

/** A join with at most one match: a scalar subquery per column, so that the database raises 21000 on a second match. */
function scalarBlock(context: PrintContext, node: JoinNode, outer: Scope | undefined): SelectBlock {
  const left = sideBlock(context, node.left, outer)
  const scope = scopeOf(left, outer)
  let right = context.block(node.right, scope)
  if (right.sealed || right.complete !== undefined || right.groupBy === '') {
    right = nest(context, right)
  }
  if (node.condition !== undefined) right = withCondition(context, right, node.condition, scope)
  const entries = new Map<ColumnId, ScopeEntry>(left.entries)
  for (const column of columnsOf(node.right)) {
    const text = `(${renderBlock(right, context.dialect, [column]).text})`
    entries.set(column.id, { text, form: 'fixed' })
  }
  return { ...left, columns: columnsOf(node), entries }
}

function pairBlock(context: PrintContext, node: JoinNode, outer: Scope | undefined): SelectBlock {
  const { dialect, statement } = context
  let left = sideBlock(context, node.left, outer)
  const keepsLeft = node.joinType === 'inner' || node.joinType === 'left'
  const keepsRight = node.joinType === 'inner' || node.joinType === 'right'
  if (!keepsLeft) left = asNullableSide(context, left, node.joinType === 'right')
  else if (left.from === undefined && node.joinType === 'left') left = nest(context, left)
  let right: SelectBlock
  if (node.lateral) {
    const inner = context.block(node.right, scopeOf(left, outer))
    right = nestBlock(inner, dialect, statement, true)
  } else {
    right = sideBlock(context, node.right, outer)
    if (!keepsRight) right = asNullableSide(context, right, node.joinType === 'left')
    else if (right.from === undefined && node.joinType === 'right') right = nest(context, right)
  }
  const entries = new Map([...left.entries, ...right.entries])
  const scope: Scope = { columns: entries, outer }
  const condition =
    node.condition === undefined ? [] : [printerOf(context, scope).print(node.condition)]
  // A filter on the side that outer rows are made of goes after the join, one on the other side into ON.
  const where = [...(keepsLeft ? left.where : []), ...(keepsRight ? right.where : [])]
  const on = [...condition, ...(keepsLeft ? [] : left.where), ...(keepsRight ? [] : right.where)]
  const joined = { ...left, columns: columnsOf(node), entries }
  if (left.from === undefined || right.from === undefined) {
    return {
      ...joined,
      from: left.from ?? right.from,
      fromIsJoin: left.fromIsJoin || right.fromIsJoin,
      where: [...where, ...on],
    }
  }
  const rightItem = right.fromIsJoin ? `(${right.from})` : right.from
  const words = { inner: 'JOIN', left: 'LEFT JOIN', right: 'RIGHT JOIN', full: 'FULL JOIN' }
  const word = words[node.joinType as keyof typeof words]
  const from =
    node.joinType === 'inner' && on.length === 0
      ? `${left.from} CROSS JOIN ${rightItem}`
      : `${left.from} ${word} ${rightItem} ON ${on.length === 0 ? 'TRUE' : on.join(' AND ')}`
  return { ...joined, from, fromIsJoin: true, where }
}

/** A side whose columns become NULL for unmatched rows: only plain names may stand for them, and its filter must be able to move into ON. */
function asNullableSide(
  context: PrintContext,
  block: SelectBlock,
  filterMayMove: boolean,
): SelectBlock {
  const fits =
    block.from !== undefined && isPlain(block) && (filterMayMove || block.where.length === 0)
  return fits ? block : nest(context, block)
}
