/** Comparisons with known values: what is settled before MongoDB sees them. */
import { describe, expect, test } from 'vitest'
import type { Family } from '../../../../src/connectors/mongodb/bson-kinds.js'
import { likeRegex } from '../../../../src/connectors/mongodb/like-regex.js'
import {
  listTests,
  valueTests,
  type Operator,
} from '../../../../src/connectors/mongodb/value-tests.js'

const NAN = { $numberDouble: 'NaN' }
const at = (milliseconds: number) => ({ $date: { $numberLong: String(milliseconds) } })

describe('a comparison', () => {
  test.each<readonly [Family, Operator, string, unknown]>([
    ['integer', '=', '5', [[['$eq', 5]]]],
    ['integer', '<', '9007199254740993', [[['$lt', { $numberLong: '9007199254740993' }]]]],
    ['text', '<>', '$x', [[['$ne', '$x']]]],
    ['float', '>', '1', [[['$gt', { $numberDouble: '1.0' }]], [['$eq', NAN]]]],
    [
      'float',
      '<',
      '1.5',
      [
        [
          ['$lt', 1.5],
          ['$ne', NAN],
        ],
      ],
    ],
    ['float', '>', 'NaN', []],
    ['float', '<=', 'NaN', [[]]],
    ['timestamp', '>', '1970-01-01 00:00:00.0015+00', [[['$gt', at(1)]]]],
    ['timestamp', '<', '1970-01-01 00:00:00.0015+00', [[['$lte', at(1)]]]],
    ['timestamp', '=', '1970-01-01 00:00:00.0015+00', []],
    ['timestamp', '<>', '1970-01-01 00:00:00.0015+00', [[]]],
    ['timestamp', '<', '1969-12-31 23:59:59.9995+00', [[['$lte', at(-1)]]]],
    ['timestamp', '<', 'infinity', [[]]],
    ['timestamp', '>=', 'infinity', []],
    [
      'date',
      '=',
      '1970-01-02',
      [
        [
          ['$gte', at(86_400_000)],
          ['$lt', at(172_800_000)],
        ],
      ],
    ],
    ['date', '<>', '1970-01-01', [[['$lt', at(0)]], [['$gte', at(86_400_000)]]]],
    ['date', '>', '1970-01-01', [[['$gte', at(86_400_000)]]]],
    ['objectId', '=', '0123456789ABCDEF01234567', []],
    ['objectId', '<>', 'x', [[]]],
    ['objectId', '<', 'g', [[]]],
    ['objectId', '>', 'g', []],
    ['objectId', '>', 'a', [[['$gte', { $oid: 'a00000000000000000000000' }]]]],
    ['objectId', '<', '1:', [[['$lt', { $oid: '1a0000000000000000000000' }]]]],
    ['objectId', '<=', '1g', [[['$lt', { $oid: '200000000000000000000000' }]]]],
    [
      'objectId',
      '<=',
      '0123456789abcdef01234567x',
      [[['$lt', { $oid: '0123456789abcdef01234568' }]]],
    ],
  ])('%s %s %s', (family, operator, value, tests) => {
    expect(valueTests(family, operator, value)).toEqual(tests)
  })

  test('a number of more digits than a Decimal128 keeps lies between its neighbours', () => {
    const value = '1234567890123456789012345678901234.5'
    const floor = { $numberDecimal: '1234567890123456789012345678901234E0' }
    expect(valueTests('numeric', '=', value)).toEqual([])
    expect(valueTests('numeric', '<', value)).toEqual([[['$lte', floor], ['$ne', NAN]]]) // prettier-ignore
    const below = { $numberDecimal: '-1234567890123456789012345678901235E0' }
    expect(valueTests('numeric', '>', `-${value}`)).toEqual([[['$gt', below]], [['$eq', NAN]]])
  })

  test('with NULL it is never true', () => {
    for (const operator of ['=', '<>', '<', '<=', '>', '>='] as const) {
      expect(valueTests('text', operator, null)).toEqual([])
    }
  })
})

describe('a list', () => {
  test.each<readonly [Family, (string | null)[], boolean, unknown]>([
    ['integer', ['1', null, '2'], false, [[['$in', [1, 2]]]]],
    ['integer', ['1', null], true, []],
    ['integer', ['1', '2'], true, [[['$nin', [1, 2]]]]],
    ['objectId', ['x'], false, []],
    ['objectId', ['x'], true, [[]]],
  ])('%s %j %s', (family, values, isNegated, tests) => {
    expect(listTests(family, values, isNegated)).toEqual(tests)
  })
})

describe('LIKE', () => {
  test.each([
    ['ann%', '^ann'],
    ['%ann', '^.*ann\\z'],
    ['a_n', '^a.n\\z'],
    ['a\\%\\_\\\\', '^a%_\\\\\\z'],
    ['(.*)[$]^|+?{}', '^\\(\\.\\*\\)\\[\\$\\]\\^\\|\\+\\?\\{\\}\\z'],
    ['', '^\\z'],
    ['%', '^'],
  ])('%s', (pattern, regex) => {
    expect(likeRegex(pattern)).toEqual({ $regularExpression: { pattern: regex, options: 's' } })
  })

  test('a pattern that ends with the escape has no regular expression', () => {
    expect(likeRegex('a\\')).toBeUndefined()
  })
})
