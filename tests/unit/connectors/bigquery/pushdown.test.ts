/** What BigQuery is sent, word for word, what it is not sent, and what becomes of values it cannot hold. */
import { expect, test } from 'vitest'
import { bindStatement } from '../../../../src/connectors/bigquery/bind-statement.js'
import { connector } from '../../../../src/connectors/bigquery/index.js'
import type { Expression } from '../../../../src/expressions/expression.js'
import type { LogicalPlan } from '../../../../src/planner/logical-plan.js'
import { goldenOf, plansOver, sourceOf, type ColumnFact } from '../warehouse-plans.js'

const FACTS: readonly ColumnFact[] = [
  ['id', 'bigint', 'INT64'],
  ['name', 'text', 'STRING'],
  ['born', 'date', 'DATE'],
  ['seen', 'timestamp', 'DATETIME'],
  ['score', 'numeric(12,2)', 'NUMERIC(12, 2)'],
  ['price', 'numeric(38,9)', 'NUMERIC'],
  ['ratio', 'double precision', 'FLOAT64'],
  ['folded', 'text', `STRING COLLATE 'und:ci'`],
  ['odd name$', 'text', 'STRING'],
]
const source = sourceOf('bigquery', { project: 'p', dataset: 'd' }, 'peo`ple', FACTS)
const pushdown = connector.pushdown(source)
const { scan, column, constant, parameter, call, any, not, keep, aggregate, sort } = plansOver(FACTS) // prettier-ignore

const equality = (left: Expression, right: Expression): Expression =>
  call('int8eq(int8,int8)', 'boolean', left, right)
const PLANS: Readonly<Record<string, LogicalPlan>> = {
  'text by a parameter': keep(call('texteq(text,text)', 'boolean', column('name'), constant(`a'\\`, 'text'))),
  'a list': keep(any(column('id'), parameter(1, 'bigint[]'), 'int8eq')),
  'not in a list': keep(not(any(column('name'), parameter(1, 'text[]'), 'texteq'))),
  'a date and a timestamp': keep(call('timestamp_gt_date(timestamp,date)', 'boolean', column('seen'), column('born'))),
  'NaN is above all': keep(call('float8gt(float8,float8)', 'boolean', column('ratio'), parameter(1, 'double precision'))),
  'a value on the left': keep(call('date_lt(date,date)', 'boolean', parameter(1, 'date'), column('born'))),
  'decimals are no doubles': keep(call('numeric_ge(numeric,numeric)', 'boolean', column('score'), constant('10.50', 'numeric'))),
  'a product that needs more digits': { kind: 'project', input: scan, expressions: [{ column: { id: 50, name: 'x', type: column('price').type }, expression: call('numeric_mul(numeric,numeric)', 'numeric', column('price'), constant('1.5', 'numeric')) }] },
  'a pattern': keep(call('textlike(text,text)', 'boolean', column('name'), constant('a\\_\\b%', 'text'))),
  'sum of many digits': aggregate('sum', column('price')),
  'sum of integers': aggregate('sum', column('id'), {}, ['name']),
  'a filter of an aggregate': aggregate('count', column('id'), { filter: call('date_gt(date,date)', 'boolean', column('born'), constant('2020-01-01', 'date')) }),
  'NULLs and NaN sorted as asked': sort({ expression: column('ratio') }, { expression: column('name'), descending: true, nullsFirst: true }),
  'an offset alone': { kind: 'limit', input: sort({}), offset: constant('3', 'bigint'), withTies: false },
  'distinct union': { kind: 'set-operation', operation: 'union', all: false, left: keep(constant('t', 'boolean')), right: keep(equality(column('id'), constant('1', 'bigint'))), columns: [{ id: 60, name: 'id', type: column('id').type }] },
  'names that a result cannot have': keep(equality(column('id'), constant('-1', 'bigint')), 'id', 'odd name$'),
} // prettier-ignore

test('prints as the golden file says', () => {
  const { expected, actual } = goldenOf(new URL('./printed.txt', import.meta.url), pushdown, PLANS)
  expect(actual).toBe(expected)
})

test.each<[string, Expression, RegExp]>([
  ['addition of narrow integers', call('int4pl(int4,int4)', 'integer', column('id'), constant('1', 'integer')), /64 bits/],
  ['division', call('numeric_div(numeric,numeric)', 'numeric', column('score'), constant('3', 'numeric')), /digits/],
  ['a divisor of zero', call('int8div(int8,int8)', 'bigint', column('id'), constant('0', 'bigint')), /0 and -1/],
  ['lower', call('lower(text)', 'text', column('name')), /case/],
  ['two columns of doubles', call('float8eq(float8,float8)', 'boolean', column('ratio'), column('ratio')), /NaN/],
  ['an infinite date', call('date_lt(date,date)', 'boolean', column('born'), constant('infinity', 'date')), /years 1 to 9999/],
  ['a position from the end', call('substr(text,int4)', 'text', column('name'), constant('0', 'integer')), /position/],
])('does not send %s', (_name, expression, reason) => {
  expect(pushdown.judgeExpression(expression, 'value')).toMatchObject({ support: 'none', reason: expect.stringMatching(reason) as string })
}) // prettier-ignore

test('does not compute with a collated text, nor join outer rows without an equality', () => {
  const folded = keep(call('texteq(text,text)', 'boolean', column('folded'), constant('a', 'text')))
  const filter = folded.kind === 'project' ? folded.input : folded
  expect(pushdown.judgeNode(filter)).toMatchObject({ support: 'none', reason: expect.stringContaining('COLLATE') as string }) // prettier-ignore
  const left: LogicalPlan = { kind: 'join', joinType: 'left', left: scan, right: scan, lateral: false } // prettier-ignore
  expect(pushdown.judgeNode(left)).toMatchObject({ support: 'none', reason: expect.stringContaining('equality') as string }) // prettier-ignore
  expect(pushdown.judgeNode({ ...left, joinType: 'inner' })).toEqual({ support: 'exact' })
})

test.each([
  ['a list', '{1,NULL,2}', '(IF((t1.`id` IN UNNEST(@p1)), TRUE, CAST(NULL AS BOOL)))', ['1', '2']],
  ['a list', '{}', '(FALSE)', undefined],
  ['a value on the left', 'infinity', 'CASE WHEN t1.`born` IS NOT NULL THEN FALSE END', undefined],
  ['NaN is above all', 'NaN', 'CASE WHEN t1.`ratio` IS NOT NULL THEN FALSE END', undefined],
])('%s with %s', (name, value, text, elements) => {
  const bound = bindStatement(pushdown.print(PLANS[name]!), [value])
  expect(`(${bound.text.split(' WHERE ')[1]!})`).toContain(text)
  expect(bound.parameters[0]?.parameterValue.arrayValues?.map((item) => item.value)).toEqual(
    elements,
  )
})

test('names the keys at fault in a connection block', () => {
  const problems = (connection: Record<string, unknown>) =>
    connector.validate({ ...source, connection }).map((problem) => problem.key)
  expect(problems({ project: 'p', maximum_bytes_billed: '10GB' })).toEqual([])
  expect(problems({ dataset: 'd', maximum_bytes_billed: 'lots', proyect: 'p' })).toEqual([
    ...['proyect', 'project', 'maximum_bytes_billed'],
  ])
})
