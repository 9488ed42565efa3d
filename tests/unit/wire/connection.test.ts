/** Start-up, negotiation, cancel, malformed input, backpressure, disconnect, shutdown. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startFake } from './fake-engine.js'
import {
  bind,
  execute,
  frame,
  int32,
  parse,
  query,
  RawClient,
  startup,
  sync,
} from './raw-client.js'

let fake: Awaited<ReturnType<typeof startFake>>
beforeAll(async () => {
  fake = await startFake()
})
afterAll(() => fake.server.close())

async function opening(...bytes: Uint8Array[]): Promise<string[]> {
  const client = await RawClient.open(fake.server.port)
  client.send(...bytes)
  const lines = await client.untilReady()
  client.destroy()
  return lines
}

test('a session opens with its parameters, a key and readiness', async () => {
  const lines = await opening(
    startup({
      user: 'ann',
      database: 'demo',
      application_name: 'test',
      TimeZone: 'europe/paris',
      options: '-c datestyle=sql,dmy --search-path=a\\ b -cextra_float_digits=0',
    }),
  )
  expect(lines[0]).toBe('R 0')
  expect(lines).toEqual(
    expect.arrayContaining([
      ...['S server_version=18.6', 'S server_encoding=UTF8', 'S client_encoding=UTF8'],
      ...['S application_name=test', 'S TimeZone=Europe/Paris', 'S DateStyle=SQL, DMY'],
      ...['S is_superuser=off', 'S session_authorization=ann', 'S integer_datetimes=on'],
      ...['S standard_conforming_strings=on', 'S in_hot_standby=off', 'S search_path=a b'],
      ...['S default_transaction_read_only=off', 'S IntervalStyle=postgres'],
    ]),
  )
  expect(lines.at(-2)).toMatch(/^K [0-9a-f]{16}$/)
  expect(lines.at(-1)).toBe('Z I')
})

test('encryption is declined and the session goes on in the clear', async () => {
  const client = await RawClient.open(fake.server.port)
  for (const code of [80877103, 80877104]) {
    client.send(int32(8), int32(code))
    expect((await client.bytes(1)).toString()).toBe('N')
  }
  client.send(startup({ user: 'ann', database: 'demo' }))
  expect((await client.untilReady()).at(-1)).toBe('Z I')
  client.destroy()
})

test('protocol 3.2 gets a long cancel key', async () => {
  const lines = await opening(startup({ user: 'ann', database: 'demo' }, 0x30002))
  expect(lines.at(-2)).toMatch(/^K [0-9a-f]{72}$/)
  expect(lines.some((line) => line.startsWith('v'))).toBe(false)
})

test('newer minor versions and unknown options are negotiated down', async () => {
  const user = { user: 'ann', database: 'demo' }
  const greased = await opening(startup({ ...user, '_pq_.test_protocol_negotiation': '' }, 0x3270f))
  expect(greased[0]).toBe('v 30002 _pq_.test_protocol_negotiation')
  expect(greased.at(-1)).toBe('Z I')
  expect((await opening(startup({ ...user, '_pq_.x': '1' })))[0]).toBe('v 30000 _pq_.x')
})

test('start-up refuses what cannot be served', async () => {
  expect(await opening(startup({}, 0x20000))).toEqual([
    'E FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.2',
    'closed',
  ])
  expect(await opening(startup({ database: 'demo' }))).toEqual([
    'E FATAL 28000 no PostgreSQL user name specified in startup packet',
    'closed',
  ])
  expect(await opening(startup({ user: 'ann', database: 'other' }))).toEqual([
    'R 0',
    'E FATAL 3D000 database "other" does not exist',
    'closed',
  ])
  expect(
    (await opening(startup({ user: 'ann', database: 'demo', client_encoding: 'LATIN1' }))).at(-2),
  ).toBe('E FATAL 0A000 client_encoding LATIN1 is not supported H=Set client_encoding to UTF8')
})

test('malformed frames end the connection with 08P01, and only it', async () => {
  const witness = await RawClient.session(fake.server.port)
  const broken: readonly (readonly [Buffer, string])[] = [
    [frame('!'), 'invalid frontend message type 33'],
    [Buffer.concat([Buffer.from('Q'), int32(3)]), 'invalid message length'],
    [Buffer.concat([Buffer.from('S'), int32(20_000)]), 'invalid message length'],
    [Buffer.concat([Buffer.from('Q'), int32(2_000_000_000)]), 'invalid message length'],
    [frame('Q', Buffer.from('no end')), 'invalid string in message'],
    [frame('B', '', '', Buffer.from([0, 0, 0, 5])), 'insufficient data left in message'],
    [frame('S', Buffer.from('x')), 'invalid message format'],
    [frame('D', Buffer.from('X'), 'name'), 'invalid DESCRIBE message subtype 88'],
  ]
  for (const [bytes, message] of broken) {
    const client = await RawClient.session(fake.server.port)
    client.send(bytes)
    expect(await client.untilReady()).toEqual([`E FATAL 08P01 ${message}`, 'closed'])
  }
  witness.send(query('select n from numbers(1)'))
  expect(await witness.untilReady()).toContain('D 1')
  witness.destroy()
})

test('malformed start-up packets are refused', async () => {
  expect(await opening(int32(20_000))).toEqual([
    'E FATAL 08P01 invalid length of startup packet',
    'closed',
  ])
  expect(await opening(int32(9), int32(0x30000), Buffer.from('x'))).toEqual([
    'E FATAL 08P01 invalid string in message',
    'closed',
  ])
})

test('text that is no UTF-8 fails its statement only', async () => {
  const client = await RawClient.session(fake.server.port)
  client.send(frame('Q', Buffer.from([0x27, 0xff, 0x27, 0])), query('select n from numbers(1)'))
  expect(await client.untilReady()).toEqual([
    'E ERROR 22021 invalid byte sequence for encoding "UTF8": 0xff',
    'Z I',
  ])
  expect(await client.untilReady()).toContain('D 1')
  client.destroy()
})

test('messages may arrive byte by byte', async () => {
  const client = await RawClient.session(fake.server.port)
  for (const byte of Buffer.concat([
    parse('', 'select n from numbers(1)'),
    bind('', ''),
    execute(''),
    sync,
  ])) {
    client.send(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await client.untilReady()).toEqual(['1', '2', 'D 1', 'C SELECT 1', 'Z I'])
  client.destroy()
})

test('a cancel request ends the statement whose key it has', async () => {
  const client = await RawClient.open(fake.server.port)
  client.send(startup({ user: 'ann', database: 'demo' }))
  const key = Buffer.from((await client.untilReady()).at(-2)?.slice(2) ?? '', 'hex')
  client.send(query('select n from forever'))
  await vi.waitFor(() => expect(fake.engine.running).toBe(1))

  const wrong = Buffer.from(key)
  wrong[7] = (wrong[7] ?? 0) ^ 1
  for (const attempt of [wrong, key]) {
    const canceller = await RawClient.open(fake.server.port)
    canceller.send(int32(16), int32(80877102), attempt)
    expect(await canceller.next()).toBeUndefined()
    if (attempt === wrong) expect(fake.engine.running).toBe(1)
  }
  expect(await client.untilReady()).toEqual([
    'T n:23:0',
    'E ERROR 57014 canceling statement due to user request',
    'Z I',
  ])
  await vi.waitFor(() => expect(fake.engine.running).toBe(0))
  client.send(query('select n from numbers(1)'))
  expect(await client.untilReady()).toContain('D 1')
  client.destroy()
})

test('a client that goes away stops its statement', async () => {
  const client = await RawClient.session(fake.server.port)
  client.send(query('select n from forever'))
  await vi.waitFor(() => expect(fake.engine.running).toBe(1))
  client.destroy()
  await vi.waitFor(() => expect(fake.engine.running).toBe(0))
})

test('a client that does not read stops the rows at their source', async () => {
  const client = await RawClient.session(fake.server.port)
  const before = fake.engine.taken
  client.pause()
  client.send(query('select x from big(100000)'))
  let last = -1
  await vi.waitFor(
    () => {
      const taken = fake.engine.taken - before
      const settled = taken > 0 && taken === last
      last = taken
      expect(settled).toBe(true)
    },
    { interval: 300, timeout: 15_000 },
  )
  // Far less than the 800 MB asked for: what socket buffers hold.
  expect(fake.engine.taken - before).toBeLessThan(20_000)
  client.destroy()
  await vi.waitFor(() => expect(fake.engine.running).toBe(0))
})

test('shutdown cancels, tells every client, and closes', async () => {
  const own = await startFake()
  const idle = await RawClient.session(own.server.port)
  const busy = await RawClient.session(own.server.port)
  busy.send(query('select n from forever'))
  await vi.waitFor(() => expect(own.engine.running).toBe(1))
  const closing = own.server.close()
  const message = 'E FATAL 57P01 terminating connection due to administrator command'
  expect(await idle.untilReady()).toEqual([message, 'closed'])
  expect(await busy.untilReady()).toEqual(['T n:23:0', message, 'closed'])
  await closing
  expect(own.engine.running).toBe(0)
})
