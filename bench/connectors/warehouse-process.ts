/** A warehouse's test server with rows to read, as a process of its own: prints where it is, ends with its parent. */
import { startBigQuery } from '../../tests/servers/bigquery.js'
import { startSnowflake } from '../../tests/servers/snowflake.js'

const [kind, rows] = process.argv.slice(2)
const select = `SELECT range, 'event number ' || range || ' of many', (range % 100000) / 100, range / 7.0, DATE '2020-01-01' + CAST(range % 1000 AS INTEGER), TIMESTAMP '2020-01-01' + to_seconds(range), range % 3 = 0 FROM range(0, ${rows})`

if (kind === 'bigquery') {
  const server = await startBigQuery({ cacheResults: true })
  await server.createTable({
    dataset: 'bench',
    name: 'events',
    fields: [
      { name: 'id', type: 'INT64' },
      { name: 'note', type: 'STRING' },
      { name: 'amount', type: 'NUMERIC', precision: 12, scale: 2 },
      { name: 'ratio', type: 'FLOAT64' },
      { name: 'day', type: 'DATE' },
      { name: 'at', type: 'DATETIME' },
      { name: 'flag', type: 'BOOL' },
    ],
    rows: [],
  })
  await server.fill('bench', 'events', select)
  const { endpoint, project, accessToken } = server
  console.log(JSON.stringify({ endpoint, project, accessToken }))
} else {
  const server = await startSnowflake({ cacheResults: true })
  await server.createTable({
    schema: 'BENCH',
    name: 'EVENTS',
    columns: [
      { name: 'ID', type: { name: 'NUMBER', precision: 18, scale: 0 } },
      { name: 'NOTE', type: { name: 'VARCHAR' } },
      { name: 'AMOUNT', type: { name: 'NUMBER', precision: 12, scale: 2 } },
      { name: 'RATIO', type: { name: 'FLOAT' } },
      { name: 'DAY', type: { name: 'DATE' } },
      { name: 'AT', type: { name: 'TIMESTAMP_NTZ', scale: 6 } },
      { name: 'FLAG', type: { name: 'BOOLEAN' } },
    ],
    rows: [],
  })
  server.faults.chunkRows = 20_000
  await server.fill('BENCH', 'EVENTS', select)
  const { url, account, user, password, database } = server
  console.log(JSON.stringify({ url, account, user, password, database }))
}
process.stdin.on('close', () => process.exit(0)).resume()
