/**
 * How fast the BigQuery and Snowflake connectors read. What bounds a reader is the HTTP stream: the pages or chunks must come and
 * be decompressed, and as they are JSON somebody must look at every byte. So each is compared with programs that
 *   - get the same bytes by the connectors' own means (pages one after another, chunks four at once) and throw them away,
 *   - get them and call JSON.parse on each page or chunk, and do nothing with the values,
 *   - get them by fetch and throw them away,
 *   - read the rows through the vendor's SDK.
 * The servers keep what they sent, compressed, and send it again from memory.
 */
import { BigQuery } from '@google-cloud/bigquery'
import snowflake from 'snowflake-sdk'
import { connector as bigquery } from '../../src/connectors/bigquery/index.js'
import { connector as snowflakeConnector } from '../../src/connectors/snowflake/index.js'
import { getBytes } from '../../src/connectors/warehouse/http-bytes.js'
import { compareRates, type ConnectorRate, type Way } from './rate.js'
import {
  openReading,
  scanOf,
  sourceWith,
  startServer,
  type BenchColumn,
  type Reading,
} from './reading.js'

const COLUMNS: readonly BenchColumn[] = [
  { name: 'id', type: 'bigint' },
  { name: 'note', type: 'text' },
  { name: 'amount', type: 'numeric(12,2)' },
  { name: 'ratio', type: 'double precision' },
  { name: 'day', type: 'date' },
  { name: 'at', type: 'timestamp' },
  { name: 'flag', type: 'boolean' },
]

const NEVER = new AbortController().signal

type Facts = Readonly<Record<string, string>>
/** GETs a page or chunk. */
type Get = (url: string, headers: Readonly<Record<string, string>>) => Promise<Uint8Array>
/** Takes a page or chunk and returns how many rows it has. */
type Take = (bytes: Buffer) => number
/** Gets all of them, and returns how many rows were taken. */
type Stream = (get: Get, take: Take) => Promise<number>

/** Measures the reading of `rows` rows from BigQuery's test server. */
export async function measureBigQuery(rows: number, runs: number): Promise<ConnectorRate> {
  const { facts, stop } = await startServer<Facts>('./warehouse-process.ts', 'bigquery', String(rows)) // prettier-ignore
  const { endpoint = '', project = '', accessToken = '' } = facts
  const source = sourceWith(
    'bigquery',
    { project, endpoint, access_token: accessToken },
    'bench.events',
    COLUMNS,
  )
  const statement = scanOf(bigquery, source, COLUMNS)
  const sql = statement.text
  const headers = { authorization: `Bearer ${accessToken}` }
  const base = `${endpoint}/bigquery/v2/projects/${project}`
  const stream: Stream = async (get, take) => {
    const job = await fetch(`${base}/jobs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ configuration: { query: { query: sql, useLegacySql: false } } }),
    })
    const { jobReference } = (await job.json()) as { jobReference: { jobId: string } }
    let read = 0
    for (let token = ''; ;) {
      const url = `${base}/queries/${jobReference.jobId}?formatOptions.useInt64Timestamp=true${token}`
      const bytes = Buffer.from((await get(url, headers)).buffer)
      read += take(bytes)
      // The token stands in front of the rows.
      const next = /"pageToken":"([^"]+)"/.exec(bytes.toString('latin1', 0, 4000))
      if (!next) return read
      token = `&pageToken=${next[1]}`
    }
  }
  const parse = (bytes: Buffer): number => (JSON.parse(bytes.toString()) as { rows: unknown[] }).rows.length // prettier-ignore
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
    const reading = openReading(bigquery, source, statement)
    return await compare('bigquery', rows, runs, reading, stream, parse, sdk)
  } finally {
    stop()
  }
}

/** Measures the reading of `rows` rows from Snowflake's test server. */
export async function measureSnowflake(rows: number, runs: number): Promise<ConnectorRate> {
  const { facts, stop } = await startServer<Facts>('./warehouse-process.ts', 'snowflake', String(rows)) // prettier-ignore
  const { url = '', account = '', user = '', password = '', database = '' } = facts
  const columns = COLUMNS.map((column) => ({ ...column, from: column.name.toUpperCase() }))
  const source = sourceWith(
    'snowflake',
    { url, account, user, password, database, schema: 'BENCH' },
    'BENCH.EVENTS',
    columns,
  )
  const statement = scanOf(snowflakeConnector, source, columns)
  const sql = statement.text
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
  const stream: Stream = async (get, take) => {
    const response = await fetch(`${url}/queries/v1/query-request?requestId=${crypto.randomUUID()}`, { method: 'POST', headers: { authorization: `Snowflake Token="${services.sf.tokenInfo.sessionToken}"` }, body: JSON.stringify({ sqlText: sql }) }) // prettier-ignore
    const { data } = (await response.json()) as { data: { rowset: unknown[]; chunks?: { url: string }[]; chunkHeaders?: Record<string, string> } } // prettier-ignore
    const waiting = [...(data.chunks ?? [])]
    let read = data.rowset.length
    const reader = async (): Promise<void> => {
      for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) {
        const bytes = Buffer.from((await get(chunk.url, data.chunkHeaders ?? {})).buffer)
        read += take(bytes)
      }
    }
    await Promise.all([reader(), reader(), reader(), reader()])
    return read
  }
  const parse = (bytes: Buffer): number => (JSON.parse(`[${bytes.toString()}]`) as unknown[]).length // prettier-ignore
  try {
    const reading = openReading(snowflakeConnector, source, statement)
    return await compare('snowflake', rows, runs, reading, stream, parse, () => run(sql, true))
  } finally {
    await new Promise<void>((resolve) => connection.destroy(() => resolve()))
    stop()
  }
}

async function compare(
  name: string,
  rows: number,
  runs: number,
  { read, close }: Reading,
  stream: Stream,
  parse: Take,
  sdk: () => Promise<number>,
): Promise<ConnectorRate> {
  const byOurs: Get = async (url, headers) => (await getBytes(url, headers, NEVER)).bytes
  const byFetch: Get = async (url, headers) => new Uint8Array(await (await fetch(url, { headers })).arrayBuffer()) // prettier-ignore
  // Bytes are not counted as rows: what came is thrown away.
  const thrownAway = (get: Get) => async (): Promise<number> => {
    await stream(get, () => 0)
    return rows
  }
  const others: Way[] = [
    { name: 'the HTTP stream, thrown away', read: thrownAway(byOurs) },
    { name: 'the HTTP stream and JSON.parse', read: () => stream(byOurs, parse), target: 1 },
    { name: "fetch's stream, thrown away", read: thrownAway(byFetch) },
    { name: "the SDK's rows", read: sdk },
  ]
  try {
    return await compareRates(`${name}: ${rows} rows of ${COLUMNS.length} columns`, rows, runs, read, others) // prettier-ignore
  } finally {
    await close()
  }
}
