/** Plans by what a source costs to ask: a far one, one that sends slowly, and the default, which is what nobody measured. */
import { describe, expect, it } from 'vitest'
import {
  firstRowsPay,
  groupingPays,
  sendingKeysPays,
  shippingPays,
} from '../../../src/planner/estimates/cost.js'
import { chooseJoinOrder, relationsOf } from '../../../src/planner/join-order.js'
import type { Relation } from '../../../src/planner/join-order.js'
import { inputsOf } from '../../../src/planner/physical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { dearestOf, DEFAULT_PRICES } from '../../../src/planner/estimates/source-prices.js'
import type { PricesBySource, SourcePrices } from '../../../src/planner/estimates/source-prices.js'
import type { WorldTable } from '../../world/table.js'
import { countNodes, numbers, usePretendWorld } from './pretend-world.js'

/** 50 ms away. */
const FAR: SourcePrices = { ...DEFAULT_PRICES, roundTrip: 50_000 }
/** A twentieth of the rows in the same time. */
const SLOW: SourcePrices = { ...DEFAULT_PRICES, rowMoved: 16, byteMoved: 0.2 }
const FAR_AND_SLOW = dearestOf([FAR, SLOW])

/** `orders` is in west, `customer` in east. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'customer',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'region', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(1000).map((id) => [id, id % 100].map(String)),
  },
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'customer_id', type: 'integer' },
      { name: 'day', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => [id, id % 1000, id % 31].map(String)),
  },
]

describe('plans', () => {
  const world = usePretendWorld(TABLES)
  const plan = (sql: string, prices: PricesBySource = {}): PhysicalPlan =>
    world.plan(sql, {}, undefined, { prices }).plan

  it('send keys to a far source only for what its round trip is worth', () => {
    const sql = 'SELECT c.region, o.day FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.region = 5' // prettier-ignore
    const sends = (prices?: PricesBySource) => countNodes(plan(sql, prices), 'bind-join') === 1
    expect(sends()).toBe(true)
    // Four thousand rows come in less than a second round trip takes.
    expect(sends({ west: FAR })).toBe(false)
    expect(sends({ west: SLOW })).toBe(true)
    expect(sends({ west: FAR_AND_SLOW })).toBe(true)
    // Where the keys come from does not count: they are read either way.
    expect(sends({ east: FAR })).toBe(true)
  })

  it('carry the prices of their sources, where these are not the default', () => {
    const sql = 'SELECT c.region, o.day FROM customer c JOIN orders o ON o.id = c.id'
    const pricesIn = (node: PhysicalPlan): [string, SourcePrices | undefined][] =>
      node.kind === 'remote-query'
        ? [[node.source, node.prices]]
        : inputsOf(node).flatMap((input) => pricesIn(input))
    expect(pricesIn(plan(sql, { west: SLOW }))).toEqual([
      ['east', undefined],
      ['west', SLOW],
    ])
  })

  it('run a common table once rather than ask a far source twice', () => {
    const sql = `WITH t AS (SELECT customer_id, day, count(*) AS n FROM orders GROUP BY customer_id, day)
      SELECT c.region, a.n, b.n FROM customer c JOIN t a ON a.customer_id = c.id AND a.customer_id = 7
      JOIN t b ON b.day = a.day AND b.customer_id = 93`
    const isShared = (prices?: PricesBySource) => countNodes(plan(sql, prices), 'shared') === 1
    expect(isShared()).toBe(false)
    expect(isShared({ west: FAR })).toBe(true)
    expect(isShared({ west: FAR_AND_SLOW })).toBe(false)
  })
})

describe('choices', () => {
  it('of keys: rounds of statements that a far source is asked in', () => {
    const side = { rows: 50_000, width: 10, distinct: 50_000, keysPerStatement: 500 }
    expect(sendingKeysPays(10_000, side)).toBe(true)
    expect(sendingKeysPays(10_000, { ...side, prices: FAR })).toBe(false)
    expect(sendingKeysPays(10_000, { ...side, prices: FAR, keysPerStatement: 10_000 })).toBe(true)
    expect(sendingKeysPays(10_000, { ...side, prices: FAR_AND_SLOW })).toBe(true)
  })

  it('of shipped rows: a result that moves dearly is worth more of them', () => {
    const estimate = (prices: SourcePrices) => ({
      sides: [{ rows: 5000, width: 20 }],
      result: { rows: 100, width: 20, prices },
      otherwise: [{ rows: 5000, width: 20, prices }],
    })
    expect(shippingPays([5000], estimate(DEFAULT_PRICES))).toBe(false)
    expect(shippingPays([5000], estimate(SLOW))).toBe(true)
    expect(shippingPays([1000], estimate(FAR), FAR.roundTrip)).toBe(false)
  })

  it('of first rows: a round trip more against what all rows cost', () => {
    const pays = (prices: SourcePrices) =>
      firstRowsPay([{ rows: 50, width: 20, prices }], [{ rows: 20_000, width: 20, prices }])
    expect([DEFAULT_PRICES, FAR, SLOW, FAR_AND_SLOW].map(pays)).toEqual([true, false, true, true])
  })

  it('of grouping at the source: its work against moving', () => {
    const pays = (prices: SourcePrices) =>
      groupingPays(
        4000,
        { rows: 3000, width: 8, prices },
        { rows: 4000, width: 8, prices },
        {
          row: 0.35,
          group: 1.2,
        },
      )
    expect([DEFAULT_PRICES, FAR, SLOW].map(pays)).toEqual([false, false, true])
  })

  it('of the join order: a far source is asked once, for all that is joined there', () => {
    // 0 and 2 are neighbours at one source, 1 is at another; keys would go there and back.
    const order = (prices: SourcePrices) => {
      const relation = (rows: number, site: string): Relation => ({
        ...{ rows, site, width: 20 },
        ...(site === 'west' ? { prices } : {}),
      })
      const tree = chooseJoinOrder(
        [relation(20, 'east'), relation(2000, 'west'), relation(3000, 'west')],
        [
          { relations: [0, 1], selectivity: 1 / 2000 },
          { relations: [1, 2], selectivity: 1 / 2000 },
        ],
      )
      return relationsOf(tree).join('')
    }
    expect(order(DEFAULT_PRICES)).toMatch(/^(01|10)2|2(01|10)$/)
    expect(order(FAR)).toMatch(/^0(12|21)$|^(12|21)0$/)
  })
})
