/** Sort keys from sort-group clauses, which point at target entries. */
import type { Expression } from '../../expressions/expression.js'
import type { SortKey } from '../../planner/logical-plan.js'
import type { ExpressionBuilder } from './build-expression.js'
import { collationOfNode } from './node-collation.js'
import { booleanOf, integerOf, nodeOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** Builds keys whose expressions are the target entries' own. */
export function buildSortKeys(
  clauses: readonly TreeNode[],
  entries: readonly TreeNode[],
  builder: ExpressionBuilder,
): SortKey[] {
  return clauses.map((clause) => {
    const entry = entryOfClause(clause, entries)
    return sortKey(clause, entry, builder.build(nodeOf(entry, 'expr')), builder)
  })
}

/** Finds the target entry a clause names. */
export function entryOfClause(clause: TreeNode, entries: readonly TreeNode[]): TreeNode {
  const reference = integerOf(clause, 'tleSortGroupRef')
  const entry = entries.find((candidate) => integerOf(candidate, 'ressortgroupref') === reference)
  if (entry === undefined) throw new Unreadable('a sort expression')
  return entry
}

/** Builds the key of a clause over an expression that already stands for its entry. */
export function sortKey(
  clause: TreeNode,
  entry: TreeNode,
  expression: Expression,
  builder: ExpressionBuilder,
): SortKey {
  const { facts } = builder.context
  const operator = integerOf(clause, 'sortop')
  // 0: DISTINCT over a type that can only be hashed.
  if (operator !== 0 && !facts.isDefaultSort(operator)) {
    throw new Unreadable(`ORDER BY ... USING ${facts.operator(operator).name}`)
  }
  return {
    expression,
    descending: booleanOf(clause, 'reverse_sort'),
    nullsFirst: booleanOf(clause, 'nulls_first'),
    collation: facts.collation(collationOfNode(nodeOf(entry, 'expr'))),
  }
}
