/** Estimates of how many different values expressions have, against true counts. */
import { describe, expect, it } from 'vitest'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, measured } from './planner-world.js'
import { numbers, usePretendWorld } from './pretend-world.js'

const DAYS_FROM = Date.UTC(2019, 2, 4)
const dayOf = (number: number): string =>
  new Date(DAYS_FROM + number * 86_400_000).toISOString().slice(0, 10)
const momentOf = (minute: number): string =>
  new Date(DAYS_FROM + minute * 60_000).toISOString().slice(0, 19).replace('T', ' ')

const COUNTRIES = ['DE', 'FR', 'JP', 'de']
const KINDS = ['open', 'paid', 'shipped', 'returned', 'lost']

/** Four thousand sales over 2,000 days, of forty shops. */
const TABLES: readonly WorldTable[] = [
  {
    name: 'sale',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'shop_id', type: 'integer' },
      { name: 'sold', type: 'date' },
      { name: 'at', type: 'timestamp' },
      { name: 'kind', type: 'text' },
      { name: 'code', type: 'text' },
      { name: 'amount', type: 'numeric(10,2)' },
      { name: 'delta', type: 'integer' },
    ],
    primaryKey: ['id'],
    rows: numbers(4000).map((id) => [
      String(id),
      String((id % 40) + 1),
      id % 50 === 0 ? null : dayOf((id * 37) % 2000),
      momentOf((id * 1979) % 500_000),
      KINDS[(id * 7) % 5]!,
      `${['A', 'B', 'C'][id % 3]!}-${String((id * 13) % 800).padStart(4, '0')}`,
      (((id * 7919) % 50_000) / 100).toFixed(2),
      String(((id * 31) % 101) - 50),
    ]),
  },
  {
    name: 'shop',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'country', type: 'text' },
      { name: 'opened', type: 'date' },
    ],
    primaryKey: ['id'],
    rows: numbers(40).map((id) => [String(id), COUNTRIES[id % 4]!, dayOf(-id * 20)]),
  },
]

/** Keys of sales, each with the most that its estimate may be off. */
const KEYS: readonly (readonly [string, number])[] = [
  [`date_trunc('year', sold)`, 1.2],
  [`date_trunc('quarter', sold)`, 1.1],
  [`date_trunc('month', sold)`, 1.1],
  [`date_trunc('week', sold)`, 1.1],
  [`date_trunc('day', at)`, 1.1],
  [`date_trunc('hour', at)`, 2.2],
  [`extract(year FROM sold)`, 1.2],
  [`extract(month FROM sold)`, 1.1],
  [`extract(dow FROM sold)`, 1.2],
  [`extract(hour FROM at)`, 1.1],
  [`extract(minute FROM at)`, 1.1],
  [`extract(year FROM sold), extract(month FROM sold)`, 1.2],
  [`sold::timestamp::date`, 1.1],
  [`at::date`, 1.1],
  [`to_char(sold, 'YYYY-MM')`, 1.5],
  [`id % 10`, 1.05],
  [`delta % 7`, 1.05],
  [`id / 100`, 1.05],
  [`round(amount)`, 1.1],
  [`floor(amount / 100)`, 1.3],
  [`(amount / 50)::int`, 1.1],
  [`kind || '!'`, 1.05],
  [`lower(kind)`, 1.05],
  [`upper(code)`, 1.05],
  [`substr(code, 1, 1)`, 1.05],
  [`left(code, 3)`, 1.5],
  [`length(code)`, 1.05],
  [`id + 0`, 1.05],
  [`delta * 2`, 1.05],
  [`amount > 100`, 1.05],
  [`sold > '2022-01-01'`, 1.05],
  [`sold IS NULL`, 1.05],
  [`CASE WHEN amount > 400 THEN 'large' WHEN amount > 100 THEN 'medium' ELSE 'small' END`, 1.05],
  [`CASE WHEN amount > 400 THEN kind ELSE 'small' END`, 1.05],
  [`coalesce(kind, 'none')`, 1.3],
  [`nullif(kind, 'lost')`, 1.05],
  [`1`, 1.05],
  [`shop_id, shop_id % 7, shop_id * 2`, 1.05],
  [`date_trunc('year', sold), kind, amount > 100`, 1.3],
]

const JOINED = 'sale s JOIN shop p ON p.id = s.shop_id'
const STATEMENTS: readonly (readonly [string, number])[] = [
  ...KEYS.map(([keys, most]) => [`SELECT DISTINCT ${keys} FROM sale`, most] as const),
  // What a condition leaves of the range is what there is to be told apart.
  [`SELECT date_trunc('month', sold), count(*) FROM sale WHERE sold >= '2021-01-01' AND sold < '2022-01-01' GROUP BY 1`, 1.1], // prettier-ignore
  [`SELECT extract(month FROM sold), count(*) FROM sale WHERE sold >= '2021-01-01' AND sold < '2021-04-01' GROUP BY 1`, 1.2], // prettier-ignore
  [`SELECT id % 1000, count(*) FROM sale WHERE id <= 200 GROUP BY 1`, 1.1],
  // Keys of both sides of a join, and of what a join makes equal.
  [
    `SELECT date_trunc('year', s.sold), lower(p.country), count(*) FROM ${JOINED} GROUP BY 1, 2`,
    1.4,
  ],
  [`SELECT extract(year FROM p.opened), count(*) FROM ${JOINED} GROUP BY 1`, 1.1],
  [`SELECT p.id, s.shop_id % 7, count(*) FROM ${JOINED} GROUP BY 1, 2`, 1.05],
  [`SELECT s.kind = p.country, count(*) FROM ${JOINED} GROUP BY 1`, 2],
  // What a subquery computes has its values above as well.
  [`SELECT y, p.country, count(*) FROM (SELECT extract(year FROM sold) AS y, shop_id FROM sale OFFSET 0) s JOIN shop p ON p.id = s.shop_id GROUP BY 1, 2`, 1.2], // prettier-ignore
]

describe('estimates of the values of expressions', () => {
  const world = usePretendWorld(TABLES, measured(catalogOf(TABLES), TABLES))

  it.each(STATEMENTS)('%s', (sql, most) => {
    const actual = world.count(sql)
    const estimated = world.plan(sql).plan.estimatedRows ?? NaN
    const factor = Math.max(estimated / actual, actual / estimated)
    expect(factor, `${estimated} estimated, ${actual} there are`).toBeLessThanOrEqual(most)
  })
})
