/** Window calls: collected per window while expressions are read, then stacked as window nodes. */
import type { Expression, FunctionReference } from '../../expressions/expression.js'
import type { FrameBound, LogicalPlan, WindowFrame } from '../../planner/logical-plan.js'
import { sqlType } from '../../types/sql-type.js'
import { callableProcedure } from './build-call.js'
import type { ExpressionBuilder } from './build-expression.js'
import { buildSortKeys, entryOfClause } from './build-sort.js'
import { booleanOf, integerOf, nodeOf, nodesOf, optionalNode } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'

/** Bits of WindowClause.frameOptions. */
const Frame = {
  range: 0x00002,
  rows: 0x00004,
  groups: 0x00008,
  startUnboundedPreceding: 0x00020,
  endUnboundedFollowing: 0x00100,
  startCurrentRow: 0x00200,
  endCurrentRow: 0x00400,
  startOffsetPreceding: 0x00800,
  endOffsetPreceding: 0x01000,
  startOffsetFollowing: 0x02000,
  endOffsetFollowing: 0x04000,
  excludeCurrentRow: 0x08000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const

/** Turns a WindowFunc into the column of its call. */
export function buildWindowCall(node: TreeNode, builder: ExpressionBuilder): Expression {
  const { context, scope } = builder
  const procedure = callableProcedure(integerOf(node, 'winfnoid'), context)
  const filter = optionalNode(node, 'aggfilter')
  const window = integerOf(node, 'winref')
  const call = {
    column: context.newColumn(procedure.reference.name, sqlType(integerOf(node, 'wintype'))),
    function: procedure.reference,
    arguments: builder.buildAll(nodesOf(node, 'args')),
    star: booleanOf(node, 'winstar'),
    ...(filter === undefined ? {} : { filter: builder.build(filter) }),
    isAggregate: booleanOf(node, 'winagg'),
    collation: context.facts.collation(integerOf(node, 'inputcollid')),
  }
  scope.windowCalls.set(window, [...(scope.windowCalls.get(window) ?? []), call])
  context.referenced.push(call.column.id)
  return { kind: 'column', ...call.column }
}

/** Puts a window node per used window over the plan. */
export function buildWindows(
  query: TreeNode,
  input: LogicalPlan,
  builder: ExpressionBuilder,
): LogicalPlan {
  const entries = nodesOf(query, 'targetList')
  let plan = input
  for (const clause of nodesOf(query, 'windowClause')) {
    const calls = builder.scope.windowCalls.get(integerOf(clause, 'winref'))
    if (calls === undefined) continue
    plan = {
      kind: 'window',
      input: plan,
      partitionBy: nodesOf(clause, 'partitionClause').map((item) =>
        builder.build(nodeOf(entryOfClause(item, entries), 'expr')),
      ),
      orderBy: buildSortKeys(nodesOf(clause, 'orderClause'), entries, builder),
      frame: windowFrame(clause, builder),
      calls,
    }
  }
  return plan
}

function windowFrame(clause: TreeNode, builder: ExpressionBuilder): WindowFrame {
  const options = integerOf(clause, 'frameOptions')
  const has = (bit: number): boolean => (options & bit) !== 0
  const offset = (field: string): { offset?: Expression } => {
    const node = optionalNode(clause, field)
    return node === undefined ? {} : { offset: builder.build(node) }
  }
  const start: FrameBound = has(Frame.startUnboundedPreceding)
    ? { kind: 'unbounded-preceding' }
    : has(Frame.startOffsetPreceding)
      ? { kind: 'preceding', ...offset('startOffset') }
      : has(Frame.startOffsetFollowing)
        ? { kind: 'following', ...offset('startOffset') }
        : { kind: 'current-row' }
  const end: FrameBound = has(Frame.endUnboundedFollowing)
    ? { kind: 'unbounded-following' }
    : has(Frame.endOffsetPreceding)
      ? { kind: 'preceding', ...offset('endOffset') }
      : has(Frame.endOffsetFollowing)
        ? { kind: 'following', ...offset('endOffset') }
        : { kind: 'current-row' }
  const inRange = inRangeFunctions(clause, builder)
  return {
    mode: has(Frame.rows) ? 'rows' : has(Frame.groups) ? 'groups' : 'range',
    start,
    end,
    exclude: has(Frame.excludeCurrentRow)
      ? 'current-row'
      : has(Frame.excludeGroup)
        ? 'group'
        : has(Frame.excludeTies)
          ? 'ties'
          : 'no-others',
    ...(inRange === undefined ? {} : { inRange }),
  }
}

function inRangeFunctions(
  clause: TreeNode,
  builder: ExpressionBuilder,
): WindowFrame['inRange'] | undefined {
  const functionOf = (field: string): FunctionReference | undefined => {
    const oid = integerOf(clause, field)
    return oid === 0 ? undefined : builder.context.facts.procedure(oid).reference
  }
  const start = functionOf('startInRangeFunc')
  const end = functionOf('endInRangeFunc')
  if (start === undefined && end === undefined) return undefined
  return { ...(start ? { start } : {}), ...(end ? { end } : {}) }
}
