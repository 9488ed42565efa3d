import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column } from '../../../src/expressions/expression.js'
import type { JoinType } from '../../../src/planner/logical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { SqlType } from '../../../src/types/sql-type.js'
import {
  BOOL,
  column,
  INT4,
  INT8,
  int4Comparison,
  NUMERIC,
  planId,
  reference,
  run,
  sorted,
  TestTable,
  TEXT,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'

const JOIN_TYPES: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'mark']

type Verdict = boolean | null

/** What a join gives by definition: every pair is looked at. */
function reference_join(
  joinType: JoinType,
  left: readonly Row[],
  right: readonly Row[],
  width: { left: number; right: number },
  nullAware: boolean,
  test: (l: Row, r: Row) => Verdict,
): Row[] {
  const nulls = (count: number): Row => Array.from({ length: count }, () => null)
  const result: Row[] = []
  const matchedRight = new Set<Row>()
  for (const l of left) {
    const verdicts = right.map((r) => test(l, r))
    const isMatched = verdicts.includes(true)
    right.forEach((r, index) => {
      if (verdicts[index] === true) matchedRight.add(r)
    })
    if (joinType === 'semi') {
      if (isMatched) result.push(l)
    } else if (joinType === 'anti') {
      if (nullAware ? verdicts.every((v) => v === false) : !isMatched) result.push(l)
    } else if (joinType === 'mark') {
      result.push([...l, isMatched ? 't' : verdicts.includes(null) ? null : 'f'])
    } else {
      right.forEach((r, index) => {
        if (verdicts[index] === true) result.push([...l, ...r])
      })
      if (!isMatched && (joinType === 'left' || joinType === 'full')) {
        result.push([...l, ...nulls(width.right)])
      }
    }
  }
  if (joinType === 'right' || joinType === 'full') {
    for (const r of right) if (!matchedRight.has(r)) result.push([...nulls(width.left), ...r])
  }
  return result
}

function outputColumns(
  joinType: JoinType,
  left: readonly Column[],
  right: readonly Column[],
  mark: Column,
) {
  if (joinType === 'semi' || joinType === 'anti') return left
  return joinType === 'mark' ? [...left, mark] : [...left, ...right]
}

const smallInt = fc.option(fc.integer({ min: 0, max: 4 }).map(String), { nil: null, freq: 4 })
const payload = fc.integer({ min: 0, max: 9 }).map(String)
const table = fc.array(fc.tuple(smallInt, smallInt, payload), { maxLength: 14 })

const scenario = fc.record({
  left: table,
  right: table,
  keys: fc.integer({ min: 1, max: 2 }),
  residual: fc.boolean(),
  nullSafe: fc.boolean(),
  keyType: fc.constantFrom<SqlType>(INT4, INT8, TEXT, NUMERIC),
  build: fc.constantFrom('left', 'right'),
  batchRows: fc.integer({ min: 1, max: 5 }),
  refuseMemory: fc.boolean(),
})

describe.each(JOIN_TYPES)('%s join', (joinType) => {
  it.each([false, true])(
    'agrees with its definition when hashed (null-aware: %s)',
    async (nullAware) => {
      if (nullAware && joinType !== 'anti') return
      await fc.assert(
        fc.asyncProperty(scenario, async (s) => {
          const columns = (): Column[] => [
            column('a', s.keyType),
            column('b', s.keyType),
            column('p', INT4),
          ]
          const l = columns()
          const r = columns()
          const mark = column('mark', BOOL)
          const keys = Array.from({ length: s.keys }, (_, k) => ({
            left: reference(l[k]!),
            right: reference(r[k]!),
            collation: 'binary',
            nullSafe: s.nullSafe,
          }))
          const plan: PhysicalPlan = {
            kind: 'hash-join',
            id: planId(),
            estimatedRows: undefined,
            columns: outputColumns(joinType, l, r, mark),
            joinType,
            left: new TestTable(l, s.left, s.batchRows).plan,
            right: new TestTable(r, s.right, s.batchRows).plan,
            build: s.build as 'left' | 'right',
            keys,
            mark,
            nullAware,
            residual: s.residual
              ? int4Comparison('int4lt', '<', reference(l[2]!), reference(r[2]!))
              : undefined,
          }
          const expected = reference_join(
            joinType,
            s.left,
            s.right,
            { left: 3, right: 3 },
            nullAware,
            (a, b) => {
              const parts: Verdict[] = keys.map((_, k) => {
                const x = a[k] ?? null
                const y = b[k] ?? null
                if (s.nullSafe) return x === y
                return x === null || y === null ? null : x === y
              })
              if (s.residual) parts.push(Number(a[2]) < Number(b[2]))
              return parts.includes(false) ? false : parts.includes(null) ? null : true
            },
          )
          expect(sorted(await run(plan, s))).toEqual(sorted(expected))
        }),
        { numRuns: 150 },
      )
    },
  )

  it('agrees with its definition as a nested loop', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.boolean(), async (s, nullAware) => {
        const l = [column('a', INT4), column('b', INT4), column('p', INT4)]
        const r = [column('a', INT4), column('b', INT4), column('p', INT4)]
        const mark = column('mark', BOOL)
        const isNotIn = nullAware && joinType === 'anti'
        const plan: PhysicalPlan = {
          kind: 'nested-loop-join',
          id: planId(),
          estimatedRows: undefined,
          columns: outputColumns(joinType, l, r, mark),
          joinType,
          left: new TestTable(l, s.left, s.batchRows).plan,
          right: new TestTable(r, s.right, s.batchRows).plan,
          mark,
          nullAware: isNotIn,
          condition: s.residual
            ? int4Comparison('int4lt', '<', reference(l[0]!), reference(r[1]!))
            : undefined,
        }
        const expected = reference_join(
          joinType,
          s.left,
          s.right,
          { left: 3, right: 3 },
          isNotIn,
          (a, b) => {
            if (!s.residual) return true
            const x = a[0] ?? null
            const y = b[1] ?? null
            return x === null || y === null ? null : Number(x) < Number(y)
          },
        )
        expect(sorted(await run(plan, s))).toEqual(sorted(expected))
      }),
      { numRuns: 100 },
    )
  })
})

describe.each(JOIN_TYPES)('%s join on ranges', (joinType) => {
  type Test = readonly [
    side: 'l' | 'r',
    at: number,
    operator: '<' | '<=' | '>' | '>=',
    other: number,
  ]
  const NAMES = { '<': 'int4lt', '<=': 'int4le', '>': 'int4gt', '>=': 'int4ge' } as const
  const test = fc.tuple(
    fc.constantFrom('l', 'r'),
    fc.nat(1),
    fc.constantFrom('<', '<=', '>', '>='),
    fc.nat(1),
  )
  const holds = (a: number, operator: Test[2], b: number): boolean =>
    operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b

  it('agrees with its definition', async () => {
    await fc.assert(
      fc.asyncProperty(
        scenario,
        fc.array(test, { minLength: 1, maxLength: 3 }),
        async (s, tests) => {
          const l = [column('a', INT4), column('b', INT4), column('p', INT4)]
          const r = [column('a', INT4), column('b', INT4), column('p', INT4)]
          const mark = column('mark', BOOL)
          const conjuncts = (tests as Test[]).map(([side, at, operator, other]) => {
            const [own, others] = side === 'l' ? [l, r] : [r, l]
            return int4Comparison(
              NAMES[operator],
              operator,
              reference(own[at]!),
              reference(others[other]!),
            )
          })
          const plan: PhysicalPlan = {
            kind: 'nested-loop-join',
            id: planId(),
            estimatedRows: undefined,
            columns: outputColumns(joinType, l, r, mark),
            joinType,
            left: new TestTable(l, s.left, s.batchRows).plan,
            right: new TestTable(r, s.right, s.batchRows).plan,
            mark,
            condition: { kind: 'and', arguments: conjuncts, type: BOOL },
          }
          const expected = reference_join(
            joinType,
            s.left,
            s.right,
            { left: 3, right: 3 },
            false,
            (left, right) => {
              const parts = (tests as Test[]).map(([side, at, operator, other]): Verdict => {
                const [own, others] = side === 'l' ? [left, right] : [right, left]
                const [x, y] = [own[at] ?? null, others[other] ?? null]
                return x === null || y === null ? null : holds(Number(x), operator, Number(y))
              })
              return parts.includes(false) ? false : parts.includes(null) ? null : true
            },
          )
          expect(sorted(await run(plan, s))).toEqual(sorted(expected))
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('scalar subquery as a join', () => {
  const join = (build: 'left' | 'right', right: readonly Row[]): PhysicalPlan => {
    const l = [column('a', INT4)]
    const r = [column('b', INT4)]
    return {
      kind: 'hash-join',
      id: planId(),
      estimatedRows: undefined,
      columns: [...l, ...r],
      joinType: 'left',
      left: new TestTable(l, [['1'], ['2']]).plan,
      right: new TestTable(r, right).plan,
      build,
      keys: [
        { left: reference(l[0]!), right: reference(r[0]!), collation: 'binary', nullSafe: false },
      ],
      atMostOne: true,
    }
  }

  it.each(['left', 'right'] as const)(
    'refuses two matches of one row (build %s)',
    async (build) => {
      await expect(run(join(build, [['2'], ['2']]))).rejects.toMatchObject({
        code: '21000',
        message: 'more than one row returned by a subquery used as an expression',
      })
    },
  )

  it.each(['left', 'right'] as const)('passes one match on (build %s)', async (build) => {
    expect(sorted(await run(join(build, [['2'], ['3']])))).toEqual([
      ['1', null],
      ['2', '2'],
    ])
  })
})

describe('join keys', () => {
  const matches = async (type: SqlType, left: string, right: string): Promise<boolean> => {
    const l = [column('a', type)]
    const r = [column('b', type)]
    const rows = await run({
      kind: 'hash-join',
      id: planId(),
      estimatedRows: undefined,
      columns: [...l, ...r],
      joinType: 'inner',
      left: new TestTable(l, [[left]]).plan,
      right: new TestTable(r, [[right], ['7']]).plan,
      build: 'right',
      keys: [
        { left: reference(l[0]!), right: reference(r[0]!), collation: 'binary', nullSafe: false },
      ],
    })
    return rows.length === 1
  }
  it.each([
    [1700, '1.0', '1.00', true],
    [1700, '100', '100.000', true],
    [1700, '12345678901234567890.10', '12345678901234567890.1', true],
    [1700, '12345678901234567890.10', '12345678901234567890.2', false],
    [1700, 'NaN', 'NaN', true],
    [701, '-0', '0', true],
    [701, 'NaN', 'NaN', true],
    [1042, 'ab  ', 'ab', true],
    [25, 'ab ', 'ab', false],
    [20, '9223372036854775807', '9223372036854775807', true],
    [20, '9223372036854775807', '9223372036854775806', false],
  ])('type %i: %s against %s is %s', async (oid, left, right, expected) => {
    expect(await matches({ oid, typmod: -1 }, left, right)).toBe(expected)
  })
  it('normalises intervals', async () => {
    const l = [column('a', { oid: 1186, typmod: -1 })]
    const r = [column('b', { oid: 1186, typmod: -1 })]
    const rows = await run({
      kind: 'hash-join',
      id: planId(),
      estimatedRows: undefined,
      columns: [...l, ...r],
      joinType: 'inner',
      left: new TestTable(l, [['1 mon'], ['24:00:00']]).plan,
      right: new TestTable(r, [['30 days'], ['1 day'], ['23:00:00']]).plan,
      build: 'right',
      keys: [
        { left: reference(l[0]!), right: reference(r[0]!), collation: 'binary', nullSafe: false },
      ],
    })
    expect(sorted(rows)).toEqual([
      ['1 mon', '30 days'],
      ['24:00:00', '1 day'],
    ])
  })
})
