/** Prices from what statements took: how many it needs, which count, steps that do not flap, sources of one target, and what is kept. */
import { expect, test } from 'vitest'
import { MeasuredPrices, type CallFigures } from '../../../src/planner/estimates/measured-prices.js'
import type { RemoteQueryPlan } from '../../../src/planner/physical-plan.js'
import {
  DEFAULT_PRICES,
  type PricesBySource,
} from '../../../src/planner/estimates/source-prices.js'

const NOW = Date.UTC(2026, 0, 1)

const plan = (source: string): RemoteQueryPlan => ({
  ...{ kind: 'remote-query', id: 1, columns: [], estimatedRows: 1, source },
  statement: { text: '', parameters: [], columns: [] },
})

const learn = (prices: MeasuredPrices, source: string, figures: CallFigures): boolean =>
  prices.learn(plan(source), () => figures, NOW)

/** Round trips, ms. */
function meet(prices: MeasuredPrices, ...roundTrips: readonly number[]): string {
  for (const shortestCall of roundTrips) learn(prices, 'crm', { shortestCall })
  return prices.text
}

const stepsOf = (text: string): PricesBySource => JSON.parse(text) as PricesBySource
const targets = { crm: 'a', orders: 'a', lake: 'b' }
const times = (count: number, value: number) => Array<number>(count).fill(value)

test('three small answers tell the round trip: the shortest of them, as a power of two of the default', () => {
  const prices = new MeasuredPrices(targets)
  expect(meet(prices, 51, 300)).toBe('{}')
  expect(prices.of('crm')).toMatchObject({ roundTrip: undefined, prices: DEFAULT_PRICES })
  meet(prices, 60)
  expect(prices.of('crm').roundTrip).toBe(51)
  expect(prices.of('crm').prices).toEqual({ ...DEFAULT_PRICES, roundTrip: 64_000 })
  expect(prices.of('crm').target?.measuredAt).toBe(NOW)
})

test('three large answers tell the pace of rows: the lower quartile, against what the default prices say', () => {
  const prices = new MeasuredPrices(targets)
  // 20,000 rows of 20 bytes are 20 ms at the default prices.
  const stream = (milliseconds: number) =>
    learn(prices, 'lake', { streamed: { rows: 20_000, bytes: 400_000, milliseconds } })
  for (const milliseconds of [160, 2000]) stream(milliseconds)
  expect(prices.text).toBe('{}')
  stream(161)
  expect(stepsOf(prices.text).lake).toEqual({ ...DEFAULT_PRICES, rowMoved: 6.4, byteMoved: 0.08 })
  expect(prices.of('lake').rowMoved).toBeCloseTo(6.4)
  // A scan that is slow for reasons of its own does not make the way there longer.
  for (const milliseconds of times(20, 2000)) stream(milliseconds)
  stream(160)
  expect(stepsOf(prices.text).lake?.rowMoved).toBeGreaterThan(50)
  for (const milliseconds of times(9, 160)) stream(milliseconds)
  expect(stepsOf(prices.text).lake?.rowMoved).toBeCloseTo(6.4)
})

test('a price stays where measurements lie around the middle between two, and changes once for good', () => {
  const prices = new MeasuredPrices(targets)
  const middle = Math.sqrt(16 * 32)
  const texts = new Set<string>()
  meet(prices, 20, 20, 20)
  for (let i = 0; i < 200; i++) {
    // 16 windows a little below the middle, 16 a little above.
    texts.add(meet(prices, ...times(32, middle * (i % 2 === 0 ? 0.9 : 1.1))))
  }
  expect(texts.size).toBe(1)
  expect(stepsOf([...texts][0]!).crm?.roundTrip).toBe(16_000)
  expect(stepsOf(meet(prices, ...times(32, 31))).crm?.roundTrip).toBe(32_000)
  expect(stepsOf(meet(prices, ...times(32, middle))).crm?.roundTrip).toBe(32_000)
  // Near the default nothing changes at all.
  expect(meet(new MeasuredPrices(targets), ...times(9, 0.7), ...times(9, 1.6))).toBe('{}')
})

test('prices have ends, and sources of one target have one price', () => {
  const prices = new MeasuredPrices(targets)
  expect(stepsOf(meet(prices, 0, 0, 0)).crm?.roundTrip).toBe(62.5)
  const far = stepsOf(meet(prices, ...times(32, 1e9)))
  expect(far).toEqual({
    crm: { ...DEFAULT_PRICES, roundTrip: 4_096_000 },
    orders: { ...DEFAULT_PRICES, roundTrip: 4_096_000 },
  })
})

test('of a statement that told nothing, and of a source that is in no catalog, nothing is learned', () => {
  const prices = new MeasuredPrices(targets)
  expect(learn(prices, 'crm', {})).toBe(false)
  expect(prices.learn(plan('crm'), () => undefined, NOW)).toBe(false)
  expect(learn(prices, 'tributary', { shortestCall: 1 })).toBe(false)
  expect(prices.kept()).toEqual({})
})

test('what is kept is bounded, holds numbers by target, and makes the same prices in another process', () => {
  const prices = new MeasuredPrices(targets)
  meet(prices, ...times(500, 20))
  learn(prices, 'lake', { shortestCall: 4 })
  const kept = JSON.parse(JSON.stringify(prices.kept())) as ReturnType<MeasuredPrices['kept']>
  expect(Object.keys(kept)).toEqual(['a', 'b'])
  expect(kept.a?.roundTrips).toHaveLength(32)
  const other = new MeasuredPrices({ renamed: 'a' })
  other.restore(kept)
  expect(stepsOf(other.text)).toEqual({ renamed: { ...DEFAULT_PRICES, roundTrip: 16_000 } })
  // The other target is no longer in the catalog.
  expect(Object.keys(other.kept())).toEqual(['a'])
})
