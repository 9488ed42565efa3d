/**
 * `npm run bench`: the same statements on Tributary and on each peer present, in one run, and the project's numbers.
 *   --scale S      1: 150 k customers, 1.5 M orders, 3 M lines (default 0.1)
 *   --peers a,b    fdw, chdb (default: those installed; with --tpch: none)
 *   --runs N       counted runs of each (default 3; of the rates at least 11)
 *   --rates        only the rates against bare clients
 *   --limit N      seconds after which a peer's statement is stopped, and counted with that time (default 60)
 *   --tpch         only TPC-H's 22 queries in each split, against PostgreSQL's answers
 *   --memory SIZE  with --tpch: tributary.memory_limit (100MB), where not the default one
 *   --only TEXT    statements or queries whose name contains TEXT, and nothing else
 *   --json         one JSON document instead of tables
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startMariadb } from '../tests/servers/mariadb.js'
import { startPostgres } from '../tests/servers/postgres.js'
import { startTributary, type TributaryProcess } from '../tests/world/tributary-process.js'
import { writeBenchCatalog } from './federation/catalog.js'
import { BENCH_TABLES, fillMariadb, fillPostgres, sizesOf } from './federation/data.js'
import {
  FOUR_SOURCES,
  fillFourSources,
  lineOfFourSources,
  measureFourSources,
  type FourSources,
} from './federation/four-sources.js'
import { median, residentMegabytes, timeQuery } from './federation/measure.js'
import { measureRates, type Rate } from './federation/rates.js'
import { FIVE_TABLES, STATEMENTS } from './federation/statements.js'
import { TimeLimit, type Peer } from './peers/peer.js'
import { startPeers } from './peers/start-peers.js'
import { benchTpch } from './tpch/run.js'

const { values: flags } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.1' },
    peers: { type: 'string' },
    limit: { type: 'string', default: '60' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    rates: { type: 'boolean', default: false },
    tpch: { type: 'boolean', default: false },
    memory: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
  },
})
const scale = Number(flags.scale)
const runs = Number(flags.runs)
const peerNames = flags.peers ?? (flags.tpch ? '' : 'fdw,chdb')
if (!(scale > 0) || !(runs >= 1)) throw new Error('--scale and --runs must be positive numbers')

interface PeerResult {
  /** The limit when it was stopped there. */
  readonly milliseconds: number
  /** Its time / ours; at least that when it was stopped. */
  readonly ratio: number
  readonly isStopped: boolean
}

interface StatementResult {
  readonly name: string
  readonly rows: number
  readonly milliseconds: number
  readonly firstRowMilliseconds: number
  readonly rowsMoved: number
  readonly bytesMoved: number
  /** By peer; null: it failed, or gave another number of rows. */
  readonly peers: Readonly<Record<string, PeerResult | null>>
}

interface Numbers {
  readonly startToFirstAnswerMilliseconds: number
  readonly idleMegabytes: number | undefined
  readonly peakMegabytes: number | undefined
  /** What EXPLAIN (SUMMARY) says that analysis and planning took, waiting for the compiler included. */
  readonly planFiveTablesMilliseconds: number
  /** The same of a server's first hundred statements, while its code is still being compiled. */
  readonly planFirstMilliseconds: number
  readonly planRepeatedMilliseconds: number
  /** The same statement's EXPLAIN as the client sees it, less an empty round trip. */
  readonly explainFiveTablesMilliseconds: number
  readonly explainRepeatedMilliseconds: number
}

const say = (line: string): void => void (flags.json ? undefined : console.log(line))
const cleanUp: (() => Promise<unknown>)[] = []
try {
  if (flags.tpch) {
    const { json, only } = flags
    const isRight = await benchTpch({
      scale,
      json,
      only,
      runs,
      peers: peerNames,
      limit: Number(flags.limit),
      memory: flags.memory,
    })
    process.exitCode = isRight ? 0 : 1
  } else {
    await bench()
  }
} finally {
  for (const step of cleanUp.reverse()) await step()
}

async function bench(): Promise<void> {
  const sizes = sizesOf(scale)
  say(`scale ${scale}: ${sizes.customers} customers, ${sizes.orders} orders, ${sizes.lines} lines`)
  const directory = await mkdtemp(join(tmpdir(), 'tributary-bench-'))
  cleanUp.push(() => rm(directory, { recursive: true, force: true }))
  const postgres = await startPostgres()
  cleanUp.push(() => postgres.stop())
  const mariadb = await startMariadb()
  cleanUp.push(() => mariadb.stop())
  await fillPostgres(postgres, sizes)
  await fillMariadb(mariadb, sizes)
  const files = join(directory, 'files')
  await mkdir(files)
  await fillFourSources(postgres, files, sizes)
  const catalog = await writeBenchCatalog(directory, postgres, mariadb, files)

  const peers = await startPeers(peerNames, { postgres, mariadb })
  for (const peer of peers) {
    cleanUp.push(() => peer.stop())
    await peer.define(BENCH_TABLES)
  }

  // One start warms the analyzer's prepared data directory.
  await (await startTributary(catalog)).stop()
  const started = performance.now()
  const tributary = await startTributary(catalog)
  cleanUp.push(() => tributary.stop())
  const client = await connect(tributary)
  await client.query('SELECT count(*) FROM customer WHERE c_id < 10')
  const startToFirstAnswerMilliseconds = performance.now() - started
  await sleep(1500)
  const idleMegabytes = residentMegabytes(tributary.pid, 'VmRSS')
  // What is asked for by name is not the project's numbers, which take a while.
  const isWhole = flags.only === ''
  const planning = isWhole ? await planningTimes(client) : undefined

  const statements: StatementResult[] = []
  for (const { name, sql } of flags.rates ? [] : STATEMENTS) {
    if (!name.includes(flags.only)) continue
    statements.push(await runStatement(client, peers, name, sql))
    say(`done: ${name}`)
  }
  const rates =
    flags.only !== ''
      ? []
      : await measureRates({ postgres, mariadb, tributary, lines: sizes.lines, runs })
  const fourSources = FOUR_SOURCES.includes(flags.only)
    ? await measureFourSources(client, postgres, mariadb, files)
    : undefined
  const numbers: Numbers | undefined = planning && {
    startToFirstAnswerMilliseconds,
    idleMegabytes,
    peakMegabytes: residentMegabytes(tributary.pid, 'VmHWM'),
    ...planning,
  }
  await client.end()
  if (flags.json)
    console.log(JSON.stringify({ scale, runs, statements, rates, fourSources, numbers }, null, 2))
  else
    printReport(
      statements,
      rates,
      fourSources,
      numbers,
      peers.map((peer) => peer.name),
    )
}

async function connect(tributary: TributaryProcess): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: tributary.port,
    user: 'bench',
    database: 'bench',
  })
  await client.connect()
  return client
}

async function runStatement(
  client: pg.Client,
  peers: readonly Peer[],
  name: string,
  sql: string,
): Promise<StatementResult> {
  const ours: number[] = []
  const first: number[] = []
  const theirs = new Map<string, number[] | null>(peers.map((peer) => [peer.name, []]))
  const stopped = new Set<string>()
  const limit = Number(flags.limit) * 1000
  let rows = 0
  for (let run = 0; run <= runs; run++) {
    const timed = await timeQuery(client, sql)
    rows = timed.rows
    if (run > 0) {
      ours.push(timed.milliseconds)
      first.push(timed.firstRowMilliseconds)
    }
    for (const peer of peers) {
      if (theirs.get(peer.name) === null || stopped.has(peer.name)) continue
      const ran = await peer.run(sql, limit).catch((error: unknown) => {
        if (error instanceof TimeLimit) {
          stopped.add(peer.name)
          return { milliseconds: limit, rows }
        }
        console.error(`peer ${peer.name} failed on "${name}": ${String(error)}`)
        return null
      })
      if (ran !== null && ran.rows !== rows) {
        console.error(`peer ${peer.name} gives ${ran.rows} rows, not ${rows}, for "${name}"`)
      }
      if (ran?.rows !== rows) theirs.set(peer.name, null)
      else if (stopped.has(peer.name)) theirs.set(peer.name, [limit])
      else if (run > 0) theirs.get(peer.name)?.push(ran.milliseconds)
    }
  }
  const { rows: lines } = await client.query<{ 'QUERY PLAN': unknown }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
  )
  const [{ Totals: totals }] = lines[0]?.['QUERY PLAN'] as [{ Totals: Record<string, number> }]
  const milliseconds = median(ours)
  return {
    name,
    rows,
    milliseconds,
    firstRowMilliseconds: median(first),
    rowsMoved: totals['Rows Moved'] ?? NaN,
    bytesMoved: totals['Bytes Moved'] ?? NaN,
    peers: Object.fromEntries(
      [...theirs].map(([peer, times]) => [
        peer,
        times === null
          ? null
          : {
              milliseconds: median(times),
              ratio: median(times) / milliseconds,
              isStopped: stopped.has(peer),
            },
      ]),
    ),
  }
}

type PlanningTimes = Pick<
  Numbers,
  | 'planFiveTablesMilliseconds'
  | 'planFirstMilliseconds'
  | 'planRepeatedMilliseconds'
  | 'explainFiveTablesMilliseconds'
  | 'explainRepeatedMilliseconds'
>

/** EXPLAIN answers without running: its time is parsing, analysis, planning and one round trip. */
async function planningTimes(client: pg.Client): Promise<PlanningTimes> {
  let planning = NaN
  const time = async (sql: string): Promise<number> => {
    const started = performance.now()
    const { rows } = await client.query<[string]>({
      text: `EXPLAIN (SUMMARY) ${sql}`,
      rowMode: 'array',
    })
    const milliseconds = performance.now() - started
    planning = Number(/^Planning Time: ([\d.]+) ms$/.exec(rows.at(-1)?.[0] ?? '')?.[1])
    return milliseconds
  }
  const roundTrip = async (): Promise<number> => {
    const started = performance.now()
    await client.query('SHOW server_version')
    return performance.now() - started
  }
  // A server plans all day, and it takes its compiler thread some 800 statements to be as fast as it gets.
  const first: number[] = []
  for (let i = 0; i < 1000; i++) {
    await time(`${FIVE_TABLES} LIMIT ${i}`)
    if (i < 100) first.push(planning)
  }
  const planned: number[] = []
  const plannedAgain: number[] = []
  const fresh: number[] = []
  const repeated: number[] = []
  const empty: number[] = []
  await time(FIVE_TABLES)
  for (let i = 0; i < 50; i++) {
    fresh.push(await time(`${FIVE_TABLES} LIMIT ${2000 + i}`))
    planned.push(planning)
    repeated.push(await time(FIVE_TABLES))
    plannedAgain.push(planning)
    empty.push(await roundTrip())
  }
  return {
    planFiveTablesMilliseconds: median(planned),
    planFirstMilliseconds: median(first),
    planRepeatedMilliseconds: median(plannedAgain),
    explainFiveTablesMilliseconds: median(fresh) - median(empty),
    explainRepeatedMilliseconds: median(repeated) - median(empty),
  }
}

function printReport(
  statements: readonly StatementResult[],
  rates: readonly Rate[],
  fourSources: FourSources | undefined,
  numbers: Numbers | undefined,
  peers: readonly string[],
): void {
  const cell = (value: string, size: number): string => value.padStart(size)
  console.log(
    `\n${'statement'.padEnd(50)}${cell('ms', 8)}${cell('first', 8)}${cell('rows moved', 12)}${cell('MB moved', 10)}` +
      peers.map((peer) => cell(`${peer}/ours`, 12)).join(''),
  )
  for (const s of statements) {
    const ratios = peers.map((peer) => {
      const result = s.peers[peer]
      const sign = result?.isStopped ? '> ' : ''
      return cell(result ? `${sign}${result.ratio.toFixed(2)} x` : 'failed', 12)
    })
    console.log(
      `${s.name.padEnd(50)}${cell(s.milliseconds.toFixed(0), 8)}${cell(s.firstRowMilliseconds.toFixed(0), 8)}` +
        `${cell(String(s.rowsMoved), 12)}${cell((s.bytesMoved / 1e6).toFixed(2), 10)}${ratios.join('')}`,
    )
  }
  if (fourSources !== undefined) console.log(`\n${lineOfFourSources(fourSources)}`)
  if (numbers === undefined) return
  console.log('\nrates against the bare client (1.00 x is as fast)')
  for (const rate of rates) {
    console.log(
      `${rate.name.padEnd(60)}${cell(`${rate.ratio.toFixed(2)} x`, 8)}  (${rate.ours.toFixed(0)} ms, bare ${rate.bare.toFixed(0)} ms; target ${rate.target} x; our server ${rate.processor.toFixed(0)} ns/row)`,
    )
  }
  console.log(
    `\nstart to first answer ${numbers.startToFirstAnswerMilliseconds.toFixed(0)} ms (target 5000)` +
      `\nidle memory ${numbers.idleMegabytes ?? '?'} MB (target 300), at its highest ${numbers.peakMegabytes ?? '?'} MB` +
      `\nplanning 5 tables ${numbers.planFiveTablesMilliseconds.toFixed(2)} ms (target 5; a server's first hundred: ${numbers.planFirstMilliseconds.toFixed(2)} ms), repeated ${numbers.planRepeatedMilliseconds.toFixed(3)} ms (target 0.2)` +
      `\nEXPLAIN of it over the wire, less an empty round trip: ${numbers.explainFiveTablesMilliseconds.toFixed(2)} ms, repeated ${numbers.explainRepeatedMilliseconds.toFixed(2)} ms`,
  )
  if (!existsSync('/proc')) console.log('memory is read from /proc, which is missing here')
}
