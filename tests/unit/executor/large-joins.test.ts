/** Joins whose held side is so large that its table holds the rows themselves, against their definition. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordTable } from '../../../src/executor/joins/record-table.js'
import type { Column } from '../../../src/expressions/expression.js'
import type { JoinType } from '../../../src/planner/logical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'
import { column, FLOAT8, INT4, INT8, planId, reference, run, TestTable } from './plan-builder.js'
import type { Row, RunOptions } from './plan-builder.js'

const KEYS = 40_000
const STREAMED = 20_000

/** Far apart, zero among them. */
const keyOf = (row: number): string => String((row - 1000) * 7919)

function held(last: Row[] = []): Row[] {
  const rows = Array.from({ length: KEYS }, (_, row): Row => {
    return [keyOf(row), String(row), String(-row), `${row}.5`]
  })
  return [...rows, ...last]
}

/** Known keys, unknown ones, NULLs, numbers beyond 2^53, and one key again and again. */
function streamed(): Row[] {
  return Array.from({ length: STREAMED }, (_, row): Row => {
    const known = keyOf((row * 31) % KEYS)
    const keys = [known, known, keyOf(1000), String(row), null, keyOf(7), '9007199254740993']
    // Batches without NULLs or wide numbers come first.
    return [keys[row % (row < 10_000 ? 3 : 7)]!, String(row)]
  })
}

function joined(joinType: JoinType, left: readonly Row[], right: readonly Row[]): Row[] {
  const byKey = new Map<Row[number], Row[]>()
  for (const row of right) byKey.set(row[0]!, [...(byKey.get(row[0]!) ?? []), row])
  return left.flatMap((row): Row[] => {
    const matches = row[0] === null ? [] : (byKey.get(row[0]!) ?? [])
    if (joinType === 'semi') return matches.length > 0 ? [row] : []
    if (joinType === 'anti') return matches.length > 0 ? [] : [row]
    if (matches.length === 0 && joinType === 'left') return [[...row, null, null, null, null]]
    return matches.map((match) => [...row, ...match])
  })
}

interface Case {
  readonly joinType: JoinType
  readonly build: 'left' | 'right'
  readonly last?: Row[]
  readonly options?: RunOptions
}

async function rowsOf({ joinType, build, last, options }: Case): Promise<[Row[], Row[]]> {
  const few: Column[] = [column('k', INT8), column('n', INT4)]
  const many: Column[] = [
    column('k', INT8),
    column('a', INT8),
    column('b', INT4),
    column('c', FLOAT8),
  ]
  const fewRows = streamed()
  const manyRows = held(last)
  const fewPlan = new TestTable(few, fewRows, 4096).plan
  const manyPlan = new TestTable(many, manyRows, 8192).plan
  const [l, r] = build === 'right' ? [few, many] : [many, few]
  const [left, right] = build === 'right' ? [fewPlan, manyPlan] : [manyPlan, fewPlan]
  const isFilter = joinType === 'semi' || joinType === 'anti'
  const plan: PhysicalPlan = {
    kind: 'hash-join',
    id: planId(),
    estimatedRows: undefined,
    columns: isFilter ? few : [...few, ...many],
    joinType: build === 'left' && joinType === 'left' ? 'right' : joinType,
    left,
    right,
    build,
    keys: [
      { left: reference(l[0]!), right: reference(r[0]!), collation: 'binary', nullSafe: false },
    ],
  }
  return [await run(plan, options), joined(joinType, fewRows, manyRows)]
}

/** Padded rows come after the pairs of their batch: only the order of the others is told. */
function inOrder(joinType: JoinType, rows: readonly Row[]): readonly Row[] {
  return joinType === 'left' ? rows.toSorted((a, b) => Number(a[1]) - Number(b[1])) : rows
}

async function expectDefinition(each: Case): Promise<void> {
  const [rows, expected] = await rowsOf(each)
  expect(rows.length).toBe(expected.length)
  expect(inOrder(each.joinType, rows)).toEqual(expected)
}

describe('a join with a large held side of unique integer keys', () => {
  it.each<Case>([
    { joinType: 'inner', build: 'right' },
    { joinType: 'inner', build: 'left' },
    { joinType: 'left', build: 'right' },
    { joinType: 'left', build: 'left' },
    { joinType: 'semi', build: 'right' },
    { joinType: 'anti', build: 'right' },
  ])('gives the streamed rows in their order ($joinType, build $build)', expectDefinition)

  it('leaves out held rows whose key is NULL', async () => {
    const last: Row[] = [
      [null, '1', '1', '1'],
      [null, '2', '2', '2'],
    ]
    await expectDefinition({ joinType: 'inner', build: 'right', last })
  })

  it.each<[string, Row[]]>([
    ['a key comes twice', [[keyOf(31), '5', '5', '5']]],
    ['the key 0 comes twice', [['0', '5', '5', '5']]],
    ['a key is beyond 2^53', [['9007199254740993', '5', '5', '5']]],
    ['a column has a NULL', [['3', null, '5', '5']]],
    ['a column is beyond 2^53', [['3', '9007199254740993', '5', '5']]],
  ])('is the same when %s', async (_, last) => {
    const [rows, expected] = await rowsOf({ joinType: 'inner', build: 'right', last })
    const text = (list: readonly Row[]): string[] => list.map((row) => row.join()).sort()
    expect(text(rows)).toEqual(text(expected))
  })

  it('is the same when there is no memory for such a table', async () => {
    const options = { memoryLimit: 4 << 20 }
    const [rows, expected] = await rowsOf({ joinType: 'left', build: 'right', options })
    expect(inOrder('left', rows)).toEqual(expected)
  })
})

const key = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.constantFrom('9007199254740991', '-9007199254740991', '9007199254740993', null),
)

describe('a table of rows', () => {
  const columns = [
    { position: 4, lane: 'int64', type: INT8 } as const,
    { position: 1, lane: 'int32', type: INT4 } as const,
  ]

  it('finds what was added, and refuses a second row of a key and what is no double', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(key, { maxLength: 6 }), { maxLength: 4 }),
        fc.array(key),
        (batches, asked) => {
          const keys = batches.flat()
          const table = new RecordTable(columns, keys.length)
          const rows = new Map<string, number>()
          let at = 0
          for (const batch of batches) {
            const isNew = batch.every((each) => {
              const row = at++
              if (each === null) return true
              if (each === '9007199254740993' || rows.has(each)) return false
              rows.set(each, row)
              return true
            })
            const numbers = batch.map((_, index) => at - batch.length + index)
            const values = Float64Array.from(numbers)
            const narrow = Int32Array.from(numbers)
            const added = table.add(
              vectorFromDatums(INT8, batch),
              [
                { lane: 'int64', type: INT8, length: batch.length, values },
                { lane: 'int32', type: INT4, length: batch.length, values: narrow },
              ],
              batch.length,
            )
            expect(added).toBe(isNew)
            if (!isNew) return
          }
          const slots = new Int32Array(asked.length)
          const found = table.lookup(vectorFromDatums(INT8, asked), asked.length, slots)
          asked.forEach((each, index) => {
            const row = each === null ? undefined : rows.get(each)
            expect(slots[index]! >= 0).toBe(row !== undefined)
            if (row === undefined) return
            for (const { position } of columns) {
              const vector = found.get(position)!
              expect('values' in vector && vector.values[index]).toBe(row)
            }
          })
        },
      ),
    )
  })

  it('takes 32-bit keys, and zero whatever its sign', () => {
    const values = Int32Array.of(5, 0, -7)
    const table = new RecordTable([], values.length)
    expect(table.add({ lane: 'int32', type: INT4, length: 3, values }, [], 3)).toBe(true)
    const slots = new Int32Array(4)
    const asked = Float64Array.of(-0, -7, 5, 6)
    table.lookup({ lane: 'int64', type: INT8, length: 4, values: asked }, 4, slots)
    expect([...slots].map((slot) => slot >= 0)).toEqual([true, true, true, false])
  })
})
