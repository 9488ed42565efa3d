/**
 * What goes wrong at a source, asked of every connector: the error names the source, the object and what to do, and holds nothing that
 * the source said; nothing hangs, no part of a result passes for the whole, and other sources answer as before.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  ColumnDefinition,
  SourceDefinition,
  TableDefinition,
} from '../../../src/catalog/catalog.js'
import { printLock, type SourceLock } from '../../../src/catalog/lock-file.js'
import { findDrift } from '../../../src/cli/find-drift.js'
import { lockFileOf, readLiveLock } from '../../../src/cli/live-lock.js'
import { connectorOf } from '../../../src/connectors/registry.js'
import { EngineError } from '../../../src/errors.js'
import { loadFixtures } from '../../conformance/load-fixtures.js'
import type { RunningFixture } from '../../conformance/fixture.js'
import { startCuttingProxy } from '../../servers/cutting-proxy.js'
import type { SuiteTable } from '../../conformance/subject-tables.js'
import { nameOf } from '../../conformance/suite.js'
import { Federation, tableFrom } from './federation.js'

const NEEDLE = 'never-shown'
const ROWS = 20_000
/** More than any greeting, less than the rows of the table. */
const CUT_AFTER = 150_000
const PATIENCE = 20_000

const THINGS: SuiteTable = {
  name: 'things',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'word', type: 'text' },
    { name: 'amount', type: 'int4' },
  ],
  rows: Array.from({ length: ROWS }, (_, i) => [
    String(i),
    `${NEEDLE} ${createHash('sha256').update(String(i)).digest('hex')}`,
    String(i % 100),
  ]),
}

type Connection = Readonly<Record<string, unknown>>

interface Spoiling {
  readonly wrongCredentials?: Connection
  readonly tls?: (connection: Connection) => Connection
  /** The connection through a proxy, and the server's own port. */
  readonly via?: (connection: Connection) => { readonly port: number; to(port: number): Connection }
  /** A field that no document has is NULL: there is no column to miss. */
  readonly hasNoColumns?: true
}

const onHost = (connection: Connection): { port: number; to(port: number): Connection } => ({
  port: Number(connection.port),
  to: (port) => ({ ...connection, port }),
})

const onUrl =
  (key: string) =>
  (connection: Connection): { port: number; to(port: number): Connection } => {
    const url = String(connection[key])
    const port = Number(/:(\d+)/.exec(url)![1])
    return { port, to: (other) => ({ ...connection, [key]: url.replace(`:${port}`, `:${other}`) }) }
  }

const SPOILING: Readonly<Record<string, Spoiling>> = {
  postgres: {
    wrongCredentials: { password: 'wrong' },
    tls: (connection) => ({ ...connection, tls: 'require' }),
    via: onHost,
  },
  mysql: {
    wrongCredentials: { user: 'nobody', password: 'wrong' },
    tls: (connection) => ({ ...connection, ssl: true }),
    via: onHost,
  },
  mongodb: {
    wrongCredentials: { user: 'nobody', password: 'wrong' },
    tls: (connection) => ({ ...connection, uri: `${String(connection.uri)}/?tls=true`, connect_timeout: 2 }), // prettier-ignore
    via: onUrl('uri'),
    hasNoColumns: true,
  },
  bigquery: {
    wrongCredentials: { credentials: undefined, access_token: 'wrong' },
    tls: (connection) => ({ ...connection, endpoint: String(connection.endpoint).replace('http:', 'https:') }), // prettier-ignore
    via: onUrl('endpoint'),
  },
  snowflake: {
    wrongCredentials: { private_key: undefined, password: 'wrong' },
    tls: (connection) => ({ ...connection, url: String(connection.url).replace('http:', 'https:') }), // prettier-ignore
    via: onUrl('url'),
  },
  files: {},
  json: { hasNoColumns: true },
}

const fixtures = await loadFixtures()
const sheet = fixtures.find((fixture) => fixture.kind === 'sheet')!

describe.each(
  fixtures
    .filter((fixture) => fixture.isSample !== true && fixture.isAvailable())
    .map((fixture) => [nameOf(fixture), fixture] as const),
)('%s', (name, fixture) => {
  const { kind, format } = fixture
  const spoiling = SPOILING[format === 'json' ? 'json' : kind]!
  let running: RunningFixture
  let healthy: RunningFixture
  let known: TableDefinition

  beforeAll(async () => {
    running = await fixture.start([THINGS])
    healthy = await sheet.start([{ ...THINGS, rows: THINGS.rows.slice(0, 2) }])
    known = await discoveredTable(running.source, running.from('things'))
  })
  afterAll(async () => {
    await running.stop()
    await healthy.stop()
  })

  /** Runs a statement over the spoilt source, and sees that the healthy one, and the spoilt one's other tables, are as before. */
  async function failureOf(
    changes: { readonly connection?: Connection; readonly table?: Partial<TableDefinition> },
    sql: string,
  ): Promise<EngineError> {
    const connection = changes.connection ?? running.source.connection
    const tables = [
      { ...known, ...changes.table },
      { ...known, name: 'good' },
    ]
    const bad = { ...running.source, name: 'bad', connection, tables }
    const fine = { ...healthy.source, name: 'fine', tables: [withoutFrom({ ...known, columns: plain(known.columns) })] } // prettier-ignore
    const federation = await Federation.start([bad, fine])
    try {
      const signal = AbortSignal.timeout(PATIENCE)
      const error: unknown = await federation.run(sql, 'on', [], { signal }).then(
        ({ rows }) => expect.unreachable(`${rows.length} rows came`),
        (thrown: unknown) => thrown,
      )
      expect(signal.aborted, 'it hung').toBe(false)
      expect(error).toBeInstanceOf(EngineError)
      const others = await federation.run('select count(*) from fine.things')
      expect(others.rows).toEqual([['2']])
      if (changes.connection === undefined) {
        const same = await federation.run('select count(*) from bad.good')
        expect(same.rows).toEqual([[String(ROWS)]])
      }
      return error as EngineError
    } finally {
      await federation.close()
    }
  }

  function expectOurs(error: EngineError, codes: readonly string[], object = ''): void {
    expect(codes).toContain(error.code)
    expect(error.message).toContain('"bad"')
    expect(error.message).toContain(object)
    expect(error.hint ?? '').not.toBe('')
    expect(error.category).toBe('source')
    expect(`${error.message} ${error.detail} ${error.hint}`).not.toContain(NEEDLE)
  }

  const expectIncident = (error: EngineError): void =>
    expect(error.detail).toMatch(/^Incident [0-9a-f]{12}: /)

  testWhere(spoiling.wrongCredentials)('wrong credentials', async () => {
    const connection = { ...running.source.connection, ...spoiling.wrongCredentials }
    const error = await failureOf({ connection }, 'select id from bad.things')
    expectOurs(error, ['08004', '28000'])
    expectIncident(error)
  })

  testWhere(spoiling.tls)('a server that refuses TLS', async () => {
    const connection = spoiling.tls!(running.source.connection)
    const error = await failureOf({ connection }, 'select id from bad.things')
    expectOurs(error, ['08001', '08006', '08004'])
    expectIncident(error)
  })

  test('an unknown table', async () => {
    const from = running.from('nowhere')
    const error = await failureOf({ table: { from } }, 'select id from bad.things')
    expectOurs(error, ['HV00R'], 'nowhere')
  })

  testWhere(spoiling.hasNoColumns !== true)('a dropped column', async () => {
    const columns = [...known.columns, { ...known.columns[0]!, name: 'gone', from: 'gone' }]
    const error = await failureOf({ table: { columns } }, 'select id, gone from bad.things')
    expectOurs(error, ['HV005'], 'gone')
  })

  test('a changed type', async () => {
    const columns = known.columns.map((column) =>
      column.name === 'word' ? { ...known.columns[0]!, name: 'word', from: 'word' } : column,
    )
    const error = await failureOf({ table: { columns } }, 'select id, word from bad.things')
    expectOurs(error, ['HV004'], 'word')
    const [then, now] = ['id', 'word'].map((id) => known.columns.find((c) => c.name === id)!.native)
    const table = `table ${running.from('things')} of source "bad"`
    expect(error.message).toContain(`Column "word" of ${table} has changed its type: it is `)
    // MongoDB looks through documents, for the type declared as well.
    expect(error.message.replace(`${then}|`, '')).toContain(` is ${now} now`)
    expect(error.message).toContain(`, and was ${then} when it was discovered`)
    expect(error.hint).toMatch(/tributary discover bad --write/)
  })

  test.each(['ignore', 'warn', 'fail'] as const)('drift from the lock, %s', async (policy) => {
    const own = running.from('things')
    const source = { ...running.source, discover: { ...running.source.discover, include: [own], on_drift: policy } } // prettier-ignore
    const directory = mkdtempSync(join(tmpdir(), 'tributary-drift-'))
    try {
      mkdirSync(join(directory, 'sources'))
      const lock = await readLiveLock(source, AbortSignal.timeout(PATIENCE))
      const write = (tables: SourceLock['tables']): void =>
        writeFileSync(lockFileOf(directory, source.name), printLock({ ...lock, tables }))
      write(lock.tables)
      expect(await findDrift(directory, source)).toEqual([])
      const { [own]: table, ...others } = lock.tables
      const { amount, ...columns } = table!.columns
      const changed = { ...columns, word: { ...amount!, type: 'inet' }, gone: amount! }
      write({ ...others, [own]: { ...table!, columns: changed }, nowhere: table! })
      const found = await findDrift(directory, source)
      const code = policy === 'fail' ? 'E3010' : 'W3010'
      const drift = [
        `${code} column ${own}.gone is gone`,
        `${code} column ${own}.word was inet and is text`,
        `${code} table nowhere is gone`,
        `W3010 column ${own}.amount is new`,
      ]
      const said = found.map((p) => `${p.code} ${p.message.replace(/^.* its lock: /, '')}`)
      expect(said.sort()).toEqual(policy === 'ignore' ? [] : drift.sort())
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  testWhere(spoiling.via)('a server that closes in the middle of the result', async () => {
    const { port, to } = spoiling.via!(running.source.connection)
    const proxy = await startCuttingProxy(port, CUT_AFTER)
    try {
      const error = await failureOf({ connection: to(proxy.port) }, 'select * from bad.things')
      expectOurs(error, ['08006'])
      expect(proxy.cuts()).toBeGreaterThan(0)
    } finally {
      await proxy.stop()
    }
  })

  testWhere(name === 'files')('a file that is cut short', async () => {
    const file = join(String(running.source.connection.root), 'things.parquet')
    const cut = join(String(running.source.connection.root), 'cut.parquet')
    const bytes = readFileSync(file)
    writeFileSync(cut, bytes.subarray(0, bytes.length / 2))
    const error = await failureOf({ table: { from: 'cut.parquet' } }, 'select * from bad.things')
    expectOurs(error, ['HV000'], 'cut.parquet')
  })
})

/** A test that a connector has, or has not: one that means nothing there is not a skipped one. */
function testWhere(applies: unknown): (name: string, run: () => Promise<void>) => void {
  return (name, run) => {
    if (applies) test(name, run)
  }
}

async function discoveredTable(source: SourceDefinition, from: string): Promise<TableDefinition> {
  const open = (await connectorOf(source.connector)).open(source)
  try {
    const { tables } = await open.discover({ include: [], exclude: [], declared: source.tables, signal: AbortSignal.timeout(PATIENCE) }) // prettier-ignore
    const found = tableFrom(
      'things',
      tables.find((candidate) => candidate.from === from)!,
    )
    // A source may have keys of its own that the table does not.
    const columns = THINGS.columns.map(({ name }) => found.columns.find((c) => c.name === name)!)
    return { ...found, columns, primaryKey: [], unique: [], indexes: [] }
  } finally {
    await open.close()
  }
}

/** As the healthy source has them: without what is another server's. */
function plain(columns: readonly ColumnDefinition[]): readonly ColumnDefinition[] {
  return columns.map(({ name, from, type }) => ({ name, from, type, notNull: false, hidden: false, tags: [], options: {} })) // prettier-ignore
}

function withoutFrom(table: TableDefinition): TableDefinition {
  return { ...table, from: 'things' }
}
