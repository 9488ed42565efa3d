/**
 * Rows a second that the BigQuery and Snowflake connectors read, against the bare HTTP stream of the same pages or chunks
 * (fetched one ahead and four at once, as the connectors do, decompressed and thrown away), and against the SDK's own rows.
 */
import { spawn } from 'node:child_process'
import { BigQuery } from '@google-cloud/bigquery'
import snowflake from 'snowflake-sdk'
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import type { Connector, RemoteStatement } from '../../src/connectors/connector.js'
import { connector as bigquery } from '../../src/connectors/bigquery/index.js'
import { connector as snowflakeConnector } from '../../src/connectors/snowflake/index.js'
import { BATCH_ROWS } from '../../src/executor/batch.js'
import { parseTypeName } from '../../src/types/type-registry.js'
import { inTurn } from '../federation/measure.js'
import type { ConnectorRate } from './rate.js'

const TYPES = [
  'bigint',
  'text',
  'numeric(12,2)',
  'double precision',
  'date',
  'timestamp',
  'boolean',
]

/** A share of the bare stream on loopback, where reading costs nothing: both run on one thread of JavaScript. */
const STREAM_TARGET = 0.2
const SDK_TARGET = 1.5

type Facts = Readonly<Record<string, string>>

/** Measures both. */
export async function measureWarehouses(rows: number, runs: number): Promise<ConnectorRate[]> {
  return [...(await measureBigQuery(rows, runs)), ...(await measureSnowflake(rows, runs))]
}

async function measureBigQuery(rows: number, runs: number): Promise<ConnectorRate[]> {
  const { facts, stop } = await startServer('bigquery', rows)
  const { endpoint = '', project = '', accessToken = '' } = facts
  const sql = 'SELECT id, note, amount, ratio, day, `at`, flag FROM `bench`.`events`'
  const source = sourceOf('bigquery', { project, endpoint, access_token: accessToken })
  const headers = { authorization: `Bearer ${accessToken}` }
  const base = `${endpoint}/bigquery/v2/projects/${project}`
  const bare = async (): Promise<number> => {
    const job = await fetch(`${base}/jobs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ configuration: { query: { query: sql, useLegacySql: false } } }),
    })
    const { jobReference } = (await job.json()) as { jobReference: { jobId: string } }
    for (let token = ''; ;) {
      const url = `${base}/queries/${jobReference.jobId}?formatOptions.useInt64Timestamp=true${token}`
      const response = await fetch(url, { headers })
      const bytes = Buffer.from(await response.arrayBuffer())
      // The token stands in front of the rows.
      const next = /"pageToken":"([^"]+)"/.exec(bytes.toString('latin1', 0, 4000))
      if (!next) return rows
      token = `&pageToken=${next[1]}`
    }
  }
  const sdk = async (): Promise<number> => {
    const client = new BigQuery({ projectId: project, apiEndpoint: endpoint })
    const header = (): Promise<Headers> => Promise.resolve(new Headers(headers))
    client.authClient.getRequestHeaders = header
    client.authClient.authorizeRequest = (request) => Promise.resolve({ ...request, headers: headers as never }) // prettier-ignore
    const [job] = await client.createJob({ configuration: { query: { query: sql, useLegacySql: false } } }) // prettier-ignore
    const [found] = await job.getQueryResults()
    return found.length
  }
  try {
    return await compare('bigquery', rows, runs, reading(bigquery, source, sql), bare, sdk)
  } finally {
    stop()
  }
}

async function measureSnowflake(rows: number, runs: number): Promise<ConnectorRate[]> {
  const { facts, stop } = await startServer('snowflake', rows)
  const { url = '', account = '', user = '', password = '', database = '' } = facts
  const sql = 'SELECT ID, NOTE, AMOUNT, RATIO, DAY, AT, FLAG FROM EVENTS'
  const source = sourceOf('snowflake', { url, account, user, password, database, schema: 'BENCH' })
  snowflake.configure({ logLevel: 'OFF' })
  const connection = snowflake.createConnection({ accessUrl: url, account, username: user, password, database, schema: 'BENCH' }) // prettier-ignore
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve()))) // prettier-ignore
  const run = (text: string, streamResult: boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      connection.execute({
        sqlText: text,
        streamResult,
        complete: (error, statement) => {
          if (error) return reject(error)
          let count = 0
          statement.streamRows().on('data', () => count++).on('error', reject).on('end', () => resolve(count)) // prettier-ignore
        },
      })
    })
  await run("ALTER SESSION SET TIMEZONE = 'UTC'", true)
  const { services } = JSON.parse(connection.serialize()) as { services: { sf: { tokenInfo: { sessionToken: string } } } } // prettier-ignore
  const bare = async (): Promise<number> => {
    const response = await fetch(`${url}/queries/v1/query-request?requestId=${crypto.randomUUID()}`, { method: 'POST', headers: { authorization: `Snowflake Token="${services.sf.tokenInfo.sessionToken}"` }, body: JSON.stringify({ sqlText: sql }) }) // prettier-ignore
    const { data } = (await response.json()) as { data: { chunks?: { url: string }[]; chunkHeaders?: Record<string, string> } } // prettier-ignore
    const waiting = [...(data.chunks ?? [])]
    const reader = async (): Promise<void> => {
      for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) {
        await (await fetch(chunk.url, { headers: data.chunkHeaders ?? {} })).arrayBuffer()
      }
    }
    await Promise.all([reader(), reader(), reader(), reader()])
    return rows
  }
  try {
    return await compare('snowflake', rows, runs, reading(snowflakeConnector, source, sql), bare, () => run(sql, true)) // prettier-ignore
  } finally {
    await new Promise<void>((resolve) => connection.destroy(() => resolve()))
    stop()
  }
}

/** Reads a statement through a connector and counts its rows. */
function reading(connector: Connector, source: SourceDefinition, sql: string) {
  const open = connector.open(source)
  const statement: RemoteStatement = {
    text: sql,
    parameters: [],
    columns: TYPES.map((type, i) => ({ id: i + 1, name: `c${i}`, type: parseTypeName(type) })),
  }
  const read = async (): Promise<number> => {
    let count = 0
    const { signal } = new AbortController()
    for await (const batch of open.scan(statement, [], { signal, batchRows: BATCH_ROWS })) count += batch.length // prettier-ignore
    return count
  }
  return { read, close: () => open.close() }
}

async function compare(
  name: string,
  rows: number,
  runs: number,
  ours: { read(): Promise<number>; close(): Promise<void> },
  bare: () => Promise<number>,
  sdk: () => Promise<number>,
): Promise<ConnectorRate[]> {
  const timed = (run: () => Promise<number>) => async (): Promise<number> => {
    const started = performance.now()
    const read = await run()
    if (read !== rows) throw new Error(`${name}: read ${read} rows of ${rows}`)
    return performance.now() - started
  }
  try {
    const stream = await inTurn(runs, timed(() => ours.read()), timed(bare)) // prettier-ignore
    const objects = await inTurn(runs, timed(() => ours.read()), timed(sdk)) // prettier-ignore
    const rate = (against: string, { a, b, ratio }: typeof stream, target: number): ConnectorRate => ({ name: `${name}: ${rows} rows of ${TYPES.length} columns, against ${against}`, ours: (rows / a) * 1000, bare: (rows / b) * 1000, ratio: 1 / ratio, target }) // prettier-ignore
    return [
      rate('the bare HTTP stream, thrown away', stream, STREAM_TARGET),
      rate("the SDK's own rows", objects, SDK_TARGET),
    ]
  } finally {
    await ours.close()
  }
}

function sourceOf(kind: string, connection: Record<string, unknown>): SourceDefinition {
  return { name: 'bench', connector: kind, connection, limits: {}, discover: {}, tables: [], directory: '/' } // prettier-ignore
}

async function startServer(
  kind: string,
  rows: number,
): Promise<{ facts: Facts; stop: () => void }> {
  // prettier-ignore
  const program = new URL('./warehouse-process.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', program, kind, String(rows)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const facts = await new Promise<Facts>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(JSON.parse(chunk.toString()) as Facts))
    child.once('exit', () => reject(new Error('The server did not start')))
  })
  return { facts, stop: () => child.stdin.end() }
}
