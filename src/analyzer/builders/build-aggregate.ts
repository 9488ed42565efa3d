/** Aggregate calls and GROUPING(): collected by the query they belong to, used as columns of its groups. */
import type { Expression } from '../../expressions/expression.js'
import type { AggregateCall } from '../../planner/logical-plan.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { callableProcedure } from './build-call.js'
import type { ExpressionBuilder } from './build-expression.js'
import { rowAsJsonb } from './build-row-json.js'
import { buildSortKeys } from './build-sort.js'
import type { QueryScope } from './query-scope.js'
import {
  booleanOf,
  integerOf,
  integersOf,
  nodeOf,
  nodesOf,
  optionalNode,
  textOf,
} from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

const FORMS: Readonly<Record<string, AggregateCall['form']>> = {
  n: 'normal',
  o: 'ordered-set',
  h: 'hypothetical-set',
}

/** Turns an Aggref into the column of its call; equal calls share one. */
export function buildAggregate(node: TreeNode, builder: ExpressionBuilder): Expression {
  const owner = builder.scope.up(integerOf(node, 'agglevelsup'))
  const known = owner.aggregates.get(node.key)
  const call = known ?? inPhase(owner, 'input', () => aggregateCall(node, builder))
  owner.aggregates.set(node.key, call)
  builder.context.referenced.push(call.column.id)
  return { kind: 'column', ...call.column }
}

function aggregateCall(node: TreeNode, builder: ExpressionBuilder): AggregateCall {
  const { context } = builder
  const procedure = callableProcedure(integerOf(node, 'aggfnoid'), context)
  const entries = nodesOf(node, 'args')
  const form = FORMS[textOf(node, 'aggkind') ?? 'n'] ?? 'normal'
  const filter = optionalNode(node, 'aggfilter')
  const distinct = nodesOf(node, 'aggdistinct').length > 0
  // Rows of jsonb_agg are jsonb at once, unless they are first compared as rows.
  const asJsonb = procedure.reference.signature === 'jsonb_agg(anyelement)' && !distinct
  return {
    column: context.newColumn(procedure.reference.name, sqlType(integerOf(node, 'aggtype'))),
    function: procedure.reference,
    // Of ordered-set aggregates the entries are what is ordered.
    arguments:
      form === 'normal'
        ? entries
            .filter((entry) => !booleanOf(entry, 'resjunk'))
            .map((entry) => nodeOf(entry, 'expr'))
            .map((value) => (asJsonb && rowAsJsonb(value, builder)) || builder.build(value))
        : [],
    star: booleanOf(node, 'aggstar'),
    distinct,
    ...(filter === undefined ? {} : { filter: builder.build(filter) }),
    orderBy: buildSortKeys(nodesOf(node, 'aggorder'), entries, builder),
    form,
    directArguments: builder.buildAll(nodesOf(node, 'aggdirectargs')),
    collation: context.facts.collation(integerOf(node, 'inputcollid')),
  }
}

/** Turns GROUPING(...) into a column of the aggregate node. */
export function buildGroupingCall(node: TreeNode, builder: ExpressionBuilder): Expression {
  const owner = builder.scope.up(integerOf(node, 'agglevelsup'))
  const groups = integersOf(node, 'refs').map((reference) => groupPosition(owner, reference))
  const same = owner.groupingCalls.find((call) => String(call.groups) === String(groups))
  const column = same?.column ?? builder.context.newColumn('grouping', sqlType(OID.int4))
  if (same === undefined) owner.groupingCalls.push({ column, groups })
  builder.context.referenced.push(column.id)
  return { kind: 'column', ...column }
}

/** Finds the position among the groups of what a sort-group reference names. */
export function groupPosition(scope: QueryScope, reference: number): number {
  const entry = nodesOf(scope.query, 'targetList').find(
    (candidate) => integerOf(candidate, 'ressortgroupref') === reference,
  )
  const expression = entry && nodeOf(entry, 'expr')
  if (expression?.tag !== 'VAR') throw new Unreadable('a grouped expression')
  return integerOf(expression, 'varattno') - 1
}

/** Runs something while a scope's expressions mean another phase. */
export function inPhase<T>(scope: QueryScope, phase: QueryScope['phase'], run: () => T): T {
  const before = scope.phase
  scope.phase = phase
  try {
    return run()
  } finally {
    scope.phase = before
  }
}
