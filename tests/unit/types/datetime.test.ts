/** Calendar arithmetic against the calendar of JavaScript. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addMonths,
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  daysFromCivil,
  daysInMonth,
  isoWeek,
  joinMicrosExact,
  splitMicros,
  splitMicrosExact,
} from '../../../src/types/datetime/datetime.js'

const day = fc.integer({ min: -1_000_000, max: 3_000_000 })
const EPOCH = Date.UTC(2000, 0, 1)

describe('calendar', () => {
  it('agrees with Date', () => {
    fc.assert(
      fc.property(day, (days) => {
        const date = new Date(EPOCH + days * 86_400_000)
        const expected = {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        }
        expect(civilFromDays(days)).toEqual(expected)
        expect(daysFromCivil(expected.year, expected.month, expected.day)).toBe(days)
        expect(dayOfWeek(days)).toBe(date.getUTCDay())
        expect(dayOfYear(days)).toBe(
          (date.getTime() - new Date(0).setUTCFullYear(expected.year, 0, 1)) / 86_400_000 + 1,
        )
      }),
    )
  })

  it('keeps the day when months are added, or takes the last', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -5000, max: 5000 }), (days, months) => {
        const from = civilFromDays(days)
        const to = civilFromDays(addMonths(days, months))
        expect(to.year * 12 + to.month).toBe(from.year * 12 + from.month + months)
        expect(to.day).toBe(Math.min(from.day, daysInMonth(to.year, to.month)))
      }),
    )
  })

  it.each([
    ['2024-12-30', 2025, 1],
    ['2021-01-03', 2020, 53],
    ['2020-01-01', 2020, 1],
  ])('knows the ISO week of %s', (text, year, week) => {
    const [y, m, d] = text.split('-').map(Number)
    expect(isoWeek(daysFromCivil(y!, m!, d!))).toEqual({ year, week })
  })
})

describe('microseconds', () => {
  it('split the same exactly and in doubles', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (micros) => {
        const parts = splitMicros(micros)
        expect(parts).toEqual(splitMicrosExact(BigInt(micros)))
        expect(joinMicrosExact(parts.days, parts.micros)).toBe(BigInt(micros))
      }),
    )
  })

  it('split just below a day that the quotient rounds up to', () => {
    for (let days = 104_000; days < 104_249; days++) {
      expect(splitMicros(days * 86_400_000_000 - 1)).toEqual({
        days: days - 1,
        micros: 86_399_999_999,
      })
    }
  })
})
