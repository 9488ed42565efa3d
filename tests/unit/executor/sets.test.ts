import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column, Expression } from '../../../src/expressions/expression.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import type { SqlType } from '../../../src/types/sql-type.js'
import { typeInfo } from '../../../src/types/type-registry.js'
import { executePlan } from '../../../src/executor/execute-plan.js'
import {
  BOOL,
  collect,
  column,
  constant,
  int4Comparison,
  INT4,
  INT8,
  NUMERIC,
  planId,
  reference,
  run,
  sorted,
  TestTable,
  testContext,
  TEXT,
  runBothWays,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'
import { ask, oracle } from './postgres-oracle.js'

const base = () => ({ id: planId(), estimatedRows: undefined })
const cell = fc.option(fc.constantFrom('1', '2', '3'), { nil: null, freq: 3 })
const table = fc.array(fc.tuple(cell, cell), { maxLength: 12 })

function plus(a: Expression, b: string): Expression {
  return { ...int4Comparison('int4pl', '+', a, constant(b, INT4)), type: INT4 } as Expression
}

describe('set operations agree with PostgreSQL', () => {
  it.each([
    ['intersect', false],
    ['intersect', true],
    ['except', false],
    ['except', true],
  ] as const)('%s, all: %s', async (operation, all) => {
    await fc.assert(
      fc.asyncProperty(table, table, async (a, b) => {
        const columns = [column('a', INT4), column('b', TEXT)]
        const side = [column('side', INT4), ...columns]
        const rows = [...a.map((row) => ['0', ...row]), ...b.map((row) => ['1', ...row])]
        const plan: PhysicalPlan = {
          ...base(),
          kind: 'set-operation',
          columns,
          operation,
          all,
          left: new TestTable(columns, a, 3).plan,
          right: new TestTable(columns, b, 3).plan,
        }
        const sql = `select a, b from t where side = 0 ${operation} ${all ? 'all' : ''} select a, b from t where side = 1`
        expect(sorted(await runBothWays(plan))).toEqual(sorted(await ask(side, rows, sql)))
      }),
      { numRuns: 60 },
    )
  })

  it('gives the inputs of UNION ALL in their order', async () => {
    const columns = [column('a', INT4)]
    const inputs = Array.from(
      { length: 12 },
      (_, i) => new TestTable([column('x', INT4)], [[String(i)], [String(i)]], 1).plan,
    )
    const rows = await run({ ...base(), kind: 'union-all', columns, inputs })
    expect(rows.map((row) => Number(row[0]))).toEqual(
      Array.from({ length: 24 }, (_, i) => Math.floor(i / 2)),
    )
  })
})

describe('common tables', () => {
  it('run once, for any number of readers', async () => {
    const columns = [column('a', INT4)]
    const source = new TestTable(columns, [['1'], ['2'], ['3'], ['4']], 1)
    const read = (): PhysicalPlan => ({
      ...base(),
      kind: 'shared-reference',
      columns: [column('a', INT4)],
      shared: 5,
      name: 'c',
    })
    const rows = await run({
      ...base(),
      kind: 'shared',
      columns,
      shared: 5,
      name: 'c',
      definition: source.plan,
      body: { ...base(), kind: 'union-all', columns, inputs: [read(), read(), read()] },
    })
    expect(rows.map((row) => row[0]).join('')).toBe('123412341234')
    expect(source.opened).toBe(1)
    expect(source.closed).toBe(1)
  })

  it.each([true, false])('recurse until nothing is new (all: %s)', async (all) => {
    const columns = [column('n', INT4)]
    const working = [column('n', INT4)]
    const n = reference(working[0]!)
    const reading: PhysicalPlan = {
      ...base(),
      kind: 'shared-reference',
      columns: working,
      shared: 9,
      name: 'r',
    }
    const plan: PhysicalPlan = {
      ...base(),
      kind: 'recursive-union',
      columns,
      shared: 9,
      all,
      base: new TestTable([column('n', INT4)], [['1'], ['2'], ['2']], 2).plan,
      step: {
        ...base(),
        kind: 'project',
        columns: [column('m', INT4)],
        input: {
          ...base(),
          kind: 'filter',
          columns: working,
          input: reading,
          condition: int4Comparison('int4lt', '<', n, constant('5', INT4)),
        },
        expressions: [{ column: column('m', INT4), expression: plus(n, '1') }],
      },
    }
    const postgres = await oracle()
    const sql = `with recursive r(n) as (values (1), (2), (2) union ${all ? 'all' : ''} select n + 1 from r where n < 5) select n from r`
    expect(await run(plan)).toEqual(postgres.query(sql))
    expect(await run(plan, { refuseMemory: true })).toEqual(postgres.query(sql))
  })

  it.each([
    [{ memoryLimit: 120_000 }, 1700],
    [{ refuseMemory: true }, 200],
  ] as const)(
    'tell a row that came before from a new one on disk (%s, %s nodes)',
    async (options, nodes) => {
      // A walk through a graph that comes back to its nodes by many ways, and has NULLs: rounds of one row, and of many.
      const rows: Row[] = Array.from({ length: 2 * nodes }, (_, n) => {
        const to = n % 3 === 0 ? (n * 7) % nodes : n + 1
        return [String(n % nodes), n % 97 === 0 ? null : String(to % nodes), `node ${n % 5}`]
      })
      const edges = [column('a', INT4), column('b', INT4), column('t', TEXT)]
      const [columns, working] = [0, 1].map(() => [column('n', INT4), column('t', TEXT)])
      const table = new TestTable(edges, rows, 100)
      const read: PhysicalPlan = {
        ...{ ...base(), kind: 'shared-reference', columns: working!, shared: 9, name: 'r' },
      }
      const results = [column('n', INT4), column('t', TEXT)]
      const step: PhysicalPlan = {
        ...{ ...base(), kind: 'hash-join', joinType: 'inner', build: 'right' },
        columns: [...working!, ...edges],
        left: read,
        right: table.plan,
        keys: [
          {
            left: reference(working![0]!),
            right: reference(edges[0]!),
            collation: 'binary',
            nullSafe: false,
          },
        ],
      }
      const plan: PhysicalPlan = {
        ...{ ...base(), kind: 'recursive-union', columns: columns!, shared: 9, all: false },
        base: new TestTable(results, [['1', 'start']]).plan,
        step: {
          ...{ ...base(), kind: 'project', columns: results, input: step },
          expressions: [
            { column: results[0]!, expression: reference(edges[1]!) },
            { column: results[1]!, expression: reference(edges[2]!) },
          ],
        },
      }
      const context = testContext(options)
      const answer = sorted(await collect(executePlan(plan, context)))
      expect(context.statistics.of(plan.id).spilled).toBeGreaterThan(0)
      const sql = `with recursive r(n, t) as (values (1, 'start') union select b, t.t from r join t on a = n) select n, t from r`
      expect(answer).toEqual(sorted(await ask(edges, rows, sql)))
      expect(answer.length).toBeGreaterThan(nodes / 2)
      expect(context.memory.used).toBe(0)
      expect(context.memory.peak).toBeLessThanOrEqual(context.memory.limit)
    },
  )
})

describe('apply', () => {
  const outer = [column('a', INT4), column('b', INT4)]
  const rows: Row[] = [
    ['1', '10'],
    ['2', '20'],
    ['2', '30'],
    [null, '40'],
    ['0', '50'],
  ]
  const series = (result: Column): PhysicalPlan => ({
    ...base(),
    kind: 'table-function',
    columns: [result],
    functions: [
      {
        call: setCall('generate_series', 'generate_series(int4,int4)', INT4, [
          constant('1', INT4),
          { kind: 'parameter', index: 2, type: INT4 },
        ]),
        columns: [result],
      },
    ],
  })
  const plan = (joinType: 'inner' | 'left' | 'semi' | 'anti' | 'mark'): PhysicalPlan => {
    const result = column('n', INT4)
    const mark = column('mark', BOOL)
    return {
      ...base(),
      kind: 'apply',
      joinType,
      columns:
        joinType === 'semi' || joinType === 'anti'
          ? outer
          : joinType === 'mark'
            ? [...outer, mark]
            : [...outer, result],
      left: new TestTable(outer, rows, 3).plan,
      right: series(result),
      outer: [outer[0]!],
      firstParameter: 2,
      mark,
    }
  }
  it.each([
    ['inner', 'select a, b, n from t, lateral generate_series(1, a) n'],
    ['left', 'select a, b, n from t left join lateral generate_series(1, a) n on true'],
    ['semi', 'select * from t where exists (select from generate_series(1, a))'],
    ['anti', 'select * from t where not exists (select from generate_series(1, a))'],
    ['mark', 'select *, exists (select from generate_series(1, a)) from t'],
  ] as const)('%s agrees with PostgreSQL', async (joinType, sql) => {
    const actual = await run(plan(joinType), { parameters: ['99'] })
    expect(sorted(actual)).toEqual(sorted(await ask(outer, rows, sql)))
  })
})

function setCall(
  name: string,
  signature: string,
  type: SqlType,
  argumentList: readonly Expression[],
): Expression {
  return {
    kind: 'call',
    function: {
      oid: 0,
      name,
      signature,
      schema: 'pg_catalog',
      volatility: 'immutable',
      strict: true,
    },
    arguments: argumentList,
    type,
    collation: 'binary',
    form: 'function',
  }
}

describe('set-returning functions agree with PostgreSQL', () => {
  const jsonb = sqlType(OID.jsonb)
  const timestamp = sqlType(OID.timestamp)
  const interval = sqlType(OID.interval)
  const CASES: readonly (readonly [string, string, SqlType, readonly Expression[]])[] = [
    ['generate_series(1, 5)', 'generate_series(int4,int4)', INT4, ints('1', '5')],
    ['generate_series(5, 1, -2)', 'generate_series(int4,int4,int4)', INT4, ints('5', '1', '-2')],
    ['generate_series(1, 0)', 'generate_series(int4,int4)', INT4, ints('1', '0')],
    [
      'generate_series(1, null::int)',
      'generate_series(int4,int4)',
      INT4,
      [constant('1', INT4), constant(null, INT4)],
    ],
    [
      'generate_series(9223372036854775805, 9223372036854775807)',
      'generate_series(int8,int8)',
      INT8,
      [constant('9223372036854775805', INT8), constant('9223372036854775807', INT8)],
    ],
    [
      'generate_series(1, 2.5, 0.25)',
      'generate_series(numeric,numeric,numeric)',
      NUMERIC,
      ['1', '2.5', '0.25'].map((n) => constant(n, NUMERIC)),
    ],
    [
      'generate_series(1.10, 4)',
      'generate_series(numeric,numeric)',
      NUMERIC,
      ['1.10', '4'].map((n) => constant(n, NUMERIC)),
    ],
    [
      "generate_series('2024-01-31'::timestamp, '2024-06-01', '1 month')",
      'generate_series(timestamp,timestamp,interval)',
      timestamp,
      [
        constant('2024-01-31 00:00:00', timestamp),
        constant('2024-06-01 00:00:00', timestamp),
        constant('1 mon', interval),
      ],
    ],
    [
      `unnest('{{1,NULL},{3,4}}'::int[])`,
      'unnest(anyarray)',
      INT4,
      [constant('{{1,NULL},{3,4}}', sqlType(OID.int4Array))],
    ],
    [
      `unnest(array['a,b', 'say "x"', '', null, 'NULL', 'back\\slash'])`,
      'unnest(anyarray)',
      TEXT,
      [constant('{"a,b","say \\"x\\"","",NULL,"NULL","back\\\\slash"}', sqlType(OID.textArray))],
    ],
    [
      `jsonb_array_elements('[1, "a,]", {"k": [1, 2]}, null, []]')`,
      'jsonb_array_elements(jsonb)',
      jsonb,
      [constant('[1, "a,]", {"k": [1, 2]}, null, []]', jsonb)],
    ],
    [
      `jsonb_array_elements_text('["q\\"uote", null, 1.50, {"a": "b"}]')`,
      'jsonb_array_elements_text(jsonb)',
      TEXT,
      [constant('["q\\"uote", null, 1.50, {"a": "b"}]', jsonb)],
    ],
    [
      `jsonb_object_keys('{"b": 1, "a": {"c": ",}"}, "a\\"": 2}')`,
      'jsonb_object_keys(jsonb)',
      TEXT,
      [constant('{"a": {"c": ",}"}, "b": 1, "a\\"": 2}', jsonb)],
    ],
  ]
  it.each(CASES)('%s', async (sql, signature, type, argumentList) => {
    const result = column('r', type)
    const call = setCall(signature.slice(0, signature.indexOf('(')), signature, type, argumentList)
    const ordinality = column('ordinality', INT8)
    const plan: PhysicalPlan = {
      ...base(),
      kind: 'table-function',
      columns: [result, ordinality],
      functions: [{ call, columns: [result] }],
      ordinality,
    }
    const postgres = await oracle()
    const canonical = type.oid === OID.timestamp ? 'r::text' : 'r'
    expect(await run(plan)).toEqual(
      postgres.query(`select ${canonical}, o from ${sql} with ordinality as f(r, o)`),
    )
    expect(typeInfo(type.oid).name).not.toBe('???')
  })

  it('pads shorter functions side by side', async () => {
    const results = [column('a', INT4), column('b', INT4)]
    const plan: PhysicalPlan = {
      ...base(),
      kind: 'table-function',
      columns: results,
      functions: [
        {
          call: setCall('generate_series', 'generate_series(int4,int4)', INT4, ints('1', '9000')),
          columns: [results[0]!],
        },
        {
          call: setCall('generate_series', 'generate_series(int4,int4)', INT4, ints('1', '2')),
          columns: [results[1]!],
        },
      ],
    }
    const rows = await run(plan)
    expect(rows.length).toBe(9000)
    expect(rows.slice(0, 3)).toEqual([
      ['1', '1'],
      ['2', '2'],
      ['3', null],
    ])
  })

  it('expands rows in a projection, in step, around other expressions', async () => {
    const columns = [column('a', INT4), column('b', INT4)]
    const rows: Row[] = [
      ['1', '2'],
      ['3', '1'],
      ['0', '0'],
      [null, '2'],
    ]
    const [a, b] = columns.map(reference) as [Expression, Expression]
    const series = (to: Expression) =>
      setCall('generate_series', 'generate_series(int4,int4)', INT4, [constant('1', INT4), to])
    const expressions = [
      { column: column('x', INT4), expression: a },
      { column: column('y', INT4), expression: series(a) },
      { column: column('z', INT4), expression: plus(series(b), '100') },
    ]
    const plan: PhysicalPlan = {
      ...base(),
      kind: 'project-set',
      columns: expressions.map((each) => each.column),
      input: new TestTable(columns, rows, 3).plan,
      expressions,
    }
    const sql = 'select a, generate_series(1, a), generate_series(1, b) + 100 from t'
    expect(sorted(await runBothWays(plan))).toEqual(sorted(await ask(columns, rows, sql)))
  })
})

function ints(...values: readonly string[]): Expression[] {
  return values.map((value) => constant(value, INT4))
}
