/** What is known of keys: found once for each node, however many joins above ask; where they leave one row. */
import { expect, it } from 'vitest'
import type { Expression } from '../../../src/expressions/expression.js'
import { hasNoSecondRow, keysOf } from '../../../src/planner/keys.js'
import type { JoinNode, LogicalPlan, ScanNode } from '../../../src/planner/logical-plan.js'
import { OID } from '../../../src/types/sql-type.js'
import { BASIC_CATALOG } from './planner-world.js'

const type = { oid: OID.int4, typmod: -1 }
const customer = BASIC_CATALOG.sources[0]!.tables.find((table) => table.name === 'customer')!

const scan = (id: number): ScanNode => ({
  ...{ kind: 'scan', source: 'east', schema: 'east', table: 'customer' },
  ...{ columns: [{ id, name: 'id', type }], tableColumns: ['id'] },
})

function equal(a: number, b: number): Expression {
  const column = (id: number): Expression => ({ kind: 'column', id, name: 'id', type })
  return {
    ...{ kind: 'call', form: 'operator', operator: '=', collation: 'binary' },
    function: { oid: 65, schema: 'pg_catalog', name: 'int4eq', signature: 'int4eq(int4,int4)' },
    ...{ arguments: [column(a), column(b)], type: { oid: OID.bool, typmod: -1 } },
  } as unknown as Expression
}

it('looks at each of forty joined tables once', () => {
  let plan: LogicalPlan = scan(1)
  for (let id = 2; id <= 40; id++) {
    plan = {
      ...{ kind: 'join', joinType: 'inner', left: plan, right: scan(id), lateral: false },
      condition: equal(id - 1, id),
    }
  }
  let asked = 0
  const keys = keysOf(plan, () => {
    asked++
    return customer
  })
  expect(asked).toBe(40)
  expect(keys[0]).toEqual({ columns: new Set([1]), nullsToo: true })
})

/** `WHERE id = $1` over customers. */
function found(id: number, value: Expression): LogicalPlan {
  const { arguments: sides, ...call } = equal(id, 0) as Extract<Expression, { kind: 'call' }>
  return {
    kind: 'filter',
    input: scan(id),
    condition: { ...call, arguments: [sides[0]!, value] },
  }
}

const parameter: Expression = { kind: 'parameter', index: 1, type }
const outer: Expression = { kind: 'column', id: 99, name: 'other', type }

it('finds one row by a key that is relied on and equals a parameter', () => {
  expect(hasNoSecondRow(found(1, parameter), () => customer)).toBe(true)
  expect(hasNoSecondRow(found(1, parameter), () => ({ ...customer, rely: false }))).toBe(false)
  expect(hasNoSecondRow(found(1, parameter), () => ({ ...customer, primaryKey: [] }))).toBe(false)
  // A column of an outer row is another value for each of them.
  expect(hasNoSecondRow(found(1, outer), () => customer)).toBe(false)
  expect(hasNoSecondRow(scan(1), () => customer)).toBe(false)
})

it('finds one row where a key is joined to one row', () => {
  const joined = (joinType: JoinNode['joinType']): LogicalPlan => ({
    ...{ kind: 'join', joinType, left: found(1, parameter), right: scan(2), lateral: false },
    condition: equal(1, 2),
  })
  expect(hasNoSecondRow(joined('inner'), () => customer)).toBe(true)
  expect(hasNoSecondRow(joined('left'), () => customer)).toBe(true)
  expect(hasNoSecondRow(joined('right'), () => customer)).toBe(false)
  expect(hasNoSecondRow(joined('full'), () => customer)).toBe(false)
})

it('does not take one row for each outer row for one row', () => {
  const one: LogicalPlan = {
    kind: 'aggregate',
    input: { ...scan(3), columns: [{ id: 3, name: 'id', type }] },
    ...{ groups: [], aggregates: [] },
  }
  // Each customer meets the one row that is computed for it.
  const right: LogicalPlan = {
    kind: 'project',
    input: one,
    expressions: [{ column: { id: 4, name: 'k', type }, expression: { ...outer, id: 1 } }],
  }
  const plan: LogicalPlan = {
    ...{ kind: 'join', joinType: 'inner', left: scan(1), right, lateral: true },
    condition: equal(1, 4),
  }
  expect(hasNoSecondRow(plan, () => customer)).toBe(false)
  expect(keysOf(plan, () => customer)).toContainEqual({ columns: new Set([1]), nullsToo: true })
})
