import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyTable } from '../../../src/executor/keys/key-table.js'
import { vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'
import { INT8 } from './plan-builder.js'

/** Numbers keys by definition: the order of first appearance. */
function numbered(keys: readonly (string | null)[], nullsMatch: boolean): number[] {
  const seen = new Map<string | null, number>()
  return keys.map((key) => {
    if (key === null && !nullsMatch) return -1
    if (!seen.has(key)) seen.set(key, seen.size)
    return seen.get(key)!
  })
}

function assign(table: KeyTable, keys: readonly (string | null)[]): number[] {
  const ids = new Int32Array(keys.length)
  table.assign([vectorFromDatums(INT8, keys)], keys.length, ids)
  return [...ids]
}

const key = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.constantFrom('9007199254740991', '9007199254740992', '9007199254740993', null),
)

describe('keys of one 64-bit integer', () => {
  it('are numbered in order of appearance, whatever batches they come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(key, { maxLength: 9 })),
        fc.boolean(),
        (batches, nullsMatch) => {
          const table = new KeyTable([{ type: INT8, nullsMatch }])
          const ids = batches.flatMap((batch) => assign(table, batch))
          const keys = batches.flat()
          const expected = numbered(keys, nullsMatch)
          expect(ids).toEqual(expected)
          expect(table.size).toBe(Math.max(-1, ...expected) + 1)
          const found = new Int32Array(keys.length)
          table.lookup([vectorFromDatums(INT8, keys)], keys.length, found)
          expect([...found]).toEqual(expected)
        },
      ),
    )
  })

  it('survive growth, and zero is zero whatever its sign', () => {
    const table = new KeyTable([{ type: INT8, nullsMatch: false }])
    const keys = Array.from({ length: 50_000 }, (_, i) => String(i * 7919))
    expect(assign(table, keys)).toEqual(keys.map((_, i) => i))
    const ids = new Int32Array(3)
    const values = Float64Array.of(-0, 0, 12345)
    table.lookup([{ lane: 'int64', type: INT8, length: 3, values }], 3, ids)
    expect([...ids]).toEqual([0, 0, -1])
  })

  it('are found in a table that is read ahead, beside unknown ones, stretches of unknown ones and NULLs', () => {
    const table = new KeyTable([{ type: INT8, nullsMatch: false }])
    const keys = Float64Array.from({ length: 50_000 }, (_, i) => i * 7919)
    table.reserve(keys.length)
    const numbers = new Int32Array(keys.length)
    table.assign(
      [{ lane: 'int64', type: INT8, length: keys.length, values: keys }],
      keys.length,
      numbers,
    )
    expect(numbers).toEqual(Int32Array.from(keys, (_, i) => i))
    // First stretches that hold a single known key or none at all, then known and unknown ones in turn.
    const asked = Float64Array.from({ length: 20_000 }, (_, i) =>
      i < 10_000 ? (i % 500 === 0 ? i * 7919 : -1 - i) : i * 7919 + (i % 2),
    )
    const nulls = Uint8Array.from(asked, (_, i) => (i % 7 === 0 ? 1 : 0))
    const isKnown = (i: number): boolean => (i < 10_000 ? i % 500 === 0 : i % 2 === 0)
    for (const mask of [undefined, nulls]) {
      const found = new Int32Array(asked.length)
      table.lookup(
        [{ lane: 'int64', type: INT8, length: asked.length, values: asked, nulls: mask }],
        asked.length,
        found,
      )
      const expected = asked.map((_, i) => (isKnown(i) && mask?.[i] !== 1 ? i : -1))
      expect([...found]).toEqual([...expected])
    }
  })
})
