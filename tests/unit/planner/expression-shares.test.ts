/** Estimates of conditions on expressions of columns, against true counts. */
import { describe, expect, it } from 'vitest'
import type { ColumnStatistics } from '../../../src/catalog/catalog.js'
import { SELECTIVITY } from '../../../src/planner/estimates/selectivity.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, measured, withStatistics } from './planner-world.js'
import { numbers, usePretendWorld } from './pretend-world.js'

const DAYS_FROM = Date.UTC(1992, 0, 1)
const dayOf = (number: number): string =>
  new Date(DAYS_FROM + number * 86_400_000).toISOString().slice(0, 10)

const KINDS = ['open', 'open', 'open', 'open', 'open', 'open', 'Paid', 'paid', 'lost', 'LOST']
const FIRST = ['Ann', 'ben', 'Carl', 'dora', 'Emil', 'fay', 'Gus', 'hal']

/** Four thousand orders over seven years; most prices are low, two of three come from one land. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'sale',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'sold', type: 'date' },
      { name: 'sent', type: 'date' },
      { name: 'kind', type: 'text' },
      { name: 'name', type: 'text' },
      { name: 'phone', type: 'text' },
      { name: 'price', type: 'integer' },
      { name: 'count', type: 'integer' },
      { name: 'rarely', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => [
      String(id),
      dayOf((id * 37) % 2557),
      id % 4 === 0 ? null : dayOf(((id * 37) % 2557) + (id % 30)),
      KINDS[(id * 7) % 10]!,
      `${FIRST[(id * 5) % 8]!}-${String((id * 13) % 997)}`,
      `${id % 3 === 0 ? '33' : '49'}-${String((id * 7919) % 10_007).padStart(5, '0')}`,
      String(Math.floor(((id * 7919) % 1000) ** 2 / 10)),
      String(((id * 31) % 50) + 1),
      id % 10 < 8 ? null : String(id % 97),
    ]),
  },
]

/** Conditions, each with the most that its estimate may be off. */
const CONDITIONS: readonly (readonly [string, number])[] = [
  // One value of those that an expression has.
  [`id % 20 = 0`, 1.05],
  [`id % 10 = 3`, 1.05],
  [`0 = id % 20`, 1.05],
  [`id % 20 <> 0`, 1.05],
  [`id % 20 IN (1, 2, 3)`, 1.05],
  [`id % 20 NOT IN (1, 2, 3)`, 1.05],
  [`extract(year FROM sold) = 1995`, 1.2],
  [`extract(month FROM sold) = 7`, 1.2],
  [`date_trunc('month', sold) = '1995-03-01'`, 1.2],
  [`count * 2 = 40`, 1.1],
  [`count + price = -1`, 40],
  // Values of which some are far more common.
  [`lower(kind) = 'open'`, 1.05],
  [`upper(kind) IN ('PAID', 'LOST')`, 1.05],
  [`kind || '!' = 'lost!'`, 1.05],
  [`left(phone, 2) = '49'`, 1.3],
  [`left(phone, 2) = '33'`, 1.3],
  [`CASE WHEN kind = 'open' THEN 'x' ELSE 'y' END = 'x'`, 1.05],
  [`CASE WHEN price > 50000 THEN 'large' ELSE 'small' END = 'large'`, 1.2],
  [`sign(price - 20000) = 1`, 1.2],
  // Ranges, by where their ends stand.
  [`price * 2 > 199000`, 4],
  [`price * 2 > 100000`, 1.1],
  [`price + 1 < 11`, 2],
  [`100000 < price * 2`, 1.1],
  [`date_trunc('month', sold) >= '1997-01-01'`, 1.1],
  [`sold::timestamptz > '1998-12-01'`, 1.5],
  [`price * 2 BETWEEN 20000 AND 100000`, 1.2],
  [`extract(year FROM sold) >= 1997`, 1.2],
  [`extract(year FROM sold) BETWEEN 1994 AND 1995`, 1.2],
  [`count * price > 1000000`, 1.5],
  [`sent < sold + 10`, 2.5],
  [`length(name) > 6`, 1.2],
  // What is true for as many values as it is.
  [`lower(name) LIKE 'a%'`, 1.3],
  [`name || 'x' NOT LIKE 'A%'`, 1.1],
  [`starts_with(name, 'Ann')`, 1.4],
  [`starts_with(lower(name), 'b') OR lower(name) LIKE 'f%'`, 1.3],
  [`(price > 50000) IS TRUE`, 1.2],
  [`price * 2 < 20000 OR price * 2 < 40000`, 1.2],
  [`CASE WHEN kind = 'open' THEN price > 50000 ELSE count > 25 END`, 1.3],
  [`lower(kind) <> upper(name)`, 1.05],
  // NULL passes nothing but the test for it.
  [`extract(year FROM sent) = 1995`, 1.2],
  [`extract(month FROM sent) <> 7`, 1.1],
  [`rarely * 2 > 96`, 1.4],
  [`rarely + 1 IS NULL`, 1.05],
  [`coalesce(rarely, -1) = -1`, 1.05],
  [`coalesce(rarely, -1) < 0`, 1.05],
  [`kind IS DISTINCT FROM 'open'`, 1.05],
  [`kind IS NOT DISTINCT FROM 'lost'`, 1.05],
  [`rarely IS DISTINCT FROM 20`, 1.05],
  [`rarely IS NOT DISTINCT FROM NULL`, 1.05],
  [`lower(kind) IS DISTINCT FROM 'paid'`, 1.05],
]

/** Constants that lie where there are no values: so many rows at most. */
const NONE: readonly (readonly [string, number])[] = [
  [`price * 2 > 300000`, 1],
  [`price + 1 < -5`, 1],
  [`price * 2 = 300000`, 1],
  [`date_trunc('month', sold) = '2010-03-01'`, 1],
  [`extract(year FROM sold) = 1850`, 40],
  [`lower(kind) = 'never'`, 1],
  [`lower(name) LIKE 'zz%'`, 40],
  [`kind || '' = NULL`, 1],
]

describe('estimates of conditions on expressions', () => {
  const world = usePretendWorld(TABLES, measured(catalogOf(TABLES), TABLES))
  const estimateOf = (condition: string, catalog?: ReturnType<typeof catalogOf>): number =>
    world.plan(`SELECT id FROM sale WHERE ${condition}`, {}, catalog).plan.estimatedRows ?? NaN

  it.each(CONDITIONS)('%s', (condition, most) => {
    const actual = Math.max(1, world.count(`SELECT id FROM sale WHERE ${condition}`))
    const estimated = estimateOf(condition)
    const factor = Math.max(estimated / actual, actual / estimated)
    expect(factor, `${estimated} estimated, ${actual} there are`).toBeLessThanOrEqual(most)
  })

  it.each(NONE)('%s: nothing there', (condition, most) => {
    expect(world.count(`SELECT id FROM sale WHERE ${condition}`)).toBe(0)
    expect(estimateOf(condition)).toBeLessThanOrEqual(most)
  })

  it('takes the usual share where no values are known, and the number of values where that is', () => {
    const withoutValues = withStatistics(
      measured(catalogOf(TABLES), TABLES),
      ({ statistics: { rows, columns } }) => ({
        rows: rows!,
        columns: Object.fromEntries(
          Object.entries(columns).map(([name, { distinct, nullFraction }]) => [
            name,
            { distinct, nullFraction } as ColumnStatistics,
          ]),
        ),
      }),
    )
    expect(estimateOf(`price * 2 > 199500`, withoutValues)).toBeCloseTo(4000 * SELECTIVITY.range, 0)
    expect(estimateOf(`starts_with(name, 'Ann')`, withoutValues)).toBeCloseTo(4000 * SELECTIVITY.other, 0) // prettier-ignore
    expect(estimateOf(`lower(name) LIKE 'a%'`, withoutValues)).toBeCloseTo(
      4000 * SELECTIVITY.like,
      0,
    )
    expect(estimateOf(`id % 20 = 0`, withoutValues)).toBeCloseTo(4000 / 20, 0)
  })
})
