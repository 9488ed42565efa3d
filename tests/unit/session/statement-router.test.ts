/** Cutting and classifying statements. */
import { beforeAll, expect, test } from 'vitest'
import type { RoutedStatement } from '../../../src/session/routing/routed-statement.js'
import { loadGrammar, routeStatements } from '../../../src/session/routing/statement-router.js'

beforeAll(() => loadGrammar())

function textsOf(statement: RoutedStatement | undefined): string {
  if (statement === undefined) return ''
  if (statement.kind === 'query') return `${statement.text.offset}:${statement.text.text.trim()}`
  return 'query' in statement ? `${statement.kind} ${textsOf(statement.query)}` : statement.kind
}

test.each([
  ['select 1; select 2', ['0:select 1', '10:select 2']],
  ["select 'é'; table t", ["0:select 'é'", '12:table t']],
  ['explain select 1', ['explain 8:select 1']],
  ['explain (analyze, format json) /* é */ select 1', ['explain 39:select 1']],
  ['explain analyze verbose select 1', ['explain 24:select 1']],
  ['explain (select 1)', ['explain 8:(select 1)']],
  ['declare c cursor for select 1 -- for', ['declare 20:select 1 -- for']],
  ['declare "for" scroll cursor with hold for select 2', ['declare 41:select 2']],
  ['prepare p (int, numeric(3,2)) as select $1', ['prepare 32:select $1']],
  ['prepare "as" as values (1)', ['prepare 15:values (1)']],
  ['select json_arrayagg(1)', ['0:select json_arrayagg(1)']],
  ["copy (select ')' from t) to stdout", ["copy 6:select ')' from t"]],
  ['copy s.t (a, "B") to stdout', ['copy 0:SELECT "a", "B" FROM "s"."t"']],
  [
    "with x as (select 1) select * from x where 'insert' = ''",
    ["0:with x as (select 1) select * from x where 'insert' = ''"],
  ],
])('%s', (sql, expected) => {
  expect(routeStatements(sql).map(textsOf)).toEqual(expected)
})

test('what writes is found wherever it hides', () => {
  for (const sql of [
    'select * from (select 1 for update) s',
    'select (with d as (delete from t returning 1) select 1)',
    'declare c cursor for select 1 for share',
    'explain analyze delete from t',
    'copy (delete from t returning *) to stdout',
  ]) {
    const [statement] = routeStatements(sql)
    const inner = statement !== undefined && 'query' in statement ? statement.query : statement
    expect([sql, inner?.kind]).toEqual([sql, 'refused'])
  }
})

test('set_config with computed arguments is left to the analyzer', () => {
  const kinds = [
    "select set_config('a.b', 'x', false)",
    'select pg_catalog.set_config($1, $2, $3) as done',
    "select set_config('a.b', 'x' || 'y', false)",
    "select set_config('a.b', 'x', false) from t",
    "select evil.set_config('a.b', 'x', false)",
  ].map((sql) => routeStatements(sql)[0]?.kind)
  expect(kinds).toEqual(['setting-calls', 'setting-calls', 'query', 'query', 'query'])
})

test('a syntax error has its position in characters', () => {
  expect(() => routeStatements("select 'é' x y z")).toThrow(
    expect.objectContaining({ code: '42601', position: 14 }) as Error,
  )
})

test('strings with backslashes and quotes keep their text', () => {
  const sql = `explain select 'a\\', "b""c", E'd\\'e', $q$f'g$q$`
  expect(routeStatements(sql).map(textsOf)).toEqual([`explain 8:${sql.slice(8)}`])
})
