import { describe, expect, it } from 'vitest'
import { executePlan } from '../../../src/executor/execute-plan.js'
import { createLocalPostgres } from '../../../src/executor/local-postgres/local-postgres.js'
import type { LocalPostgresPlan } from '../../../src/planner/physical-plan.js'
import {
  collect,
  column,
  constant,
  INT4,
  NUMERIC,
  planId,
  reference,
  TestTable,
  testContext,
  TEXT,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'
import type { SqlType } from '../../../src/types/sql-type.js'
import { parseTypeName } from '../../../src/types/type-registry.js'

const local = createLocalPostgres()

function plan(
  sql: string,
  types: readonly SqlType[],
  more: Partial<LocalPostgresPlan> = {},
): LocalPostgresPlan {
  return {
    kind: 'local-postgres',
    id: planId(),
    estimatedRows: undefined,
    columns: types.map((type, index) => column(`c${index}`, type)),
    inputs: [],
    sql,
    parameters: [],
    reason: 'test',
    ...more,
  }
}

const run = (node: LocalPostgresPlan, settings = {}): Promise<Row[]> => {
  const context = testContext()
  const evaluation = {
    ...context.evaluation,
    settings: { ...context.evaluation.settings, ...settings },
  }
  return collect(executePlan(node, { ...context, evaluation, localPostgres: local }))
}

describe('local PostgreSQL', () => {
  it('runs SQL over loaded inputs with parameters, and leaves nothing behind', async () => {
    const columns = [column('n', INT4), column('t', TEXT)]
    const rows: Row[] = [
      ['1', 'tab\there'],
      ['2', null],
      ['3', 'back\\slash\nline'],
      [null, ''],
    ]
    const node = (): LocalPostgresPlan =>
      plan(
        'select n, t, $1::int4 from "In put" where n >= $1 or n is null order by n',
        [INT4, TEXT, INT4],
        {
          inputs: [
            { name: 'In put', columnNames: ['n', 't'], plan: new TestTable(columns, rows).plan },
          ],
          parameters: [constant('2', INT4)],
        },
      )
    const expected = [
      ['2', null, '2'],
      ['3', 'back\\slash\nline', '2'],
      [null, '', '2'],
    ]
    expect(await run(node())).toEqual(expected)
    expect(await run(node())).toEqual(expected)
  })

  it('loads tables under their schema', async () => {
    const input = new TestTable([column('n', NUMERIC)], [['1.50'], ['NaN']]).plan
    const node = plan('select sum(n) filter (where n < 10) from crm.orders', [NUMERIC], {
      inputs: [{ schema: 'crm', name: 'orders', columnNames: ['n'], plan: input }],
    })
    expect(await run(node)).toEqual([['1.50']])
  })

  it('keeps the SQLSTATE and message of errors, and works on afterwards', async () => {
    await expect(run(plan('select 1 / 0', [INT4]))).rejects.toMatchObject({
      code: '22012',
      message: 'division by zero',
    })
    expect(await run(plan('select 7', [INT4]))).toEqual([['7']])
  })

  it('applies the session settings', async () => {
    const rows = await run(plan(`select '2024-07-01 12:00+00'::timestamptz::text`, [TEXT]), {
      timeZone: 'Europe/Berlin',
    })
    expect(rows).toEqual([['2024-07-01 14:00:00+02']])
  })

  it('gives the same values whatever the settings', async () => {
    const texts: Readonly<Record<string, string>> = {
      'timestamptz[]': "array['2024-02-01 03:04:05+00'::timestamptz, null]",
      'date[]': "array['2024-02-01'::date]",
      'interval[]': "array['1 mon -2 days 03:04'::interval]",
      'float8[]': 'array[0.1::float8 + 0.2::float8]',
      'bytea[]': "array['\\x00ff'::bytea]",
      tstzrange: "tstzrange('2024-02-01 03:04:05+00', null)",
      datemultirange: "datemultirange(daterange('2024-02-01', '2024-03-01'))",
      point: 'point(0.1::float8 + 0.2::float8, 1)',
    }
    const node = (): LocalPostgresPlan =>
      plan(`select ${Object.values(texts).join(', ')}`, Object.keys(texts).map(parseTypeName))
    const expected = await run(node())
    const styled = {
      ...{ timeZone: 'Asia/Tokyo', dateStyle: 'SQL, DMY', intervalStyle: 'sql_standard' },
      ...{ extraFloatDigits: -5, byteaOutput: 'escape' },
    }
    expect(await run(node(), styled)).toEqual(expected)
  })

  it('runs statements one after another when they are asked for together', async () => {
    const all = await Promise.all(
      [1, 2, 3].map((n) => run(plan(`select ${n} from generate_series(1, 20000)`, [INT4]))),
    )
    expect(all.map((rows) => [rows.length, rows[0]])).toEqual([
      [20000, ['1']],
      [20000, ['2']],
      [20000, ['3']],
    ])
  })

  it('serves both sides of a join and its own inputs', async () => {
    const inner = plan('select * from generate_series(1, 30000)', [INT4])
    const left = plan('select n * 2 from input', [INT4], {
      inputs: [{ name: 'input', columnNames: ['n'], plan: inner }],
    })
    const right = plan('select * from generate_series(1, 30000)', [INT4])
    const rows = await collect(
      executePlan(
        {
          kind: 'hash-join',
          id: planId(),
          estimatedRows: undefined,
          columns: left.columns,
          joinType: 'semi',
          left,
          right,
          build: 'right',
          keys: [
            {
              left: reference(left.columns[0]!),
              right: reference(right.columns[0]!),
              collation: 'binary',
              nullSafe: false,
            },
          ],
        },
        { ...testContext(), localPostgres: local },
      ),
    )
    expect(rows.length).toBe(15000)
  })

  it('puts rows on disk that do not fit: its own result, and an input that is one', async () => {
    const build = (): LocalPostgresPlan => {
      const inner = plan("select n, repeat('x', n % 50) from generate_series(1, 20000) n", [
        INT4,
        TEXT,
      ])
      return plan('select n + 1, t, n::numeric / 3 from input', [INT4, TEXT, NUMERIC], {
        inputs: [{ name: 'input', columnNames: ['n', 't'], plan: inner }],
      })
    }
    const expected = await run(build())
    expect(expected.length).toBe(20000)
    const node = build()
    const context = { ...testContext({ memoryLimit: 200_000 }), localPostgres: local }
    expect(await collect(executePlan(node, context))).toEqual(expected)
    const inner = context.statistics.of(node.inputs[0]!.plan.id)
    expect(inner.spilled).toBeGreaterThan(0)
    // Its input is written once more, and its result.
    expect(context.statistics.of(node.id).spilled).toBeGreaterThan(inner.spilled)
    expect(context.memory.peak).toBeLessThanOrEqual(200_000)
    expect(context.memory.used).toBe(0)
  })
})
