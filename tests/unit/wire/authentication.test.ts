/** SCRAM-SHA-256 against a real client, and what strangers can learn. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  formatVerifier,
  parseVerifier,
  ScramExchange,
  verifierOfPassword,
} from '../../../src/wire/scram.js'
import { startFake } from './fake-engine.js'
import { frame, int32, RawClient, startup } from './raw-client.js'

let fake: Awaited<ReturnType<typeof startFake>>
beforeAll(async () => {
  const verifier = formatVerifier(await verifierOfPassword('stored pass', randomBytes(16)))
  fake = await startFake({
    clear: { password: 'clear pass' },
    stored: { password: verifier },
    unicode: { password: 'pässwörd\u00a0ﬁ' },
    trusted: {},
  })
})
afterAll(() => fake.server.close())

async function connect(user: string, password: string): Promise<string> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: fake.server.port,
    database: 'demo',
    user,
    password,
  })
  try {
    await client.connect()
    const { rows } = await client.query<{ n: number }>('select n from numbers(1)')
    return `row ${rows[0]?.n}`
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code} ${message}`
  } finally {
    await client.end().catch(() => undefined)
  }
}

test('the right password lets in, from a clear text and from a verifier', async () => {
  expect(await connect('clear', 'clear pass')).toBe('row 1')
  expect(await connect('stored', 'stored pass')).toBe('row 1')
  expect(await connect('trusted', 'anything')).toBe('row 1')
})

test('passwords are prepared as SASLprep says', async () => {
  expect(await connect('unicode', 'pässwörd fi')).toBe('row 1')
})

test('a wrong password and an unknown user are refused alike', async () => {
  expect(await connect('clear', 'wrong')).toBe(
    '28P01 password authentication failed for user "clear"',
  )
  expect(await connect('stored', 'wrong')).toBe(
    '28P01 password authentication failed for user "stored"',
  )
  expect(await connect('stranger', 'x')).toBe(
    '28P01 password authentication failed for user "stranger"',
  )
  expect(await connect('constructor', 'x')).toBe(
    '28P01 password authentication failed for user "constructor"',
  )
})

/** The server's first SCRAM message to a user, without its random nonce. */
async function challenge(user: string): Promise<string> {
  const client = await RawClient.open(fake.server.port)
  client.send(startup({ user, database: 'demo' }))
  expect((await client.bytes(24)).toString('latin1')).toBe('R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0')
  const first = Buffer.from('n,,n=,r=abc')
  client.send(frame('p', 'SCRAM-SHA-256', int32(first.length), first))
  const header = await client.bytes(9)
  const text = (await client.bytes(header.readInt32BE(1) - 8)).toString()
  client.destroy()
  return text.replace(/r=abc[^,]+/, 'r=*')
}

test('the challenge of a stranger looks like any other and stays the same', async () => {
  const stranger = await challenge('stranger')
  expect(stranger).toMatch(/^r=\*,s=[A-Za-z0-9+/]{22}==,i=4096$/)
  expect(await challenge('stranger')).toBe(stranger)
  expect(await challenge('stranger2')).not.toBe(stranger)
  expect(await challenge('clear')).toMatch(/^r=\*,s=[A-Za-z0-9+/]{22}==,i=4096$/)
  expect(await challenge('stored')).toMatch(/^r=\*,s=[A-Za-z0-9+/]{22}==,i=4096$/)
})

test('a made-up verifier accepts nobody, even who knows it', async () => {
  const verifier = await verifierOfPassword('x', randomBytes(16))
  const exchange = new ScramExchange(verifier, false)
  const serverFirst = exchange.start('n,,n=,r=abc')
  const nonce = /r=([^,]+)/.exec(serverFirst)?.[1]
  const proof = randomBytes(32).toString('base64')
  expect(exchange.finish(`c=biws,r=${nonce},p=${proof}`)).toBeUndefined()
})

test('malformed SCRAM messages are protocol violations', async () => {
  const verifier = await verifierOfPassword('x', randomBytes(16))
  for (const first of ['', 'n,,r=abc', 'p=tls-unique,,n=,r=abc', 'n,,n=,r=']) {
    expect(() => new ScramExchange(verifier, true).start(first)).toThrow('malformed SCRAM message')
  }
  const exchange = new ScramExchange(verifier, true)
  exchange.start('n,,n=,r=abc')
  expect(() => exchange.finish('c=biws,r=abc,p=AAAA')).toThrow('malformed SCRAM message')
})

test('a verifier survives printing and reading', async () => {
  const verifier = await verifierOfPassword('secret', randomBytes(16), 8192)
  expect(parseVerifier(formatVerifier(verifier))).toEqual(verifier)
  expect(parseVerifier('SCRAM-SHA-256$4096:c2FsdA==$short:short')).toBeUndefined()
  expect(parseVerifier('a clear password')).toBeUndefined()
})

test('anything but a SASL message during authentication ends the connection', async () => {
  const client = await RawClient.open(fake.server.port)
  client.send(startup({ user: 'clear', database: 'demo' }), frame('Q', 'select 1'))
  expect(await client.untilReady()).toEqual([
    'R 10',
    'E FATAL 08P01 expected SASL response, got message type 81',
    'closed',
  ])
})
