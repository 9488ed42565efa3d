/** The collation of an expression node's result: what ORDER BY and grouping on it use. */
import { nodeOf, nodesOf, textOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'

/** The field that carries the result's collation, by node. */
const COLLATION_FIELD: Readonly<Record<string, string>> = {
  VAR: 'varcollid',
  CONST: 'constcollid',
  PARAM: 'paramcollid',
  AGGREF: 'aggcollid',
  WINDOWFUNC: 'wincollid',
  SUBSCRIPTINGREF: 'refcollid',
  FUNCEXPR: 'funccollid',
  OPEXPR: 'opcollid',
  NULLIFEXPR: 'opcollid',
  RELABELTYPE: 'resultcollid',
  COERCEVIAIO: 'resultcollid',
  ARRAYCOERCEEXPR: 'resultcollid',
  COLLATEEXPR: 'collOid',
  CASEEXPR: 'casecollid',
  CASETESTEXPR: 'collation',
  ARRAYEXPR: 'array_collid',
  COALESCEEXPR: 'coalescecollid',
  MINMAXEXPR: 'minmaxcollid',
  FIELDSELECT: 'resultcollid',
}

/** Gives the collation's OID, 0 for results that have none. */
export function collationOfNode(node: TreeNode): number {
  const field = COLLATION_FIELD[node.tag]
  if (field !== undefined) return Number(textOf(node, field) ?? 0)
  if (node.tag !== 'SUBLINK') return 0
  const first = nodesOf(nodeOf(node, 'subselect'), 'targetList')[0]
  return first === undefined ? 0 : collationOfNode(nodeOf(first, 'expr'))
}
