/** Builders and vector operations, checked against plain lists of datums. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OID, sqlType, type Datum, type SqlType } from '../../../src/types/sql-type.js'
import { createVectorBuilder } from '../../../src/types/vectors/vector-builder.js'
import {
  byteSizeOf,
  concatVectors,
  constantVector,
  datumAt,
  gather,
  isNullAt,
  nullVector,
  retype,
  slice,
  vectorFromDatums,
} from '../../../src/types/vectors/vector-ops.js'
import type { Vector } from '../../../src/types/vectors/vector.js'

const list = (vector: Vector): Datum[] =>
  Array.from({ length: vector.length }, (_, row) => datumAt(vector, row))

const two = (value: number): string => String(value).padStart(2, '0')
const date = fc
  .tuple(
    fc.integer({ min: 1, max: 9999 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([year, month, day]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`)

const VALUES: readonly (readonly [string, SqlType, fc.Arbitrary<string>])[] = [
  ['bool', sqlType(OID.bool), fc.constantFrom('t', 'f')],
  ['int4', sqlType(OID.int4), fc.integer().map(String)],
  ['int8', sqlType(OID.int8), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)],
  ['small int8', sqlType(OID.int8), fc.maxSafeInteger().map(String)],
  ['float8', sqlType(OID.float8), fc.integer().map((n) => String(n / 8))],
  [
    'numeric',
    sqlType(OID.numeric),
    fc.tuple(fc.integer(), fc.nat(999)).map(([a, b]) => `${a}.${b}`),
  ],
  [
    'numeric(10,2)',
    sqlType(OID.numeric, ((10 << 16) | 2) + 4),
    fc.tuple(fc.nat(9999), fc.nat(99)).map(([a, b]) => `${a}.${two(b)}`),
  ],
  ['date', sqlType(OID.date), date],
  ['timestamp', sqlType(OID.timestamp), date.map((day) => `${day} 01:02:03.5`)],
  [
    'interval',
    sqlType(OID.interval),
    fc.integer({ min: 2, max: 500 }).map((n) => `${n} days 04:05:06`),
  ],
  ['text', sqlType(OID.text), fc.string({ unit: 'grapheme' })],
  [
    'bytea',
    sqlType(OID.bytea),
    fc.uint8Array().map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`),
  ],
  ['uuid', sqlType(OID.uuid), fc.uuid()],
  [
    'int4[]',
    sqlType(OID.int4Array),
    fc.array(fc.integer(), { minLength: 1 }).map((values) => `{${values.join(',')}}`),
  ],
]

describe.each(VALUES)('%s', (_name, type, value) => {
  const column = fc.array(fc.option(value), { maxLength: 60 })

  it('keeps datums', () => {
    fc.assert(
      fc.property(column, (datums) => {
        expect(list(vectorFromDatums(type, datums))).toEqual(datums)
      }),
    )
  })

  it('gathers, -1 giving NULL', () => {
    fc.assert(
      fc.property(column, fc.array(fc.nat(80)), (datums, picks) => {
        const indices = Int32Array.from(
          picks.map((pick) => pick % (datums.length + 1)),
          (i) => i - 1,
        )
        const expected = [...indices].map((index) => (index < 0 ? null : datums[index]))
        expect(list(gather(vectorFromDatums(type, datums), indices))).toEqual(expected)
      }),
    )
  })

  it('slices and joins', () => {
    fc.assert(
      fc.property(column, column, fc.nat(60), fc.nat(60), (first, second, a, b) => {
        const joined = concatVectors([
          vectorFromDatums(type, first),
          vectorFromDatums(type, second),
        ])
        const all = [...first, ...second]
        expect(list(joined)).toEqual(all)
        const start = Math.min(a, b, all.length)
        const end = Math.min(Math.max(a, b), all.length)
        const part = slice(joined, start, end)
        expect(list(part)).toEqual(all.slice(start, end))
        // A slice can be gathered and joined like any vector.
        expect(list(concatVectors([part, part]))).toEqual([
          ...all.slice(start, end),
          ...all.slice(start, end),
        ])
        expect(byteSizeOf(part)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('repeats constants and NULLs', () => {
    fc.assert(
      fc.property(fc.option(value), fc.nat(9), (datum, length) => {
        expect(list(constantVector(type, datum, length))).toEqual(Array(length).fill(datum))
        expect(list(nullVector(type, length))).toEqual(Array(length).fill(null))
      }),
    )
  })

  it('can be filled again after finish', () => {
    const builder = createVectorBuilder(type, 1)
    const [one, other] = fc.sample(value, 2)
    builder.appendDatum(one!)
    builder.appendNull()
    const first = builder.finish()
    expect(builder.length).toBe(0)
    for (let i = 0; i < 40; i++) builder.appendDatum(other!)
    const second = builder.finish()
    expect(list(first)).toEqual([one, null])
    expect(list(second)).toEqual(Array(40).fill(other))
    expect(isNullAt(first, 1)).toBe(true)
  })
})

describe('numbers appended without text', () => {
  it('keeps integers beyond 2^53 exact, before and after small ones', () => {
    const builder = createVectorBuilder(sqlType(OID.int8))
    builder.appendNumber(-5)
    builder.appendBigInt(9_007_199_254_740_993n)
    builder.appendNull()
    builder.appendNumber(7)
    expect(list(builder.finish())).toEqual(['-5', '9007199254740993', null, '7'])
  })

  it('keeps decimals of different scales apart', () => {
    const builder = createVectorBuilder(sqlType(OID.numeric))
    builder.appendNull()
    builder.appendDecimal(150, 2)
    builder.appendDecimal(5, 1)
    builder.appendNumber(7)
    builder.appendBigInt(10n ** 20n)
    expect(list(builder.finish())).toEqual([null, '1.50', '0.5', '7', '100000000000000000000'])
  })

  it('rounds float4 to single precision', () => {
    const builder = createVectorBuilder(sqlType(OID.float4))
    builder.appendNumber(0.1)
    expect(list(builder.finish())).toEqual(['0.1'])
  })

  it('refuses what a lane cannot hold', () => {
    expect(() => createVectorBuilder(sqlType(OID.text)).appendNumber(1)).toThrow()
    expect(() => createVectorBuilder(sqlType(OID.int4)).appendDecimal(1, 2)).toThrow()
  })
})

describe('retype', () => {
  it('changes the type within a lane', () => {
    const vector = retype(vectorFromDatums(sqlType(OID.varchar), ['a']), sqlType(OID.text))
    expect(vector.type.oid).toBe(OID.text)
    expect(list(vector)).toEqual(['a'])
  })

  it('refuses types that store their bytes differently', () => {
    expect(() => retype(vectorFromDatums(sqlType(OID.uuid), []), sqlType(OID.text))).toThrow()
    expect(() => retype(vectorFromDatums(sqlType(OID.int4), []), sqlType(OID.int8))).toThrow()
  })
})
