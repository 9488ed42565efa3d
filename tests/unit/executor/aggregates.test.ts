import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { executePlan } from '../../../src/executor/execute-plan.js'
import { whyNotNativeAggregate } from '../../../src/executor/aggregates/native-aggregates.js'
import type { Column, Expression } from '../../../src/expressions/expression.js'
import type { AggregateCall } from '../../../src/planner/logical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import type { SqlType } from '../../../src/types/sql-type.js'
import {
  aggregate,
  BOOL,
  collect,
  column,
  constant,
  FLOAT8,
  int4Comparison,
  INT4,
  INT8,
  NUMERIC,
  planId,
  reference,
  sorted,
  sortKey,
  testContext,
  TestTable,
  TEXT,
  runBothWays,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'
import { ask } from './postgres-oracle.js'

const INT2 = sqlType(OID.int2)
const FLOAT4 = sqlType(OID.float4)

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 5 })

/** Values of a type, with the extremes that matter to sums. */
const VALUES: Readonly<Record<number, fc.Arbitrary<string | null>>> = {
  [OID.bool]: nullable(fc.constantFrom('t', 'f')),
  [OID.int2]: nullable(fc.integer({ min: -32768, max: 32767 }).map(String)),
  [OID.int4]: nullable(
    fc
      .oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -2147483648, max: 2147483647 }))
      .map(String),
  ),
  [OID.int8]: nullable(
    fc.oneof(
      fc.integer({ min: -5, max: 5 }).map(String),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    ),
  ),
  [OID.numeric]: nullable(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(
            fc.integer({ min: -9999, max: 9999 }),
            fc.constantFrom('', '.5', '.25', '.10', '.001'),
          )
          .map(([a, b]) => `${a}${b}`),
      },
      {
        weight: 1,
        arbitrary: fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map((n) => `${n}.123456789`),
      },
      { weight: 1, arbitrary: fc.constantFrom('0', '0.00', 'NaN', 'Infinity', '-Infinity') },
    ),
  ),
  [OID.float4]: nullable(fc.constantFrom('0', '1', '-1.5', '0.1', '3.25', '1e+10', '-7.125')),
  [OID.float8]: nullable(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(
          '0',
          '1',
          '-1.5',
          '0.1',
          '0.2',
          '3.25',
          '100000.5',
          '-0.7',
          '0.30000000000000004',
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0') },
    ),
  ),
  [OID.text]: nullable(
    fc.constantFrom(
      '',
      'a',
      'b',
      'abc',
      'Zebra',
      'ä',
      'long enough for more than a word',
      'x,y',
      'NULL',
      '{}',
      '"',
    ),
  ),
  [OID.date]: nullable(fc.constantFrom('2024-01-01', '1999-12-31', 'infinity', '2024-02-29')),
  [OID.timestamp]: nullable(
    fc.constantFrom('2024-01-01 00:00:00', '1999-12-31 23:59:59.5', '2024-02-29 12:00:00'),
  ),
  [OID.uuid]: nullable(
    fc.constantFrom('00000000-0000-0000-0000-000000000001', 'ffffffff-0000-0000-0000-000000000000'),
  ),
}

interface Case {
  readonly name: string
  readonly input: SqlType
  readonly result: SqlType
  readonly signature?: string
  readonly second?: SqlType
}

const CASES: Case[] = []
for (const input of [INT2, INT4, INT8, NUMERIC]) {
  CASES.push(
    { name: 'sum', input, result: input === INT8 || input === NUMERIC ? NUMERIC : INT8 },
    { name: 'avg', input, result: NUMERIC },
  )
}
for (const name of ['var_pop', 'var_samp', 'variance', 'stddev_pop', 'stddev_samp', 'stddev']) {
  for (const input of [INT2, INT4, INT8, NUMERIC]) CASES.push({ name, input, result: NUMERIC })
  for (const input of [FLOAT4, FLOAT8]) CASES.push({ name, input, result: FLOAT8 })
}
CASES.push(
  { name: 'sum', input: FLOAT4, result: FLOAT4 },
  { name: 'sum', input: FLOAT8, result: FLOAT8 },
  { name: 'avg', input: FLOAT4, result: FLOAT8 },
  { name: 'avg', input: FLOAT8, result: FLOAT8 },
)
for (const oid of Object.keys(VALUES).map(Number)) {
  CASES.push({ name: 'count', input: sqlType(oid), result: INT8, signature: 'count(any)' })
  CASES.push({
    name: 'any_value',
    input: sqlType(oid),
    result: sqlType(oid),
    signature: 'any_value(anyelement)',
  })
  if (oid === OID.bool || oid === OID.uuid) continue
  CASES.push({ name: 'min', input: sqlType(oid), result: sqlType(oid) })
  CASES.push({ name: 'max', input: sqlType(oid), result: sqlType(oid) })
}
for (const [oid, array] of [
  [OID.int4, OID.int4Array],
  [OID.text, OID.textArray],
  [OID.numeric, OID.numericArray],
  [OID.bool, OID.boolArray],
  [OID.date, OID.dateArray],
] as const) {
  CASES.push({
    name: 'array_agg',
    input: sqlType(oid),
    result: sqlType(array),
    signature: 'array_agg(anynonarray)',
  })
}
for (const name of ['bool_and', 'bool_or', 'every']) CASES.push({ name, input: BOOL, result: BOOL })
for (const name of ['bit_and', 'bit_or', 'bit_xor']) {
  for (const input of [INT2, INT4, INT8]) CASES.push({ name, input, result: input })
}
for (const name of [
  'corr',
  'covar_pop',
  'covar_samp',
  'regr_avgx',
  'regr_avgy',
  'regr_count',
  'regr_intercept',
  'regr_r2',
  'regr_slope',
  'regr_sxx',
  'regr_sxy',
  'regr_syy',
]) {
  CASES.push({ name, input: FLOAT8, second: FLOAT8, result: name === 'regr_count' ? INT8 : FLOAT8 })
}
CASES.push({ name: 'string_agg', input: TEXT, second: TEXT, result: TEXT })

function groupPlan(
  input: readonly Column[],
  rows: readonly Row[],
  groups: readonly Column[],
  aggregates: readonly AggregateCall[],
  more: { groupingSets?: number[][]; groupingCalls?: { column: Column; groups: number[] }[] } = {},
): PhysicalPlan {
  const outputs = groups.map((group) => ({
    column: column(group.name, group.type),
    expression: reference(group),
  }))
  return {
    kind: 'hash-aggregate',
    id: planId(),
    estimatedRows: undefined,
    columns: [
      ...outputs.map((output) => output.column),
      ...aggregates.map((call) => call.column),
      ...(more.groupingCalls ?? []).map((call) => call.column),
    ],
    input: new TestTable(input, rows, 4).plan,
    groups: outputs,
    aggregates,
    ...more,
  }
}

describe('aggregates agree with PostgreSQL', () => {
  it.each(CASES.map((c) => [`${c.name}(${c.input.oid})`, c] as const))('%s', async (_, c) => {
    const columns = [column('g', INT4), column('v', c.input), column('w', c.second ?? INT4)]
    const row = fc.tuple(
      nullable(fc.integer({ min: 0, max: 2 }).map(String)),
      VALUES[c.input.oid]!,
      VALUES[c.second?.oid ?? OID.int4]!,
    )
    const args: Expression[] = [
      reference(columns[1]!),
      ...(c.second ? [reference(columns[2]!)] : []),
    ]
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        const call = aggregate(
          c.name,
          c.result,
          args,
          c.signature === undefined ? {} : { signature: c.signature },
        )
        expect(whyNotNativeAggregate(call)).toBeUndefined()
        const sql = `select g, ${c.name}(v${c.second ? ', w' : ''}) from t group by g`
        const all = `select ${c.name}(v${c.second ? ', w' : ''}) from t`
        let expected: Row[]
        try {
          expected = sorted(await ask(columns, rows, sql))
        } catch (error) {
          const { code } = error as { code: string }
          await expect(
            runBothWays(groupPlan(columns, rows, [columns[0]!], [call])),
          ).rejects.toMatchObject({
            code,
          })
          return
        }
        expect(sorted(await runBothWays(groupPlan(columns, rows, [columns[0]!], [call])))).toEqual(
          expected,
        )
        let total: Row[]
        try {
          total = await ask(columns, rows, all)
        } catch {
          return
        }
        expect(await runBothWays(groupPlan(columns, rows, [], [call]))).toEqual(total)
      }),
      { numRuns: 15 },
    )
  })
})

describe('aggregate calls', () => {
  const columns = [column('g', INT4), column('v', INT4), column('s', TEXT)]
  const [g, v, s] = columns.map(reference) as [Expression, Expression, Expression]
  const row = fc.tuple(
    nullable(fc.integer({ min: 0, max: 2 }).map(String)),
    nullable(fc.integer({ min: 0, max: 3 }).map(String)),
    nullable(fc.constantFrom('a', 'b', 'c')),
  )
  const separator = constant('-', TEXT)
  const CALLS: readonly (readonly [string, () => AggregateCall])[] = [
    ['count(*)', () => aggregate('count', INT8, [], { signature: 'count()', star: true })],
    [
      'count(distinct v)',
      () => aggregate('count', INT8, [v], { signature: 'count(any)', distinct: true }),
    ],
    ['sum(distinct v)', () => aggregate('sum', INT8, [v], { distinct: true })],
    [
      'sum(v) filter (where g < v)',
      () => aggregate('sum', INT8, [v], { filter: int4Comparison('int4lt', '<', g, v) }),
    ],
    [
      "string_agg(s, '-' order by v desc, s)",
      () =>
        aggregate('string_agg', TEXT, [s, separator], {
          orderBy: [sortKey(v, { descending: true }), sortKey(s)],
        }),
    ],
    [
      "string_agg(distinct s, '-')",
      () => aggregate('string_agg', TEXT, [s, separator], { distinct: true }),
    ],
    [
      'array_agg(distinct s)',
      () =>
        aggregate('array_agg', sqlType(OID.textArray), [s], {
          distinct: true,
          signature: 'array_agg(anynonarray)',
        }),
    ],
    [
      'array_agg(distinct s order by s desc)',
      () =>
        aggregate('array_agg', sqlType(OID.textArray), [s], {
          distinct: true,
          orderBy: [sortKey(s, { descending: true })],
          signature: 'array_agg(anynonarray)',
        }),
    ],
    [
      'percentile_disc(0.4) within group (order by s)',
      () =>
        aggregate('percentile_disc', TEXT, [], {
          form: 'ordered-set',
          signature: 'percentile_disc(float8,anyelement)',
          directArguments: [constant('0.4', FLOAT8)],
          orderBy: [sortKey(s)],
        }),
    ],
    [
      'mode() within group (order by v desc)',
      () =>
        aggregate('mode', INT4, [], {
          form: 'ordered-set',
          signature: 'mode(anyelement)',
          orderBy: [sortKey(v, { descending: true })],
        }),
    ],
    ...(['rank', 'dense_rank', 'percent_rank', 'cume_dist'] as const).flatMap((name) =>
      (['1', null] as const).flatMap((value) =>
        [false, true].map((descending): readonly [string, () => AggregateCall] => [
          `${name}(${value ?? 'null'}::int) within group (order by v${descending ? ' desc' : ''})`,
          () =>
            aggregate(name, name.endsWith('rank') && name !== 'percent_rank' ? INT8 : FLOAT8, [], {
              form: 'hypothetical-set',
              signature: `${name}(any)`,
              directArguments: [constant(value, INT4)],
              orderBy: [sortKey(v, { descending, nullsFirst: descending })],
            }),
        ]),
      ),
    ),
  ]
  it.each(CALLS)('%s', async (sql, make) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 14 }), async (rows) => {
        const expected = await ask(columns, rows, `select g, ${sql} from t group by g`)
        const actual = await runBothWays(groupPlan(columns, rows, [columns[0]!], [make()]))
        expect(sorted(actual)).toEqual(sorted(expected))
        const total = await ask(columns, rows, `select ${sql} from t`)
        expect(await runBothWays(groupPlan(columns, rows, [], [make()]))).toEqual(total)
      }),
      { numRuns: 25 },
    )
  })

  it('computes percentile_cont over floats', async () => {
    const input = [column('g', INT4), column('v', FLOAT8)]
    const rows: Row[] = [1, 2, 4, 8, null].map((n) => ['1', n === null ? null : String(n)])
    const call = aggregate('percentile_cont', FLOAT8, [], {
      form: 'ordered-set',
      signature: 'percentile_cont(float8,float8)',
      directArguments: [constant('0.3', FLOAT8)],
      orderBy: [sortKey(reference(input[1]!))],
    })
    const expected = await ask(
      input,
      rows,
      'select percentile_cont(0.3) within group (order by v) from t',
    )
    expect(await runBothWays(groupPlan(input, rows, [], [call]))).toEqual(expected)
  })

  it('sorts a group that is larger than memory on disk, and holds one value of it', async () => {
    const input = [column('g', INT4), column('v', FLOAT8), column('s', TEXT)]
    const rows: Row[] = Array.from({ length: 12_000 }, (_, n) => [
      n % 1000 === 0 ? '2' : '1',
      n % 11 === 0 ? null : String(((n * 7919) % 12_007) / 8),
      n % 13 === 0 ? null : `${'x'.repeat(n % 40)}${(n * 31) % 700}`,
    ])
    const [g, v, s] = input.map((each) => reference(each))
    const within = (
      name: string,
      type: SqlType,
      key: Expression,
      direct: readonly Expression[],
      signature: string,
    ): AggregateCall =>
      aggregate(name, type, [], {
        form: name === 'dense_rank' ? 'hypothetical-set' : 'ordered-set',
        ...{ signature, directArguments: direct, orderBy: [sortKey(key)] },
      })
    const fraction = (value: string): Expression => constant(value, FLOAT8)
    const calls = [
      within('percentile_cont', FLOAT8, v!, [fraction('0.37')], 'percentile_cont(float8,float8)'),
      within('percentile_disc', TEXT, s!, [fraction('1')], 'percentile_disc(float8,anyelement)'),
      within('mode', TEXT, s!, [], 'mode(anyelement)'),
      within('dense_rank', INT8, v!, [fraction('700')], 'dense_rank(any)'),
    ]
    const columns = [column('g', INT4), ...calls.map((call) => call.column)]
    const plan: PhysicalPlan = {
      ...{ kind: 'hash-aggregate', id: planId(), estimatedRows: undefined, columns },
      input: new TestTable(input, rows, 500).plan,
      ...{ groups: [{ column: columns[0]!, expression: g! }], aggregates: calls },
    }
    const context = testContext({ memoryLimit: 150_000 })
    const actual = sorted(await collect(executePlan(plan, context)))
    const sql = `select g, percentile_cont(0.37) within group (order by v),
      percentile_disc(1) within group (order by s collate "C"), mode() within group (order by s collate "C"),
      dense_rank(700::float8) within group (order by v) from t group by g`
    expect(actual).toEqual(sorted(await ask(input, rows, sql)))
    expect(context.statistics.of(plan.id).spilled).toBeGreaterThan(500_000)
    expect(context.memory.peak).toBeLessThanOrEqual(150_000)
    expect(context.memory.used).toBe(0)
  })

  it('computes grouping sets and GROUPING', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 14 }), async (rows) => {
        const sql = `select g, s, count(*), sum(v), grouping(g, s) from t
          group by grouping sets ((g, s), (g), (s), (), (g))`
        const plan = groupPlan(
          columns,
          rows,
          [columns[0]!, columns[2]!],
          [
            aggregate('count', INT8, [], { signature: 'count()', star: true }),
            aggregate('sum', INT8, [v]),
          ],
          {
            groupingSets: [[0, 1], [0], [1], [], [0]],
            groupingCalls: [{ column: column('grouping', INT4), groups: [0, 1] }],
          },
        )
        expect(sorted(await runBothWays(plan))).toEqual(sorted(await ask(columns, rows, sql)))
      }),
      { numRuns: 25 },
    )
  })

  it('shows the first value of a group whose members only look different', async () => {
    const input = [column('n', NUMERIC)]
    const rows: Row[] = [['1.0'], ['1.00'], ['1']]
    const count = aggregate('count', INT8, [], { signature: 'count()', star: true })
    expect(await runBothWays(groupPlan(input, rows, input, [count]))).toEqual([['1.0', '3']])
  })
})
