import { describe, expect, test } from 'vitest'
import { describeSample } from '../../../src/connectors/sample-statistics.js'

const byNumber = (a: string, b: string): number => Number(a) - Number(b)
const options = { rows: 1_000_000, compare: byNumber, withValues: true }
const sampleOf = (size: number, value: (i: number) => number | null): (string | null)[] =>
  Array.from({ length: size }, (_, i) => value(i)?.toString() ?? null)

describe('a sample', () => {
  test('of nothing says nothing', () => {
    expect(describeSample([], options)).toEqual({})
  })

  test('of NULLs only knows their share', () => {
    expect(
      describeSample(
        sampleOf(10, () => null),
        options,
      ),
    ).toEqual({ nullFraction: 1 })
  })

  test('in which no value is alone has seen all there are', () => {
    const { distinct, nullFraction } = describeSample(
      sampleOf(30_000, (i) => (i % 10 === 0 ? null : i % 50)),
      options,
    )
    expect({ distinct, nullFraction }).toEqual({ distinct: 45, nullFraction: 0.1 })
  })

  test('in which every value is alone comes from a key', () => {
    expect(
      describeSample(
        sampleOf(30_000, (i) => i),
        options,
      ).distinct,
    ).toBe(1_000_000)
  })

  test('with some values alone estimates the others', () => {
    // 30,000 draws of 20,000 values: 63 % of a value's chances to be missed are gone, 15,500 are seen.
    let state = 1
    const draw = (): number => (state = (state * 48271) % 2147483647) % 20_000
    const { distinct } = describeSample(sampleOf(30_000, draw), options)
    expect(distinct).toBeGreaterThan(17_000)
    expect(distinct).toBeLessThan(23_000)
  })

  test('has common values apart from the histogram of the others', () => {
    const { mostCommon, histogram } = describeSample(
      sampleOf(10_000, (i) => (i % 2 === 0 ? -1 : i)),
      options,
    )
    expect(mostCommon).toEqual([{ value: '-1', share: 0.5 }])
    expect(histogram).toHaveLength(21)
    expect(histogram?.[0]).toBe('1')
    expect(histogram?.[10]).toBe('4999')
    expect(histogram?.[20]).toBe('9999')
  })

  test('of few values lists them all', () => {
    const { mostCommon, histogram } = describeSample(
      sampleOf(900, (i) => i % 9),
      options,
    )
    expect(mostCommon?.map(({ value }) => value)).toEqual([...'012345678'])
    expect(histogram).toBeUndefined()
  })

  test('keeps values to itself unless they are wanted', () => {
    const sample = sampleOf(1000, (i) => i % 3)
    expect(describeSample(sample, { ...options, withValues: false })).toEqual({
      distinct: 3,
      nullFraction: 0,
    })
  })
})
