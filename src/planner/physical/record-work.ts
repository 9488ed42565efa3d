/** Writes the pushdown ledger while a plan is built: one entry for each piece of work that was offered to a source or done here. */
import { assertNever } from '../../errors.js'
import { conjunctsOf } from '../expression-traversal.js'
import type { LedgerEntry, LedgerWork } from '../explain/ledger.js'
import { columnsOf, type LogicalPlan } from '../logical-plan.js'
import {
  printAggregate,
  printExpression,
  printSortKey,
  printWindowCall,
} from '../explain/print-expression.js'
import type { PlanBuilder } from './plan-builder.js'
import type { PlanPart } from './plan-part.js'
import { whyHere } from './why-here.js'

/** What came of offering a node as a whole: what was refused, if it was. */
export function entryOf(
  builder: PlanBuilder,
  node: LogicalPlan,
  parts: readonly PlanPart[],
  refused: readonly string[] | undefined,
): LedgerEntry | undefined {
  const work = workOf(node)
  if (work === undefined) return undefined
  const detail = detailOf(node)
  const sources = new Set(parts.flatMap((part) => (part.kind === 'remote' ? [part.source] : [])))
  const [source] = sources
  const sites = new Set(parts.map((part) => (part.kind === 'remote' ? part.pushdown.site : '')))
  if (refused === undefined) {
    return { work, detail, outcome: 'exact', ...(source === undefined ? {} : { source }) }
  }
  const isOffered = refused.length > 0 && source !== undefined && sites.size === 1
  const why =
    refused.length > 0 ? { reason: refused.join('; '), isCause: true } : whyHere(builder, node)
  const { isCause, ...said } = why
  const entry: LedgerEntry = {
    ...{ work, detail, ...(isOffered ? { source } : {}), outcome: 'here' },
    ...said,
  }
  if (isCause) builder.doneHere.set(node, entry)
  return entry
}

/** Nodes that are no work of the user's: they pass rows on. */
function workOf(node: LogicalPlan): LedgerWork | undefined {
  switch (node.kind) {
    case 'filter':
    case 'join':
    case 'aggregate':
    case 'distinct':
    case 'sort':
    case 'limit':
    case 'window':
      return node.kind
    case 'distinct-on':
      return 'distinct'
    case 'set-operation':
      return 'set operation'
    case 'with':
    case 'recursive-union':
      return 'common table'
    case 'table-function':
    case 'project-set':
    case 'opaque-query':
      return 'other'
    case 'project':
      return node.expressions.every(({ expression }) => expression.kind === 'column')
        ? undefined
        : 'projection'
    case 'scan':
    case 'values':
    case 'cte-reference':
    case 'view':
      return undefined
    default:
      return assertNever(node)
  }
}

function detailOf(node: LogicalPlan): string {
  switch (node.kind) {
    case 'filter':
      return printExpression(node.condition)
    case 'join': {
      const on = conjunctsOf(node.condition).map(printExpression).join(' and ')
      return `${node.joinType}${node.lateral ? ' lateral' : ''}${on === '' ? '' : ` on ${on}`}`
    }
    case 'aggregate': {
      const groups = node.groups.map((group) => printExpression(group.expression)).join(', ')
      const calls = node.aggregates.map(printAggregate).join(', ')
      return [calls, groups === '' ? '' : `by ${groups}`].filter((part) => part !== '').join(' ')
    }
    case 'sort':
      return node.keys.map(printSortKey).join(', ')
    case 'limit': {
      const bounds = [
        node.limit && `limit ${printExpression(node.limit)}`,
        node.offset && `offset ${printExpression(node.offset)}`,
      ]
      return bounds.filter((part) => part !== undefined).join(' ')
    }
    case 'window':
      return node.calls.map(printWindowCall).join(', ')
    case 'distinct-on':
      return `on ${node.on.map(printExpression).join(', ')}`
    case 'set-operation':
      return `${node.operation}${node.all ? ' all' : ''}`
    case 'with':
      return node.tables.map((table) => table.name).join(', ')
    case 'opaque-query':
      return 'the whole statement'
    case 'table-function':
      return node.functions.map(({ call }) => printExpression(call)).join(', ')
    case 'distinct':
      return columnsOf(node)
        .map((column) => column.name)
        .join(', ')
    case 'project':
    case 'project-set':
      return node.expressions
        .filter(({ expression }) => expression.kind !== 'column')
        .map(({ expression }) => printExpression(expression))
        .join(', ')
    default:
      return node.kind
  }
}
