/** Doubles read straight from bytes are those that the language itself reads from the text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { floatFromBytes } from '../../../src/types/vectors/byte-parsing.js'

const encoder = new TextEncoder()

/** What the reader says; NaN: it leaves the text to another. */
function read(text: string): number {
  const bytes = encoder.encode(`<${text}>`)
  return floatFromBytes(bytes, 1, bytes.length - 1)
}

function expectNearest(text: string): boolean {
  const found = read(text)
  expect(Number.isNaN(found) || Object.is(found, Number(text)), `${text} as ${found}`).toBe(true)
  return !Number.isNaN(found)
}

describe('floatFromBytes', () => {
  test('reads every double that is printed without an exponent', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (value) => {
        const text = String(value)
        fc.pre(!text.includes('e'))
        expectNearest(text)
      }),
      { numRuns: 5000 },
    )
  })

  test('reads any digits with a point anywhere', () => {
    const digits = fc.stringMatching(/^\d{1,22}$/)
    fc.assert(
      fc.property(digits, fc.nat(22), fc.boolean(), (text, point, isNegative) => {
        const at = Math.min(point, text.length)
        const whole = text.slice(0, at) || '0'
        const sign = isNegative ? '-' : ''
        expectNearest(`${sign}${whole}.${text.slice(at) || '0'}`)
      }),
      { numRuns: 5000 },
    )
  })

  test('leaves digits halfway between two doubles to a slower reader, and reads their neighbours', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 60n }), (bits) => {
        // An odd 54-bit number is halfway between two doubles.
        const length = bits.toString(2).length
        const half = ((bits >> BigInt(length - 54)) | 1n) << BigInt(length - 54)
        for (const value of [half - 1n, half, half + 1n]) {
          expectNearest(`${value}.0`)
          expectNearest(`${value / 1000n}.${String(value % 1000n).padStart(3, '0')}`)
        }
      }),
      { numRuns: 5000 },
    )
  })

  test.each([
    '0.1428571428571428',
    '8571.285714285714',
    '-0.30000000000000004',
    '9007199254740993.5',
  ])('reads %s itself', (text) => expect(expectNearest(text)).toBe(true))

  test.each(['', '-', '.', '1e5', 'NaN', 'Infinity', '1.2.3', '12345678901234567890123'])(
    'leaves %j to a slower reader',
    (text) => expect(read(text)).toBeNaN(),
  )

  test('keeps the sign of zero', () => {
    expect(Object.is(read('-0'), -0)).toBe(true)
    expect(Object.is(read('-0.0'), -0)).toBe(true)
  })
})
