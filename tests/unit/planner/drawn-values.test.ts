/** Values drawn from what statistics tell of a column. */
import { describe, expect, it } from 'vitest'
import {
  drawsFrom,
  extremeOf,
  spreadOf,
  valueAt,
  within,
} from '../../../src/planner/estimates/drawn-values.js'
import { OID } from '../../../src/types/sql-type.js'

const EVEN = spreadOf({ min: '0', max: '100' }, OID.int4)!
const meanOf = (values: readonly (string | null)[]): number =>
  values.reduce((sum, value) => sum + Number(value), 0) / values.length

describe('values drawn from statistics', () => {
  it('has none where only their number is known', () => {
    expect(spreadOf({ distinct: 7, nullFraction: 0.5 }, OID.int4)).toBeUndefined()
  })

  it('takes values as evenly spread between the ends', () => {
    expect([0, 0.25, 0.5, 1].map((part) => valueAt(EVEN, part))).toEqual(['0', '25', '50', '100'])
  })

  it('has common values as often as they are, and the bounds of a histogram for the others', () => {
    const mostCommon = [{ value: '5000', share: 0.5 }]
    const spread = spreadOf({ mostCommon, histogram: ['0', '10', '1000'] }, OID.int4)!
    const draws = drawsFrom(spread, 0, 0).map(Number)
    expect(draws.filter((value) => value === 5000)).toHaveLength(32)
    expect(draws.filter((value) => value <= 10)).toHaveLength(16)
    expect(meanOf(drawsFrom(spread, 0, 0))).toBeCloseTo((5000 * 2 + 5 + 505) / 4, 0)
  })

  it('draws NULL as often as it is, and another order for each column', () => {
    const [first, second] = [drawsFrom(EVEN, 0.25, 0), drawsFrom(EVEN, 0.25, 1)]
    expect(first.filter((value) => value === null)).toHaveLength(16)
    expect(second).not.toEqual(first)
    expect(second.toSorted()).toEqual(first.toSorted())
  })

  it('draws values elsewhere than in equal steps, where remainders are asked for', () => {
    const spread = spreadOf({ min: '0', max: '4000' }, OID.int4)!
    const remaindersOf = (at: 'middle' | 'elsewhere') =>
      new Set(drawsFrom(spread, 0, 0, at).map((value) => Number(value) % 10)).size
    expect(remaindersOf('middle')).toBeLessThan(10)
    expect(remaindersOf('elsewhere')).toBe(10)
  })

  it('expects less of the largest of few rows than of all', () => {
    const largest = [1, 9, 1000].map((rows) => Number(extremeOf(EVEN, 1, rows, 1000)))
    expect(largest).toEqual([50, 90, 100])
    expect(extremeOf(EVEN, 0, 1000, 1000)).toBe('0')
  })

  it('leaves what lies within bounds', () => {
    const part = within(EVEN, [
      { side: 'above', at: 20 },
      { side: 'below', at: 40 },
    ])!
    expect([0, 0.5, 1].map((at) => valueAt(part, at))).toEqual(['20', '30', '40'])
    expect(within(EVEN, [{ side: 'above', at: 200 }])).toBeUndefined()
  })

  it('knows no place for what has no end', () => {
    const dates = spreadOf({ histogram: ['2020-01-01', '2022-01-01', 'infinity'] }, OID.date)!
    expect(valueAt(dates, 0.75)).toBe('2022-01-01')
    const part = within(dates, [{ side: 'above', at: Date.UTC(2021, 0, 1) }])!
    expect([valueAt(part, 0), valueAt(part, 1)]).toEqual(['2021-01-01', 'infinity'])
  })

  it('makes texts of moments and numbers of every kind', () => {
    const days = spreadOf({ min: '2020-01-01', max: '2020-01-31' }, OID.date)!
    const moments = spreadOf({ min: '2020-01-01 00:00:00+00', max: '2020-01-03 00:00:00+00' }, OID.timestamptz)! // prettier-ignore
    const amounts = spreadOf({ min: '1.00', max: '2.00' }, OID.numeric)!
    expect(valueAt(days, 0.5)).toBe('2020-01-16')
    expect(valueAt(moments, 0.5)).toBe('2020-01-02 00:00:00.000+00')
    expect(valueAt(amounts, 0.5)).toBe('1.500000')
  })
})
