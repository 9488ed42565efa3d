import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { executePlan } from '../../../src/executor/execute-plan.js'
import {
  whyNotNativeWindow,
  whyNotNativeWindowDefinition,
} from '../../../src/executor/windows/native-windows.js'
import type { Expression } from '../../../src/expressions/expression.js'
import type { FrameBound, WindowCall, WindowFrame } from '../../../src/planner/logical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import {
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
  run,
  sorted,
  sortKey,
  testContext,
  TestTable,
  TEXT,
  windowCall,
  runBothWays,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'
import { ask } from './postgres-oracle.js'

const columns = [
  column('id', INT4),
  column('g', INT4),
  column('o', INT4),
  column('v', NUMERIC),
  column('f', FLOAT8),
  column('s', TEXT),
]
const [id, g, o, v, f, s] = columns.map(reference) as [
  ReturnType<typeof reference>,
  ReturnType<typeof reference>,
  ReturnType<typeof reference>,
  ReturnType<typeof reference>,
  ReturnType<typeof reference>,
  ReturnType<typeof reference>,
]
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 5 })
const table = fc
  .array(
    fc.tuple(
      nullable(fc.integer({ min: 0, max: 1 }).map(String)),
      nullable(fc.integer({ min: 0, max: 6 }).map(String)),
      nullable(fc.constantFrom('1', '2.50', '-3', '0.125', '12345678901234567890')),
      nullable(fc.constantFrom('0.1', '0.2', '0.7', '-1.5')),
      nullable(fc.constantFrom('a', 'b', 'c')),
    ),
    { maxLength: 14 },
  )
  .map((rows) => rows.map((row, index) => [String(index), ...row]))

const int4 = (n: number) => constant(String(n), INT4)
const agg = { isAggregate: true }
const CALLS: readonly (readonly [string, () => WindowCall])[] = [
  ['row_number()', () => windowCall('row_number', INT8, [])],
  ['rank()', () => windowCall('rank', INT8, [])],
  ['dense_rank()', () => windowCall('dense_rank', INT8, [])],
  ['percent_rank()', () => windowCall('percent_rank', FLOAT8, [])],
  ['cume_dist()', () => windowCall('cume_dist', FLOAT8, [])],
  ['ntile(3)', () => windowCall('ntile', INT4, [int4(3)])],
  ['lag(s)', () => windowCall('lag', TEXT, [s], { signature: 'lag(anyelement)' })],
  [
    'lead(s, 2)',
    () => windowCall('lead', TEXT, [s, int4(2)], { signature: 'lead(anyelement,int4)' }),
  ],
  [
    'lag(v, o, 7::numeric)',
    () =>
      windowCall('lag', NUMERIC, [v, o, constant('7', NUMERIC)], {
        signature: 'lag(anycompatible,int4,anycompatible)',
      }),
  ],
  [
    'first_value(s)',
    () => windowCall('first_value', TEXT, [s], { signature: 'first_value(anyelement)' }),
  ],
  [
    'last_value(s)',
    () => windowCall('last_value', TEXT, [s], { signature: 'last_value(anyelement)' }),
  ],
  [
    'nth_value(id, 2)',
    () => windowCall('nth_value', INT4, [id, int4(2)], { signature: 'nth_value(anyelement,int4)' }),
  ],
  ['count(*)', () => windowCall('count', INT8, [], { signature: 'count()', ...agg })],
  ['count(s)', () => windowCall('count', INT8, [s], { signature: 'count(any)', ...agg })],
  ['sum(o)', () => windowCall('sum', INT8, [o], agg)],
  ['sum(v)', () => windowCall('sum', NUMERIC, [v], agg)],
  ['avg(v)', () => windowCall('avg', NUMERIC, [v], agg)],
  ['sum(f)', () => windowCall('sum', FLOAT8, [f], agg)],
  ['avg(f)', () => windowCall('avg', FLOAT8, [f], agg)],
  ['min(s)', () => windowCall('min', TEXT, [s], agg)],
  ['max(v)', () => windowCall('max', NUMERIC, [v], agg)],
  [
    'sum(o) filter (where g < o)',
    () => windowCall('sum', INT8, [o], { ...agg, filter: int4Comparison('int4lt', '<', g, o) }),
  ],
]

const bound = fc.oneof(
  fc.constant<[string, FrameBound]>(['current row', { kind: 'current-row' }]),
  fc
    .integer({ min: 0, max: 3 })
    .map((n): [string, FrameBound] => [`${n} preceding`, { kind: 'preceding', offset: int4(n) }]),
  fc
    .integer({ min: 0, max: 3 })
    .map((n): [string, FrameBound] => [`${n} following`, { kind: 'following', offset: int4(n) }]),
)
const startBound = fc.oneof(
  bound,
  fc.constant<[string, FrameBound]>(['unbounded preceding', { kind: 'unbounded-preceding' }]),
)
const endBound = fc.oneof(
  bound,
  fc.constant<[string, FrameBound]>(['unbounded following', { kind: 'unbounded-following' }]),
)
const RANK = ['unbounded-preceding', 'preceding', 'current-row', 'following', 'unbounded-following']
const frame = fc
  .record({
    mode: fc.constantFrom('rows', 'range', 'groups'),
    start: startBound,
    end: endBound,
    exclude: fc.constantFrom('no-others', 'current-row', 'group', 'ties'),
  })
  // PostgreSQL refuses a frame whose start is of a later kind than its end.
  .filter(({ start, end }) => RANK.indexOf(start[1].kind) <= RANK.indexOf(end[1].kind))

const EXCLUDES: Readonly<Record<string, string>> = {
  'no-others': '',
  'current-row': 'exclude current row',
  group: 'exclude group',
  ties: 'exclude ties',
}

describe('window calls agree with PostgreSQL over every kind of frame', () => {
  it.each(CALLS)('%s', async (sql, make) => {
    await fc.assert(
      fc.asyncProperty(
        table,
        frame,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (rows, spec, descending, nullsFirst, total) => {
          // RANGE needs exactly one key; elsewhere a second one makes the order total, so that results are defined.
          const order = [sortKey(o, { descending, nullsFirst })]
          let orderSql = `o ${descending ? 'desc' : ''} nulls ${nullsFirst ? 'first' : 'last'}`
          const isRange = spec.mode === 'range'
          const dependsOnOrder = !/^(rank|dense|percent|cume|count|sum\(o|sum\(v|avg\(v)/.test(sql)
          if (!isRange && (total || dependsOnOrder || spec.mode === 'rows')) {
            order.push(sortKey(id))
            orderSql += ', id'
          } else if (isRange && dependsOnOrder) {
            // The one key has to be unique itself.
            order[0] = sortKey(id, { descending })
            orderSql = `id ${descending ? 'desc' : ''}`
          }
          const call = make()
          const physicalFrame: WindowFrame = {
            mode: spec.mode as WindowFrame['mode'],
            start: spec.start[1],
            end: spec.end[1],
            exclude: spec.exclude as WindowFrame['exclude'],
          }
          expect(whyNotNativeWindow(call)).toBeUndefined()
          const definition = { partitionBy: [g], orderBy: order, frame: physicalFrame }
          expect(whyNotNativeWindowDefinition(definition)).toBeUndefined()
          const plan: PhysicalPlan = {
            kind: 'window',
            id: planId(),
            estimatedRows: undefined,
            columns: [...columns, call.column],
            input: new TestTable(columns, rows, 4).plan,
            ...definition,
            calls: [call],
          }
          const frameSql = `${spec.mode} between ${spec.start[0]} and ${spec.end[0]} ${EXCLUDES[spec.exclude]}`
          const expected = await ask(
            columns,
            rows,
            `select *, ${sql} over (partition by g order by ${orderSql} ${frameSql}) from t`,
          )
          expect(sorted(await runBothWays(plan))).toEqual(sorted(expected))
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a partition larger than memory', () => {
  const offset = (kind: 'preceding' | 'following', value: string, type = INT4): FrameBound => ({
    kind,
    offset: constant(value, type),
  })
  const FRAMES: readonly (readonly [string, Expression, WindowFrame])[] = [
    [
      'from the beginning to the row and its peers',
      o,
      {
        mode: 'range',
        start: { kind: 'unbounded-preceding' },
        end: { kind: 'current-row' },
        exclude: 'no-others',
      },
    ],
    [
      'from the row to the end',
      id,
      {
        mode: 'rows',
        start: { kind: 'current-row' },
        end: { kind: 'unbounded-following' },
        exclude: 'no-others',
      },
    ],
    [
      'of neighbouring groups',
      o,
      {
        mode: 'groups',
        start: offset('preceding', '1'),
        end: offset('following', '1'),
        exclude: 'ties',
      },
    ],
    [
      'of near values',
      v,
      {
        mode: 'range',
        start: offset('preceding', '0.5', NUMERIC),
        end: offset('following', '1.25', NUMERIC),
        exclude: 'no-others',
      },
    ],
  ]
  const rows: Row[] = Array.from({ length: 2000 }, (_, n) => [
    String(n),
    '1',
    n % 50 === 7 ? null : String((n * 7919) % 450),
    n % 60 === 11 ? null : String(((n * 31) % 4001) / 8),
    String(n / 3),
    n % 5 === 0 ? null : `${'x'.repeat(n % 30)}${n % 77}`,
  ])

  it.each(FRAMES)('is computed page by page: %s', async (_name, key, spec) => {
    // Backwards there is no way for what depends on the order: each frame anew would take the square of the rows.
    const isShrinking = spec.end.kind === 'unbounded-following'
    const made = CALLS.map(([, make]) => make()).filter(
      (call) => !isShrinking || !/^(avg|min|max)$/.test(call.function.name),
    )
    const calls = made.filter(({ arguments: [first] }) => !isShrinking || first !== f)
    const plan = (): PhysicalPlan => ({
      ...{ kind: 'window', id: planId(), estimatedRows: undefined, calls },
      columns: [...columns, ...calls.map((call) => call.column)],
      input: new TestTable(columns, rows, 256).plan,
      ...{ partitionBy: [g], orderBy: [sortKey(key)], frame: spec },
    })
    const context = testContext({ memoryLimit: 150_000 })
    const paged = plan()
    const actual = await collect(executePlan(paged, context))
    expect(actual).toEqual(await run(plan()))
    expect(context.statistics.of(paged.id).spilled).toBeGreaterThan(150_000)
    expect(context.memory.peak).toBeLessThanOrEqual(150_000)
    expect(context.memory.used).toBe(0)
  })
})
