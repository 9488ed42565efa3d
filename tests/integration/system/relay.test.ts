/** Large results through the whole server, also when the source's messages end exactly where its packets do. */
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-relay-'))
let postgres: PostgresServer
let tributary: TributaryProcess
let proxy: Server

beforeAll(async () => {
  postgres = await startPostgres()
  // A row of 7 + 4 + 53 bytes is a message of 64: 8192-byte packets of the server hold whole messages.
  await postgres.execute(
    "CREATE TABLE even AS SELECT lpad(i::text, 53, '0') AS t FROM generate_series(1, 400000) i; CREATE TABLE few AS SELECT t FROM even LIMIT 500",
  )
  mkdirSync(join(directory, 'sources'))
  writeFileSync(
    join(directory, 'catalog.yaml'),
    'version: 1\nkind: catalog\nname: relay\nsearch_path: [pg]\n',
  )
  proxy = await startSplitter(postgres.port)
  const tables = ['even', 'few'].map((name) => ({
    ...{ name, from: `public.${name}`, columns: [{ name: 't', type: 'text' }] },
  }))
  const sources = { pg: postgres.port, split: (proxy.address() as AddressInfo).port }
  for (const [name, port] of Object.entries(sources)) {
    const connection = {
      ...{ host: '127.0.0.1', port, database: 'postgres', user: 'postgres' },
      password: '${env:PASSWORD}',
    }
    const source = { version: 1, kind: 'source', name, connector: 'postgres', connection, tables }
    writeFileSync(join(directory, 'sources', `${name}.yaml`), JSON.stringify(source))
  }
  tributary = await startTributary(directory, { PASSWORD: 'secret' })
})
afterAll(async () => {
  await tributary.stop()
  proxy.close()
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true })
})

test.each(['on', 'off'])('400,000 rows arrive, each once (pushdown %s)', async (pushdown) => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: tributary.port,
    user: 'x',
    database: 'relay',
  })
  await client.connect()
  await client.query(`SET tributary.pushdown = ${pushdown}`)
  const { rows } = await client.query<[string]>({ text: 'SELECT t FROM even', rowMode: 'array' })
  expect(rows.length).toBe(400_000)
  expect(new Set(rows.map(([t]) => Number(t))).size).toBe(400_000)
  await client.end()
})

test('rows that arrive by themselves, and the end long after them', async () => {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: tributary.port, user: 'x', database: 'relay' },
    query_timeout: 10_000,
  })
  await client.connect()
  const sql = 'SELECT t FROM split.few'
  const { rows } = await client.query<[string]>({ text: sql, rowMode: 'array' })
  expect(rows.length).toBe(500)
  await client.end()
})

/** Passes connections on to a server, whose rows it sends on apart from other messages, and those a moment later. */
async function startSplitter(port: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port })
    client.setNoDelay(true)
    client.on('error', () => upstream.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream)
    let waiting = Buffer.alloc(0)
    let sent = Promise.resolve()
    const send = (bytes: Buffer): void => {
      sent = sent.then(async () => {
        client.write(bytes)
        await sleep(30)
      })
    }
    upstream.on('data', (bytes) => {
      // The answer to a request for encryption is a letter, not a message.
      if (bytes.length === 1 && waiting.length === 0) return send(bytes)
      waiting = Buffer.concat([waiting, bytes])
      let start = 0
      let at = 0
      while (at + 5 <= waiting.length && at + 1 + waiting.readInt32BE(at + 1) <= waiting.length) {
        const isRow = waiting[at] === 68
        if (at > start && isRow !== (waiting[start] === 68)) {
          send(waiting.subarray(start, at))
          start = at
        }
        at += 1 + waiting.readInt32BE(at + 1)
      }
      if (at > start) send(waiting.subarray(start, at))
      waiting = waiting.subarray(at)
    })
    upstream.on('close', () => void sent.then(() => client.end()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return server
}
