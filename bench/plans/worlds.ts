/** The worlds of the plan bench: TPC-H in a split, and the example catalogs over their generated data. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { INSURANCE } from '../../examples/insurance/load.js'
import { loadSources } from '../../examples/load-sources.js'
import { makeShopData } from '../../examples/shop/data.js'
import { loadMariadb, loadPostgres, writeFiles } from '../../examples/shop/load.js'
import { TELECOM } from '../../examples/telecom/load.js'
import { TPCH_SPLITS } from '../../tests/tpch/splits.js'
import { tpchTables } from '../../tests/tpch/tables.js'
import { ROOT, startTributary } from '../../tests/world/tributary-process.js'
import { startServers, startWorld } from '../../tests/world/world.js'
import type { PlanWorld } from './count-statement.js'
import { INSURANCE_STATEMENTS, SHOP_STATEMENTS, TELECOM_STATEMENTS } from './example-statements.js'
import { countServers } from './peer-counts.js'
import { TPCH_STATEMENTS } from './tpch-statements.js'

export interface PlanWorlds {
  readonly all: readonly PlanWorld[]
  stop(): Promise<void>
}

const SPLIT = 'sales in PostgreSQL'
const SCALE = 0.01

/** Starts servers, fills them, serves each catalog, and starts the peers beside TPC-H (`fdw,chdb`; empty: none). */
export async function startWorlds(say: (name: string) => void, peers: string): Promise<PlanWorlds> {
  const cleanUp: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const step of cleanUp.reverse()) await step().catch(() => undefined)
  }
  try {
    const servers = await startServers(true)
    cleanUp.push(() => servers.stop())
    const { postgres, mariadb } = servers
    if (mariadb === undefined) throw new Error('The plan bench needs MariaDB')
    const files = await mkdtemp(join(tmpdir(), 'tributary-plans-'))
    cleanUp.push(() => rm(files, { recursive: true, force: true }))
    const all: PlanWorld[] = []

    say('tpch')
    const split = TPCH_SPLITS[SPLIT] ?? {}
    const counted = peers === '' ? undefined : await countServers(servers)
    if (counted !== undefined) cleanUp.push(() => counted.stop())
    const tpch = await startWorld(tpchTables(SCALE), split, counted?.servers ?? servers)
    cleanUp.push(() => tpch.stop())
    const counter = await counted?.startPeers(peers, tpch, split, SCALE)
    if (counter !== undefined) cleanUp.push(() => counter.stop())
    all.push({ name: 'tpch', client: tpch.tributary, statements: TPCH_STATEMENTS, counter })

    say('shop')
    const data = makeShopData()
    const shop = await postgres.connect()
    await loadPostgres(shop, data)
    await shop.end()
    const connection = await mariadb.connect()
    await loadMariadb(connection, data)
    await connection.end()
    await writeFiles(files, data)

    say('insurance')
    await loadSources(INSURANCE, postgres, mariadb, files)
    say('telecom')
    await loadSources(TELECOM, postgres, mariadb, files)

    const ports = { postgres: String(postgres.port), mariadb: String(mariadb.port) }
    const environment = {
      ...{ SHOP_POSTGRES_PORT: ports.postgres, SHOP_MARIADB_PORT: ports.mariadb },
      ...{ EXAMPLE_POSTGRES_PORT: ports.postgres, EXAMPLE_MARIADB_PORT: ports.mariadb },
      ...{ SHOP_FILES: files, EXAMPLE_FILES: files },
    }
    for (const [name, statements] of [
      ['shop', SHOP_STATEMENTS],
      ['insurance', INSURANCE_STATEMENTS],
      ['telecom', TELECOM_STATEMENTS],
    ] as const) {
      const server = await startTributary(join(ROOT, 'examples', name, 'catalog'), environment)
      cleanUp.push(() => server.stop())
      const client = new pg.Client({
        ...{ host: '127.0.0.1', port: server.port, user: 'bench', database: `${name}360` },
      })
      client.on('error', () => undefined)
      await client.connect()
      cleanUp.push(() => client.end())
      all.push({ name, client, statements })
    }
    return { all, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
