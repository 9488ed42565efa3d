/** One process of `npm run fuzz`: the statements of one seed. It tells its parent what it counted, and ends with it. */
import { localReasonsOf, nodeTypesOf } from '../world/explain.js'
import { startServers, startWorld, type World } from '../world/world.js'
import { check, wholeAnswer, type Verdict } from './check.js'
import { readFlags } from './flags.js'
import { drawStatement, type FuzzStatement } from './draw-query.js'
import { openLane, PROFILES, type Lane } from './lane.js'
import { reduce } from './reduce.js'
import { WORLD_SPLITS, WORLD_TABLES } from './scope.js'
import { render } from './sql-tree.js'
import { noCounts, type Tally } from './tally.js'

const flags = readFlags(process.argv.slice(2))
const { seed, from, only } = flags
const MOST_ROWS = 5_000
/** Of differences that look like one that was shown only the first is reduced. */
const known = new Set<string>()
const SHOWN_DIFFERENCES = 60

let isStopped = false
// A run that is interrupted says what it found, and leaves no server behind; so does one whose parent is gone. No signal tells it to:
// the servers of this process end at signals as well, in the middle of a statement.
process.on('message', () => (isStopped = true))
process.once('disconnect', () => (isStopped = true))

const splits = WORLD_SPLITS
const servers = await startServers(true)
// PostgreSQL 18.4 makes one table of `product t1 JOIN product t2 ON t1.sku = t2.sku`, and with GROUP BY CUBE (t1.sku, t2.sku) one sort key of both.
await servers.postgres.execute('ALTER SYSTEM SET enable_self_join_elimination = off')
await servers.postgres.execute('SELECT pg_reload_conf()')
const worlds: [string, World][] = []
for (const [name, split] of splits) {
  // Each source is in turn the one whose tables are taken for large: rows of the others are shipped to it.
  const large = (['pg', 'my', 'fs'] as const)[worlds.length % 3]!
  const overstated = { [large]: flags.overstate }
  worlds.push([name, await startWorld(WORLD_TABLES, split, servers, overstated)])
}

const counts = noCounts()
const MODES = ['on', 'off'] as const
/** Why statements went through the local PostgreSQL, and how often. */
const reasons = new Map<string, number>()

const end = Date.now() + flags.seconds * 1000
let reported = Date.now()
let dealt = 0
// Statement n always meets the same split and the same settings, whichever lane is free first.
await Promise.all(
  worlds.flatMap(([split, world], w) =>
    PROFILES.map(async (profile, p) => {
      const lane = await openLane(world, profile)
      const start = w + worlds.length * p
      for (let n = start; !isOver(n); n += worlds.length * PROFILES.length) {
        if (n < from || (only !== undefined && n !== only)) continue
        if (flags.split !== undefined && !split.includes(flags.split)) continue
        try {
          await runOne(n, split, lane)
        } catch (error) {
          lost(`seed ${seed} statement ${n}, ${split}`, world, error)
        }
      }
      if (!isStopped) await lane.close()
    }),
  ),
)

/** A server that is gone ends the run. One that was interrupted together with this process is no finding. */
function lost(where: string, world: World, error: unknown): void {
  if (isStopped) return
  isStopped = true
  counts.differences++
  console.log(`SERVER LOST at ${where}: ${String(error)}\n${world.process.log().slice(-4000)}`)
}

function isOver(n: number): boolean {
  if (only !== undefined) return isStopped || n > only
  if (Date.now() - reported > 20_000) {
    reported = Date.now()
    tell()
  }
  return (
    isStopped ||
    Date.now() > end ||
    (n >= from && ++dealt > flags.statements) ||
    counts.differences >= SHOWN_DIFFERENCES
  )
}

function tell(): void {
  const tally: Tally = { counts, reasons: [...reasons] }
  process.send?.(tally)
}

tell()
for (const [, world] of worlds) await world.stop()
await servers.stop()
process.exit(counts.differences > 0 ? 1 : 0)

async function runOne(n: number, split: string, lane: Lane): Promise<void> {
  const statement = drawStatement((seed * 1_000_003 + n) >>> 0)
  const { text, values } = render(statement.tree)
  const expected = await wholeAnswer(lane.oracle, statement.tree)
  if (expected.rows.length > MOST_ROWS || expected.error?.code === '57014') {
    counts.large++
    return
  }
  counts.statements++
  if (expected.error !== undefined) counts.failing++
  const modes = flags.both ? MODES : [MODES[Math.floor(n / 6) % 2] ?? 'on']
  if (expected.error === undefined && modes.includes('on') && values.length === 0) {
    await countLocalPostgres(lane, text)
  }
  const verdicts = await Promise.all(
    modes.map(async (pushdown) => {
      const start = performance.now()
      const verdict = await check(lane, statement, pushdown, expected)
      counts.runs++
      if (performance.now() - start > 8000) {
        console.log(`SLOW (${Math.round(performance.now() - start)} ms) seed ${seed} statement ${n}, ${split}, pushdown ${pushdown}: ${text}\n`) // prettier-ignore
      }
      return [pushdown, verdict] as const
    }),
  )
  // Servers that were interrupted together with this process end what runs: no answer of theirs counts.
  if (isStopped) return
  for (const [pushdown, verdict] of verdicts) {
    switch (verdict.outcome) {
      case 'same':
      case 'failed in PostgreSQL':
        continue
      case 'too slow':
        counts.slow++
        continue
      case 'order of evaluation':
        counts.evaluation++
        continue
      case 'difference':
        await report({ n, split, lane, statement, pushdown, verdict })
        return
    }
  }
}

interface Finding {
  readonly n: number
  readonly split: string
  readonly lane: Lane
  readonly statement: FuzzStatement
  readonly pushdown: 'on' | 'off'
  readonly verdict: Verdict
}

async function report({ n, split, lane, statement, pushdown, verdict }: Finding): Promise<void> {
  counts.differences++
  const head = `DIFFERENCE seed ${seed} statement ${n}, ${split}, pushdown ${pushdown}, ${lane.profile.timezone}`
  const detail = verdict.detail ?? ''
  const looks = detail.replaceAll(/\d+/g, '#').slice(0, 160)
  if (known.has(looks)) {
    console.log(`${head}: as before: ${detail.slice(0, 200)}`)
    return
  }
  if (/got [0-9A-Z]{5} /.test(looks)) known.add(looks)
  const fails = async (tree: FuzzStatement['tree']): Promise<boolean> =>
    (await check(lane, { tree, ordered: false }, pushdown)).outcome === verdict.outcome
  // At once: who interrupts the reduction still learns which statement it was.
  console.log(`${head}\n  ${detail.slice(0, 300)}`)
  const deadline = Date.now() + 15_000
  const isUnordered = await fails(statement.tree)
  const reduced = isUnordered
    ? await reduce(statement.tree, fails, () => isStopped || Date.now() > deadline)
    : statement.tree
  const last = await check(lane, { tree: reduced, ordered: !isUnordered }, pushdown)
  const { text, values } = render(reduced)
  const shown = (last.detail ?? '').replaceAll('\n', '\n  ').slice(0, 1200)
  const sent = values.length > 0 ? ` -- ${JSON.stringify(values)}` : ''
  console.log(`  reduced, seed ${seed} statement ${n}: ${shown}\n  ${text}${sent}\n`)
}

async function countLocalPostgres(lane: Lane, text: string): Promise<void> {
  try {
    // EXPLAIN leaves the plan in the cache of plans: the statement itself is not compiled again.
    const found = await localReasonsOf(lane.on, text)
    counts.explained++
    if (found.length > 0) counts.local++
    const types = await nodeTypesOf(lane.on, text)
    if (flags.overstate > 1 && types.includes('Ship Join')) counts.shipping++
    if (types.includes('First Rows')) counts.firstRows++
    for (const reason of new Set(found)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  } catch {
    // The statement itself will tell.
  }
}
