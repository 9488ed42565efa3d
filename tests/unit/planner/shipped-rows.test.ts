/** What may travel as shipped rows. */
import { expect, test } from 'vitest'
import { shippedColumnsOf, shippedRows } from '../../../src/planner/shipped-rows.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'

const column = { id: 7, name: 'n', type: sqlType(OID.int4) }

test('rows are a function in FROM, a parameter per column', () => {
  const node = shippedRows([column], 3)
  expect(shippedColumnsOf(node!)).toMatchObject([
    { column, values: { kind: 'parameter', index: 3 } },
  ])
})

test('rows without columns do not travel: there is no array to count them by', () => {
  expect(shippedRows([], 3)).toBeUndefined()
})
