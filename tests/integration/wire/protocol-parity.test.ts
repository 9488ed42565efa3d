/** The same messages to a real PostgreSQL and to a server whose compiler is that PostgreSQL: the same replies. */
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WireServer } from '../../../src/wire/server.js'
import { startWireServer } from '../../../src/wire/server.js'
import { startPostgres } from '../../servers/postgres.js'
import type { PostgresServer } from '../../servers/postgres.js'
import { fakeCatalog, fakeEngine } from '../../unit/wire/fake-engine.js'
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
  startup,
  sync,
} from '../../unit/wire/raw-client.js'
import { postgresCompiler } from './postgres-compiler.js'

let postgres: PostgresServer
let server: WireServer
beforeAll(async () => {
  postgres = await startPostgres()
  const admin = await postgres.connect()
  const { rows } = await admin.query<{ file: string }>("select current_setting('hba_file') as file")
  await writeFile(rows[0]?.file ?? '', 'host all all 127.0.0.1/32 trust\n')
  await admin.query('create role ann login; create role support')
  await admin.query('create database demo')
  await admin.query('select pg_reload_conf()')
  await admin.end()
  const catalog = { ...fakeCatalog({ ann: {} }), searchPath: ['$user', 'public'] }
  server = await startWireServer({
    host: '127.0.0.1',
    port: 0,
    compiler: await postgresCompiler(postgres.port, 'ann', 'demo'),
    runner: fakeEngine().runner,
    catalog: () => catalog,
  })
})
afterAll(async () => {
  await server.close()
  await postgres.stop()
})

/** Replies to each group of messages; a group ends with ReadyForQuery. */
async function replies(port: number, groups: readonly (readonly Buffer[])[]): Promise<string[][]> {
  const client = await RawClient.open(port)
  client.send(startup({ user: 'ann', database: 'demo', application_name: 'parity' }))
  await client.untilReady()
  const answers: string[][] = []
  for (const messages of groups) {
    client.send(...messages)
    const lines = await client.untilReady()
    // Parameter reports have no order of their own.
    const reports = lines.filter((line) => line.startsWith('S ')).sort()
    // How COPY data is cut into messages is free.
    const others = lines.filter((line) => !line.startsWith('S '))
    // Whether a value or a constant is found bad at Bind, or once the rows are announced, is free, too.
    const joined = others
      .join('\n')
      .replaceAll('"\nd "', '')
      .replace(/(^|\n)(2|T [^\n]*)\n(?=E )/g, '$1')
    answers.push([...joined.split('\n'), ...reports])
  }
  client.destroy()
  return answers
}

async function compare(
  groups: readonly (readonly Buffer[])[],
  labels: readonly string[] = [],
): Promise<void> {
  const label = (answers: string[][]): string[][] =>
    answers.map((lines, index) => [`-- ${labels[index] ?? index}`, ...lines])
  const expected = label(await replies(postgres.port, groups))
  expect(label(await replies(server.port, groups))).toEqual(expected)
}

test.each(
  Object.entries({
    statements: [
      'select 1',
      '',
      ';',
      'select 1; select 2, null as x',
      'select 1/0',
      'selec',
      "select 'é', x",
      "select '$2', 'é', /* $3 */ $1::int",
      "select set_config('a.b', $1, false)",
      'begin; declare c cursor for select $1::int',
      'rollback; prepare asked(int) as select $1; execute asked(2)',
    ],
    transactions: [
      'begin',
      'begin',
      'select 1/0',
      'select 1',
      'commit',
      'commit',
      'rollback',
      'end',
      'start transaction read only',
      'abort',
    ],
    'implicit blocks': [
      "set application_name = 'a'; select 1/0; select 2",
      'show application_name',
      'begin; select 1; commit; select 2',
      'select 1; commit; select 2',
      'savepoint a; select 1',
      'select 1; begin; select 1/0',
      'rollback',
      'select 1; rollback',
      'begin; select 1/0; rollback',
      'commit; select 1',
      'set local work_mem = 100; show work_mem',
      'show work_mem',
    ],
    savepoints: [
      'savepoint a',
      'begin',
      'savepoint a',
      'set work_mem = 100',
      'savepoint b',
      'select 1/0',
      'release a',
      'rollback to b',
      'show work_mem',
      'rollback to a',
      'show work_mem',
      'rollback to b',
      'rollback to savepoint a',
      'release savepoint a',
      'commit',
      'begin',
      'savepoint x',
      'savepoint x',
      'release x',
      'rollback to x',
      'commit and chain',
      'rollback and no chain',
      'release x',
    ],
    settings: [
      'show all_',
      'show nope',
      'set nope = 1',
      "set datestyle = 'sql, european'",
      'show datestyle',
      'reset datestyle',
      "set time zone '+3'",
      'show timezone',
      'set time zone local',
      "set time zone interval '-03:30' hour to minute",
      'show time zone',
      'set timezone to default',
      "set statement_timeout = '2min'",
      'show statement_timeout',
      'reset all',
      'show statement_timeout',
      'set search_path to a, "B c"',
      'show search_path',
      "select set_config('search_path', 'x, y', false)",
      'show search_path',
      "select current_setting('work_mem'), current_setting('nope', true)",
      "select current_setting('nope')",
      'set a.b = 1',
      'show a.b',
      'reset a.b',
      'show a.b',
      'set local work_mem = 64',
      'begin',
      'set local work_mem = 64',
      'show work_mem',
      'commit',
      'show work_mem',
      'set x from current',
      'set work_mem from current',
      'reset transaction_isolation',
      'set names utf8',
      'set role support',
      'set role nobody',
      'show role',
      'set session authorization nobody',
      'set session authorization ann',
      'set role none',
      "set enable_seqscan = 'maybe'",
      'set work_mem = 1',
      'set bytea_output = x',
      'discard plans',
      'discard all',
      'show search_path',
      "set application_name = 'x'; set application_name = 'parity'",
      'set session characteristics as transaction read only',
      'show transaction_read_only',
      'show default_transaction_read_only',
      'set jit to 1',
      'show jit',
      'set log_statement = none',
    ],
    modes: [
      'show transaction_isolation',
      'begin isolation level serializable',
      'show transaction_isolation',
      'select 1',
      'set transaction isolation level read committed',
      'rollback',
      'set transaction read only',
      'begin read only, deferrable',
      'show transaction_deferrable',
      'show transaction_read_only',
      'commit and chain',
      'show transaction_read_only',
      'commit',
      'begin',
      'set transaction read only',
      'show transaction_read_only',
      'commit',
      'set default_transaction_isolation = serializable',
      'begin',
      'show transaction_isolation',
      'commit',
    ],
    cursors: [
      'declare c cursor for select 1',
      'begin',
      'declare c scroll cursor for select generate_series(1, 5)',
      'fetch c',
      'fetch 2 from c',
      'fetch all c',
      'fetch next c',
      'fetch prior c',
      'fetch backward 2 c',
      'fetch first c',
      'fetch last c',
      'fetch relative -1 c',
      'fetch relative 0 c',
      'fetch absolute -2 c',
      'fetch absolute 0 c',
      'fetch 0 c',
      'move 2 c',
      'move forward all in c',
      'move backward 1 in c',
      'fetch forward 0 c',
      'move absolute 3 in c',
      'fetch -2 from c',
      'fetch backward all c',
      'move 9 c',
      'move 1 c',
      'declare c cursor for select 2',
      'rollback',
      'fetch c',
      'close c',
      'begin; declare h binary cursor with hold for select 7::int4; commit',
      'fetch h',
      'close h',
      'close all',
      'move nope',
    ],
    'prepared statements': [
      'prepare p (int) as select $1 + 1',
      'execute p (2)',
      'execute p (1 + 1)',
      'execute p',
      'execute p (1, 2)',
      'execute p (null)',
      'execute p (1.6)',
      "execute p ('7')",
      "execute p ('x')",
      'prepare p as select 1',
      'deallocate p',
      'deallocate p',
      'execute p',
      'prepare q as select $1',
      "execute q ('é')",
      'execute q (1.50)',
      'prepare r (nope) as select 1',
      'deallocate all',
      'prepare s (varchar(3), numeric(4,2)) as select $1, $2',
      "execute s ('abcdef', 1.555)",
      'prepare bad as select nope',
    ],
    copy: [
      "copy (select 'a' || chr(9) || 'b', null, E'x\\\\y', E'l\\n', '') to stdout",
      "copy (select 'a,b', null, 'q\"q', E'l\\n', '', ' s') to stdout csv header",
      "copy (select 'é', 1 as n) to stdout with (format csv, delimiter ';', null 'NIL', force_quote *, header true)",
      "copy (select 'NIL', '\\.', 'x') to stdout (format csv, null 'NIL', quote '''', escape '\\')",
      "copy (select '\\.') to stdout csv",
      "copy (select 'a|b', null) to stdout (delimiter '|', null 'x')",
      'copy (select 1, 2::int2, null::text) to stdout (format binary)',
      'copy (select 1) to stdout (foo)',
      "copy (select 1) to stdout (delimiter 'ab')",
      "copy (select 1) to stdout (quote '\"')",
      'copy (select 1) to stdout (format x)',
      'copy (select 1/0) to stdout',
      'copy (select nope) to stdout',
      'copy nope to stdout',
      'copy (select 1) to stdout (format csv, format csv)',
      'copy (select 1 as "a,b") to stdout (header, format csv)',
      'copy (select 1 as x) to stdout (header)',
    ],
    others: [
      'listen a; unlisten *',
      'lock table nope',
      'explain (foo) select 1',
      'explain (format foo) select 1',
      'explain (timing) select 1',
      'explain select 1',
      'explain (costs off, format json) select 1',
      'explain (costs off) values (1), (2)',
      'explain (analyze maybe) select 1',
      "prepare transaction 'x'",
      'show server_encoding',
      'show integer_datetimes',
      'explain (costs off) execute nope',
      'prepare e as select 1; explain (costs off) execute e',
      'set constraints all deferred',
    ],
  }),
)('simple protocol: %s', (_name, strings) =>
  compare(
    strings.map((sql) => [query(sql)]),
    strings,
  ),
)

test('the extended protocol', async () => {
  const series = parse('', 'select generate_series(1, 5)')
  await compare([
    [
      series,
      describeStatement(''),
      bind('', ''),
      describePortal(''),
      execute('', 2),
      execute('', 3),
      execute(''),
      execute(''),
      sync,
    ],
    [execute(''), sync],
    [
      parse('s', 'select $1::int4 + $2, $3', [0, 23, 25]),
      describeStatement('s'),
      flush,
      bind('', 's', ['1', '2', 'é'], [1, 0]),
      describePortal(''),
      execute(''),
      sync,
    ],
    [bind('', 's', [Buffer.from([0, 0, 0, 9]), '2', null], [1], [1, 0, 0]), execute(''), sync],
    [bind('', 's', ['x', '2', null]), execute(''), sync],
    [bind('', 's', ['1', '2']), sync],
    [bind('', 's', ['1', '2', '3'], [0, 1, 1]), sync],
    [bind('', 's', ['1', '2', '3'], [2]), execute(''), sync],
    [bind('', 's', ['1', '2', '3'], [], [0, 1]), sync],
    [parse('s', 'select 1'), sync],
    [closeStatement('s'), closeStatement('s'), closePortal('x'), bind('', 's'), sync],
    [parse('', ''), describeStatement(''), bind('', ''), describePortal(''), execute(''), sync],
    [parse('', 'select 1; select 2'), sync],
    [parse('', 'begin'), bind('', ''), describePortal(''), execute(''), sync],
    [series, bind('a', ''), execute('a', 2), bind('b', ''), execute('b', 1), sync],
    [execute('a', 2), execute('b'), closePortal('a'), execute('b'), sync],
    [execute('a'), sync],
    [parse('', 'select 1'), sync],
    [parse('', 'rollback'), bind('', ''), execute(''), sync],
    [parse('', 'show work_mem'), describeStatement(''), bind('', '', [], [1]), execute(''), sync],
    [
      parse('', 'set work_mem = 100'),
      bind('', ''),
      execute('', 1),
      parse('', 'select 1/0'),
      bind('', ''),
      execute(''),
      sync,
    ],
    [query('show work_mem')],
    [
      parse('', 'prepare z as select 3'),
      bind('', ''),
      execute(''),
      parse('', 'execute z'),
      describeStatement(''),
      bind('', ''),
      execute(''),
      sync,
    ],
    [describeStatement('z'), bind('', 'z'), execute(''), sync],
    [describeStatement('nope'), sync],
    [describePortal('nope'), sync],
    [execute('nope'), sync],
    [
      parse('', 'copy (select 1) to stdout'),
      describeStatement(''),
      bind('', ''),
      describePortal(''),
      execute(''),
      sync,
    ],
    [parse('', 'select $1'), describeStatement(''), bind('', '', ['a\0b']), execute(''), sync],
    [
      parse('', 'select set_config($1, $2, $3)'),
      describeStatement(''),
      bind('', '', ['work_mem', '64kB', 'f']),
      execute(''),
      sync,
    ],
    [
      parse('', 'begin'),
      bind('', ''),
      execute(''),
      parse('', 'declare c cursor for select $1::int4', [23]),
      bind('', '', ['5']),
      execute(''),
      parse('', 'fetch all c'),
      describeStatement(''),
      bind('', '', [], [1]),
      describePortal(''),
      execute(''),
      sync,
    ],
    [
      parse('', 'commit'),
      bind('', ''),
      execute(''),
      parse('', 'commit'),
      bind('', ''),
      execute(''),
      sync,
    ],
    [parse('', 'vacuum nope'), sync].slice(1),
    [parse('', 'begin'), bind('', ''), execute(''), sync],
    [parse('', 'select 1/0'), bind('', ''), execute(''), sync],
    [parse('', 'select 1'), sync],
    [bind('', ''), sync],
    [describeStatement(''), sync],
    [query('rollback')],
  ])
})
