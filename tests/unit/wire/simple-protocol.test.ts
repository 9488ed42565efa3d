/** Query messages: several statements, transactions, settings, cursors, COPY, and what is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFake } from './fake-engine.js'
import { query, RawClient } from './raw-client.js'

let fake: Awaited<ReturnType<typeof startFake>>
beforeAll(async () => {
  fake = await startFake({
    ann: { maySetRole: ['support'] },
    bob: {},
  })
})
afterAll(() => fake.server.close())

/** Runs strings one after another on one connection; the replies of each. */
async function run(...strings: string[]): Promise<string[][]> {
  const client = await RawClient.session(fake.server.port)
  const replies: string[][] = []
  for (const sql of strings) {
    client.send(query(sql))
    replies.push(await client.untilReady())
  }
  client.destroy()
  return replies
}

test('several statements answer in order, up to the first error', async () => {
  const [replies] = await run(
    'select n from numbers(1); select n from numbers(2); select nope; select n from numbers(3)',
  )
  expect(replies).toEqual([
    ...['T n:23:0', 'D 1', 'C SELECT 1', 'T n:23:0', 'D 1', 'D 2', 'C SELECT 2'],
    ...['E ERROR 42P01 relation "nope" does not exist P=60', 'Z I'],
  ])
})

test('an empty query says so', async () => {
  expect(await run('', ' ; ', '-- nothing')).toEqual([
    ['I', 'Z I'],
    ['I', 'Z I'],
    ['I', 'Z I'],
  ])
})

test('error positions count characters of the whole string', async () => {
  const [replies] = await run("select 'é' from echo; select nope")
  expect(replies?.at(-2)).toBe('E ERROR 42P01 relation "nope" does not exist P=30')
})

test('a failed block refuses everything but its end', async () => {
  expect(
    await run('begin', 'select nope', 'select 1', 'commit', 'select n from numbers(1)'),
  ).toEqual([
    ['C BEGIN', 'Z T'],
    ['E ERROR 42P01 relation "nope" does not exist P=8', 'Z E'],
    [
      'E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block',
      'Z E',
    ],
    ['C ROLLBACK', 'Z I'],
    ['T n:23:0', 'D 1', 'C SELECT 1', 'Z I'],
  ])
})

test('savepoints bring a failed block back', async () => {
  const replies = await run(
    'start transaction',
    'savepoint a',
    "set application_name = 'inner'",
    'select nope',
    'rollback to a',
    'show application_name',
    'release a',
    'rollback to a',
    'rollback',
  )
  expect(replies.map((lines) => lines.at(-2))).toEqual([
    ...['C START TRANSACTION', 'C SAVEPOINT', 'S application_name=inner'],
    ...[
      'E ERROR 42P01 relation "nope" does not exist P=8',
      'S application_name=',
      'C SHOW',
      'C RELEASE',
    ],
    ...['E ERROR 3B001 savepoint "a" does not exist', 'C ROLLBACK'],
  ])
})

test('transaction commands outside their place warn or fail', async () => {
  expect(
    await run(
      'commit',
      'begin; begin',
      'rollback',
      'rollback',
      'savepoint a',
      'rollback and chain',
    ),
  ).toEqual([
    ['N WARNING 25P01 there is no transaction in progress', 'C COMMIT', 'Z I'],
    ['C BEGIN', 'N WARNING 25001 there is already a transaction in progress', 'C BEGIN', 'Z T'],
    ['C ROLLBACK', 'Z I'],
    ['N WARNING 25P01 there is no transaction in progress', 'C ROLLBACK', 'Z I'],
    ['E ERROR 25P01 SAVEPOINT can only be used in transaction blocks', 'Z I'],
    ['E ERROR 25P01 ROLLBACK AND CHAIN can only be used in transaction blocks', 'Z I'],
  ])
})

test('SET reports what clients watch, and a rollback takes it back', async () => {
  expect(
    await run(
      "set datestyle to 'german'",
      'begin',
      "set time zone 'europe/berlin'",
      'rollback',
      "set application_name = 'a'; select nope",
      'reset datestyle',
    ),
  ).toEqual([
    ['C SET', 'S DateStyle=German, DMY', 'Z I'],
    ['C BEGIN', 'Z T'],
    ['C SET', 'S TimeZone=Europe/Berlin', 'Z T'],
    ['C ROLLBACK', 'S TimeZone=UTC', 'Z I'],
    ['C SET', 'E ERROR 42P01 relation "nope" does not exist P=36', 'Z I'],
    ['C RESET', 'S DateStyle=ISO, MDY', 'Z I'],
  ])
})

test('SET LOCAL lasts as long as the block', async () => {
  const replies = await run(
    'set local statement_timeout = 5000',
    "begin; set local statement_timeout = '5s'",
    'show statement_timeout',
    'commit',
    'show statement_timeout',
  )
  expect(replies[0]).toEqual([
    'N WARNING 25P01 SET LOCAL can only be used in transaction blocks',
    'C SET',
    'Z I',
  ])
  expect(replies[2]).toContain('D 5s')
  expect(replies[4]).toContain('D 0')
})

test('a transaction has modes of its own', async () => {
  const replies = await run(
    'begin isolation level repeatable read, read only',
    'show transaction isolation level; show transaction_read_only',
    'commit',
    'show transaction_isolation',
    'set session characteristics as transaction isolation level serializable',
    'show transaction_isolation',
    'begin; select n from numbers(1)',
    'set transaction isolation level read committed',
  )
  expect(replies[1]?.filter((line) => line.startsWith('D'))).toEqual(['D repeatable read', 'D on'])
  expect(replies[3]).toContain('D read committed')
  expect(replies[5]).toContain('D serializable')
  expect(replies[7]?.[0]).toBe(
    'E ERROR 25001 SET TRANSACTION ISOLATION LEVEL must be called before any query',
  )
})

test('roles change only as far as the catalog allows', async () => {
  const replies = await run(
    'set role support',
    'show role',
    'select 1',
    'set role bob',
    'set role nobody',
    'set session authorization bob',
    'reset role',
    'show role',
  )
  expect(replies.map((lines) => lines.at(-2))).toEqual([
    ...['C SET', 'C SHOW', 'C SELECT 1', 'E ERROR 42501 permission denied to set role "bob"'],
    'E ERROR 22023 role "nobody" does not exist',
    'E ERROR 42501 permission denied to set session authorization "bob"',
    ...['C RESET', 'C SHOW'],
  ])
  expect(replies[1]).toContain('D support')
  expect(replies[7]).toContain('D none')
  expect(fake.engine.compiled.findLast(({ sql }) => sql === 'select 1')?.options).toMatchObject({
    user: 'ann',
    role: 'support',
  })
})

test('what would write is refused with a hint', async () => {
  const hint = 'H=Tributary only reads: change data and definitions at the source they live in'
  const refused = {
    'insert into t values (1)': 'INSERT',
    'update t set a = 1': 'UPDATE',
    'delete from t': 'DELETE',
    'with d as (delete from t returning *) select * from d': 'DELETE',
    'create temp table t (a int)': 'CREATE TABLE',
    'drop view v': 'DROP VIEW',
    'select 1 into x': 'SELECT INTO',
    'select * from t for update': 'SELECT FOR UPDATE',
    'do $$ begin end $$': 'DO',
    'copy t from stdin': 'COPY FROM',
    "copy (select 1) to program 'ls'": 'COPY TO PROGRAM',
    'explain insert into t values (1)': 'INSERT',
    'prepare p as delete from t': 'DELETE',
    'truncate t': 'TRUNCATE',
    vacuum: 'VACUUM',
    'call f()': 'CALL',
  }
  const replies = await run(...Object.keys(refused))
  expect(replies.map((lines) => lines[0])).toEqual(
    Object.values(refused).map((what) => `E ERROR 0A000 ${what} is not supported ${hint}`),
  )
})

test('cursors fetch forward, and back when they scroll', async () => {
  const replies = await run(
    'declare c cursor for select n from numbers(3)',
    'begin',
    'declare c no scroll cursor for select n from numbers(20)',
    'fetch 2 c',
    'move 3 in c',
    'fetch forward 10 from c',
    'fetch backward 1 from c',
  )
  expect(replies[0]?.[0]).toBe(
    'E ERROR 25P01 DECLARE CURSOR can only be used in transaction blocks',
  )
  expect(replies[3]).toEqual(['T n:23:0', 'D 1', 'D 2', 'C FETCH 2', 'Z T'])
  expect(replies[4]).toEqual(['C MOVE 3', 'Z T'])
  expect(replies[5]?.filter((line) => line.startsWith('D')).map((line) => line.slice(2))).toEqual(
    Array.from({ length: 10 }, (_, index) => String(index + 6)),
  )
  expect(replies[6]?.[1]).toBe(
    'E ERROR 55000 cursor can only scan forward H=Declare it with SCROLL option to enable backward scan.',
  )
})

test('a scroll cursor moves as PostgreSQL moves it', async () => {
  const steps: readonly (readonly [string, readonly number[]])[] = [
    ['fetch 2 from c', [1, 2]],
    ['fetch prior from c', [1]],
    ['fetch prior from c', []],
    ['fetch next from c', [1]],
    ['fetch last from c', [5]],
    ['fetch next from c', []],
    ['fetch backward 2 from c', [5, 4]],
    ['fetch absolute 2 from c', [2]],
    ['fetch relative 2 from c', [4]],
    ['fetch relative 0 from c', [4]],
    ['fetch first from c', [1]],
    ['fetch forward all from c', [2, 3, 4, 5]],
    ['fetch absolute -2 from c', [4]],
    ['fetch backward all from c', [3, 2, 1]],
    ['fetch absolute 9 from c', []],
    ['fetch prior from c', [5]],
  ]
  const replies = await run(
    'begin; declare c scroll cursor with hold for select n from numbers(5); commit',
    ...steps.map(([sql]) => sql),
    'close c',
    'fetch c',
  )
  steps.forEach(([sql, rows], index) => {
    const got = replies[index + 1]?.filter((line) => /^[DC]/.test(line))
    expect([sql, ...(got ?? [])]).toEqual([
      sql,
      ...rows.map((n) => `D ${n}`),
      `C FETCH ${rows.length}`,
    ])
  })
  expect(replies.at(-2)).toEqual(['C CLOSE CURSOR', 'Z I'])
  expect(replies.at(-1)).toEqual(['E ERROR 34000 cursor "c" does not exist', 'Z I'])
})

test('cursors end with their transaction unless held', async () => {
  const replies = await run(
    'begin; declare a cursor for select n from numbers(5); declare b cursor with hold for select n from numbers(5)',
    'fetch 1 from a; fetch 1 from b',
    'commit',
    'fetch 1 from b',
    'fetch 1 from a',
    'close all',
    'begin; declare d binary cursor with hold for select n from numbers(5); fetch 1 d; rollback',
    'fetch 1 from d',
  )
  expect(replies[3]).toContain('D 2')
  expect(replies[4]?.[0]).toBe('E ERROR 34000 cursor "a" does not exist')
  expect(replies[5]).toEqual(['C CLOSE CURSOR ALL', 'Z I'])
  expect(replies[6]).toContain('D 00000001')
  expect(replies[7]?.[0]).toBe('E ERROR 34000 cursor "d" does not exist')
})

test('PREPARE and EXECUTE share statements with the protocol', async () => {
  const replies = await run(
    'prepare p (text, text) as select $1, $2 from echo',
    "execute p ('a,b', null)",
    "execute p ('a')",
    'prepare p as select 1',
    'deallocate p',
    'execute p',
    'deallocate all',
  )
  expect(replies[0]).toEqual(['C PREPARE', 'Z I'])
  expect(replies[1]).toEqual(['T p1:25:0,p2:25:0', 'D a,b,NULL', 'C SELECT 1', 'Z I'])
  expect(replies[2]?.[0]).toBe(
    'E ERROR 42601 wrong number of parameters for prepared statement "p" D=Expected 2 parameters but got 1.',
  )
  expect(replies[3]?.[0]).toBe('E ERROR 42P05 prepared statement "p" already exists')
  expect(replies[5]?.[0]).toBe('E ERROR 26000 prepared statement "p" does not exist')
  expect(replies[6]).toEqual(['C DEALLOCATE ALL', 'Z I'])
})

test('set_config and current_setting agree with SHOW', async () => {
  const [replies] = await run(
    `select set_config('search_path', '', false); show search_path; select current_setting('search_path') as path;
     select pg_catalog.set_config('work_mem', '8192', false), current_setting('work_mem'); show work_mem;
     select current_setting('no.such', true)`,
  )
  expect(replies?.filter((line) => /^[DT]/.test(line))).toEqual([
    ...['T set_config:25:0', 'D ', 'T search_path:25:0', 'D ', 'T path:25:0', 'D '],
    ...['T set_config:25:0,current_setting:25:0', 'D 8MB,8MB', 'T work_mem:25:0', 'D 8MB'],
    ...['T current_setting:25:0', 'D NULL'],
  ])
})

test('COPY TO STDOUT writes text and csv', async () => {
  const [plain, csv, table] = await run(
    'copy (select n from numbers(2)) to stdout',
    'copy (select n from numbers(2)) to stdout with csv header',
    'copy numbers to stdout',
  )
  expect(plain).toEqual(['H 0000010000', 'd "1\\n"', 'd "2\\n"', 'c', 'C COPY 2', 'Z I'])
  expect(csv).toEqual(['H 0000010000', 'd "n\\n"', 'd "1\\n"', 'd "2\\n"', 'c', 'C COPY 2', 'Z I'])
  expect(table?.[1]).toBe('d "SELECT * FROM \\"numbers\\"\\n"')
})

test('DISCARD ALL forgets everything, but not in a block', async () => {
  const replies = await run(
    "set application_name = 'x'; prepare p as select 1",
    'discard all',
    'execute p',
    'begin',
    'discard all',
  )
  expect(replies[1]).toEqual(['C DISCARD ALL', 'S application_name=', 'Z I'])
  expect(replies[2]?.[0]).toBe('E ERROR 26000 prepared statement "p" does not exist')
  expect(replies[4]?.[0]).toBe('E ERROR 25001 DISCARD ALL cannot run inside a transaction block')
})

test('LISTEN and UNLISTEN are accepted', async () => {
  expect(await run('listen ch; unlisten *')).toEqual([['C LISTEN', 'C UNLISTEN', 'Z I']])
})

test('statement_timeout ends a statement, not the connection', async () => {
  const replies = await run(
    'set statement_timeout = 30',
    'select n from forever',
    'select n from numbers(1)',
  )
  expect(replies[1]).toEqual([
    'T n:23:0',
    'E ERROR 57014 canceling statement due to statement timeout',
    'Z I',
  ])
  expect(replies[2]).toContain('D 1')
  expect(fake.engine.running).toBe(0)
})
