/** Buffers that carry rows to the client are used again: never while something still reads them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInstalled, startMariadb } from '../../servers/mariadb.js'
import { startPostgres } from '../../servers/postgres.js'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const ROWS = 150_000
const PASSWORD = '${env:PASSWORD}'
const QUERY = 'SELECT n, t FROM numbers ORDER BY n'

interface Rows {
  readonly source: object
  readonly from: string
  stop(): Promise<void>
}

async function rowsOfMariadb(): Promise<Rows> {
  const server = await startMariadb()
  await server.execute(
    `CREATE TABLE numbers (n INT PRIMARY KEY, t VARCHAR(60)); INSERT INTO numbers SELECT seq, CONCAT('row ', seq, REPEAT('.', seq MOD 40)) FROM seq_1_to_${ROWS}`,
  )
  const { host, port, user, database } = server
  return {
    source: { connector: 'mysql', connection: { host, port, user, database, password: PASSWORD } },
    from: 'shop.numbers',
    stop: () => server.stop(),
  }
}

async function rowsOfPostgres(): Promise<Rows> {
  const server = await startPostgres()
  await server.execute(
    `CREATE TABLE numbers (n int PRIMARY KEY, t text); INSERT INTO numbers SELECT i, 'row ' || i || repeat('.', i % 40) FROM generate_series(1, ${ROWS}) i`,
  )
  const { host, port, user, database } = server
  return {
    source: {
      connector: 'postgres',
      connection: { host, port, user, database, password: PASSWORD },
    },
    from: 'public.numbers',
    stop: () => server.stop(),
  }
}

const SOURCES = [
  { name: 'PostgreSQL', isInstalled: true, start: rowsOfPostgres },
  { name: 'MariaDB', isInstalled: mariadbInstalled(), start: rowsOfMariadb },
] as const

for (const { name, isInstalled, start } of SOURCES) {
  describe.skipIf(!isInstalled)(`large results from ${name}`, () => suite(start))
}

function suite(start: () => Promise<Rows>): void {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-frames-'))
  let rows: Rows
  let tributary: TributaryProcess
  let client: pg.Client

  beforeAll(async () => {
    rows = await start()
    const source = {
      ...{ version: 1, kind: 'source', name: 'one' },
      ...rows.source,
      tables: [
        {
          name: 'numbers',
          from: rows.from,
          columns: [
            { name: 'n', type: 'integer' },
            { name: 't', type: 'text' },
          ],
        },
      ],
    }
    mkdirSync(join(directory, 'sources'))
    writeFileSync(join(directory, 'sources', 'one.yaml'), JSON.stringify(source))
    writeFileSync(
      join(directory, 'catalog.yaml'),
      'version: 1\nkind: catalog\nname: frames\nsearch_path: [one]\n',
    )
    tributary = await startTributary(directory, { PASSWORD: 'secret' })
    client = await connect()
  })

  afterAll(async () => {
    await client?.end()
    await tributary?.stop()
    await rows?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  async function connect(): Promise<pg.Client> {
    const { port } = tributary
    const opened = new pg.Client({ host: '127.0.0.1', port, user: 'x', database: 'frames' })
    await opened.connect()
    return opened
  }

  function expectRows(rows: readonly unknown[][], first: number, step: 1 | -1): void {
    let wrong = 0
    rows.forEach(([n, t], i) => {
      const seq = first + i * step
      if (n !== seq || t !== `row ${seq}${'.'.repeat(seq % 40)}`) wrong++
    })
    expect(wrong).toBe(0)
  }

  const ask = async (sql: string, from = client): Promise<unknown[][]> =>
    (await from.query<unknown[]>({ text: sql, rowMode: 'array' })).rows

  test.each(['on', 'off'])('arrive whole, two at a time (pushdown %s)', async (pushdown) => {
    const clients = await Promise.all([connect(), connect()])
    const results = await Promise.all(
      clients.map(async (each) => {
        // Off: sorted here, so that the rows go through the executor and the encoder.
        await each.query(`SET tributary.pushdown = ${pushdown}`)
        return ask(QUERY, each)
      }),
    )
    for (const rows of results) {
      expect(rows.length).toBe(ROWS)
      expectRows(rows, 1, 1)
    }
    await Promise.all(clients.map((each) => each.end()))
  })

  test('arrive whole at a client that is slow to read', async () => {
    const slow = await connect()
    const socket = (slow as unknown as { connection: { stream: NodeJS.ReadableStream } }).connection
      .stream
    const answer = ask(QUERY, slow)
    for (let pause = 0; pause < 5; pause++) {
      socket.pause()
      await sleep(60)
      socket.resume()
      await sleep(15)
    }
    const rows = await answer
    expect(rows.length).toBe(ROWS)
    expectRows(rows, 1, 1)
    await slow.end()
  })

  test('stay with a cursor that scrolls back over them', async () => {
    await client.query('BEGIN')
    await client.query(`DECLARE c SCROLL CURSOR FOR ${QUERY}`)
    expectRows(await ask('FETCH FORWARD 70000 FROM c'), 1, 1)
    expectRows(await ask('FETCH FORWARD ALL FROM c'), 70_001, 1)
    const back = await ask('FETCH BACKWARD ALL FROM c')
    expect(back.length).toBe(ROWS)
    expectRows(back, ROWS, -1)
    await client.query('COMMIT')
  })

  test('come in portions that cut through them', async () => {
    await client.query('BEGIN')
    await client.query(`DECLARE c NO SCROLL CURSOR FOR ${QUERY}`)
    let seen = 0
    for (;;) {
      const rows = await ask('FETCH FORWARD 7777 FROM c')
      if (rows.length === 0) break
      expectRows(rows, seen + 1, 1)
      seen += rows.length
    }
    expect(seen).toBe(ROWS)
    await client.query('COMMIT')
  })
}
