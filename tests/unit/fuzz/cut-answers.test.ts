/** A LIMIT of rows in no order: any of the whole answer's rows may come, as many as it leaves and none too often. */
import { describe, expect, it } from 'vitest'
import { drawStatement } from '../../fuzz/draw-query.js'
import { cutOf, cutting, render, smaller, sql, unguarded, withoutCut } from '../../fuzz/sql-tree.js'
import { differenceOf, type Answer } from '../../world/compare.js'

const answer = (...rows: string[]): Answer => ({
  ...{ names: ['a'], types: [25] },
  rows: rows.map((row) => [row]),
})

describe('answers of which a LIMIT leaves some', () => {
  const whole = answer('x', 'y', 'y', 'z')
  const judge = (limit: number | null, offset: number, ...rows: string[]) =>
    differenceOf(whole, answer(...rows), { ordered: false, cut: { limit, offset } })

  it('are any rows of it', () => {
    expect(judge(2, 0, 'y', 'y')).toBeUndefined()
    expect(judge(2, 0, 'z', 'x')).toBeUndefined()
    expect(judge(2, 3, 'y')).toBeUndefined()
    expect(judge(9, 0, 'z', 'y', 'x', 'y')).toBeUndefined()
    expect(judge(null, 1, 'z', 'y', 'y')).toBeUndefined()
    expect(judge(0, 0)).toBeUndefined()
    expect(judge(3, 4)).toBeUndefined()
  })

  it('are as many, each no more often, and no others', () => {
    expect(judge(2, 0, 'y')).toBe('2 of 4 rows expected, 1 came')
    expect(judge(2, 3, 'y', 'x')).toBe('1 of 4 rows expected, 2 came')
    expect(judge(null, 1, 'z', 'y')).toBe('3 of 4 rows expected, 2 came')
    expect(judge(2, 0, 'x', 'x')).toContain('came too often')
    expect(judge(1, 0, 'w')).toContain('is no row without the LIMIT: ["w"]')
  })

  it('belong to statements that are made smaller and taken apart as others are', () => {
    const cut = { limit: 3, offset: 2 }
    const tree = sql`SELECT a FROM t${cutting(cut, ' LIMIT ', '3', ' OFFSET ', '2')}`
    expect(render(tree).text).toBe('SELECT a FROM t LIMIT 3 OFFSET 2')
    expect(cutOf(tree)).toEqual(cut)
    expect(render(withoutCut(tree)).text).toBe('SELECT a FROM t')
    expect(render(unguarded(tree)).text).toBe('SELECT a FROM t')
    const [less] = smaller(tree)
    expect([render(less!).text, cutOf(less!)]).toEqual(['SELECT a FROM t', undefined])
  })

  it('are drawn often, with an OFFSET, without a bound, and as parameters', () => {
    const drawn = Array.from({ length: 600 }, (_, seed) => drawStatement(seed).tree)
    const cuts = drawn.filter((tree) => cutOf(tree) !== undefined)
    expect(cuts.length).toBeGreaterThan(45)
    const count = (wanted: RegExp) => cuts.filter((tree) => wanted.test(render(tree).text)).length
    expect(count(/ JOIN /)).toBeGreaterThan(15)
    expect(count(/ OFFSET \S+$/)).toBeGreaterThan(9)
    expect(count(/ LIMIT NULL/)).toBeGreaterThan(0)
    expect(count(/ LIMIT \$\d/)).toBeGreaterThan(0)
  })
})
