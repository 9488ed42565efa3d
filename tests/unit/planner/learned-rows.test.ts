/** Learned row counts: how many there are at most, when they end, how they fade, and what is kept for another process. */
import { expect, test } from 'vitest'
import { LearnedRows, observationOf } from '../../../src/planner/estimates/learned-rows.js'
import type { LearnableFragment } from '../../../src/planner/estimates/learned-rows.js'
import type { ScanNode } from '../../../src/planner/logical-plan.js'

const MOST = 10_000

/** `table` filtered by a constant, of which the textbook says 100 rows. */
function fragment(shape: string, value: string, rows = 1000, hasTags = false): LearnableFragment {
  const signature = { shape, values: [value], tables: ['pg.t'], hasTags }
  return { signature, tables: { 'pg.t': rows }, estimate: 100 }
}

const none = (): undefined => undefined

function learn(learned: LearnedRows, seen: LearnableFragment, rows: number): void {
  learned.learn(observationOf(seen, rows, none))
}

test('the same fragment has its count, others of its shape are corrected by half of what one was off', () => {
  const learned = new LearnedRows()
  learn(learned, fragment('a', '1'), 400)
  expect(learned.rows(fragment('a', '1'), none)).toEqual({ rows: 400, from: 'the same fragment' })
  const other = learned.rows(fragment('a', '2'), none)
  expect(other?.from).toBe('others of its shape')
  expect(other?.rows).toBeCloseTo(200)
  expect(learned.rows(fragment('b', '1'), none)).toBeUndefined()
})

test('there are at most ten thousand fragments and shapes, of which the one not seen for longest goes first', () => {
  const learned = new LearnedRows()
  for (let i = 0; i < MOST; i++) learn(learned, fragment(`s${i}`, '1'), i)
  // Seen again: no longer the oldest.
  learn(learned, fragment('s0', '1'), 7)
  expect(learned.kept().fragments).toHaveLength(MOST)
  for (let i = 0; i < 3; i++) learn(learned, fragment(`more${i}`, '1'), i)
  const { fragments, shapes } = learned.kept()
  expect([fragments.length, shapes.length]).toEqual([MOST, MOST])
  expect(learned.rows(fragment('s0', '1'), none)?.rows).toBe(7)
  const gone = [1, 2, 3].filter((i) => learned.rows(fragment(`s${i}`, '1'), none) === undefined)
  expect(gone).toEqual([1, 2, 3])
  expect(learned.rows(fragment('s4', '1'), none)?.rows).toBe(4)
  // What another process kept is bounded alike.
  const next = new LearnedRows()
  learn(next, fragment('own', '1'), 1)
  next.restore(learned.kept())
  expect(next.kept().fragments).toHaveLength(MOST)
  expect(next.rows(fragment('own', '1'), none)).toBeUndefined()
})

test('it knows of the tables that a fragment read, in any order, and of no others', () => {
  const learned = new LearnedRows()
  const scan = (table: string): ScanNode => ({
    ...{ kind: 'scan', source: 'pg', schema: 'pg', table, columns: [], tableColumns: [] },
  })
  expect(learned.knowsOf([scan('t')])).toBe(false)
  const both = { ...fragment('a', '1'), tables: { 'pg.t': 1, 'pg.u': 2 } }
  learn(learned, both, 400)
  const next = new LearnedRows()
  next.restore(learned.kept())
  for (const rows of [learned, next]) {
    expect(rows.knowsOf([scan('u'), scan('t'), scan('u')])).toBe(true)
    expect(rows.knowsOf([scan('t')])).toBe(false)
  }
})

test('a count ends when its table has a fifth more or fewer rows, or they are no longer known', () => {
  const learned = new LearnedRows()
  learn(learned, fragment('a', '1', 1000), 400)
  const at = (rows: number, value = '1') => learned.rows(fragment('a', value, rows), none)?.rows
  expect([at(1000), at(1190), at(850)]).toEqual([400, 400, 400])
  expect([at(1300), at(790), at(1300, '2')]).toEqual([undefined, undefined, undefined])
  const unknown = { ...fragment('a', '1'), tables: { 'pg.t': null } }
  expect(learned.rows(unknown, none)).toBeUndefined()
  // The shape begins anew with the table as it is now, and forgets what it was off before.
  learn(learned, fragment('a', '1', 5000), 100)
  expect(at(5000, '2')).toBeCloseTo(100)
})

test('older observations of a shape fade: it follows data that changed', () => {
  const learned = new LearnedRows()
  const corrected = () => learned.rows(fragment('a', 'another'), none)!.rows
  for (let i = 0; i < 1000; i++) learn(learned, fragment('a', `${i}`), 100)
  expect(corrected()).toBeCloseTo(100)
  for (let i = 0; i < 20; i++) learn(learned, fragment('a', `${i}`), 1000)
  // A thousand right ones do not outweigh twenty that were ten times off: more than half of the way, in powers of ten.
  expect(corrected()).toBeGreaterThan(100 * 10 ** 0.5)
  for (let i = 0; i < 80; i++) learn(learned, fragment('a', `${i}`), 1000)
  expect(corrected()).toBeGreaterThan(800)
})

test('what tells of a tagged column is not kept for another process, its shape is', () => {
  const learned = new LearnedRows()
  learn(learned, fragment('a', 'ann', 1000, true), 3)
  expect(learned.rows(fragment('a', 'ann', 1000, true), none)?.rows).toBe(3)
  const kept = learned.kept()
  expect(kept.fragments).toEqual([])
  expect(kept.shapes).toHaveLength(1)
  expect(JSON.stringify(kept)).not.toContain('ann')
})
