/** Scripts of extended-protocol messages and the replies PostgreSQL gives to them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFake } from './fake-engine.js'
import {
  bind,
  closePortal,
  closeStatement,
  describePortal,
  describeStatement,
  execute,
  flush,
  parse,
  query,
  RawClient,
  sync,
} from './raw-client.js'

let fake: Awaited<ReturnType<typeof startFake>>
beforeAll(async () => {
  fake = await startFake()
})
afterAll(() => fake.server.close())

async function script(...messages: Buffer[]): Promise<string[]> {
  const client = await RawClient.session(fake.server.port)
  client.send(...messages)
  const lines = await client.untilReady()
  client.destroy()
  return lines
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `D ${from + index}`)

test('parse, describe, bind, execute, sync', async () => {
  expect(
    await script(
      parse('', 'select n from numbers(2)'),
      describeStatement(''),
      bind('', ''),
      describePortal(''),
      execute(''),
      sync,
    ),
  ).toEqual(['1', 't ', 'T n:23:0', '2', 'T n:23:0', 'D 1', 'D 2', 'C SELECT 2', 'Z I'])
})

test('binary results are asked for per column or for all', async () => {
  expect(
    await script(
      parse('', 'select n from numbers(1)'),
      bind('', '', [], [1]),
      describePortal(''),
      execute(''),
      sync,
    ),
  ).toEqual(['1', '2', 'T n:23:1', 'D 00000001', 'C SELECT 1', 'Z I'])
})

test('a row limit suspends the portal at exact row boundaries', async () => {
  const lines = await script(
    parse('s', 'select n from numbers(20)'),
    bind('p', 's'),
    execute('p', 3),
    execute('p', 10),
    execute('p', 0),
    execute('p', 0),
    sync,
  )
  expect(lines).toEqual([
    ...['1', '2', ...numbers(1, 3), 's', ...numbers(4, 13), 's'],
    ...[...numbers(14, 20), 'C SELECT 7', 'C SELECT 0', 'Z I'],
  ])
})

test('a limit equal to the number of rows suspends before it completes', async () => {
  expect(
    await script(
      parse('', 'select n from numbers(7)'),
      bind('', ''),
      execute('', 7),
      execute('', 7),
      sync,
    ),
  ).toEqual(['1', '2', ...numbers(1, 7), 's', 'C SELECT 0', 'Z I'])
})

test('several portals are open at once', async () => {
  const client = await RawClient.session(fake.server.port)
  client.send(query('begin'))
  await client.untilReady()
  client.send(
    parse('s', 'select n from numbers(9)'),
    bind('a', 's'),
    bind('b', 's'),
    execute('a', 2),
    execute('b', 4),
    sync,
  )
  expect(await client.untilReady()).toEqual([
    '1',
    '2',
    '2',
    ...numbers(1, 2),
    's',
    ...numbers(1, 4),
    's',
    'Z T',
  ])
  client.send(execute('a', 3), execute('b'), closePortal('a'), execute('a'), sync)
  expect(await client.untilReady()).toEqual([
    ...[...numbers(3, 5), 's', ...numbers(5, 9), 'C SELECT 5', '3'],
    ...['E ERROR 34000 portal "a" does not exist', 'Z E'],
  ])
  client.destroy()
})

test('portals end with the transaction, prepared statements stay', async () => {
  const client = await RawClient.session(fake.server.port)
  client.send(parse('s', 'select n from numbers(9)'), bind('p', 's'), execute('p', 1), sync)
  await client.untilReady()
  client.send(execute('p'), sync, bind('p', 's'), execute('p', 1), sync)
  expect(await client.untilReady()).toEqual(['E ERROR 34000 portal "p" does not exist', 'Z I'])
  expect(await client.untilReady()).toEqual(['2', 'D 1', 's', 'Z I'])
  expect(fake.engine.running).toBe(0)
  client.destroy()
})

test('an error skips everything up to Sync', async () => {
  expect(
    await script(
      parse('a', 'select nope'),
      bind('', 'a'),
      execute(''),
      parse('b', 'select n from numbers(1)'),
      sync,
    ),
  ).toEqual(['E ERROR 42P01 relation "nope" does not exist P=8', 'Z I'])
})

test('an error in the middle of the rows comes after them', async () => {
  expect(
    await script(
      parse('', 'select n from broken(3)'),
      bind('', ''),
      execute(''),
      execute(''),
      sync,
    ),
  ).toEqual(['1', '2', ...numbers(1, 3), 'E ERROR 22012 division by zero', 'Z I'])
})

test('a pipeline fails up to its Sync, the next goes on', async () => {
  const client = await RawClient.session(fake.server.port)
  const ok = [parse('', 'select n from numbers(1)'), bind('', ''), execute('')]
  client.send(...ok, ...ok, sync, parse('', 'selec'), ...ok, sync, ...ok, sync)
  expect(await client.untilReady()).toEqual([
    '1',
    '2',
    'D 1',
    'C SELECT 1',
    '1',
    '2',
    'D 1',
    'C SELECT 1',
    'Z I',
  ])
  expect(await client.untilReady()).toEqual([
    'E ERROR 42601 syntax error at or near "selec" P=1',
    'Z I',
  ])
  expect(await client.untilReady()).toEqual(['1', '2', 'D 1', 'C SELECT 1', 'Z I'])
  client.destroy()
})

test('Flush delivers answers without Sync', async () => {
  const client = await RawClient.session(fake.server.port)
  client.send(parse('', 'select $1 from echo', [25]), describeStatement(''), flush)
  expect(await client.until((line) => line.startsWith('T'))).toEqual(['1', 't 25', 'T p1:25:0'])
  client.send(bind('', '', ['é']), execute(''), sync)
  expect(await client.untilReady()).toEqual(['2', 'D é', 'C SELECT 1', 'Z I'])
  client.destroy()
})

test('statements and portals are named once', async () => {
  expect(await script(parse('s', 'select 1'), parse('s', 'select 1'), sync)).toEqual([
    '1',
    'E ERROR 42P05 prepared statement "s" already exists',
    'Z I',
  ])
  expect(await script(parse('s', 'select 1'), closeStatement('s'), bind('', 's'), sync)).toEqual([
    ...['1', '3', 'E ERROR 26000 prepared statement "s" does not exist', 'Z I'],
  ])
  expect(await script(bind('', ''), sync)).toEqual([
    'E ERROR 26000 unnamed prepared statement does not exist',
    'Z I',
  ])
  expect(await script(parse('', 'select 1'), bind('p', ''), bind('p', ''), sync)).toEqual([
    ...['1', '2', 'E ERROR 42P03 cursor "p" already exists', 'Z I'],
  ])
})

test('counts that do not fit are protocol violations', async () => {
  expect(await script(parse('', 'select $1 from echo'), bind('', ''), sync)).toEqual([
    '1',
    'E ERROR 08P01 bind message supplies 0 parameters, but prepared statement "" requires 1',
    'Z I',
  ])
  expect(
    await script(parse('', 'select n from numbers(1)'), bind('', '', [], [0, 1]), sync),
  ).toEqual(['1', 'E ERROR 08P01 bind message has 2 result formats but query has 1 columns', 'Z I'])
})

test('an empty statement has no rows and no tag', async () => {
  expect(
    await script(parse('', ' '), describeStatement(''), bind('', ''), execute(''), sync),
  ).toEqual(['1', 't ', 'n', '2', 'I', 'Z I'])
})

test('several statements do not fit into one Parse', async () => {
  expect(await script(parse('', 'select 1; select 2'), sync)).toEqual([
    'E ERROR 42601 cannot insert multiple commands into a prepared statement',
    'Z I',
  ])
})

test('SET and transactions run through the extended protocol', async () => {
  const lines = await script(
    ...[parse('', 'begin'), bind('', ''), execute('', 1)],
    ...[
      parse('', "set application_name = 'x'"),
      describeStatement(''),
      bind('', ''),
      execute('', 1),
    ],
    sync,
  )
  expect(lines).toEqual([
    ...['1', '2', 'C BEGIN', '1', 't ', 'n', '2', 'C SET', 'S application_name=x', 'Z T'],
  ])
})

test('parameters reach the plan as canonical text', async () => {
  expect(
    await script(
      parse('', 'select $1, $2 from echo', [23, 25]),
      bind('', '', [' 42 ', null]),
      execute(''),
      sync,
    ),
  ).toEqual(['1', '2', 'D 42,NULL', 'C SELECT 1', 'Z I'])
  expect(
    await script(parse('', 'select $1 from echo', [23]), bind('', '', ['abc']), execute(''), sync),
  ).toContain('E ERROR 22P02 invalid input syntax for type integer: "abc"')
})
