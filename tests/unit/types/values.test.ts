/** Round trips of values through text and binary, and a few hand-picked results. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { formatArray, parseArray } from '../../../src/types/array-text.js'
import { decodeBinaryDatum } from '../../../src/types/binary-input.js'
import { encodeBinaryDatum } from '../../../src/types/binary-output.js'
import {
  addDecimal,
  applyNumericTypmod,
  compareDecimal,
  divideDecimal,
  formatDecimal,
  moduloDecimal,
  multiplyDecimal,
  parseDecimal,
  subtractDecimal,
} from '../../../src/types/numbers/decimal.js'
import { float4Text, float8Text } from '../../../src/types/numbers/float-output.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import { canonicalDatum } from '../../../src/types/text-input.js'
import { formatDatum } from '../../../src/types/text-output.js'
import { parseTypeName } from '../../../src/types/type-registry.js'

const read = (type: string, text: string, now?: number): string =>
  canonicalDatum(
    parseTypeName(type),
    text,
    DEFAULT_VALUE_SETTINGS,
    now === undefined ? {} : { now },
  )

describe('floats', () => {
  it('print so that they read back the same', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Number(float8Text(value))).toBe(value)
      }),
    )
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(Math.fround(Number(float4Text(value)))).toBe(value)
      }),
    )
  })

  it.each([
    [1e15, '1e+15'],
    [123456789012345, '123456789012345'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e100, '1e+100'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ])('prints %d as PostgreSQL does', (value, text) => {
    expect(float8Text(value)).toBe(text)
  })
})

describe('decimals', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(20))
    .map(([coefficient, scale]) => ({ kind: 'finite' as const, coefficient, scale }))

  it('keep value and scale through text and binary', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const text = formatDecimal(value)
        expect(parseDecimal(text)).toEqual(value)
        expect(decodeBinaryDatum(OID.numeric, encodeBinaryDatum(OID.numeric, text))).toBe(text)
      }),
    )
  })

  it('obey the laws of arithmetic', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(compareDecimal(subtractDecimal(addDecimal(a, b), b), a)).toBe(0)
        expect(compareDecimal(multiplyDecimal(a, b), multiplyDecimal(b, a))).toBe(0)
        fc.pre(b.coefficient !== 0n)
        const rest = moduloDecimal(a, b)
        expect(rest.coefficient === 0n || rest.coefficient < 0n === a.coefficient < 0n).toBe(true)
        expect(divideDecimal(a, b).scale).toBeGreaterThanOrEqual(Math.max(a.scale, b.scale))
      }),
    )
  })

  it('say how a field overflows', () => {
    const type = parseTypeName('numeric(4,2)')
    expect(formatDecimal(applyNumericTypmod(parseDecimal('99.994'), type.typmod))).toBe('99.99')
    expect(() => applyNumericTypmod(parseDecimal('99.995'), type.typmod)).toThrowError(
      expect.objectContaining({
        code: '22003',
        message: 'numeric field overflow',
        detail: 'A field with precision 4, scale 2 must round to an absolute value less than 10^2.',
      }),
    )
  })
})

describe('arrays', () => {
  it('keep any elements', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.string({ unit: 'grapheme' })), { minLength: 1 }),
        (elements) => {
          const text = formatArray({ elements, dimensions: [elements.length], lowerBounds: [1] })
          expect(parseArray(text).elements).toEqual(elements)
          fc.pre(!elements.some((element) => element?.includes('\0')))
          expect(decodeBinaryDatum(OID.textArray, encodeBinaryDatum(OID.textArray, text))).toBe(
            text,
          )
        },
      ),
    )
  })
})

describe('input', () => {
  it('reads the clock where asked to', () => {
    const now = (Date.UTC(2024, 4, 6, 22, 30) - Date.UTC(2000, 0, 1)) * 1000
    const berlin = { ...DEFAULT_VALUE_SETTINGS, timeZone: 'Europe/Berlin' }
    expect(read('date', 'today', now)).toBe('2024-05-06')
    expect(canonicalDatum(sqlType(OID.date), 'today', berlin, { now })).toBe('2024-05-07')
    expect(canonicalDatum(sqlType(OID.date), 'yesterday', berlin, { now })).toBe('2024-05-06')
    expect(read('timestamptz', 'now', now)).toBe('2024-05-06 22:30:00+00')
    expect(canonicalDatum(sqlType(OID.timestamp), 'now', berlin, { now })).toBe(
      '2024-05-07 00:30:00',
    )
    expect(read('timestamp', 'tomorrow 12:30', now)).toBe('2024-05-07 12:30:00')
  })

  it('names type and text in errors', () => {
    expect(() => read('integer', 'abc')).toThrowError(
      expect.objectContaining({
        code: '22P02',
        message: 'invalid input syntax for type integer: "abc"',
      }),
    )
    expect(() => read('integer', '99999999999')).toThrowError(
      expect.objectContaining({
        code: '22003',
        message: 'value "99999999999" is out of range for type integer',
      }),
    )
    expect(() => read('date', '2023-02-29')).toThrowError(
      expect.objectContaining({
        code: '22008',
        message: 'date/time field value out of range: "2023-02-29"',
      }),
    )
  })

  it('puts jsonb into normal form', () => {
    expect(read('jsonb', '{"bb":1,"a":[1e2,2.50],"a":{}}')).toBe('{"a": {}, "bb": 1}')
  })
})

describe('styled output', () => {
  it('restyles elements of arrays and bounds of ranges', () => {
    const settings = {
      ...DEFAULT_VALUE_SETTINGS,
      timeZone: 'Europe/Berlin',
      dateStyle: 'German, DMY',
    }
    expect(formatDatum(OID.timestamptzArray, '{"2024-01-01 00:00:00+00"}', settings)).toBe(
      '{"01.01.2024 01:00:00 CET"}',
    )
    expect(formatDatum(3912, '[2024-01-01,2024-02-01)', settings)).toBe('[01.01.2024,01.02.2024)')
  })
})

describe('malformed binary', () => {
  it.each([
    [OID.int4, [0, 0, 1]],
    [OID.int4, [0, 0, 0, 1, 9]],
    [OID.numeric, [0, 1, 0, 0, 0, 0, 0, 0]],
    [OID.jsonb, [2, 123, 125]],
    [OID.text, [255]],
    [OID.uuid, [1, 2, 3]],
    [OID.int4Array, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25]],
  ])('of type %i is refused', (oid, bytes) => {
    expect(() => decodeBinaryDatum(oid, Uint8Array.from(bytes))).toThrow()
  })
})
