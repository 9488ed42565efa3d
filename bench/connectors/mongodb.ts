/** Rows a second that the MongoDB connector reads, against the bare driver that hands out the same documents raw. */
import { spawn } from 'node:child_process'
import { MongoClient } from 'mongodb'
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import { connector } from '../../src/connectors/mongodb/index.js'
import type { StatementHandle } from '../../src/connectors/mongodb/statement-handle.js'
import { BATCH_ROWS } from '../../src/executor/batch.js'
import { parseTypeName } from '../../src/types/type-registry.js'
import { inTurn } from '../federation/measure.js'
import type { ConnectorRate } from './rate.js'

const COLUMNS: readonly (readonly [string, string, string])[] = [
  ['_id', '_id', 'text'],
  ['kind', 'kind', 'integer'],
  ['customer', 'customer', 'bigint'],
  ['amount', 'amount', 'numeric(12,2)'],
  ['ratio', 'ratio', 'double precision'],
  ['at', 'at', 'timestamptz'],
  ['note', 'note', 'text'],
  ['city', 'address.city', 'text'],
]

/** Measures the reading of `rows` documents of eight fields. */
export async function measureMongodb(rows: number, runs: number): Promise<ConnectorRate[]> {
  const { port, stop } = await startServer(rows)
  const uri = `mongodb://127.0.0.1:${port}`
  const source = sourceOf(uri)
  const open = connector.open(source)
  const client = await new MongoClient(uri).connect()
  try {
    const statement = connector.pushdown(source).print({
      kind: 'scan',
      source: 'shop',
      schema: 'shop',
      table: 'events',
      columns: COLUMNS.map(([name, , type], i) => ({ id: i + 1, name, type: parseTypeName(type) })),
      tableColumns: COLUMNS.map(([name]) => name),
    })
    const { stages } = statement.handle as StatementHandle
    const ours = async (): Promise<number> => {
      const started = performance.now()
      let read = 0
      const { signal } = new AbortController()
      for await (const batch of open.scan(statement, [], { signal, batchRows: BATCH_ROWS })) read += batch.length // prettier-ignore
      if (read !== rows) throw new Error(`Read ${read} rows of ${rows}`)
      return performance.now() - started
    }
    const bare = async (): Promise<number> => {
      const started = performance.now()
      let read = 0
      const documents = client
        .db('shop')
        .collection('events')
        .aggregate(stages as object[], { raw: true, batchSize: BATCH_ROWS })
      while ((await documents.next()) !== null) read++
      if (read !== rows) throw new Error(`Read ${read} documents of ${rows}`)
      return performance.now() - started
    }
    const { a, b, ratio } = await inTurn(runs, ours, bare)
    return [
      {
        name: `mongodb: ${rows} documents of ${COLUMNS.length} fields, against the bare driver's raw documents`,
        ours: (rows / a) * 1000,
        bare: (rows / b) * 1000,
        ratio: 1 / ratio,
        target: 0.8,
      },
    ]
  } finally {
    await Promise.all([open.close(), client.close()])
    stop()
  }
}

async function startServer(rows: number): Promise<{ port: number; stop: () => void }> {
  const program = new URL('./mongodb-process.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', program, String(rows)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())))
    child.once('exit', () => reject(new Error('The server did not start')))
  })
  return { port, stop: () => child.stdin.end() }
}

function sourceOf(uri: string): SourceDefinition {
  return {
    name: 'shop',
    connector: 'mongodb',
    connection: { uri, database: 'shop' },
    limits: {},
    discover: {},
    tables: [
      {
        name: 'events',
        from: 'events',
        columns: COLUMNS.map(([name, from, type]) => ({
          ...{ name, from, type, notNull: false, hidden: false, tags: [] },
          ...(name === '_id' ? { native: 'objectId' } : {}),
          options: {},
        })),
        primaryKey: ['_id'],
        unique: [],
        foreignKeys: [],
        indexes: [],
        rely: true,
        statistics: { columns: {} },
        requireFilter: [],
        options: {},
      },
    ],
    directory: '/',
  }
}
