/** Estimates of combinations of keys that belong together, against true counts: every part has four of a hundred suppliers. */
import { describe, expect, it } from 'vitest'
import type { Catalog, ForeignKey } from '../../../src/catalog/catalog.js'
import {
  combinationsWithin,
  type CombinationBound,
} from '../../../src/planner/estimates/key-combinations.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf } from './planner-world.js'
import { numbers, usePretendWorld } from './pretend-world.js'

const supplierOf = (part: number, nth: number): number => ((part * 7 + nth * 25) % 100) + 1

/** `item` lives in one source, all else in another. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'offer',
    columns: [
      { name: 'part', type: 'integer' },
      { name: 'supplier', type: 'integer' },
      { name: 'cost', type: 'integer' },
    ],
    primaryKey: ['part', 'supplier'],
    rows: numbers(800).map((n) => {
      const part = (n - 1) % 200
      return [part, supplierOf(part, Math.floor((n - 1) / 200)), n % 10].map(String)
    }),
  },
  {
    name: 'item',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'part', type: 'integer' },
      { name: 'supplier', type: 'integer' },
      { name: 'kind', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => {
      const part = (id * 13) % 200
      return [id, part, supplierOf(part, Math.floor(id / 200) % 4), Math.floor(id / 800) % 5].map(
        String,
      )
    }),
  },
]

const REFERENCE: ForeignKey = {
  ...{ columns: ['part', 'supplier'], references: 'east.offer', to: ['part', 'supplier'] },
  rely: false,
}

const PLAIN = catalogOf(TABLES)
const REFERRING: Catalog = {
  ...PLAIN,
  sources: PLAIN.sources.map((source) => ({
    ...source,
    tables: source.tables.map((table) =>
      table.name === 'item' ? { ...table, foreignKeys: [REFERENCE] } : table,
    ),
  })),
}

const JOINED = 'item i JOIN offer o ON o.part = i.part AND o.supplier = i.supplier'
/** Each with the most that its estimate may be off. */
const REFERRED: readonly (readonly [string, number])[] = [
  [`SELECT part, supplier, count(*) FROM item GROUP BY 1, 2`, 1.1],
  [`SELECT supplier AS s, part AS p FROM item GROUP BY 1, 2`, 1.1],
  [`SELECT DISTINCT part, supplier FROM item`, 1.1],
  [`SELECT part, supplier, kind, count(*) FROM item GROUP BY 1, 2, 3`, 1.3],
  // Each once; at random some would come again.
  [`SELECT part, supplier, count(*) FROM item WHERE kind = 3 GROUP BY 1, 2`, 1.5],
  // One of them alone is no key.
  [`SELECT part, kind, count(*) FROM item GROUP BY 1, 2`, 1.1],
]
/** These need no reference: what is compared with a key is taken to refer to it. */
const COMPARED: readonly (readonly [string, number])[] = [
  [`SELECT i.id, o.cost FROM ${JOINED}`, 1.05],
  [`SELECT i.id, o.cost FROM ${JOINED} WHERE o.cost = 3`, 1.1],
  [`SELECT i.id, o.cost FROM ${JOINED} WHERE i.kind = 3`, 1.1],
  [`SELECT i.part, i.supplier, sum(o.cost) FROM ${JOINED} GROUP BY 1, 2`, 1.1],
  [`SELECT i.id, o.cost FROM item i LEFT JOIN offer o ON o.part = i.part AND o.supplier = i.supplier`, 1.05], // prettier-ignore
  [`SELECT a.cost, b.cost FROM offer a JOIN offer b ON b.part = a.part AND b.supplier = a.supplier JOIN item i ON i.part = a.part AND i.supplier = a.supplier`, 1.1], // prettier-ignore
]

describe('estimates of combinations', () => {
  const world = usePretendWorld(TABLES, PLAIN)
  const factorOf = (sql: string, catalog: Catalog): number => {
    const actual = world.count(sql)
    const estimated = world.plan(sql, {}, catalog).plan.estimatedRows ?? NaN
    return Math.max(estimated / actual, actual / estimated)
  }

  it.each(REFERRED)('by what they refer to: %s', (sql, most) => {
    expect(factorOf(sql, REFERRING)).toBeLessThanOrEqual(most)
  })

  it.each(COMPARED)('by the key they are compared with: %s', (sql, most) => {
    expect(factorOf(sql, PLAIN)).toBeLessThanOrEqual(most)
  })

  it('takes columns as independent where no key tells', () => {
    expect(factorOf(`SELECT part, supplier, count(*) FROM item GROUP BY 1, 2`, PLAIN)).toBeGreaterThan(4) // prettier-ignore
  })
})

describe('combinations within keys', () => {
  const parts = [1, 2, 3].map((id) => ({ id, values: 10 }))
  const bound = (most: number, ...ids: number[]): CombinationBound => ({
    ...{ columns: new Set(ids), most, isOwnKey: false },
  })

  it.each([
    [[], 1000],
    [[bound(20, 1, 2)], 200],
    // A part of a key bounds nothing, nor does a key with more than there are combinations.
    [[bound(20, 1, 4)], 1000],
    [[bound(5000, 1, 2)], 1000],
    // Keys that overlap count once, the one that saves most; others beside it do.
    [[bound(20, 1, 2), bound(10, 2, 3)], 100],
    [[bound(20, 1, 2), bound(4, 3)], 80],
  ] as const)('%j: %d', (bounds, combinations) => {
    expect(combinationsWithin(parts, bounds)).toBe(combinations)
  })
})
