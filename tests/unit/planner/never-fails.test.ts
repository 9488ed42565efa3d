/** What may be computed for rows that nobody asked for. */
import { expect, test } from 'vitest'
import type { Expression } from '../../../src/expressions/expression.js'
import { neverFailsPlan } from '../../../src/planner/never-fails.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'

const type = sqlType(OID.int8)
const constant = (value: string | null): Expression => ({ kind: 'constant', type, value })

test.each<[string, Expression, boolean]>([
  ['0', constant('0'), true],
  ['10', constant('10'), true],
  ['NULL', constant(null), true],
  ['-1', constant('-1'), false],
  ['$1', { kind: 'parameter', index: 1, type }, false],
])('a count of %s', (_name, count, isSafe) => {
  const limited = { kind: 'limit', input: { kind: 'values', columns: [], rows: [] } } as const
  expect(neverFailsPlan({ ...limited, withTies: false, limit: count })).toBe(isSafe)
  expect(neverFailsPlan({ ...limited, withTies: false, offset: count })).toBe(isSafe)
})
