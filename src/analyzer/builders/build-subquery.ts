/** Subqueries inside expressions. */
import type { Expression } from '../../expressions/expression.js'
import { columnsOf } from '../../planner/logical-plan.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { ExpressionBuilder } from './build-expression.js'
import { integerOf, nodeOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** PostgreSQL's SubLinkType. */
const SubLink = { exists: 0, all: 1, any: 2, rowCompare: 3, scalar: 4, multi: 5, array: 6 } as const

/** Turns a SubLink into a subquery expression. */
export function buildSubquery(node: TreeNode, builder: ExpressionBuilder): Expression {
  const { context, scope } = builder
  const plan = context.buildQuery(nodeOf(node, 'subselect'), scope)
  const [first] = columnsOf(plan)
  const boolean = sqlType(OID.bool)
  switch (integerOf(node, 'subLinkType')) {
    case SubLink.exists:
      return { kind: 'subquery', subquery: 'exists', plan, type: boolean }
    case SubLink.all:
    case SubLink.any: {
      const columns = columnsOf(plan).map((column): Expression => ({ kind: 'column', ...column }))
      const test = builder.withSubqueryColumns(columns).build(nodeOf(node, 'testexpr'))
      const subquery = integerOf(node, 'subLinkType') === SubLink.any ? 'any' : 'all'
      return { kind: 'subquery', subquery, plan, test, type: boolean }
    }
    case SubLink.scalar:
      if (first === undefined) throw new Unreadable('a subquery without columns')
      return { kind: 'subquery', subquery: 'scalar', plan, type: first.type }
    case SubLink.array: {
      if (first === undefined) throw new Unreadable('a subquery without columns')
      const array = context.facts.arrayOf(first.type.oid)
      return { kind: 'subquery', subquery: 'array', plan, type: sqlType(array, first.type.typmod) }
    }
    default:
      throw new Unreadable('a comparison of a row with a subquery')
  }
}
