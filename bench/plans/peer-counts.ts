/**
 * The peers beside the plan bench's TPC-H world, each engine behind proxies that count what the servers send. Tributary's own rows are
 * counted there too. Rows of files pass no server: they are in nobody's count.
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type pg from 'pg'
import { TPCH_TABLES } from '../../tests/tpch/tables.js'
import type { Split } from '../../tests/world/table.js'
import type { Servers, World } from '../../tests/world/world.js'
import { startCountingProxy, type Moved } from '../peers/counting-proxy.js'
import { TimeLimit, type Endpoint, type Peer, type PeerTable } from '../peers/peer.js'
import { startPeers } from '../peers/start-peers.js'
import { textFileOf, writeTextFiles } from '../tpch/load.js'

/** A peer's statement is stopped after so many ms; what it moved until then is counted. */
const LIMIT = 30_000

/** What the servers sent to one engine. */
export interface PeerMoved extends Moved {
  /** It was stopped, failed, or gave another number of rows. */
  readonly problem?: string
}

export interface CountedServers {
  /** The servers behind the proxies. */
  readonly servers: Servers
  /** Starts the peers over a world of these servers. */
  startPeers(names: string, world: World, split: Split, scale: number): Promise<PeerCounter>
  stop(): Promise<void>
}

export interface PeerCounter {
  readonly names: readonly string[]
  /** Runs a statement on Tributary and on each peer; `ours` and the peers' names are the keys. */
  count(tributary: pg.Client, sql: string): Promise<Readonly<Record<string, PeerMoved>>>
  stop(): Promise<void>
}

/** Puts a proxy before each server. */
export async function countServers(servers: Servers): Promise<CountedServers> {
  const { postgres, mariadb } = servers
  if (mariadb === undefined) throw new Error('The plan bench needs MariaDB')
  const proxies = [
    await startCountingProxy('postgres', postgres.port),
    await startCountingProxy('mysql', mariadb.port),
  ] as const
  const behind: Servers = {
    postgres: { ...postgres, port: proxies[0].port },
    mariadb: { ...mariadb, port: proxies[1].port },
    stop: () => servers.stop(),
  }
  const take = (): Moved =>
    proxies
      .map((proxy) => proxy.take())
      .reduce((a, b) => ({ rows: a.rows + b.rows, bytes: a.bytes + b.bytes }))
  return {
    servers: behind,
    async startPeers(names, world, split, scale) {
      const text = await mkdtemp(join(tmpdir(), 'tributary-plans-text-'))
      await chmod(text, 0o755)
      writeTextFiles(text, scale)
      const peers = await startPeers(names, {
        postgres: await endpointOf(world, 'pg'),
        mariadb: await endpointOf(world, 'my'),
      })
      for (const peer of peers) await peer.define(tablesOf(world, split, text))
      return {
        names: peers.map((peer) => peer.name),
        async count(tributary, sql) {
          const counts: Record<string, PeerMoved> = {}
          take()
          const { rowCount } = await tributary.query(sql)
          counts.ours = take()
          for (const peer of peers) {
            const problem = await problemOf(peer, sql, rowCount ?? 0)
            counts[peer.name] = { ...take(), ...(problem === undefined ? {} : { problem }) }
          }
          return counts
        },
        async stop() {
          for (const peer of peers) await peer.stop()
          await rm(text, { recursive: true, force: true })
        },
      }
    },
    async stop() {
      for (const proxy of proxies) await proxy.stop()
    },
  }
}

async function problemOf(peer: Peer, sql: string, rows: number): Promise<string | undefined> {
  try {
    const ran = await peer.run(sql, LIMIT)
    return ran.rows === rows ? undefined : `gives ${ran.rows} rows, not ${rows}`
  } catch (error) {
    if (error instanceof TimeLimit) return `stopped after ${LIMIT / 1000} s`
    return String(error).slice(0, 120)
  }
}

/** How the catalog of the world reaches a source. */
async function endpointOf(world: World, source: string): Promise<Endpoint> {
  const path = join(world.catalogDirectory, 'sources', `${source}.yaml`)
  const { connection } = JSON.parse(await readFile(path, 'utf8')) as { connection: Endpoint }
  return { ...connection, password: 'secret' }
}

function tablesOf(world: World, split: Split, text: string): PeerTable[] {
  return TPCH_TABLES.map(({ name, columns }): PeerTable => {
    if (split[name] === 'pg') return { name, at: 'postgres', schema: 'data' }
    if (split[name] === 'my') return { name, at: 'mariadb' }
    const parquet = join(dirname(world.catalogDirectory), 'files', `${name}.parquet`)
    return { ...{ name, at: 'file', columns, parquet }, text: textFileOf(text, name) }
  })
}
