/** What is known of keys is found once for each node, however many joins above ask. */
import { expect, it } from 'vitest'
import type { Expression } from '../../../src/expressions/expression.js'
import { keysOf } from '../../../src/planner/keys.js'
import type { LogicalPlan, ScanNode } from '../../../src/planner/logical-plan.js'
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
