/**
 * TPC-H's 22 queries in each split, with the default memory limit (or `--memory 100MB`): `npm run bench -- --tpch --scale 1`. Prints for each
 * query whether the answer is PostgreSQL's, the time (PostgreSQL's own beside it, and each peer's), rows and bytes moved,
 * memory and spilled bytes; for each split how much longer the peers take. A statement runs once to warm up, then the median
 * of `runs` counts, on every engine. The peers read the same servers; files as Parquet (chdb) or as text (fdw). The tables lie in each source completely; the catalog of a split says which are read where. Loading scale 1
 * takes some minutes.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startMariadb } from '../../tests/servers/mariadb.js'
import { startPostgres } from '../../tests/servers/postgres.js'
import { TPCH_SPLITS, tpchQueries } from '../../tests/tpch/splits.js'
import { answerOf, differenceOf, type Answer } from '../../tests/world/compare.js'
import type { SourceName } from '../../tests/world/table.js'
import { discoverSource, startTributary } from '../../tests/world/tributary-process.js'
import { writeCatalog } from '../../tests/world/write-catalog.js'
import { TPCH_TABLES } from '../../tests/tpch/tables.js'
import { median, residentMegabytes, timeQuery } from '../federation/measure.js'
import type { PeerTable } from '../peers/peer.js'
import { startPeers } from '../peers/start-peers.js'
import {
  lineOfSummary,
  summarise,
  timePeer,
  type PeerOutcome,
  type PeerSummary,
} from './against-peers.js'
import {
  describeTables,
  fillMariadb,
  fillPostgres,
  textFileOf,
  writeParquetFiles,
  writeTextFiles,
} from './load.js'

export interface TpchOptions {
  readonly scale: number
  readonly json: boolean
  /** Only these queries and splits, by part of their names. */
  readonly only: string
  /** Such as `fdw,chdb`; empty: none. */
  readonly peers: string
  readonly runs: number
  /** A peer's statement is stopped after so many seconds. */
  readonly limit: number
  /** What tributary.memory_limit is set to; empty: left at its default. */
  readonly memory: string
}

interface QueryResult {
  readonly split: string
  readonly query: string
  /** Undefined: equal to PostgreSQL's answer. */
  readonly problem: string | undefined
  readonly milliseconds: number
  /** The first run, which analyzes and plans. */
  readonly firstMilliseconds: number
  readonly postgresMilliseconds: number
  readonly peers: Readonly<Record<string, PeerOutcome>>
  readonly rowsMoved: number
  readonly bytesMoved: number
  readonly memory: number
  readonly spilled: number
}

interface ExplainedNode {
  readonly 'Node Type': string
  readonly 'Spilled Bytes'?: number
  readonly Plans?: readonly ExplainedNode[]
}

/** Runs the benchmark; tells whether every answer was right. */
export async function benchTpch(options: TpchOptions): Promise<boolean> {
  const { scale, json, only, runs } = options
  const say = (line: string): void => void (json ? undefined : console.log(line))
  const cleanUp: (() => Promise<unknown>)[] = []
  const results: QueryResult[] = []
  const summaries: PeerSummary[] = []
  try {
    const directory = await mkdtemp(join(tmpdir(), 'tributary-tpch-'))
    cleanUp.push(() => rm(directory, { recursive: true, force: true }))
    // The PostgreSQL server, which may run as another user, reads the files in here.
    await chmod(directory, 0o755)
    const postgres = await startPostgres()
    cleanUp.push(() => postgres.stop())
    const mariadb = await startMariadb({ flags: ['--innodb-buffer-pool-size=1G'] })
    cleanUp.push(() => mariadb.stop())
    const parquet = join(directory, 'parquet')
    await mkdir(parquet)
    let started = performance.now()
    const lap = (what: string): void => {
      say(`${what}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
      started = performance.now()
    }
    writeTextFiles(directory, scale)
    lap('generating')
    const oracle = await postgres.connect()
    cleanUp.push(() => oracle.end())
    await fillPostgres(oracle, directory)
    lap('loading PostgreSQL')
    const connection = await mariadb.connect()
    await fillMariadb(connection, directory)
    await connection.end()
    lap('loading MariaDB')
    await writeParquetFiles(parquet, directory)
    lap('writing Parquet')
    const tables = await describeTables(oracle)
    const peers = await startPeers(options.peers, { postgres, mariadb })
    for (const peer of peers) cleanUp.push(() => peer.stop())
    if (peers.length > 0) {
      say('peers read the same servers; of files chdb reads the Parquet, fdw the same rows as text')
    }
    const expected = new Map<string, { answer: Answer; milliseconds: number }>()
    for (const [split, places] of Object.entries(TPCH_SPLITS)) {
      const catalog = join(directory, `catalog-${Object.keys(TPCH_SPLITS).indexOf(split)}`)
      const inSource = (source: SourceName) => tables.filter(({ name }) => places[name] === source)
      const secret = '${env:BENCH_PASSWORD}'
      const sources = await writeCatalog(catalog, [
        {
          ...{ name: 'pg', connector: 'postgres', tables: inSource('pg') },
          connection: {
            ...{ host: postgres.host, port: postgres.port, database: postgres.database },
            ...{ user: postgres.user, password: secret },
          },
          from: (table) => `public.${table}`,
        },
        {
          ...{ name: 'my', connector: 'mysql', tables: inSource('my') },
          connection: {
            ...{ host: mariadb.host, port: mariadb.port, database: mariadb.database },
            ...{ user: mariadb.user, password: secret },
          },
          from: (table) => `${mariadb.database}.${table}`,
        },
        {
          ...{ name: 'fs', connector: 'files', tables: inSource('fs') },
          ...{ connection: { root: parquet }, from: (table: string) => `${table}.parquet` },
        },
      ])
      const environment = { BENCH_PASSWORD: 'secret' }
      for (const source of sources) await discoverSource(catalog, source, environment)
      const tributary = await startTributary(catalog, environment)
      const open = async (): Promise<pg.Client> => {
        const { port } = tributary
        const client = new pg.Client({ host: '127.0.0.1', port, user: 'b', database: 'world' })
        await client.connect()
        if (options.memory !== '') {
          await client.query(`SET tributary.memory_limit = ${client.escapeLiteral(options.memory)}`)
        }
        return client
      }
      const client = await open()
      const peerTables = TPCH_TABLES.map(({ name, columns }): PeerTable => {
        const place = places[name]
        if (place === 'pg') return { name, at: 'postgres', schema: 'public' }
        if (place === 'my') return { name, at: 'mariadb' }
        const text = textFileOf(directory, name)
        return { ...{ name, at: 'file', columns, text }, parquet: join(parquet, `${name}.parquet`) }
      })
      try {
        for (const peer of peers) await peer.define(peerTables)
        for (const { name: query, sql } of tpchQueries()) {
          if (!`${split} ${query}`.includes(only)) continue
          let right = expected.get(query)
          if (right === undefined) {
            const [answer, milliseconds] = await timed(() => answerOf(oracle, sql))
            expected.set(query, (right = { answer, milliseconds }))
          }
          const [actual, firstMilliseconds] = await timed(() => answerOf(client, sql))
          const problem = differenceOf(right.answer, actual, { ordered: true })
          const report = actual.error === undefined ? await explained(client, sql) : undefined
          const milliseconds =
            actual.error === undefined
              ? await medianOf(runs, async () => (await timeQuery(client, sql)).milliseconds)
              : firstMilliseconds
          const outcomes: Record<string, PeerOutcome> = {}
          for (const peer of peers) {
            const [rows, limit] = [right.answer.rows.length, options.limit * 1000]
            outcomes[peer.name] = await timePeer(peer, sql, { runs, limit, rows })
          }
          const result = {
            ...{ split, query, problem, milliseconds, firstMilliseconds, peers: outcomes },
            postgresMilliseconds: right.milliseconds,
            ...(report ?? { rowsMoved: NaN, bytesMoved: NaN, memory: NaN, spilled: NaN }),
          }
          results.push(result)
          say(lineOf(result))
        }
        const highest = residentMegabytes(tributary.pid, 'VmHWM')
        say(`${split}: resident memory of the server at its highest ${highest ?? '?'} MB`)
      } finally {
        await client.end()
        await tributary.stop()
      }
      const own = results.filter((result) => result.split === split)
      const rightOnes = own.filter((result) => result.problem === undefined)
      say(`${split}: ${rightOnes.length}/${own.length}`)
      for (const peer of peers) {
        const summary = summarise(split, peer.name, own)
        summaries.push(summary)
        say(lineOfSummary(summary))
      }
    }
  } finally {
    for (const step of cleanUp.reverse()) await step()
  }
  if (json)
    console.log(JSON.stringify({ scale, runs, queries: results, peers: summaries }, null, 2))
  return results.every((result) => result.problem === undefined)
}

async function medianOf(runs: number, measure: () => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) times.push(await measure())
  return median(times)
}

async function timed<T>(run: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now()
  const result = await run()
  return [result, performance.now() - started]
}

async function explained(
  client: pg.Client,
  sql: string,
): Promise<Pick<QueryResult, 'rowsMoved' | 'bytesMoved' | 'memory' | 'spilled'>> {
  const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
  )
  const [{ Plan: plan, Totals: totals }] = rows[0]?.['QUERY PLAN'] as [
    { Plan: ExplainedNode; Totals: Record<string, number> },
  ]
  const spilledBelow = (node: ExplainedNode): number =>
    (node.Plans ?? []).reduce((sum, each) => sum + spilledBelow(each), node['Spilled Bytes'] ?? 0)
  return {
    rowsMoved: totals['Rows Moved'] ?? NaN,
    bytesMoved: totals['Bytes Moved'] ?? NaN,
    memory: totals['Peak Memory'] ?? NaN,
    spilled: spilledBelow(plan),
  }
}

function lineOf(result: QueryResult): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
  const peers = Object.entries(result.peers).map(([peer, { milliseconds, problem }]) =>
    milliseconds === undefined || problem !== undefined
      ? `, ${peer}: ${problem}`
      : `, ${peer} ${milliseconds.toFixed(0)} ms = ${(milliseconds / result.milliseconds).toFixed(2)} x`,
  )
  return (
    `${result.split.padEnd(27)}${result.query}  ${result.problem === undefined ? 'OK  ' : 'FAIL'}` +
    `${result.milliseconds.toFixed(0).padStart(8)} ms (PostgreSQL ${result.postgresMilliseconds.toFixed(0)} ms${peers.join('')})` +
    `${String(result.rowsMoved).padStart(10)} rows, ${megabytes(result.bytesMoved)} moved, ` +
    `memory ${megabytes(result.memory)}, spilled ${megabytes(result.spilled)}` +
    (result.problem === undefined ? '' : `\n  ${result.problem}`)
  )
}
