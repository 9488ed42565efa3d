/** The packages of sources load with the first statement that needs them: planning loads none, and a catalog without them never does. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../../world/tributary-process.js'

const PACKAGES = ['snowflake-sdk', '@google-cloud/bigquery', 'mongodb', '@duckdb/node-api']

/** In a process of its own: which of the packages are loaded once all connectors can plan, and once one of them was opened and asked. */
const SCRIPT = `
  import { createRequire } from 'node:module'
  import { connectorOf } from './src/connectors/registry.ts'
  const { cache } = createRequire(import.meta.url)
  const loaded = () => ${JSON.stringify(PACKAGES)}.filter((name) => Object.keys(cache).some((file) => file.includes('/node_modules/' + name + '/')))
  const said = {}
  const connections = {
    postgres: { host: '127.0.0.1', port: 1, user: 'u', database: 'd' },
    mysql: { host: '127.0.0.1', port: 1, user: 'u', database: 'd' },
    mongodb: { uri: 'mongodb://127.0.0.1:1', database: 'd', connect_timeout: 1 },
    bigquery: { project: 'p', dataset: 'd', endpoint: 'http://127.0.0.1:1', access_token: 't' },
    snowflake: { account: 'a', url: 'http://127.0.0.1:1', user: 'u', password: 'p', database: 'D', schema: 'S' },
    files: { root: '.' },
  }
  const opened = {}
  for (const [kind, connection] of Object.entries(connections)) {
    const connector = await connectorOf(kind)
    const source = { name: kind, connector: kind, connection, limits: {}, discover: {}, tables: [], directory: '/tmp' }
    connector.validate(source)
    connector.pushdown(source)
    opened[kind] = connector.open(source)
  }
  said.planned = loaded()
  await opened.files.ping(AbortSignal.timeout(10000))
  said.files = loaded()
  await opened.bigquery.ping(AbortSignal.timeout(10000)).catch(() => undefined)
  said.bigquery = loaded()
  console.log(JSON.stringify(said))
  process.exit(0)
`

test('connectors plan without the packages of their sources, and load their own alone', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', SCRIPT],
    { cwd: ROOT },
  )
  expect(JSON.parse(stdout)).toEqual({
    planned: [],
    files: ['@duckdb/node-api'],
    bigquery: ['@google-cloud/bigquery', '@duckdb/node-api'],
  })
})
