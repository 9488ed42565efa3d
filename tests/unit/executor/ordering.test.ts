import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SortKey } from '../../../src/planner/logical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import type { SqlType } from '../../../src/types/sql-type.js'
import {
  column,
  constant,
  FLOAT8,
  INT4,
  INT8,
  NUMERIC,
  planId,
  reference,
  run,
  sortKey,
  TestTable,
  TEXT,
  runBothWays,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'
import { ask } from './postgres-oracle.js'

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 5 })

const TYPES: readonly (readonly [SqlType, fc.Arbitrary<string>])[] = [
  [INT4, fc.integer().map(String)],
  [
    INT8,
    fc.oneof(
      fc.integer({ min: -3, max: 3 }).map(String),
      fc.maxSafeInteger().map(String),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    ),
  ],
  [
    NUMERIC,
    fc.oneof(
      fc.constantFrom('1', '1.0', '1.00', '-1', '0', 'NaN', 'Infinity', '-Infinity'),
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((n) => `${n}.5`),
      fc.integer({ min: 0, max: 9 }).map((n) => `12345678901234567890.${n}`),
    ),
  ],
  [FLOAT8, fc.constantFrom('0', '-0', '1.5', '-1.5', 'NaN', 'Infinity', '-Infinity', '1e+300')],
  [
    TEXT,
    fc.oneof(
      fc.constantFrom(
        '',
        'a',
        'ab',
        'abc',
        'Zoë',
        'ä',
        '\u{1f600}',
        'customer-0001',
        'customer-00012',
      ),
      fc.integer({ min: 0, max: 20 }).map((n) => `customer-number-${n}`),
    ),
  ],
  [sqlType(OID.bpchar), fc.constantFrom('a', 'a  ', 'ab', 'b', '')],
  [
    sqlType(OID.date),
    fc.constantFrom('2024-01-01', 'infinity', '-infinity', '1999-01-01', '0044-03-15 BC'),
  ],
  [
    sqlType(OID.timestamptz),
    fc.constantFrom(
      '2024-01-01 00:00:00+00',
      'infinity',
      '-infinity',
      '1999-01-01 12:00:00.123456+00',
    ),
  ],
  [
    sqlType(OID.interval),
    fc.constantFrom('1 mon', '30 days', '29 days 24:00:00', '-1 days', '00:00:01', '1 year'),
  ],
  [sqlType(OID.uuid), fc.uuid()],
  [sqlType(OID.bytea), fc.constantFrom('\\x', '\\x00', '\\x0000', '\\xff', '\\x610062')],
  [sqlType(OID.bool), fc.constantFrom('t', 'f')],
]

interface Scenario {
  readonly rows: readonly Row[]
  readonly types: readonly SqlType[]
  readonly orders: readonly { readonly descending: boolean; readonly nullsFirst: boolean }[]
}

const scenario: fc.Arbitrary<Scenario> = fc
  .array(fc.integer({ min: 0, max: TYPES.length - 1 }), { minLength: 1, maxLength: 3 })
  .chain((chosen) =>
    fc.record({
      types: fc.constant(chosen.map((index) => TYPES[index]![0])),
      rows: fc
        .array(fc.tuple(...chosen.map((index) => nullable(TYPES[index]![1]))), { maxLength: 40 })
        .map((rows) => rows.map((row, index) => [...row, String(index)])),
      orders: fc.array(fc.record({ descending: fc.boolean(), nullsFirst: fc.boolean() }), {
        minLength: chosen.length,
        maxLength: chosen.length,
      }),
    }),
  )

function setUp({ types, rows, orders }: Scenario) {
  const columns = [...types.map((type, index) => column(`c${index}`, type)), column('id', INT4)]
  // The last key makes the order total, and shows that equal keys keep their order of input.
  const keys: SortKey[] = orders.map((order, index) => sortKey(reference(columns[index]!), order))
  const sql = [
    ...orders.map(
      ({ descending, nullsFirst }, index) =>
        `c${index} ${descending ? 'desc' : 'asc'} nulls ${nullsFirst ? 'first' : 'last'}`,
    ),
    'id',
  ].join(', ')
  return { columns, keys, sql, input: new TestTable(columns, rows, 7).plan }
}

describe('sorting agrees with PostgreSQL', () => {
  it('for every type, direction and place of NULLs; equal keys keep their order', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (s) => {
        const { columns, keys, sql, input } = setUp(s)
        const plan: PhysicalPlan = {
          kind: 'sort',
          id: planId(),
          estimatedRows: undefined,
          columns,
          input,
          keys,
        }
        expect(await runBothWays(plan)).toEqual(
          await ask(columns, s.rows, `select * from t order by ${sql}`),
        )
      }),
      { numRuns: 250 },
    )
  })

  it('keeps the first rows only', async () => {
    await fc.assert(
      fc.asyncProperty(
        scenario,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 5 }),
        async (s, limit, offset) => {
          const { columns, keys, sql, input } = setUp(s)
          const plan: PhysicalPlan = {
            ...{ kind: 'top-n', id: planId(), estimatedRows: undefined, columns, input, keys },
            limit: constant(String(limit), INT8),
            offset: constant(String(offset), INT8),
          }
          const query = `select * from t order by ${sql} limit ${limit} offset ${offset}`
          expect(await runBothWays(plan)).toEqual(await ask(columns, s.rows, query))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('keeps the first of very many rows', async () => {
    const columns = [column('n', INT4)]
    const rows: Row[] = Array.from({ length: 60_000 }, (_, i) => [String((i * 7919) % 60_013)])
    const plan: PhysicalPlan = {
      ...{ kind: 'top-n', id: planId(), estimatedRows: undefined, columns },
      input: new TestTable(columns, rows, 8192).plan,
      keys: [sortKey(reference(columns[0]!), { descending: true })],
      limit: constant('5', INT8),
    }
    const expected = rows
      .map((row) => Number(row[0]))
      .sort((a, b) => b - a)
      .slice(0, 5)
    expect(await runBothWays(plan)).toEqual(expected.map((n) => [String(n)]))
  })

  it('sorts many rows with long ties', async () => {
    const columns = [column('s', TEXT), column('n', INT4)]
    const rows: Row[] = Array.from({ length: 20_000 }, (_, i) => [
      `a long shared prefix, number ${(i * 7919) % 1009}`,
      String(i),
    ])
    const plan: PhysicalPlan = {
      ...{ kind: 'sort', id: planId(), estimatedRows: undefined, columns },
      input: new TestTable(columns, rows, 5000).plan,
      keys: [sortKey(reference(columns[0]!))],
    }
    const expected = rows
      .map((row, index) => ({ row, index }))
      .sort((a, b) => (a.row[0]! < b.row[0]! ? -1 : a.row[0]! > b.row[0]! ? 1 : a.index - b.index))
      .map(({ row }) => row)
    expect(await runBothWays(plan)).toEqual(expected)
  })

  it('takes the first row of each group of DISTINCT ON', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (s) => {
        const { columns, keys, sql, input } = setUp(s)
        const sort: PhysicalPlan = {
          kind: 'sort',
          id: planId(),
          estimatedRows: undefined,
          columns,
          input,
          keys,
        }
        const plan: PhysicalPlan = {
          ...{ kind: 'distinct-on', id: planId(), estimatedRows: undefined, columns, input: sort },
          on: [reference(columns[0]!)],
        }
        const query = `select distinct on (c0) * from t order by ${sql}`
        expect(await runBothWays(plan)).toEqual(await ask(columns, s.rows, query))
      }),
      { numRuns: 60 },
    )
  })
})

describe('limit', () => {
  const columns = [column('n', INT4)]
  const rows: Row[] = ['1', '1', '2', '2', '2', '2', '3', null, null].map((n) => [n])
  const limit = (more: object): PhysicalPlan => ({
    kind: 'limit',
    id: planId(),
    estimatedRows: undefined,
    columns,
    input: new TestTable(columns, rows, 2).plan,
    ...more,
  })
  const int8 = (value: string | null) => constant(value, INT8)
  const numbers = (result: readonly Row[]) => result.map((row) => row[0])

  it('skips and stops across batches', async () => {
    expect(numbers(await run(limit({ limit: int8('3'), offset: int8('1') })))).toEqual([
      '1',
      '2',
      '2',
    ])
    expect(numbers(await run(limit({ offset: int8('7') })))).toEqual([null, null])
    expect(numbers(await run(limit({ limit: int8('0') })))).toEqual([])
    expect((await run(limit({ limit: int8(null), offset: int8(null) }))).length).toBe(9)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('keeps ties of row %i as PostgreSQL does', async (count) => {
    const plan = limit({ limit: int8(String(count)), ties: [sortKey(reference(columns[0]!))] })
    const query = `select n from t order by n fetch first ${count} rows with ties`
    expect(await runBothWays(plan)).toEqual(await ask(columns, rows, query))
  })

  it('keeps ties behind an offset', async () => {
    const plan = limit({
      limit: int8('1'),
      offset: int8('2'),
      ties: [sortKey(reference(columns[0]!))],
    })
    const query = 'select n from t order by n offset 2 fetch first 1 rows with ties'
    expect(await runBothWays(plan)).toEqual(await ask(columns, rows, query))
  })

  it('refuses negative counts as PostgreSQL does', async () => {
    await expect(run(limit({ limit: int8('-1') }))).rejects.toMatchObject({
      code: '2201W',
      message: 'LIMIT must not be negative',
    })
    await expect(run(limit({ offset: int8('-1') }))).rejects.toMatchObject({
      code: '2201X',
      message: 'OFFSET must not be negative',
    })
  })
})
