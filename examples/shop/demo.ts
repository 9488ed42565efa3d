/**
 * The demo: starts a PostgreSQL, a MariaDB (where one is installed) and a folder of files with seeded data, serves
 * the example catalog over them, and shows one statement across all. `--once` prints and ends.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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

const once = process.argv.includes('--once')
const cleanUp: (() => Promise<unknown>)[] = []
let stopping = false

async function stop(code: number): Promise<never> {
  if (!stopping) {
    stopping = true
    for (const step of cleanUp.reverse()) await step().catch(() => undefined)
  }
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0))

try {
  await demo()
} catch (error) {
  console.error(error)
  await stop(1)
}

async function demo(): Promise<void> {
  const data = makeShopData()
  const files = await mkdtemp(join(tmpdir(), 'tributary-demo-'))
  cleanUp.push(() => rm(files, { recursive: true, force: true }))
  console.log('Starting the sources with generated data ...')
  await writeFiles(files, data)
  const postgres = await startPostgres()
  cleanUp.push(() => postgres.stop())
  const client = await postgres.connect()
  await loadPostgres(client, data)
  await client.end()
  console.log(`  crm        PostgreSQL on port ${postgres.port}: customers, orders`)
  let mariadbPort = 1
  if (mariadbInstalled()) {
    const mariadb = await startMariadb()
    cleanUp.push(() => mariadb.stop())
    const connection = await mariadb.connect()
    await loadMariadb(connection, data)
    await connection.end()
    mariadbPort = mariadb.port
    console.log(`  warehouse  MariaDB on port ${mariadb.port}: shipments`)
  } else {
    console.log('  warehouse  skipped: no mariadbd is installed (its tables answer 08001)')
  }
  console.log('  lake       files: visits (CSV), tickets (JSON), products (Parquet)')
  const port = await freePortFrom(Number(process.env.TRIBUTARY_PORT ?? 5433))
  const environment = {
    ...process.env,
    SHOP_POSTGRES_PORT: String(postgres.port),
    SHOP_MARIADB_PORT: String(mariadbPort),
    SHOP_FILES: files,
  }
  await serve(port, environment)
  console.log(`\nTributary is serving. Connect with\n\n  psql -h 127.0.0.1 -p ${port} -d shop360\n`)
  await show(port, mariadbPort === 1 ? TWO_SOURCES : THREE_SOURCES)
  if (once) await stop(0)
  console.log('\nCtrl-C stops everything.')
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
