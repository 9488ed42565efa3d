/** Bytes that wait for their reader come out as they went in, however they were cut and whenever they are taken. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InboundPieces, joinPieces } from '../../../src/connectors/postgres/inbound-pieces.js'

const LARGEST = 262_144

/** Bytes that tell where they belong. */
function numbered(from: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (from + i) % 251))
}

test('what is taken is what was added, in order', () => {
  const step = fc.record({
    bytes: fc.oneof(fc.nat(40), fc.nat(9000), fc.nat(300_000)),
    then: fc.constantFrom('nothing', 'take', 'take if full', 'next answer'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const pieces = new InboundPieces()
      const taken: Buffer[] = []
      const take = (expected: boolean): void => {
        const piece = pieces.take(expected)
        if (piece !== undefined) taken.push(piece)
      }
      let added = 0
      for (const { bytes, then } of steps) {
        pieces.add(numbered(added, bytes))
        added += bytes
        if (then === 'take') take(false)
        else if (then === 'take if full') take(true)
        else if (then === 'next answer') pieces.startSmall()
      }
      while (pieces.waiting > 0) take(false)
      expect(pieces.take(false)).toBeUndefined()
      expect(Math.max(0, ...taken.map((piece) => piece.length))).toBeLessThanOrEqual(LARGEST + 8192)
      expect(Buffer.concat(taken).equals(numbered(0, added))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('a long answer comes in few pieces, a short one at once', () => {
  const pieces = new InboundPieces()
  pieces.add(numbered(0, 100))
  expect([pieces.isLong, pieces.take(false)?.length]).toEqual([false, 100])
  for (let i = 0; i < 400; i++) pieces.add(numbered(0, 8192))
  expect([pieces.isLong, pieces.hasFull]).toEqual([true, true])
  const sizes: number[] = []
  for (let piece = pieces.take(true); piece !== undefined; piece = pieces.take(true)) {
    sizes.push(piece.length)
  }
  expect(sizes.length).toBeLessThan(20)
  // What is not full stays until nothing more is expected.
  expect(pieces.waiting).toBe(400 * 8192 - sizes.reduce((sum, size) => sum + size, 0))
  expect(pieces.take(false)).toBeDefined()
  expect(pieces.waiting).toBe(0)
  pieces.startSmall()
  expect(pieces.isLong).toBe(false)
})

test.each([0, 3, 1024, 1025, 5000])('a rest of %i bytes goes in front of a piece', (length) => {
  const pieces = new InboundPieces()
  pieces.add(numbered(length, 6000))
  const piece = pieces.take(false)!
  expect(joinPieces(numbered(0, length), piece).equals(numbered(0, length + 6000))).toBe(true)
})
