import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../src/executor/batch.js'
import {
  compileExpression,
  compilePredicate,
  evaluateConstant,
} from '../../../src/expressions/compile-expression.js'
import { createComparator, isComparableNatively } from '../../../src/expressions/compare.js'
import type { EvaluationContext } from '../../../src/expressions/evaluation-context.js'
import type { CallExpression, Column, Expression } from '../../../src/expressions/expression.js'
import { whyNotNative } from '../../../src/expressions/native.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import { datumAt, vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'

const int4 = sqlType(OID.int4)
const bool = sqlType(OID.bool)
const column: Column = { id: 1, name: 'n', type: int4 }
const n: Expression = { kind: 'column', id: 1, name: 'n', type: int4 }
const constant = (value: string | null): Expression => ({ kind: 'constant', value, type: int4 })
const context: EvaluationContext = {
  parameters: ['3', null],
  settings: DEFAULT_VALUE_SETTINGS,
  transactionTime: 0,
  statementTime: 0,
  session: { current_user: 'ada' },
}

function call(name: string, left: Expression, right: Expression, type = int4): CallExpression {
  const signature = `${name}(int4,int4)`
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
    arguments: [left, right],
    type,
    collation: 'binary',
    form: 'operator',
  }
}

const batch: Batch = {
  length: 5,
  columns: [vectorFromDatums(int4, ['0', '1', null, '4', '5'])],
}

describe('evaluating', () => {
  test('a filter composes the selection and shares the columns', () => {
    const keep = compilePredicate(call('int4gt', n, constant('0'), bool), [column], context)
    const first = keep(batch)
    expect(Array.from(first.selection ?? [])).toEqual([1, 3, 4])
    expect(first.columns).toBe(batch.columns)
    const again = compilePredicate(call('int4lt', n, constant('5'), bool), [column], context)(first)
    expect(Array.from(again.selection ?? [])).toEqual([1, 3])
  })

  test('a row dropped by one conjunct is not asked the next', () => {
    const condition: Expression = {
      kind: 'and',
      type: bool,
      arguments: [
        call('int4ne', n, constant('0'), bool),
        call('int4gt', call('int4div', constant('10'), n), constant('2'), bool),
      ],
    }
    const kept = compilePredicate(condition, [column], context)(batch)
    expect(Array.from(kept.selection ?? [])).toEqual([1])
  })

  test('an error is not raised over a batch without rows, nor under NULL', () => {
    const division = compileExpression(call('int4div', n, constant('0')), [column], context)
    expect(
      division.evaluate({ length: 0, columns: batch.columns, selection: new Int32Array(0) }).length,
    ).toBe(0)
    const nulls = { length: 1, columns: batch.columns, selection: Int32Array.of(2) }
    expect(datumAt(division.evaluate(nulls), 0)).toBeNull()
    expect(() => division.evaluate(batch)).toThrow('division by zero')
  })

  test('parameters and constants are known without input', () => {
    const parameter: Expression = { kind: 'parameter', index: 1, type: int4 }
    expect(evaluateConstant(call('int4mul', parameter, constant('14')), context)).toBe('42')
    expect(evaluateConstant({ kind: 'parameter', index: 2, type: int4 }, context)).toBeNull()
  })

  test('constants serve batches of any length', () => {
    const sum = compileExpression(call('int4pl', n, constant('1')), [column], context)
    const texts = (part: Batch): unknown[] => {
      const vector = sum.evaluate(part)
      return Array.from({ length: part.length }, (_, i) => datumAt(vector, i))
    }
    expect(texts({ length: 2, columns: batch.columns, selection: Int32Array.of(4, 0) })).toEqual([
      '6',
      '1',
    ])
    expect(texts(batch)).toEqual(['1', '2', null, '5', '6'])
    expect(texts({ length: 1, columns: batch.columns, selection: Int32Array.of(3) })).toEqual(['5'])
  })
})

describe('asking whether an expression is native', () => {
  test('an unknown function is named in the reason', () => {
    const unknown = call('int4pl', n, n)
    const other = { ...unknown, function: { ...unknown.function, signature: 'to_tsvector(text)' } }
    expect(whyNotNative(other)).toBe('function to_tsvector(text) has no native kernel')
    expect(whyNotNative(unknown)).toBeUndefined()
  })

  test('a function of the same signature in another schema is not ours', () => {
    const own = call('int4pl', n, n)
    expect(whyNotNative({ ...own, function: { ...own.function, schema: 'public' } })).toBeDefined()
  })

  test('another collation is not ours', () => {
    const text = sqlType(OID.text)
    const a: Expression = { kind: 'constant', value: 'a', type: text }
    const less = call('text_lt', a, a, bool)
    const reference = { ...less.function, signature: 'text_lt(text,text)' }
    expect(whyNotNative({ ...less, function: reference })).toBeUndefined()
    expect(whyNotNative({ ...less, function: reference, collation: 'de-x-icu' })).toContain(
      'de-x-icu',
    )
  })
})

test('comparators order as PostgreSQL does', () => {
  const order = (oid: number, values: readonly string[]): string[] => {
    const vector = vectorFromDatums(sqlType(oid), values)
    const compare = createComparator(sqlType(oid))
    const rows = values.map((_, i) => i).sort((i, j) => compare(vector, i, vector, j))
    return rows.map((i) => values[i] as string)
  }
  expect(order(OID.float8, ['NaN', '1', '-Infinity', 'Infinity'])).toEqual([
    '-Infinity',
    '1',
    'Infinity',
    'NaN',
  ])
  expect(order(OID.numeric, ['NaN', '1.50', '-Infinity', '1.5001', '2'])).toEqual([
    '-Infinity',
    '1.50',
    '1.5001',
    '2',
    'NaN',
  ])
  expect(order(OID.interval, ['1 mon', '29 days 24:00:01', '29 days'])).toEqual([
    '29 days',
    '1 mon',
    '29 days 24:00:01',
  ])
  expect(order(OID.text, ['b', 'a', 'B', 'é', ''])).toEqual(['', 'B', 'a', 'b', 'é'])
  expect(isComparableNatively(sqlType(OID.json))).toBe(false)
})
