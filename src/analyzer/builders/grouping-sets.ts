/** ROLLUP, CUBE and GROUPING SETS, expanded to plain sets of group positions. */
import { integersOf, nodesOf, textOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { integerOf } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** PostgreSQL's GroupingSetKind. */
const Kind = { empty: 0, simple: 1, rollup: 2, cube: 3, sets: 4 } as const

type Sets = readonly (readonly number[])[]

/**
 * Expands GROUP BY's grouping sets: several in one clause multiply. `position` turns a reference into a group.
 */
export function expandGroupingSets(
  clauses: readonly TreeNode[],
  distinct: boolean,
  position: (reference: number) => number,
): Sets {
  const product = clauses
    .map(expand)
    .reduce<Sets>((left, right) => left.flatMap((a) => right.map((b) => [...a, ...b])), [[]])
  const sets = product.map((set) => [...new Set(set.map(position))])
  if (!distinct) return sets
  const keys = new Set<string>()
  return sets.filter((set) => {
    const key = [...set].sort((a, b) => a - b).join()
    return !keys.has(key) && keys.add(key)
  })
}

function expand(clause: TreeNode): Sets {
  switch (integerOf(clause, 'kind')) {
    case Kind.empty:
      return [[]]
    case Kind.simple:
      return [integersOf(clause, 'content')]
    case Kind.rollup: {
      const parts = members(clause)
      return Array.from({ length: parts.length + 1 }, (_, dropped) =>
        parts.slice(0, parts.length - dropped).flat(),
      )
    }
    case Kind.cube: {
      const parts = members(clause)
      return Array.from({ length: 2 ** parts.length }, (_, mask) =>
        parts.filter((_part, index) => ((mask >> index) & 1) === 1).flat(),
      ).reverse()
    }
    case Kind.sets:
      return nodesOf(clause, 'content').flatMap(expand)
    default:
      throw new Unreadable(`grouping set ${textOf(clause, 'kind')}`)
  }
}

/** The items of ROLLUP and CUBE, each one reference or several in parentheses. */
function members(clause: TreeNode): Sets {
  return nodesOf(clause, 'content').map((item) => integersOf(item, 'content'))
}
