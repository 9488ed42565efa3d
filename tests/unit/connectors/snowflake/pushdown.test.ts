/** What Snowflake is sent, word for word, what it is not sent, and what becomes of values it cannot hold. */
import { expect, test } from 'vitest'
import { bindStatement } from '../../../../src/connectors/snowflake/bind-statement.js'
import { connector } from '../../../../src/connectors/snowflake/index.js'
import type { Expression } from '../../../../src/expressions/expression.js'
import type { LogicalPlan } from '../../../../src/planner/logical-plan.js'
import { goldenOf, plansOver, sourceOf, type ColumnFact } from '../warehouse-plans.js'

const FACTS: readonly ColumnFact[] = [
  ['id', 'bigint', 'NUMBER(38,0)'],
  ['name', 'text', 'TEXT'],
  ['born', 'date', 'DATE'],
  ['seen', 'timestamp', 'TIMESTAMP_NTZ(9)'],
  ['stamp', 'timestamptz', 'TIMESTAMP_TZ(9)'],
  ['score', 'numeric(12,2)', 'NUMBER(12,2)'],
  ['ratio', 'double precision', 'FLOAT'],
  ['folded', 'text', `TEXT COLLATE 'en-ci'`],
]
const connection = { account: 'a', user: 'u', password: 'x', database: 'DB' }
const source = sourceOf('snowflake', connection, 'S.peo"ple', FACTS)
const pushdown = connector.pushdown(source)
const { scan, column, constant, parameter, call, any, not, keep, aggregate, sort } = plansOver(FACTS) // prettier-ignore

const PLANS: Readonly<Record<string, LogicalPlan>> = {
  'text by a bind': keep(call('texteq(text,text)', 'boolean', column('name'), constant(`a'\\`, 'text'))),
  'a list': keep(any(column('id'), parameter(1, 'bigint[]'), 'int8eq')),
  'not in a list': keep(not(any(column('name'), parameter(1, 'text[]'), 'texteq'))),
  'clocks of microseconds': keep(call('timestamp_gt_date(timestamp,date)', 'boolean', column('seen'), column('born')), 'seen', 'stamp'),
  'a decimal parameter': keep(call('numeric_gt(numeric,numeric)', 'boolean', column('score'), parameter(1, 'numeric'))),
  'a value on the left': keep(call('date_lt(date,date)', 'boolean', parameter(1, 'date'), column('born'))),
  'decimals': keep(call('numeric_ge(numeric,numeric)', 'boolean', column('score'), constant('10.50', 'numeric'))),
  'a pattern': keep(call('textlike(text,text)', 'boolean', column('name'), constant('a\\_\\b%', 'text'))),
  'the week of a year': { kind: 'project', input: scan, expressions: [{ column: { id: 50, name: 'x', type: column('score').type }, expression: call('extract(text,timestamp)', 'numeric', constant('dow', 'text'), column('seen')) }] },
  'not known to be true': keep({ kind: 'boolean-test', test: 'not-true', argument: call('date_gt(date,date)', 'boolean', column('born'), constant('2020-01-01', 'date')), type: column('id').type }),
  'sum by group': aggregate('sum', column('score'), {}, ['name']),
  'a filter of an aggregate': aggregate('count', column('id'), { filter: call('float8gt(float8,float8)', 'boolean', column('ratio'), constant('1.5', 'double precision')) }),
  'NULLs sorted as asked': sort({ expression: column('ratio') }, { expression: column('name'), descending: true, nullsFirst: true }),
  'an offset alone': { kind: 'limit', input: sort({}), offset: constant('3', 'bigint'), withTies: false },
} // prettier-ignore

test('prints as the golden file says', () => {
  const { expected, actual } = goldenOf(new URL('./printed.txt', import.meta.url), pushdown, PLANS)
  expect(actual).toBe(expected)
})

test.each<[string, Expression, RegExp]>([
  ['addition of integers', call('int8pl(int8,int8)', 'bigint', column('id'), constant('1', 'bigint')), /38 digits/],
  ['division', call('numeric_div(numeric,numeric)', 'numeric', column('score'), constant('3', 'numeric')), /digits/],
  ['a product of too many digits behind the point', call('numeric_mul(numeric,numeric)', 'numeric', column('score'), constant('1.00000000001', 'numeric')), /fit/],
  ['lower', call('lower(text)', 'text', column('name')), /case/],
  ['an infinite date', call('date_lt(date,date)', 'boolean', column('born'), constant('infinity', 'date')), /years 1 to 9999/],
])('does not send %s', (_name, expression, reason) => {
  expect(pushdown.judgeExpression(expression, 'value')).toMatchObject({ support: 'none', reason: expect.stringMatching(reason) as string })
}) // prettier-ignore

test('does not compute with a collated text', () => {
  const folded = keep(call('texteq(text,text)', 'boolean', column('folded'), constant('a', 'text')))
  const filter = folded.kind === 'project' ? folded.input : folded
  expect(pushdown.judgeNode(filter)).toMatchObject({ support: 'none', reason: expect.stringContaining('COLLATE') as string }) // prettier-ignore
})

test.each([
  ['a list', '{1,NULL}', '(t1."id" IN (CAST(? AS NUMBER(38,0)), CAST(? AS NUMBER(38,0))))', ['1', null]],
  ['a list', '{}', 'FALSE', []],
  ['a decimal parameter', '10.125', '(t1."score" > CAST(? AS NUMBER(38,3)))', ['10.125']],
  ['a decimal parameter', 'NaN', 'CASE WHEN t1."score" IS NOT NULL THEN FALSE END', []],
  ['a value on the left', '-infinity', 'CASE WHEN t1."born" IS NOT NULL THEN TRUE END', []],
])('%s with %s', (name, value, text, binds) => {
  const bound = bindStatement(pushdown.print(PLANS[name]!), [value])
  expect(bound.text.split(' WHERE ')[1]).toBe(text)
  expect(Object.values(bound.bindings).map((bind) => bind.value)).toEqual(binds)
}) // prettier-ignore

test('names the keys at fault in a connection block', () => {
  const problems = (changed: Record<string, unknown>) =>
    connector.validate({ ...source, connection: changed }).map((problem) => problem.key)
  expect(problems(connection)).toEqual([])
  expect(problems({ ...connection, private_key: 'k', pool: { max: 0 } })).toEqual(['private_key', 'pool.max']) // prettier-ignore
  expect(problems({ user: 'u', password: 'x', acount: 'a' })).toEqual(['acount', 'account', 'database']) // prettier-ignore
})
