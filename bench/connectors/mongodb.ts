/** How fast the MongoDB connector reads, against the bare driver that hands out the same documents raw. */
import { MongoClient } from 'mongodb'
import { connector } from '../../src/connectors/mongodb/index.js'
import type { StatementHandle } from '../../src/connectors/mongodb/statement-handle.js'
import { BATCH_ROWS } from '../../src/executor/batch.js'
import { compareRates, type ConnectorRate } from './rate.js'
import { openReading, scanOf, sourceWith, startServer, type BenchColumn } from './reading.js'

const COLUMNS: readonly BenchColumn[] = [
  { name: '_id', type: 'text', native: 'objectId' },
  { name: 'kind', type: 'integer' },
  { name: 'customer', type: 'bigint' },
  { name: 'amount', type: 'numeric(12,2)' },
  { name: 'ratio', type: 'double precision' },
  { name: 'at', type: 'timestamptz' },
  { name: 'note', type: 'text' },
  { name: 'city', type: 'text', from: 'address.city' },
]

/** Measures the reading of `rows` documents of eight fields. */
export async function measureMongodb(rows: number, runs: number): Promise<ConnectorRate> {
  const { facts, stop } = await startServer<number>('./mongodb-process.ts', String(rows))
  const uri = `mongodb://127.0.0.1:${facts}`
  const source = sourceWith('mongodb', { uri, database: 'shop' }, 'events', COLUMNS)
  const statement = scanOf(connector, source, COLUMNS)
  const { stages } = statement.handle as StatementHandle
  const reading = openReading(connector, source, statement)
  const client = await new MongoClient(uri).connect()
  const bare = async (): Promise<number> => {
    let read = 0
    const documents = client
      .db('shop')
      .collection('events')
      .aggregate(stages as object[], { raw: true, batchSize: BATCH_ROWS })
    while ((await documents.next()) !== null) read++
    return read
  }
  try {
    const name = `mongodb: ${rows} documents of ${COLUMNS.length} fields`
    const driver = { name: "the bare driver's raw documents", read: bare, target: 0.8 }
    return await compareRates(name, rows, runs, reading.read, [driver])
  } finally {
    await Promise.all([reading.close(), client.close()])
    stop()
  }
}
