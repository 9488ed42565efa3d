/** The search for a join order, by numbers alone. */
import { expect, it } from 'vitest'
import { chooseJoinOrder, relationsOf } from '../../../src/planner/join-order.js'
import type { JoinTree } from '../../../src/planner/join-order.js'

/** Which relations come together first, second, and so on. */
function shape(tree: JoinTree): string {
  if (tree.kind === 'relation') return String(tree.index)
  const sides = [tree.left, tree.right].toSorted(
    (a, b) => depth(b) - depth(a) || first(a) - first(b),
  )
  return `(${sides.map(shape).join(' ')})`
}

const first = (tree: JoinTree) => Math.min(...relationsOf(tree))

function depth(tree: JoinTree): number {
  return tree.kind === 'relation' ? 0 : 1 + Math.max(depth(tree.left), depth(tree.right))
}

it('lets one customer lead: keys bring the rows of the others, source after source', () => {
  const relation = (rows: number, site: string) => ({ rows, site, width: 40 })
  const tree = chooseJoinOrder(
    [
      relation(6_000_000, 'items'),
      relation(1_500_000, 'orders'),
      relation(1, 'customers'),
      relation(200_000, 'products'),
    ],
    [
      { relations: [0, 1], selectivity: 1 / 1_500_000 },
      { relations: [1, 2], selectivity: 1 / 150_000 },
      { relations: [0, 3], selectivity: 1 / 200_000 },
    ],
  )
  expect(shape(tree)).toBe('(((1 2) 0) 3)')
})

it('asks a source for the rows of few keys before it has it join large tables for nothing', () => {
  // 1 and 2 are neighbours, and joined there they are a tenth of 2; but 0 needs twelve rows of 1, and one or two of 2.
  const tree = chooseJoinOrder(
    [
      { rows: 3, site: 'east', width: 20 },
      { rows: 400_000, site: 'west', width: 40 },
      { rows: 3_000_000, site: 'west', width: 40 },
    ],
    [
      { relations: [0, 1], selectivity: 1 / 100_000 },
      { relations: [1, 2], selectivity: 1 / 4_000_000 },
    ],
  )
  expect(shape(tree)).toBe('((0 1) 2)')
})

const east = (rows: number) => ({ rows, site: 'east', width: 20 })
const west = (rows: number) => ({ rows, site: 'west', width: 20 })
const attached = { selectivity: 1 / 1000, hasKey: true, runsThere: true }

it('attaches the right side of an outer join where neighbours have met, whatever came first in the text', () => {
  // (0 LEFT JOIN 1) JOIN 2: 0 and 2 are neighbours.
  const tree = chooseJoinOrder(
    [
      east(10_000),
      { ...west(1000), attached: { ...attached, joinType: 'left', needs: [0] } },
      east(50),
    ],
    [{ relations: [0, 2], selectivity: 1 / 10_000 }],
  )
  expect(shape(tree)).toBe('((0 2) 1)')
})

it('never joins anything with what is yet to be attached, however small', () => {
  // (0 LEFT JOIN 1) LEFT JOIN 2 ON about 1; JOIN 3 ON about 2: three rows of 2 may not lead.
  const relations = [
    east(1_000_000),
    { ...west(1000), attached: { ...attached, joinType: 'left' as const, needs: [0] } },
    { ...west(3), attached: { ...attached, joinType: 'left' as const, needs: [1] } },
    west(3),
  ]
  const predicates = [{ relations: [2, 3], selectivity: 1 / 3 }]
  expect(shape(chooseJoinOrder(relations, predicates))).toMatch(
    /^\(\(\(0 1\) 2\) 3\)|^\(\(\(0 3\) 1\) 2\)|^\(\(\(0 1\) 3\) 2\)/,
  )
  // The same by the greedy search, among more relations than are searched exhaustively, and more than a number has bits.
  const more = Array.from({ length: 40 }, (_, i) => east(10 + i))
  const links = more.map((_relation, i) => ({ relations: [0, 4 + i], selectivity: 1 / (10 + i) }))
  const order = relationsOf(chooseJoinOrder([...relations, ...more], [...predicates, ...links]))
  expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 44 }, (_, i) => i))
  expect(order.indexOf(0)).toBeLessThan(order.indexOf(1))
  expect(order.indexOf(1)).toBeLessThan(order.indexOf(2))
})

it('makes products of what no condition connects, and of what one condition needs at once', () => {
  const four = [east(10), east(20), west(30), west(40)]
  for (const predicates of [
    [],
    [{ relations: [0, 1], selectivity: 0.1 }],
    [{ relations: [0, 1, 2, 3], selectivity: 0.1 }],
    [
      { relations: [0, 1, 2], selectivity: 0.1 },
      { relations: [2, 3], selectivity: 0.1 },
    ],
  ]) {
    expect(relationsOf(chooseJoinOrder(four, predicates)).toSorted()).toEqual([0, 1, 2, 3])
  }
  // Attached where both of two unconnected relations are.
  const last = { ...west(5), attached: { ...attached, joinType: 'left' as const, needs: [0, 1] } }
  expect(shape(chooseJoinOrder([east(10), east(20), last], []))).toBe('((0 1) 2)')
})
