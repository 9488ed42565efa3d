/** The search for a join order, by numbers alone. */
import { expect, it } from 'vitest'
import { chooseJoinOrder } from '../../../src/planner/join-order.js'
import type { JoinTree } from '../../../src/planner/join-order.js'

/** Which relations come together first, second, and so on. */
function shape(tree: JoinTree): string {
  if (tree.kind === 'relation') return String(tree.index)
  const sides = [tree.left, tree.right].toSorted((a, b) => depth(b) - depth(a) || a.mask - b.mask)
  return `(${sides.map(shape).join(' ')})`
}

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
      { mask: 0b0011, selectivity: 1 / 1_500_000 },
      { mask: 0b0110, selectivity: 1 / 150_000 },
      { mask: 0b1001, selectivity: 1 / 200_000 },
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
      { mask: 0b011, selectivity: 1 / 100_000 },
      { mask: 0b110, selectivity: 1 / 4_000_000 },
    ],
  )
  expect(shape(tree)).toBe('((0 1) 2)')
})
