/** The compile cache: what it keeps apart and what it forgets. */
import { expect, test } from 'vitest'
import { cachingCompiler } from '../../../src/session/compiler/compile-cache.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { fakeEngine } from '../wire/fake-engine.js'

const options = (changes: Partial<CompileOptions> = {}): CompileOptions => ({
  user: 'ann',
  role: 'ann',
  searchPath: ['public'],
  values: DEFAULT_VALUE_SETTINGS,
  planner: {},
  settings: {},
  ...changes,
})

test('the same statement under the same settings is compiled once', async () => {
  const engine = fakeEngine()
  const compiler = cachingCompiler(engine.compiler, () => '1')
  const first = await compiler.compile('select n from numbers(1)', [], options())
  const quiet = options({ settings: { application_name: 'x', statement_timeout: '5s' } })
  expect(await compiler.compile('select n from numbers(1)', [], quiet)).toBe(first)
  expect(engine.compiled).toHaveLength(1)
})

test('types, role, search path, settings and catalog version each count', async () => {
  const engine = fakeEngine()
  let version = '1'
  const compiler = cachingCompiler(engine.compiler, () => version)
  const sql = 'select $1 from echo'
  await compiler.compile(sql, [25], options())
  await compiler.compile(sql, [23], options())
  await compiler.compile(sql, [25], options({ role: 'support' }))
  await compiler.compile(sql, [25], options({ searchPath: ['crm'] }))
  await compiler.compile(sql, [25], options({ planner: { strict_pushdown: 'on' } }))
  await compiler.compile(sql, [25], options({ settings: { transform_null_equals: 'on' } }))
  await compiler.compile(
    sql,
    [25],
    options({ values: { ...DEFAULT_VALUE_SETTINGS, timeZone: 'Asia/Tokyo' } }),
  )
  version = '2'
  await compiler.compile(sql, [25], options())
  expect(engine.compiled).toHaveLength(8)
})

test('a plan of other types, another catalog, role or user is never handed out, and is found again', async () => {
  const engine = fakeEngine()
  let version = '1'
  const compiler = cachingCompiler(engine.compiler, () => version)
  const sql = 'select $1 from echo'
  const ask = (types: readonly number[], changes: Partial<CompileOptions> = {}, catalog = '1') => {
    version = catalog
    return compiler.compile(sql, types, options(changes))
  }
  const ways = [
    () => ask([25]),
    () => ask([23]),
    () => ask([]),
    () => ask([25], {}, '2'),
    () => ask([25], { role: 'support' }),
    () => ask([25], { user: 'bob' }),
  ]
  const first = []
  for (const way of ways) first.push(await way())
  expect(new Set(first).size).toBe(ways.length)
  for (const [index, way] of ways.entries()) expect(await way()).toBe(first[index])
  expect(engine.compiled).toHaveLength(ways.length)
})

test('errors are not kept, and the least recently used goes first', async () => {
  const engine = fakeEngine()
  const compiler = cachingCompiler(engine.compiler, () => '1', { entries: 2 })
  const same = options()
  for (let round = 0; round < 2; round++) {
    await expect(compiler.compile('select nope', [], same)).rejects.toThrow('nope')
  }
  expect(engine.compiled).toHaveLength(2)
  for (const sql of ['select 1', 'select 2', 'select 1', 'select 3', 'select 1', 'select 2']) {
    await compiler.compile(sql, [], same)
  }
  expect(engine.compiled.slice(2).map(({ sql }) => sql)).toEqual([
    'select 1',
    'select 2',
    'select 3',
    'select 2',
  ])
})
